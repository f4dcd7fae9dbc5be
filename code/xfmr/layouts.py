"""Where the heads lie: ways to write one layer, equal up to rounding.

A multi-head layer has N heads of width H. Its arithmetic leaves open when the
heads come apart and when they meet again:

    looped        weights cut into N, a head at a time    T H, N times over
    split         one product for all, its result cut     T (N H) -> N T H
    contracted    heads an axis of the weights            T D, N H D -> N T H

`Attention` is `split` with its heads in groups.
"""

import torch
from einops import einsum, rearrange
from jaxtyping import Bool, Float
from torch import Tensor

from xfmr.attention import Attention, attend


def looped(
    layer: Attention,
    x: Float[Tensor, "B T D"],
    mask: Bool[Tensor, "T S"] | None = None,
) -> Float[Tensor, "B T D"]:
    """What the layer returns, one head after another.

    Vaswani et al. 2017, section 3.2.2.

    Raises:
        ValueError: if heads share keys and values, or there are biases.
    """
    check_plain(layer)
    w_q, w_k, w_v = layer.w_q.weight, layer.w_k.weight, layer.w_v.weight
    heads = []
    for n in range(layer.n_heads):
        rows = slice(n * layer.d_head, (n + 1) * layer.d_head)
        q, k, v = x @ w_q[rows].T, x @ w_k[rows].T, x @ w_v[rows].T
        head, _ = attend(q, k, v, mask)
        heads.append(head)
    return torch.cat(heads, dim=-1) @ layer.w_o.weight.T


def split(
    layer: Attention,
    x: Float[Tensor, "B T D"],
    mask: Bool[Tensor, "T S"] | None = None,
) -> Float[Tensor, "B T D"]:
    """What the layer returns, all heads at once in an axis of their own.

    Raises:
        ValueError: if heads share keys and values, or there are biases.
    """
    check_plain(layer)
    N = layer.n_heads
    q = rearrange(layer.w_q(x), "B T (N H) -> B N T H", N=N)
    k = rearrange(layer.w_k(x), "B S (N H) -> B N S H", N=N)
    v = rearrange(layer.w_v(x), "B S (N H) -> B N S H", N=N)
    heads, _ = attend(q, k, v, mask)
    merged = rearrange(heads, "B N T H -> B T (N H)")
    return layer.w_o(merged)


def contracted(
    layer: Attention,
    x: Float[Tensor, "B T D"],
    mask: Bool[Tensor, "T S"] | None = None,
) -> Float[Tensor, "B T D"]:
    """What the layer returns, as a sum of what each head adds.

    Raises:
        ValueError: if heads share keys and values, or there are biases.
    """
    check_plain(layer)
    w_q, w_k, w_v, w_o = weights_by_head(layer)
    q = einsum(x, w_q, "B T D, N H D -> B N T H")
    k = einsum(x, w_k, "B S D, N H D -> B N S H")
    v = einsum(x, w_v, "B S D, N H D -> B N S H")
    heads, _ = attend(q, k, v, mask)
    return einsum(heads, w_o, "B N T H, D N H -> B T D")


def weights_by_head(
    layer: Attention,
) -> tuple[
    Float[Tensor, "N H D"],
    Float[Tensor, "K H D"],
    Float[Tensor, "K H D"],
    Float[Tensor, "D N H"],
]:
    """The four weights with an axis for the heads: `w_q w_k w_v w_o`."""
    N, K = layer.n_heads, layer.n_kv_heads
    return (
        rearrange(layer.w_q.weight, "(N H) D -> N H D", N=N),
        rearrange(layer.w_k.weight, "(K H) D -> K H D", K=K),
        rearrange(layer.w_v.weight, "(K H) D -> K H D", K=K),
        rearrange(layer.w_o.weight, "D (N H) -> D N H", N=N),
    )


def check_plain(layer: Attention) -> None:
    """Refuse a layer that is more than N heads of their own and no biases.

    Raises:
        ValueError: if heads share keys and values, or there are biases.
    """
    if layer.n_kv_heads != layer.n_heads:
        raise ValueError(
            f"n_kv_heads={layer.n_kv_heads} must be n_heads={layer.n_heads}"
        )
    if layer.w_o.bias is not None:
        raise ValueError("bias must be False: it belongs to no head")
