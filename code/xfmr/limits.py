"""What limits the scores of a layer, brought to the shape of grouped heads.

The scores of B sequences, N heads, T queries and S keys are `B K G T S` where
they are computed. A mask comes without heads, a bias with all N of them, each
with or without sequences.
"""

import torch
from einops import rearrange
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn.functional import pad

from xfmr.mask import causal_mask, sliding_window_mask


def mask_of_heads(
    mask: Bool[Tensor, "... #T S"], whole: tuple[int, int, int, int]
) -> Bool[Tensor, "#B 1 1 #T S"]:
    """A mask for the scores of all heads, which are B N T S together.

    Raises:
        ValueError: if it does not fit them.
    """
    B, _, T, S = whole
    fits = ((T, S), (1, S), (B, T, S), (B, 1, S), (1, T, S), (1, 1, S))
    if mask.shape not in fits:
        raise ValueError(
            f"mask.shape={tuple(mask.shape)} must be {(T, S)} or {(B, T, S)}, "
            "with 1 where the mask is the same for all"
        )
    return rearrange(mask, "... T S -> (...) 1 1 T S")


def bias_of_heads(
    score_bias: Float[Tensor, "... N T S"],
    whole: tuple[int, int, int, int],
    n_kv_heads: int,
) -> Float[Tensor, "#B K G T S"]:
    """A bias of the scores, its heads in groups.

    Raises:
        ValueError: if it does not fit them.
    """
    B, *rest = whole
    if score_bias.shape not in ((*rest,), (1, *rest), (B, *rest)):
        raise ValueError(
            f"score_bias.shape={tuple(score_bias.shape)} must be "
            f"{(*rest,)} or {whole}"
        )
    pattern = "... (K G) T S -> (...) K G T S"
    return rearrange(score_bias, pattern, K=n_kv_heads)


def own_mask(
    *, n_queries: int, n_keys: int, causal: bool, window: int | None
) -> Bool[Tensor, "1 1 1 T S"] | None:
    """What a layer itself hides; None if that is nothing.

    A single query of a causal layer hides nothing: all keys precede it.
    """
    size = {"n_queries": n_queries, "n_keys": n_keys}
    mask = causal_mask(**size) if causal and n_queries > 1 else None
    if window is not None and window < n_keys:
        near = sliding_window_mask(window=window, **size)
        mask = near if mask is None else mask & near
    return mask if mask is None else rearrange(mask, "T S -> 1 1 1 T S")


def with_sinks(
    sinks: Float[Tensor, "N"],
    k: Float[Tensor, "B K 1 S H"],
    v: Float[Tensor, "B K 1 S H"],
    mask: Bool[Tensor, "#B 1 1 #T S"] | None,
    score_bias: Float[Tensor, "#B K G T S"] | None,
    *,
    n_queries: int,
) -> tuple[Tensor, Tensor, Tensor | None, Tensor]:
    """All four with one more position, at the front, that is worth nothing.

    Its key is zero, so that its score is the sink of each head and nothing
    else; its value is zero, so that nothing is read there. Xiao et al. 2024,
    section 3.3, learn a key for it; here the score itself is learned.
    """
    own = rearrange(sinks, "(K G) -> 1 K G 1 1", K=k.shape[1])
    if score_bias is None:
        score_bias = k.new_zeros(1, 1, 1, n_queries, k.shape[-2])
    *leading, T, S = torch.broadcast_shapes(own.shape, score_bias.shape)
    score_bias = torch.cat(
        (own.expand(*leading, T, 1), score_bias.expand(*leading, T, S)), -1
    )
    if mask is not None:
        mask = pad(mask, (1, 0), value=True)
    return *(pad(x, (0, 0, 1, 0)) for x in (k, v)), mask, score_bias
