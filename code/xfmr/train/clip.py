"""Clipping: gradients that are too long, shortened together.

All gradients of a model are one vector, of length

    norm = sqrt(sum of squares of all gradients)

and where it is above a bound, every number is multiplied by bound / norm: the
direction stays, the length does not (Pascanu et al. 2013, algorithm 1).
"""

from collections.abc import Iterable

import torch
from jaxtyping import Float
from torch import Tensor

MARGIN = 1e-6  # beside the norm in the divisor, as torch has it


def gradient_norm(params: Iterable[Tensor]) -> Float[Tensor, ""]:
    """The length of all gradients together; nan or inf where one of them is.

    Raises:
        ValueError: if no parameter has a gradient.
    """
    gradients = [w.grad for w in params if w.grad is not None]
    if not gradients:
        raise ValueError("params must have gradients")
    return torch.stack([g.norm() for g in gradients]).norm()


def clip(params: Iterable[Tensor], most: float) -> Float[Tensor, ""]:
    """Shorten gradients in place; the length that they had before.

    Raises:
        ValueError: if no parameter has a gradient, or `most` is not above 0.
    """
    if not most > 0:
        raise ValueError(f"{most=} must be above 0")
    params = [*params]
    norm = gradient_norm(params)
    share = (most / (norm + MARGIN)).clamp(max=1)
    for w in params:
        if w.grad is not None:
            w.grad.mul_(share)
    return norm
