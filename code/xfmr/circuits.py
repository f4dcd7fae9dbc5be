"""What the heads of a layer do apart: where each reads, what each carries.

At fixed shares a, a layer is linear in the tokens that it reads:

    added at t  =  sum over n, s of  a_nts M_n x_s        M_n = W_on W_vn

The shares come from the scores, in which queries and keys meet; the maps know
no positions. Elhage et al. 2021 call the two halves QK and OV circuits.
"""

import torch
from einops import einsum
from jaxtyping import Float
from torch import Tensor
from torch.func import jacrev

from xfmr.attention import Attention, attention_weights
from xfmr.layouts import check_plain, weights_by_head


def queries_and_keys(
    layer: Attention, x: Float[Tensor, "T D"]
) -> tuple[Float[Tensor, "N T H"], Float[Tensor, "N S H"]]:
    """What each head asks, and what it can be found by, for one text.

    Raises:
        ValueError: if heads share keys and values, or there are biases.
    """
    check_plain(layer)
    w_q, w_k, _, _ = weights_by_head(layer)
    q = einsum(x, w_q, "T D, N H D -> N T H")
    k = einsum(x, w_k, "S D, N H D -> N S H")
    return q.detach(), k.detach()


def maps(layer: Attention) -> Float[Tensor, "N D D"]:
    """For each head the matrix that takes what is read to what is added.

    Raises:
        ValueError: if heads share keys and values, or there are biases.
    """
    check_plain(layer)
    _, _, w_v, w_o = weights_by_head(layer)
    return torch.stack(
        [w_o[:, n] @ w_v[n] for n in range(layer.n_heads)]
    ).detach()


def dependence(
    layer: Attention, x: Float[Tensor, "T D"]
) -> Float[Tensor, "TS DD"]:
    """How much what is added depends on what is read, at fixed shares.

    A row for each pair of positions, the one that asks first; a column for
    each pair of coordinates, the one that is added first.

    Raises:
        ValueError: if heads share keys and values, or there are biases.
    """
    shares = attention_weights(*queries_and_keys(layer, x))
    _, _, w_v, w_o = (w.detach() for w in weights_by_head(layer))

    def added(read: Float[Tensor, "S D"]) -> Float[Tensor, "T D"]:
        v = einsum(read, w_v, "S D, N H D -> N S H")
        heads = einsum(shares, v, "N T S, N S H -> N T H")
        return einsum(heads, w_o, "N T H, D N H -> T D")

    slopes = jacrev(added)(x)  # of position and coordinate, twice
    return slopes.movedim(1, 2).flatten(2).flatten(0, 1)
