"""Flash Attention: exact attention that never has all scores in memory.

Queries and keys are taken in tiles. Scores of one tile of queries exist for
one tile of keys at a time, and the softmax is kept up to date as keys come:

    top      the largest score so far
    total    the sum of exp(score - top)
    read     the same sum, weighing values

Whenever the top rises, total and read shrink by exp(old top - new top)
(Milakov & Gimelshein 2018, algorithm 3). In the end read / total is what the
queries read, and top + log(total) is all that the backward pass needs to make
any tile of weights again (Dao et al. 2022, section 3.1; the loops are those of
Dao 2023, algorithms 1 and 2).

`_load` and `_store` are the only doors between the large tensors, which live
in slow memory, and the tiles, which do not.
"""

from collections.abc import Iterator
from math import inf, sqrt

import torch
from einops import einsum, reduce
from jaxtyping import Bool, Float
from torch import Tensor
from torch.autograd.function import once_differentiable


def flash_attention(
    q: Float[Tensor, "... T H"],
    k: Float[Tensor, "... S H"],
    v: Float[Tensor, "... S H"],
    *,
    causal: bool = False,
    query_tile: int = 128,
    key_tile: int = 128,
) -> Float[Tensor, "... T H"]:
    """What `attend` reads, in memory that grows with T + S, not with T S.

    Args:
        causal: whether the queries, the last T of the S positions, read no
            key after their own.
        query_tile: how many queries are at work at once.
        key_tile: how many keys they read at once.

    Raises:
        ValueError: if leading axes differ, a tile is empty, or T > S where
            attention is causal.
    """
    leading = [tuple(x.shape[:-2]) for x in (q, k, v)]
    if leading != leading[:1] * 3:
        raise ValueError(f"{leading=} axes of q, k and v must be the same")
    if min(query_tile, key_tile) < 1:
        raise ValueError(f"{query_tile=} and {key_tile=} must be at least 1")
    n_queries, n_keys = q.shape[-2], k.shape[-2]
    if causal and n_queries > n_keys:
        raise ValueError(f"{n_queries=} must not exceed {n_keys=}")
    return FlashAttention.apply(q, k, v, causal, query_tile, key_tile)


class FlashAttention(torch.autograd.Function):
    """Tiles forwards; backwards, the weights of each are made again."""

    @staticmethod
    def forward(
        ctx,
        q: Float[Tensor, "... T H"],
        k: Float[Tensor, "... S H"],
        v: Float[Tensor, "... S H"],
        causal: bool,
        query_tile: int,
        key_tile: int,
    ) -> Float[Tensor, "... T H"]:
        """What is read, and aside one number for each query."""
        n_before = k.shape[-2] - q.shape[-2] if causal else None
        heads, log_totals = torch.empty_like(q), torch.empty_like(q[..., :1])
        for rows in _tiles(q, query_tile):
            q_tile = _load(q, rows)
            read, log_total = _read(q_tile, rows, k, v, key_tile, n_before)
            _store(heads, rows, read)
            _store(log_totals, rows, log_total)
        ctx.save_for_backward(q, k, v, heads, log_totals)
        ctx.settings = query_tile, key_tile, n_before
        return heads

    @staticmethod
    @once_differentiable
    def backward(
        ctx, d_heads: Float[Tensor, "... T H"]
    ) -> tuple[Tensor | None, ...]:
        """The gradients of q, k and v; Dao et al. 2022, algorithm 4."""
        q, k, v, heads, log_totals = ctx.saved_tensors
        query_tile, key_tile, n_before = ctx.settings
        d_q, d_k, d_v = (torch.zeros_like(x) for x in (q, k, v))
        dots = torch.empty_like(log_totals)
        for rows in _tiles(q, query_tile):
            products = _load(d_heads, rows) * _load(heads, rows)
            _store(dots, rows, reduce(products, "... T H -> ... T 1", "sum"))
        for columns in _tiles(k, key_tile):
            keys = _load(k, columns), _load(v, columns)
            totals = [torch.zeros_like(tile) for tile in keys]
            for rows in _tiles(q, query_tile):
                if _is_hidden(rows, columns, n_before):
                    continue
                queries = (
                    _load(x, rows) for x in (q, d_heads, log_totals, dots)
                )
                hidden = _hidden(rows, columns, n_before, q.device)
                d_q_tile, *d_keys = tile_gradients(*queries, *keys, hidden)
                _store(d_q, rows, _load(d_q, rows) + d_q_tile)
                totals = [a + b for a, b in zip(totals, d_keys, strict=True)]
            for d_key, total in zip((d_k, d_v), totals, strict=True):
                _store(d_key, columns, total)
        return d_q, d_k, d_v, None, None, None


