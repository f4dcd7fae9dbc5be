"""The feed-forward layer: D coordinates to F hidden units and back.

Each position is treated alone and alike. Half or more of a transformer's
matrices stand here. The layers in use, by activation and gate:

    relu                  Vaswani et al. 2017
    gelu                  BERT
    gelu_tanh             GPT-2
    silu, gated           SwiGLU, Llama
    gelu, gated           GeGLU as published; with gelu_tanh, Gemma, T5 v1.1
"""

from functools import partial
from math import pi, sqrt

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional


def relu(x: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
    """x where it is positive, else zero."""
    return x.clamp(min=0)


def gelu(x: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
    """x times the chance that a standard normal number is below x.

    Hendrycks & Gimpel 2016, section 2.
    """
    return x * (1 + torch.erf(x / sqrt(2))) / 2


def gelu_tanh(x: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
    """The approximation of `gelu` that GPT-2 uses.

    Hendrycks & Gimpel 2016, section 2.
    """
    return x * (1 + torch.tanh(sqrt(2 / pi) * (x + 0.044715 * x**3))) / 2


def silu(x: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
    """x times its logistic function; Hendrycks & Gimpel 2016, section 2."""
    return x * torch.sigmoid(x)


ACTIVATIONS = {f.__name__: f for f in (relu, gelu, gelu_tanh, silu)}
FUSED = {
    "relu": functional.relu,
    "gelu": functional.gelu,
    "gelu_tanh": partial(functional.gelu, approximate="tanh"),
    "silu": functional.silu,
}


class FeedForward(nn.Module):
    """Two projections with a nonlinearity between, or three with a gate.

    Vaswani et al. 2017, equation 2; gated, Shazeer 2020, equation 6: GeGLU
    with `gelu`, SwiGLU with `silu`.

    Args:
        d_model: D, the width of the stream that the layer reads and writes.
        d_ff: F, the hidden units.
        activation: a name of ACTIVATIONS.
        bias: whether the projections add biases.
        gated: whether the activation gates a second projection.
        fused: whether one of torch's kernels computes the activation: faster,
            but no trace of the run shows the steps.

    Raises:
        ValueError: if the activation is unknown.
    """

    def __init__(
        self,
        *,
        d_model: int,
        d_ff: int,
        activation: str,
        bias: bool = False,
        gated: bool = False,
        fused: bool = False,
    ):
        super().__init__()
        if activation not in ACTIVATIONS:
            raise ValueError(f"{activation=} must be one of {[*ACTIVATIONS]}")
        self.activation = (FUSED if fused else ACTIVATIONS)[activation]
        self.w_in = nn.Linear(d_model, d_ff, bias=bias)
        self.w_gate = nn.Linear(d_model, d_ff, bias=bias) if gated else None
        self.w_out = nn.Linear(d_ff, d_model, bias=bias)

    def forward(self, x: Float[Tensor, "B T D"]) -> Float[Tensor, "B T D"]:
        """Each position's hidden units, then back to the stream."""
        if self.w_gate is None:
            return self.w_out(self.activation(self.w_in(x)))
        return self.w_out(self.activation(self.w_gate(x)) * self.w_in(x))
