"""Attention: each position reads from the positions that its mask allows.

A query is compared with every key, the comparisons become shares that sum to
one, and the shares weigh the values:

    weights = softmax(q k^T / sqrt(H))      heads = weights v

`attend` is that and nothing more: give it matrices and it is a single head,
give it leading axes and it is many. `Attention` adds the projections. Its K
key/value heads serve N query heads in groups of G = N / K:

    K = N        multi-head       Vaswani et al. 2017, section 3.2.2
    1 < K < N    grouped-query    Ainslie et al. 2023, section 2.2
    K = 1        multi-query      Shazeer 2019, section 3
"""

from collections.abc import Sequence
from math import inf, sqrt

import torch
from einops import einsum, rearrange
from jaxtyping import Bool, Float
from torch import Tensor, nn

from xfmr.axes import group_size


def causal_mask(*, n_queries: int, n_keys: int) -> Bool[Tensor, "T S"]:
    """True where a query may read: its own position and all before it.

    The queries are the last T of the S positions, so the same rule holds for
    a whole sequence (T = S) and for one new token after a cache (T = 1).

    Raises:
        ValueError: if T > S: the first query would have nothing to read.
    """
    if not 1 <= n_queries <= n_keys:
        raise ValueError(f"{n_queries=} must be from 1 to {n_keys=}")
    everything = torch.ones(n_queries, n_keys, dtype=torch.bool)
    return everything.tril(n_keys - n_queries)


def padding_mask(
    lengths: Sequence[int], *, n_keys: int
) -> Bool[Tensor, "B 1 S"]:
    """True where a key is one of its sequence's first `lengths[b]` tokens.

    It combines with another mask by `&`.

    Raises:
        ValueError: if a length is below 1 or above S.
    """
    for b, length in enumerate(lengths):
        if not 1 <= length <= n_keys:
            raise ValueError(
                f"lengths[{b}]={length} must be from 1 to {n_keys=}"
            )
    is_token = torch.arange(n_keys) < torch.tensor(lengths)[:, None]
    return rearrange(is_token, "B S -> B 1 S")


def attention_weights(
    q: Float[Tensor, "... T H"],
    k: Float[Tensor, "... S H"],
    mask: Bool[Tensor, "... #T S"] | None = None,
) -> Float[Tensor, "... T S"]:
    """The share of each query's attention that each key receives.

    Vaswani et al. 2017, equation 1 without its V. No mask: all may be read.
    """
    scores = einsum(q, k, "... T H, ... S H -> ... T S")
    scaled = scores / sqrt(q.shape[-1])
    if mask is not None:
        scaled = scaled.masked_fill(~mask, -inf)
    return scaled.softmax(dim=-1)


def attend(
    q: Float[Tensor, "... T H"],
    k: Float[Tensor, "... S H"],
    v: Float[Tensor, "... S H"],
    mask: Bool[Tensor, "... #T S"] | None = None,
) -> tuple[Float[Tensor, "... T H"], Float[Tensor, "... T S"]]:
    """What each query reads, and the weights it reads with.

    Vaswani et al. 2017, equation 1. Leading axes broadcast: keys and values
    of axes `B K 1 S H` serve every query head of `B K G T H`.
    """
    weights = attention_weights(q, k, mask)
    heads = einsum(weights, v, "... T S, ... S H -> ... T H")
    return heads, weights


class Attention(nn.Module):
    """N query heads that read K key/value heads, between two projections.

    Args:
        d_model: D, the width of the stream that the layer reads and writes.
        n_heads: N. Query head n reads key/value head n // G.
        n_kv_heads: K.
        d_head: H. Usually D / N, but free: N H need not be D.
        bias: whether the four projections add a bias, as BERT's do.

    Raises:
        ValueError: if K does not divide N.
    """

    def __init__(
        self,
        *,
        d_model: int,
        n_heads: int,
        n_kv_heads: int,
        d_head: int,
        bias: bool = False,
    ):
        super().__init__()
        group_size(n_heads=n_heads, n_kv_heads=n_kv_heads)
        self.n_kv_heads, self.d_head = n_kv_heads, d_head
        self.w_q = nn.Linear(d_model, n_heads * d_head, bias=bias)
        self.w_k = nn.Linear(d_model, n_kv_heads * d_head, bias=bias)
        self.w_v = nn.Linear(d_model, n_kv_heads * d_head, bias=bias)
        self.w_o = nn.Linear(n_heads * d_head, d_model, bias=bias)

    def forward(
        self,
        x: Float[Tensor, "B T D"],
        memory: Float[Tensor, "B S D"] | None = None,
        mask: Bool[Tensor, "... #T S"] | None = None,
    ) -> Float[Tensor, "B T D"]:
        """Let x read from memory, or from itself where no memory is given."""
        K, H = self.n_kv_heads, self.d_head
        memory = x if memory is None else memory
        q = rearrange(self.w_q(x), "B T (K G H) -> B K G T H", K=K, H=H)
        k = rearrange(self.w_k(memory), "B S (K H) -> B K 1 S H", K=K)
        v = rearrange(self.w_v(memory), "B S (K H) -> B K 1 S H", K=K)
        if mask is not None:  # the same for every head
            mask = mask[..., None, None, :, :]
        heads, _ = attend(q, k, v, mask)
        return self.w_o(rearrange(heads, "B K G T H -> B T (K G H)"))
