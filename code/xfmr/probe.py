"""Probes: what a function of positions does, found by trying.

A mask declares which positions may be read. A probe measures which were: it
exchanges one token after another and compares what comes out, bit for bit.
"""

from collections.abc import Callable

import torch
from einops import reduce
from jaxtyping import Bool, Float
from torch import Tensor


def influence(
    function: Callable[[Tensor], Tensor],
    x: Float[Tensor, "B S D"],
    other: Float[Tensor, "..."],
) -> Bool[Tensor, "T S"]:
    """True where output t changes as token s of x becomes that of `other`.

    A single bit is a change.

    Args:
        other: other tokens for x, of its shape.

    Raises:
        ValueError: if x and `other` differ in shape, or the function makes
            NaN of x, which would differ from itself.
    """
    if x.shape != other.shape:
        raise ValueError(
            f"other.shape={tuple(other.shape)} must be {tuple(x.shape)}"
        )
    before = function(x)
    if before.isnan().any():
        raise ValueError("function(x) must not be NaN anywhere")
    columns = []
    for s in range(x.shape[1]):
        exchanged = x.clone()
        exchanged[:, s] = other[:, s]
        changed = function(exchanged) != before
        columns.append(reduce(changed, "B T D -> T", "any"))
    return torch.stack(columns, dim=-1)
