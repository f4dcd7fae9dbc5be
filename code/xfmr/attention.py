"""Attention: each position reads from the positions that its mask allows.

A query is compared with every key, the comparisons become shares that sum to
one, and the shares weigh the values:

    weights = softmax(q k^T / sqrt(H))      heads = weights v

`attend` is that and nothing more: give it matrices and it is a single head,
give it leading axes and it is many. `attend_fused` gives the same heads and
keeps no weights. `Attention` adds the projections. Its K key/value heads
serve N query heads in groups of G = N / K:

    K = N        multi-head       Vaswani et al. 2017, section 3.2.2
    1 < K < N    grouped-query    Ainslie et al. 2023, section 2.2
    K = 1        multi-query      Shazeer 2019, section 3
"""

from math import inf, sqrt

import torch
from einops import einsum, rearrange
from jaxtyping import Bool, Float
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention

from xfmr.axes import group_size
from xfmr.cache import KVCache
from xfmr.limits import (
    bias_of_heads,
    mask_of_heads,
    own_mask,
    with_sinks,
)
from xfmr.rotary import Rotary


def soft_cap(x: Float[Tensor, "..."], cap: float) -> Float[Tensor, "..."]:
    """Numbers that grow ever more slowly and never pass the cap.

    Gemma Team 2024, section 2.
    """
    return cap * (x / cap).tanh()


def attention_weights(
    q: Float[Tensor, "... T H"],
    k: Float[Tensor, "... S H"],
    mask: Bool[Tensor, "... #T S"] | None = None,
    score_bias: Float[Tensor, "... T S"] | None = None,
    cap: float | None = None,
) -> Float[Tensor, "... T S"]:
    """The share of each query's attention that each key receives.

    Vaswani et al. 2017, equation 1 without its V. No mask: all may be read.
    Few models cap their scores.
    """
    scores = einsum(q, k, "... T H, ... S H -> ... T S")
    scaled = scores / sqrt(q.shape[-1])
    if cap is not None:
        scaled = soft_cap(scaled, cap)
    if score_bias is not None:
        scaled = scaled + score_bias
    if mask is not None:
        scaled = scaled.masked_fill(~mask, -inf)
    weights = scaled.softmax(dim=-1)
    # zeros, not NaN, for a query that may read nothing
    return weights if mask is None else weights.masked_fill(~mask, 0)


def attend(
    q: Float[Tensor, "... T H"],
    k: Float[Tensor, "... S H"],
    v: Float[Tensor, "... S H"],
    mask: Bool[Tensor, "... #T S"] | None = None,
    score_bias: Float[Tensor, "... T S"] | None = None,
    cap: float | None = None,
) -> tuple[Float[Tensor, "... T H"], Float[Tensor, "... T S"]]:
    """What each query reads, and the weights it reads with.

    Vaswani et al. 2017, equation 1. Leading axes broadcast: keys and values
    of axes `B K 1 S H` serve every query head of `B K G T H`.
    """
    weights = attention_weights(q, k, mask, score_bias, cap)
    heads = einsum(weights, v, "... T S, ... S H -> ... T H")
    return heads, weights


def attend_fused(
    q: Float[Tensor, "B K G T H"],
    k: Float[Tensor, "B K 1 S H"],
    v: Float[Tensor, "B K 1 S H"],
    mask: Bool[Tensor, "#B 1 1 #T S"] | None = None,
    score_bias: Float[Tensor, "#B K G T S"] | None = None,
    *,
    causal: bool = False,
) -> Float[Tensor, "B K G T H"]:
    """What `attend` reads, by torch's kernel, which keeps no weights.

    Args:
        causal: whether the mask is that of a whole sequence (T = S), and not
            given: the kernel then skips what it hides.
    """
    K, G = q.shape[1:3]
    allowed = mask
    if score_bias is not None:
        if mask is not None:
            score_bias = score_bias.masked_fill(~mask, -inf)
        allowed = score_bias
    if allowed is not None:
        allowed = rearrange(allowed, "B K G T S -> B (K G) T S")
    heads = scaled_dot_product_attention(
        rearrange(q, "B K G T H -> B (K G) T H"),
        rearrange(k, "B K 1 S H -> B K S H"),
        rearrange(v, "B K 1 S H -> B K S H"),
        attn_mask=allowed,
        is_causal=causal,
        enable_gqa=G > 1,
    )
    return rearrange(heads, "B (K G) T H -> B K G T H", K=K)


