"""Names: what others call the tensors of our models, a module for a family.

A checkpoint's tensor holds one of ours, or several that its pattern stacks,
or one of the matrices that ours stacks:

    GPT-2      attn.c_attn.weight       w_q, w_k, w_v, side by side
    Mixtral    experts.3.w2.weight      the fourth matrix of w_out

Nowhere else in the book does a name of theirs stand.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

import torch
from einops import rearrange
from jaxtyping import Shaped
from torch import Tensor

from xfmr.config import Config


@dataclass(frozen=True)
class Place:
    """Where the numbers of one tensor of a checkpoint belong.

    Args:
        ours: the names of our tensors, which have equal shapes.
        pattern: how theirs is made of ours, the first axis of which counts
            them.
        index: the row of our one tensor that theirs is, if it is no more.
    """

    ours: tuple[str, ...]
    pattern: str = "1 ... -> ..."
    index: int | None = None

    def shape(self, ours: tuple[int, ...]) -> tuple[int, ...]:
        """The shape of their tensor, by that of ours."""
        rows = ours if self.index is None else ours[1:]
        pieces = torch.empty(len(self.ours), *rows, device="meta")
        return tuple(rearrange(pieces, self.pattern).shape)

    def pieces(self, theirs: Shaped[Tensor, "..."]) -> Shaped[Tensor, "n ..."]:
        """Our tensors, or the row of one, of theirs."""
        ours, made = self.pattern.split(" -> ")
        first = ours.split()[0]
        sizes = {} if first == "1" else {first: len(self.ours)}
        return rearrange(theirs, f"{made} -> {ours}", **sizes)


@dataclass(frozen=True, kw_only=True)
class Names:
    """The names of one family.

    Args:
        places: for a configuration and the names that a checkpoint has, each
            name it must have and its place.
        prefix: what a checkpoint of the stack alone leaves out of its names.
        copies: tensors that repeat another where both are tied.
        always_tied: whether they are tied whatever a configuration says,
            unless they differ.
        computed: patterns of buffers, which our models compute instead.
        respelled: spellings of old files, and what replaces them.
        only: keys of a config.json that our models know one value of.
    """

    places: Callable[[Config, frozenset[str]], dict[str, Place]]
    prefix: str = ""
    copies: Mapping[str, str] = field(default_factory=dict)
    always_tied: bool = False
    computed: tuple[str, ...] = ()
    respelled: Mapping[str, str] = field(default_factory=dict)
    only: Mapping[str, object] = field(default_factory=dict)

    def full(self, name: str, known: frozenset[str]) -> str:
        """A name as the table has it."""
        for old, new in self.respelled.items():
            name = name.replace(old, new)
        return self.prefix + name if self.prefix + name in known else name

    def is_computed(self, name: str) -> bool:
        """Whether a tensor of that name is a buffer."""
        return any(fnmatchcase(name, pattern) for pattern in self.computed)


def modules(
    pairs: Mapping[str, str],
    *,
    theirs: str = "",
    ours: str = "",
    bias: bool = False,
    pattern: str = "1 ... -> ...",
) -> dict[str, Place]:
    """Places of the weights and biases of whole modules.

    Args:
        pairs: for each module of theirs, ours.
        theirs: what precedes all of their names.
        ours: what precedes all of ours.
        bias: whether the modules have biases.
        pattern: that of the weights, as in `Place`.
    """
    places = {}
    for other, own in pairs.items():
        kind = "gain" if own.endswith("norm") else "weight"
        weight = Place((f"{ours}{own}.{kind}",), pattern)
        places[f"{theirs}{other}.weight"] = weight
        if bias:
            places[f"{theirs}{other}.bias"] = Place((f"{ours}{own}.bias",))
    return places
