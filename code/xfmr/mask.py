"""Masks: which keys a query may read. True = may read.

    causal      its own position and all before it
    prefix      as causal, and the whole prefix
    window      the positions nearer than W
    padding     what is a token, not filling
    document    what belongs to the same document

The queries are the last T of the S positions, so that one rule serves a whole
sequence (T = S) and new tokens after a cache (T < S). Masks combine by `&`:
`causal_mask(...) & sliding_window_mask(...)` is a causal window. A query that
a combination leaves nothing to read reads zeros.
"""

from collections.abc import Sequence

import torch
from einops import rearrange
from jaxtyping import Bool, Int
from torch import Tensor

from xfmr.position import distance


def causal_mask(*, n_queries: int, n_keys: int) -> Bool[Tensor, "T S"]:
    """True where a query may read: its own position and all before it.

    Vaswani et al. 2017, section 3.2.3.

    Raises:
        ValueError: if T > S: the first query would have nothing to read.
    """
    return distance(n_queries=n_queries, n_keys=n_keys) >= 0


def prefix_mask(
    prefixes: Sequence[int], *, n_queries: int, n_keys: int
) -> Bool[Tensor, "B T S"]:
    """True for a key that is causal or among the first `prefixes[b]`.

    Raffel et al. 2020, section 3.2.1. A prefix of 0 leaves a causal mask, one
    of S hides nothing.

    Raises:
        ValueError: if T > S, or a prefix is below 0 or above S.
    """
    causal = causal_mask(n_queries=n_queries, n_keys=n_keys)
    return causal | _first("prefixes", prefixes, n_keys, at_least=0)


def sliding_window_mask(
    *, window: int, n_queries: int, n_keys: int
) -> Bool[Tensor, "T S"]:
    """True for a key less than `window` positions away, on either side.

    Beltagy et al. 2020, section 3.1. With `& causal_mask(...)` each query
    reads the last W positions, its own among them, as in Jiang et al. 2023,
    section 2.

    Raises:
        ValueError: if T > S, or the window is below 1.
    """
    if window < 1:
        raise ValueError(f"{window=} must be at least 1")
    return distance(n_queries=n_queries, n_keys=n_keys).abs() < window


def padding_mask(
    lengths: Sequence[int], *, n_keys: int
) -> Bool[Tensor, "B 1 S"]:
    """True where a key is one of its sequence's first `lengths[b]` tokens.

    Raises:
        ValueError: if a length is below 1 or above S.
    """
    return _first("lengths", lengths, n_keys, at_least=1)


def document_mask(documents: Int[Tensor, "B S"]) -> Bool[Tensor, "B S S"]:
    """True where query and key belong to the same document of a packed row.

    Grattafiori et al. 2024, section 3.2.

    Args:
        documents: for each position, a number that its document alone has.
    """
    queries = rearrange(documents, "B T -> B T 1")
    return queries == rearrange(documents, "B S -> B 1 S")


def _first(
    name: str, counts: Sequence[int], n_keys: int, *, at_least: int
) -> Tensor:
    """True for the first `counts[b]` keys of each sequence."""
    for b, n in enumerate(counts):
        if not at_least <= n <= n_keys:
            raise ValueError(
                f"{name}[{b}]={n} must be from {at_least} to {n_keys=}"
            )
    is_first = torch.arange(n_keys) < torch.tensor(counts)[:, None]
    return rearrange(is_first, "B S -> B 1 S")
