"""Tensors rounded to a format of few bits, though kept in many.

    nearest       to the nearest neighbour, of two to the even one
    by chance     to the one above as often as the number is close to it, so
                  that rounding is right on average

Numbers beyond the largest of a format become infinite, or the largest where
the format has no infinity.
"""

from math import inf

import torch
from jaxtyping import Float
from torch import Tensor

from xfmr.precision import Format


def spacings(x: Float[Tensor, "..."], form: Format) -> Float[Tensor, "..."]:
    """The distance between neighbours of the format at each number."""
    least = 1 - form.bias
    exponents = (torch.frexp(x).exponent - 1).clamp(min=least)
    exponents = exponents.masked_fill(x == 0, least)
    return torch.ldexp(torch.ones_like(x), exponents - form.n_fraction)


def nearest(x: Float[Tensor, "..."], form: Format) -> Float[Tensor, "..."]:
    """Each number's nearest in the format."""
    spacing = spacings(x, form)
    return _bounded((x / spacing).round() * spacing, form)


def by_chance(
    x: Float[Tensor, "..."], form: Format, noise: Float[Tensor, "..."]
) -> Float[Tensor, "..."]:
    """One of each number's two neighbours, right on average.

    Args:
        noise: drawn evenly from 0 to 1, for each number its own.
    """
    spacing = spacings(x, form)
    below = (x / spacing).floor()
    up = (noise < x / spacing - below).to(x.dtype)
    return _bounded((below + up) * spacing, form)


def _bounded(x: Float[Tensor, "..."], form: Format) -> Float[Tensor, "..."]:
    beyond = inf if form.has_infinity else form.largest
    return torch.where(x.abs() > form.largest, x.sign() * beyond, x)
