"""Collectives, done by hand in a ring that counts what leaves.

Ranks stand in a circle. In each step every rank gives one piece to the next
and takes one from the rank before, so that all connections are busy at once
and none is used twice. Patarasuk & Yuan 2009.

    reduce-scatter    a piece collects the sum on its way once round
    all-gather        a piece is copied wherever it passes
    all-reduce        one after the other
    all-to-all        each piece goes straight to whom it is for

Pieces are equal parts of the first axis.
"""

from typing import NamedTuple

import torch
import torch.distributed as dist
from jaxtyping import Shaped
from torch import Tensor


class Ring:
    """This rank's place among all, and what it has sent.

    Args:
        sent: bytes so far.
        pieces: the number of each piece that was sent on, in order.
    """

    def __init__(self):
        self.rank, self.size = dist.get_rank(), dist.get_world_size()
        self.sent, self.pieces = 0, []

    def exchange(
        self, x: Shaped[Tensor, "..."], to: int, origin: int
    ) -> Shaped[Tensor, "..."]:
        """Send x to one rank, and return what another sends, of x's shape."""
        received = torch.empty_like(x)
        both = [
            dist.P2POp(dist.isend, x.contiguous(), to % self.size),
            dist.P2POp(dist.irecv, received, origin % self.size),
        ]
        for work in dist.batch_isend_irecv(both):
            work.wait()
        self.sent += x.nbytes
        return received

    def shift(
        self, x: Shaped[Tensor, "..."], by: int = 1
    ) -> Shaped[Tensor, "..."]:
        """Give x to the rank so many further, take what comes from behind."""
        return self.exchange(x, self.rank + by, self.rank - by)


def reduce_scatter(
    ring: Ring, x: Shaped[Tensor, "whole ..."]
) -> Shaped[Tensor, "piece ..."]:
    """This rank's piece of the sum of what all ranks have.

    Raises:
        ValueError: if the first axis has no equal parts for all ranks.
    """
    pieces = _pieces(ring, x)
    for step in range(1, ring.size):
        out, into = (ring.rank - step - n for n in (0, 1))
        ring.pieces.append(out % ring.size)
        arrived = ring.shift(pieces[out % ring.size])
        pieces[into % ring.size] = pieces[into % ring.size] + arrived
    return pieces[ring.rank]


def all_gather(
    ring: Ring, x: Shaped[Tensor, "piece ..."]
) -> Shaped[Tensor, "whole ..."]:
    """The pieces of all ranks, in their order."""
    pieces = {ring.rank: x}
    for step in range(1, ring.size):
        out, into = (ring.rank - step + n for n in (1, 0))
        ring.pieces.append(out % ring.size)
        pieces[into % ring.size] = ring.shift(pieces[out % ring.size])
    return torch.cat([pieces[rank] for rank in range(ring.size)])


def all_reduce(
    ring: Ring, x: Shaped[Tensor, "whole ..."]
) -> Shaped[Tensor, "whole ..."]:
    """The sum of what all ranks have.

    Raises:
        ValueError: as `reduce_scatter` does.
    """
    return all_gather(ring, reduce_scatter(ring, x))


def all_to_all(
    ring: Ring, x: Shaped[Tensor, "whole ..."]
) -> Shaped[Tensor, "whole ..."]:
    """From each rank the piece that it has for this one.

    Raises:
        ValueError: as `reduce_scatter` does.
    """
    pieces = _pieces(ring, x)
    received = {ring.rank: pieces[ring.rank]}
    for step in range(1, ring.size):
        to, origin = ring.rank + step, (ring.rank - step) % ring.size
        received[origin] = ring.exchange(pieces[to % ring.size], to, origin)
    return torch.cat([received[rank] for rank in range(ring.size)])


class Compared(NamedTuple):
    """One of these collectives beside torch's.

    Args:
        difference: the largest, between the two results.
        sent: bytes that ours has sent from this rank.
        pieces: the numbers of the pieces that it has passed on, in order.
    """

    difference: float
    sent: int
    pieces: list[int]


def compared(name: str, n_numbers: int) -> Compared:
    """A collective by name, done in our ring and by torch.

    Args:
        n_numbers: of the whole, float64; of this rank's piece where pieces
            are gathered.

    Raises:
        ValueError: if there is no such collective, or its numbers have no
            equal parts for all ranks.
    """
    if name not in THEIRS:
        raise ValueError(f"{name=} must be one of {[*THEIRS]}")
    ours, theirs, size = THEIRS[name]
    ring = Ring()
    generator = torch.Generator().manual_seed(ring.rank)
    x = torch.randn(n_numbers, generator=generator, dtype=torch.float64)
    result = ours(ring, x)
    expected = x.new_empty(int(n_numbers * ring.size**size))
    if theirs is dist.all_reduce:
        expected.copy_(x)
        theirs(expected)
    else:
        theirs(expected, x)
    difference = float((result - expected).abs().max())
    return Compared(difference, ring.sent, ring.pieces)


# ours, torch's, and as which power of the ranks the result grows
THEIRS = {
    "all-reduce": (all_reduce, dist.all_reduce, 0),
    "reduce-scatter": (reduce_scatter, dist.reduce_scatter_tensor, -1),
    "all-gather": (all_gather, dist.all_gather_into_tensor, 1),
    "all-to-all": (all_to_all, dist.all_to_all_single, 0),
}


def _pieces(ring: Ring, x: Shaped[Tensor, "whole ..."]) -> list[Tensor]:
    if len(x) % ring.size:
        raise ValueError(f"{len(x)=} must be a multiple of {ring.size=}")
    return list(x.chunk(ring.size))