class Attention(nn.Module):
    """N query heads that read K key/value heads, between two projections.

    Args:
        d_model: D, the width of the stream that the layer reads and writes.
        n_heads: N. Query head n reads key/value head n // G.
        n_kv_heads: K.
        d_head: H. Usually D / N, but free: N H need not be D.
        bias: whether the four projections add a bias, as BERT's do.
        output_bias: whether the last does, where it differs, as in Qwen 2.
        causal: whether no position reads those after it; a mask may hide
            more.
        window: W; no position reads those W or more away, on either side.
        q_norm: normalises the queries of each head, before they are turned.
        k_norm: the same for the keys.
        rotary: turns queries and keys by their positions.
        score_scale: what scores are multiplied by; 1 / sqrt(H) if None.
        score_cap: the bound of a scaled score, as in `soft_cap`.
        sinks: whether each head has a learned score that nothing is read for.
        fused: whether `attend_fused` takes the place of `attend`: faster,
            but no trace of the run shows the weights.

    Raises:
        ValueError: if K does not divide N, the window is below 1, or scores
            are to be capped in a kernel that cannot.
    """

    def __init__(
        self,
        *,
        d_model: int,
        n_heads: int,
        n_kv_heads: int,
        d_head: int,
        bias: bool = False,
        output_bias: bool | None = None,
        causal: bool = False,
        window: int | None = None,
        q_norm: nn.Module | None = None,
        k_norm: nn.Module | None = None,
        rotary: Rotary | None = None,
        score_scale: float | None = None,
        score_cap: float | None = None,
        sinks: bool = False,
        fused: bool = False,
    ):
        super().__init__()
        group_size(n_heads=n_heads, n_kv_heads=n_kv_heads)
        if window is not None and window < 1:
            raise ValueError(f"{window=} must be at least 1")
        if fused and score_cap is not None:
            raise ValueError(f"{score_cap=} must be None where {fused=}")
        self.n_heads, self.n_kv_heads = n_heads, n_kv_heads
        self.d_head, self.rotary = d_head, rotary
        self.causal, self.window, self.fused = causal, window, fused
        self.q_norm, self.k_norm = q_norm, k_norm
        # what makes of the 1 / sqrt(H) of `attend` the scale of this layer
        self.rescale = score_scale and score_scale * sqrt(d_head)
        self.score_cap = score_cap
        self.sinks = nn.Parameter(torch.zeros(n_heads)) if sinks else None
        self.w_q = nn.Linear(d_model, n_heads * d_head, bias=bias)
        self.w_k = nn.Linear(d_model, n_kv_heads * d_head, bias=bias)
        self.w_v = nn.Linear(d_model, n_kv_heads * d_head, bias=bias)
        output_bias = bias if output_bias is None else output_bias
        self.w_o = nn.Linear(n_heads * d_head, d_model, bias=output_bias)

    def forward(
        self,
        x: Float[Tensor, "B T D"],
        memory: Float[Tensor, "B S D"] | None = None,
        mask: Bool[Tensor, "... #T S"] | None = None,
        *,
        score_bias: Float[Tensor, "... N T S"] | None = None,
        cache: KVCache | None = None,
    ) -> Float[Tensor, "B T D"]:
        """Let x read from memory, or from itself where no memory is given.

        Args:
            mask: which positions may be read, the same for every head.
            score_bias: what is added to the scaled scores of each head.
            cache: the positions before x, which x may also read; x joins it.
                Beside a memory, what the first call made of the memory.

        Raises:
            ValueError: if mask or bias do not fit the scores, memory is
                given to a layer that is causal or has a window, or the cache
                rolls by another window.
        """
        if memory is not None and (self.causal or self.window is not None):
            raise ValueError(
                "memory must be None where attention is causal or has a window"
            )
        if cache is not None and cache.window not in (None, self.window):
            raise ValueError(
                f"cache.window={cache.window} must be window={self.window}"
            )
        past = cache if memory is None else None
        is_read = memory is not None and cache is not None and cache.n_tokens
        memory = x if memory is None else memory
        n_before = 0 if past is None else past.n_tokens
        n_kept = 0 if past is None else past.n_readable
        whole = len(x), self.n_heads, x.shape[1], n_kept + memory.shape[1]
        mask, score_bias = self._for_heads(mask, score_bias, whole)
        K, H = self.n_kv_heads, self.d_head
        q = rearrange(self.w_q(x), "B T (K G H) -> B K G T H", K=K, H=H)
        q = self._compared(q, self.q_norm, n_before)
        if is_read:
            k, v = cache.k, cache.v
        else:
            k = rearrange(self.w_k(memory), "B S (K H) -> B K 1 S H", K=K)
            v = rearrange(self.w_v(memory), "B S (K H) -> B K 1 S H", K=K)
            k = self._compared(k, self.k_norm, n_before)
            if cache is not None:
                k, v = cache.extend(k, v)
        if self.rescale is not None:
            q = q * self.rescale
        if self.sinks is not None:
            k, v, mask, score_bias = with_sinks(
                self.sinks, k, v, mask, score_bias, n_queries=x.shape[1]
            )
        if self.fused:
            is_whole = self.causal and mask is None and x.shape[1] > 1
            heads = attend_fused(q, k, v, mask, score_bias, causal=is_whole)
        else:
            heads, _ = attend(q, k, v, mask, score_bias, self.score_cap)
        return self.w_o(rearrange(heads, "B K G T H -> B T (K G H)"))

    def _compared(
        self, x: Float[Tensor, "..."], norm: nn.Module | None, n_before: int
    ) -> Float[Tensor, "..."]:
        """Queries or keys as they are compared: normalised and turned."""
        x = x if norm is None else norm(x)
        return x if self.rotary is None else self.rotary(x, n_before)

    def _for_heads(
        self,
        mask: Bool[Tensor, "... #T S"] | None,
        score_bias: Float[Tensor, "... N T S"] | None,
        whole: tuple[int, int, int, int],
    ) -> tuple[
        Bool[Tensor, "#B 1 1 #T S"] | None,
        Float[Tensor, "#B K G T S"] | None,
    ]:
        """What limits the scores, which are B N T S together, by groups.

        No mask where the fused kernel is to hide what is after each query.
        """
        _, _, T, S = whole
        alone = mask is None and score_bias is None and self.sinks is None
        near = self.window is None or self.window >= S
        if self.fused and self.causal and alone and near and T == S:
            return None, None
        own = own_mask(
            n_queries=T, n_keys=S, causal=self.causal, window=self.window
        )
        if mask is not None:
            mask = mask_of_heads(mask, whole)
        if own is not None:
            own = own.to(self.w_o.weight.device)
            mask = own if mask is None else mask & own
        if score_bias is not None:
            score_bias = bias_of_heads(score_bias, whole, self.n_kv_heads)
            score_bias = score_bias.to(self.w_o.weight.dtype)
        return mask, score_bias
