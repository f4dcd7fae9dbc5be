"""The alphabet: what every axis letter of the book stands for.

The same letters stand in annotations, einops patterns, formulas, tables and
figures. Letters written together are one axis, flattened: a weight of axes
`NH D` has N times H rows and D columns.
"""

from collections.abc import Mapping
from typing import NamedTuple


class Axis(NamedTuple):
    """One letter's meaning.

    Args:
        indexes: what one position along the axis is.
        size: the name that the axis size has in code.
    """

    indexes: str
    size: str


AXES = {
    "B": Axis("sequence of the batch", "batch_size"),
    "T": Axis("position that asks (query)", "n_queries"),
    "S": Axis("position that is read (key and value)", "n_keys"),
    "D": Axis("coordinate of the model's stream", "d_model"),
    "N": Axis("query head", "n_heads"),
    "K": Axis("key/value head", "n_kv_heads"),
    "G": Axis("query head among those that share a key/value head", "n_group"),
    "H": Axis("coordinate within a head", "d_head"),
    "F": Axis("hidden unit of the feed-forward layer", "d_ff"),
    "V": Axis("entry of the vocabulary", "vocab_size"),
    "L": Axis("layer", "n_layers"),
    "E": Axis("expert of a mixture", "n_experts"),
}


def shape(axes: str, sizes: Mapping[str, int]) -> tuple[int, ...]:
    """The size of each axis: `NH D` with N=12, H=64, D=768 is (768, 768).

    A number stands for itself, so `1 T S` keeps its leading one.

    Raises:
        ValueError: if a letter has no size.
    """
    return tuple(_size(axis, sizes) for axis in axes.split())


def _size(axis: str, sizes: Mapping[str, int]) -> int:
    if axis.isdecimal():
        return int(axis)
    product = 1
    for letter in axis:
        if letter not in sizes:
            raise ValueError(f"{letter=} of {axis=} is not in {[*sizes]}")
        product *= sizes[letter]
    return product


def group_size(*, n_heads: int, n_kv_heads: int) -> int:
    """G, the number of query heads that share one key/value head.

    Raises:
        ValueError: if the groups would not be equal.
    """
    if n_kv_heads < 1 or n_heads < 1 or n_heads % n_kv_heads:
        raise ValueError(f"{n_kv_heads=} must divide {n_heads=}")
    return n_heads // n_kv_heads


def check_sizes(**sizes: int) -> None:
    """Refuse sizes that nothing can have.

    Raises:
        ValueError: if one is below one.
    """
    for name, size in sizes.items():
        if size <= 0:  # not `< 1`: sums of letters know their sign
            raise ValueError(f"{name}={size} must be at least 1")


def check_positive(**numbers: float | int) -> None:
    """Refuse what is divided by, or lasts, no more than nothing.

    Raises:
        ValueError: if a number is not positive.
    """
    for name, number in numbers.items():
        if number <= 0:
            raise ValueError(f"{name}={number} must be positive")
