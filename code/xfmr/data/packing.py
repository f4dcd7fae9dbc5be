"""Packing: several documents in a row of one length, none of which sees
another.

Documents go into the fullest row that has room for them, the longest first
(best-fit decreasing, as in Ding et al. 2024, section 3.1). What then keeps
them apart:

    document mask    a token reads those of its own document alone
    positions        counted from the beginning of each document
    targets          the last token of a document has none, filling neither

With all three, the loss of a packed row is that of its documents, each alone.
"""

from collections.abc import Sequence
from heapq import heappop, heappush
from typing import NamedTuple

import torch
from jaxtyping import Bool, Int
from torch import Tensor

from xfmr.mask import document_mask

IGNORED = -100  # a target that torch's cross_entropy leaves out
FILLING = -1  # in place of a document's number


class Packed(NamedTuple):
    """Rows of documents.

    Args:
        tokens: ids; where no document is, zeros.
        targets: the id that comes next in the document, IGNORED if none does.
        documents: the number of each token's document, FILLING where none is.
        positions: each token's place in its document, from zero.
    """

    tokens: Int[Tensor, "B T"]
    targets: Int[Tensor, "B T"]
    documents: Int[Tensor, "B T"]
    positions: Int[Tensor, "B T"]

    @property
    def mask(self) -> Bool[Tensor, "B T S"]:
        """True for a token of the same document."""
        return document_mask(self.documents)

    @property
    def filled(self) -> float:
        """The share of positions that hold a token of a document."""
        return (self.documents != FILLING).double().mean().item()


def rows(lengths: Sequence[int], *, n_tokens: int) -> list[list[int]]:
    """The numbers of the documents that stand in each row, in order.

    Args:
        lengths: tokens of each document.
        n_tokens: T, the tokens of a row.

    Raises:
        ValueError: if a document is empty, or longer than a row.
    """
    for number, length in enumerate(lengths):
        if not 1 <= length <= n_tokens:
            raise ValueError(
                f"lengths[{number}]={length} must be from 1 to {n_tokens=}"
            )
    found: list[list[int]] = []
    rows_with: list[list[int]] = [[] for _ in range(n_tokens)]  # by room
    for number in sorted(range(len(lengths)), key=lambda n: -lengths[n]):
        length = lengths[number]
        fitting = range(length, n_tokens)
        room = next((left for left in fitting if rows_with[left]), n_tokens)
        if room == n_tokens:
            row = len(found)
            found.append([])
        else:
            row = heappop(rows_with[room])
        found[row].append(number)
        heappush(rows_with[room - length], row)
    return found


def packed(documents: Sequence[Sequence[int]], *, n_tokens: int) -> Packed:
    """Documents of ids in rows of T tokens, whole.

    Raises:
        ValueError: if a document is empty, or longer than a row.
    """
    placed = rows([*map(len, documents)], n_tokens=n_tokens)
    shape = (len(placed), n_tokens)
    tokens, positions = (torch.zeros(shape, dtype=torch.long) for _ in "ab")
    targets, numbers = (torch.full(shape, x) for x in (IGNORED, FILLING))
    for row, members in enumerate(placed):
        begin = 0
        for number in members:
            ids = torch.tensor(documents[number])
            end = begin + len(ids)
            tokens[row, begin:end] = ids
            targets[row, begin : end - 1] = ids[1:]
            numbers[row, begin:end] = number
            positions[row, begin:end] = torch.arange(len(ids))
            begin = end
    return Packed(tokens, targets, numbers, positions)
