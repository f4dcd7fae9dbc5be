"""Muon: momentum whose singular values are all made about one.

A matrix of weights is stretched by a gradient in few directions and hardly
moved in the others. With the gradient's mean written as U S V^T, Muon moves
by nearly U V^T: as far in every direction. No decomposition is needed for it.
An odd polynomial of a matrix acts on singular values alone,

    X <- a X + b (X X^T) X + c (X X^T)^2 X        s <- a s + b s^3 + c s^5

and one whose coefficients lift small values fast brings nearly all of them
near one in a few rounds. They do not converge there: they stay in a band.

Jordan et al. 2024; for weights between embeddings and logits only, the rest
is left to AdamW.
"""

from math import sqrt

import torch
from einops import einsum
from jaxtyping import Float
from torch import Tensor
from torch.optim import Optimizer

from xfmr.train.adamw import Parameters, check, check_share

COEFFICIENTS = (3.4445, -4.7750, 2.0315)  # Jordan et al. 2024, muon.py
LEAST_NORM = 1e-7  # the same
RMS = 0.2  # of AdamW's steps, Liu et al. 2025, equation 4
SCALES = ("shape", "rms")


def polynomial(
    s: Float[Tensor, "..."], n_rounds: int = 5
) -> Float[Tensor, "..."]:
    """What the rounds make of singular values from 0 to 1."""
    a, b, c = COEFFICIENTS
    for _ in range(n_rounds):
        s = a * s + b * s**3 + c * s**5
    return s


def orthogonalised(
    matrix: Float[Tensor, "rows columns"], n_rounds: int = 5
) -> Float[Tensor, "rows columns"]:
    """The matrix with its singular values, but tiny ones, about one.

    Jordan et al. 2024: divided by its norm, so that no singular value is
    above one, and then the polynomial. Computed in the matrix's own type.
    """
    rows, columns = matrix.shape
    x = matrix if rows <= columns else matrix.T  # the smaller x x^T
    x = x / x.norm().clamp(min=LEAST_NORM)
    a, b, c = COEFFICIENTS
    for _ in range(n_rounds):
        gram = einsum(x, x, "row column, other column -> row other")
        # fused, so that few bits are rounded once and not for each term
        mixed = torch.addmm(gram, gram, gram, beta=b, alpha=c)
        x = torch.addmm(x, mixed, x, beta=a)
    return x if rows <= columns else x.T


class Muon(Optimizer):
    """Nesterov's momentum, orthogonalised, and a decay apart from it.

    Jordan et al. 2024, with the decay and the second scale of Liu et al.
    2025, section 2.2.

    Args:
        params: matrices, or groups of them with settings of their own.
        lr: how much of a step is taken.
        momentum: what the running mean of gradients keeps of itself.
        weight_decay: of the weights, for a learning rate of one.
        scale: how the step depends on the matrix: `shape`, larger where it
            has more rows than columns; or `rms`, its entries as large as
            those of AdamW's steps, so that both can share a learning rate.
        dtype: in what the polynomial is computed.

    Raises:
        ValueError: if a number is negative, the mean does not fade, there is
            no such scale, or a parameter is no matrix.
    """

    def __init__(
        self,
        params: Parameters,
        *,
        lr: float,
        momentum: float = 0.95,
        weight_decay: float = 0.0,
        scale: str = "shape",
        dtype: torch.dtype = torch.bfloat16,
    ):
        check(lr=lr, weight_decay=weight_decay)
        check_share("momentum", momentum)
        if scale not in SCALES:
            raise ValueError(f"{scale=} must be one of {SCALES}")
        settings = {"lr": lr, "momentum": momentum, "scale": scale}
        settings |= {"weight_decay": weight_decay, "dtype": dtype}
        super().__init__(params, settings)
        for group in self.param_groups:
            for w in group["params"]:
                if w.ndim != 2:
                    shape = tuple(w.shape)
                    raise ValueError(f"{shape=} must be that of a matrix")

    @torch.no_grad()
    def step(self) -> None:
        """Move all matrices that have a gradient."""
        for group in self.param_groups:
            lr, decay = group["lr"], group["weight_decay"]
            for w in group["params"]:
                if w.grad is None:
                    continue
                state = self.state[w]
                if not state:
                    state["mean"] = torch.zeros_like(w)
                mean = state["mean"].lerp_(w.grad, 1 - group["momentum"])
                ahead = w.grad.lerp(mean, group["momentum"])
                step = orthogonalised(ahead.to(group["dtype"])).to(w.dtype)
                w.mul_(1 - lr * decay)
                w.sub_(lr * _scale(group["scale"], *w.shape) * step)


def _scale(name: str, rows: int, columns: int) -> float:
    if name == "shape":
        return sqrt(max(1, rows / columns))
    return RMS * sqrt(max(rows, columns))
