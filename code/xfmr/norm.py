"""Normalisation: each position's coordinates brought to one scale.

    layer    (x - mean) / sqrt(variance + eps) * gain + bias
    rms      x / sqrt(mean of squares + eps) * gain

In both, eps stands inside the root, and d are the coordinates that are
normalised: the stream's D, a head's H, those of a shorter vector. Beside each
stands a class that leaves the same to a kernel of torch's: faster, but no
trace of a run shows the steps.
"""

import torch
from einops import rearrange, reduce
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.functional import layer_norm, rms_norm

from xfmr.config import Config

# heads apart and together
QUERIES = "B K G T H", "B T (K G H)"
KEYS = "B K 1 S H", "B S (K H)"


class LayerNorm(nn.Module):
    """Mean zero, variance one, then a learned gain and bias per coordinate.

    Ba et al. 2016, equation 4. The variance divides by D, not D - 1, and eps
    stands inside the root.

    Args:
        d_model: D, the coordinates that are normalised together.
        eps: keeps the root from zero where all coordinates are equal.
        bias: whether there is one; some models have the gain alone.
    """

    def __init__(self, d_model: int, *, eps: float, bias: bool = True):
        super().__init__()
        self.eps = eps
        self.gain = nn.Parameter(torch.ones(d_model))
        self.bias = nn.Parameter(torch.zeros(d_model)) if bias else None

    def forward(self, x: Float[Tensor, "... d"]) -> Float[Tensor, "... d"]:
        """Normalise each position on its own."""
        centred = x - reduce(x, "... d -> ... 1", "mean")
        variance = reduce(centred**2, "... d -> ... 1", "mean")
        scaled = centred / (variance + self.eps).sqrt() * self.gain
        return scaled if self.bias is None else scaled + self.bias


class RMSNorm(nn.Module):
    """Mean square one, then a learned gain per coordinate.

    Zhang & Sennrich 2019, equation 4; eps as in their code. The mean is not
    subtracted, and there is no bias.

    Args:
        d_model: D, the coordinates that are normalised together.
        eps: keeps the root from zero where all coordinates are zero.
        from_one: whether the gain is stored as its distance from one, as in
            Gemma: what keeps weights small then keeps gains near one.
    """

    def __init__(self, d_model: int, *, eps: float, from_one: bool = False):
        super().__init__()
        self.eps, self.from_one = eps, from_one
        start = torch.zeros if from_one else torch.ones
        self.gain = nn.Parameter(start(d_model))

    def forward(self, x: Float[Tensor, "... d"]) -> Float[Tensor, "... d"]:
        """Normalise each position on its own."""
        mean_square = reduce(x**2, "... d -> ... 1", "mean")
        gain = 1 + self.gain if self.from_one else self.gain
        return x / (mean_square + self.eps).sqrt() * gain


class FusedLayerNorm(LayerNorm):
    """The same in one kernel."""

    def forward(self, x: Float[Tensor, "... d"]) -> Float[Tensor, "... d"]:
        """Normalise each position on its own."""
        return layer_norm(x, self.gain.shape, self.gain, self.bias, self.eps)


class FusedRMSNorm(RMSNorm):
    """The same in one kernel."""

    def forward(self, x: Float[Tensor, "... d"]) -> Float[Tensor, "... d"]:
        """Normalise each position on its own."""
        gain = 1 + self.gain if self.from_one else self.gain
        return rms_norm(x, gain.shape, gain, self.eps)


class AcrossHeads(nn.Module):
    """A norm of all heads of a position together, as OLMo 2 has on its
    queries and keys.

    Args:
        norm: one of all their coordinates.
        axes: QUERIES or KEYS.
    """

    def __init__(self, norm: nn.Module, axes: tuple[str, str]):
        super().__init__()
        self.norm = norm
        self.apart, self.together = axes

    def forward(
        self, x: Float[Tensor, "B K #G T H"]
    ) -> Float[Tensor, "B K #G T H"]:
        """Normalise each position on its own."""
        K, H = x.shape[1], x.shape[-1]
        x = self.norm(rearrange(x, f"{self.apart} -> {self.together}"))
        return rearrange(x, f"{self.together} -> {self.apart}", K=K, H=H)


def norm_of(
    config: Config, width: int, *, fused: bool = False
) -> LayerNorm | RMSNorm:
    """The norm that a model has, for vectors of some width.

    Args:
        fused: whether one of torch's kernels computes it.

    Raises:
        ValueError: if it has no gain, or one stored as only RMSNorm's can be.
    """
    if not config.norm_gain:
        raise ValueError(f"norm_gain=False of {config.name} must be True")
    eps, from_one = config.norm_eps, config.norm_from_one
    if config.norm == "rms":
        build = FusedRMSNorm if fused else RMSNorm
        return build(width, eps=eps, from_one=from_one)
    if from_one:
        raise ValueError(
            f"norm_from_one=True of {config.name} needs norm='rms'"
        )
    build = FusedLayerNorm if fused else LayerNorm
    return build(width, eps=eps, bias=config.norm_bias)
