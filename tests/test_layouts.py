"""Layouts of the heads, against the layer that they rewrite."""

import pytest
import torch
from einops import einsum

from xfmr.attention import Attention
from xfmr.layouts import contracted, looped, split, weights_by_head
from xfmr.mask import causal_mask

LAYOUTS = [looped, split, contracted]
MASKS = [None, causal_mask(n_queries=5, n_keys=5)]


def layer(n_heads=4, n_kv_heads=None, d_head=3, bias=False):
    torch.manual_seed(1)
    return Attention(
        d_model=10,
        n_heads=n_heads,
        n_kv_heads=n_kv_heads or n_heads,
        d_head=d_head,
        bias=bias,
    ).double()


def stream():
    return torch.randn(2, 5, 10, dtype=torch.float64)


@pytest.mark.parametrize("mask", MASKS, ids=["all", "causal"])
@pytest.mark.parametrize("n_heads", [1, 4])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_layouts_equal_the_layer(layout, n_heads, mask):
    ours, x = layer(n_heads), stream()
    expected = ours(x, mask=mask)
    torch.testing.assert_close(layout(ours, x, mask), expected)


def test_weights_by_head_are_the_rows_of_each():
    ours = layer(n_heads=4, n_kv_heads=2)
    w_q, w_k, w_v, w_o = weights_by_head(ours)
    assert [*map(tuple, (w.shape for w in (w_q, w_k, w_v, w_o)))] == [
        (4, 3, 10),
        (2, 3, 10),
        (2, 3, 10),
        (10, 4, 3),
    ]
    torch.testing.assert_close(w_q[2], ours.w_q.weight[6:9])
    torch.testing.assert_close(w_k[1], ours.w_k.weight[3:6])
    torch.testing.assert_close(w_v[1], ours.w_v.weight[3:6])
    torch.testing.assert_close(w_o[:, 2], ours.w_o.weight[:, 6:9])


def test_heads_add_up():
    ours, x = layer(), stream()
    alone = []
    for n in range(4):
        one = layer(n_heads=1)
        *reads, w_o = weights_by_head(ours)
        for name, weight in zip("qkv", reads, strict=True):
            getattr(one, f"w_{name}").weight.data = weight[n]
        one.w_o.weight.data = w_o[:, n]
        alone.append(one(x))
    together = einsum(torch.stack(alone), "N B T D -> B T D")
    torch.testing.assert_close(contracted(ours, x), together)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_refuses_what_not_every_layout_holds(layout):
    with pytest.raises(ValueError, match="n_kv_heads=2 must be n_heads=4"):
        layout(layer(n_kv_heads=2), stream())
    with pytest.raises(ValueError, match="bias must be False"):
        layout(layer(bias=True), stream())