def _read(
    q_tile: Float[Tensor, "... T H"],
    rows: slice,
    k: Float[Tensor, "... S H"],
    v: Float[Tensor, "... S H"],
    key_tile: int,
    n_before: int | None,
) -> tuple[Float[Tensor, "... T H"], Float[Tensor, "... T 1"]]:
    """What a tile of queries reads, and the logarithm of its softmax's sum."""
    top = torch.full_like(q_tile[..., :1], -inf)
    total, read = torch.zeros_like(top), torch.zeros_like(q_tile)
    for columns in _tiles(k, key_tile):
        if _is_hidden(rows, columns, n_before):
            break
        k_tile, v_tile = _load(k, columns), _load(v, columns)
        hidden = _hidden(rows, columns, n_before, k.device)
        scores = tile_scores(q_tile, k_tile, hidden)
        largest = reduce(scores, "... T S -> ... T 1", "max")
        old_top, top = top, torch.maximum(top, largest)
        shrink, shares = (old_top - top).exp(), (scores - top).exp()
        sums = reduce(shares, "... T S -> ... T 1", "sum")
        values = einsum(shares, v_tile, "... T S, ... S H -> ... T H")
        total, read = total * shrink + sums, read * shrink + values
    return read / total, top + total.log()


def tile_gradients(
    q: Float[Tensor, "... T H"],
    d_heads: Float[Tensor, "... T H"],
    log_totals: Float[Tensor, "... T 1"],
    dots: Float[Tensor, "... T 1"],
    k: Float[Tensor, "... S H"],
    v: Float[Tensor, "... S H"],
    hidden: Bool[Tensor, "T S"] | None,
) -> tuple[
    Float[Tensor, "... T H"],
    Float[Tensor, "... S H"],
    Float[Tensor, "... S H"],
]:
    """What one tile of weights adds to the gradients of q, k and v."""
    weights = (tile_scores(q, k, hidden) - log_totals).exp()
    d_weights = einsum(d_heads, v, "... T H, ... S H -> ... T S")
    d_scores = weights * (d_weights - dots) / sqrt(q.shape[-1])
    d_q = einsum(d_scores, k, "... T S, ... S H -> ... T H")
    d_k = einsum(d_scores, q, "... T S, ... T H -> ... S H")
    d_v = einsum(weights, d_heads, "... T S, ... T H -> ... S H")
    return d_q, d_k, d_v


def tile_scores(
    q: Float[Tensor, "... T H"],
    k: Float[Tensor, "... S H"],
    hidden: Bool[Tensor, "T S"] | None,
) -> Float[Tensor, "... T S"]:
    """The scaled scores of one tile."""
    scores = einsum(q, k, "... T H, ... S H -> ... T S") / sqrt(q.shape[-1])
    return scores if hidden is None else scores.masked_fill(hidden, -inf)


def _tiles(x: Float[Tensor, "... T H"], size: int) -> Iterator[slice]:
    """The positions of x in pieces."""
    n_positions = x.shape[-2]
    for start in range(0, n_positions, size):
        yield slice(start, min(start + size, n_positions))


def _is_hidden(rows: slice, columns: slice, n_before: int | None) -> bool:
    """Whether all keys of a tile stand after all of its queries."""
    return n_before is not None and columns.start >= n_before + rows.stop


def _hidden(
    rows: slice, columns: slice, n_before: int | None, device: torch.device
) -> Bool[Tensor, "T S"] | None:
    """Which keys of a tile stand after which of its queries."""
    if n_before is None:
        return None
    queries = torch.arange(rows.start, rows.stop, device=device) + n_before
    keys = torch.arange(columns.start, columns.stop, device=device)
    return keys > queries[:, None]


def _load(x: Float[Tensor, "... S H"], at: slice) -> Float[Tensor, "... T H"]:
    """A copy of some positions in fast memory."""
    return x[..., at, :].clone()


def _store(
    x: Float[Tensor, "... S H"], at: slice, tile: Float[Tensor, "... T H"]
) -> None:
    """Write a tile back into slow memory."""
    x[..., at, :] = tile
