"""Normalisation: each position's coordinates brought to one scale.

    layer    (x - mean) / sqrt(variance + eps) * gain + bias
    rms      x / sqrt(mean of squares + eps) * gain

In both, eps stands inside the root.
"""

import torch
from einops import reduce
from jaxtyping import Float
from torch import Tensor, nn


class LayerNorm(nn.Module):
    """Mean zero, variance one, then a learned gain and bias per coordinate.

    Ba et al. 2016, equation 4. The variance divides by D, not D - 1, and eps
    stands inside the root.

    Args:
        d_model: D, the coordinates that are normalised together.
        eps: keeps the root from zero where all coordinates are equal.
    """

    def __init__(self, d_model: int, *, eps: float):
        super().__init__()
        self.eps = eps
        self.gain = nn.Parameter(torch.ones(d_model))
        self.bias = nn.Parameter(torch.zeros(d_model))

    def forward(self, x: Float[Tensor, "... D"]) -> Float[Tensor, "... D"]:
        """Normalise each position on its own."""
        centred = x - reduce(x, "... D -> ... 1", "mean")
        variance = reduce(centred**2, "... D -> ... 1", "mean")
        return centred / (variance + self.eps).sqrt() * self.gain + self.bias


class RMSNorm(nn.Module):
    """Mean square one, then a learned gain per coordinate.

    Zhang & Sennrich 2019, equation 4; eps as in their code. The mean is not
    subtracted, and there is no bias.

    Args:
        d_model: D, the coordinates that are normalised together.
        eps: keeps the root from zero where all coordinates are zero.
    """

    def __init__(self, d_model: int, *, eps: float):
        super().__init__()
        self.eps = eps
        self.gain = nn.Parameter(torch.ones(d_model))

    def forward(self, x: Float[Tensor, "... D"]) -> Float[Tensor, "... D"]:
        """Normalise each position on its own."""
        mean_square = reduce(x**2, "... D -> ... 1", "mean")
        return x / (mean_square + self.eps).sqrt() * self.gain


NORMS = {"layer": LayerNorm, "rms": RMSNorm}
