"""Heads apart, against the layer that they make up."""

import pytest
import torch

from xfmr.attention import Attention, attention_weights
from xfmr.circuits import dependence, maps, queries_and_keys


def layer(n_heads=3, d_head=2):
    torch.manual_seed(1)
    return Attention(
        d_model=6, n_heads=n_heads, n_kv_heads=n_heads, d_head=d_head
    ).double()


def text(n_tokens=5):
    return torch.randn(n_tokens, 6, dtype=torch.float64)


def test_shares_and_maps_make_up_the_layer():
    ours, x = layer(), text()
    shares = attention_weights(*queries_and_keys(ours, x))
    added = sum(a @ x @ m.T for a, m in zip(shares, maps(ours), strict=True))
    torch.testing.assert_close(added, ours(x[None])[0])


def test_dependence_is_shares_times_maps():
    ours, x = layer(), text()
    shares = attention_weights(*queries_and_keys(ours, x))
    expected = sum(
        torch.outer(a.flatten(), m.flatten())
        for a, m in zip(shares, maps(ours), strict=True)
    )
    torch.testing.assert_close(dependence(ours, x), expected)


@pytest.mark.parametrize("n_heads", [1, 2, 3])
def test_ranks_count_heads_and_their_width(n_heads):
    ours, x = layer(n_heads, d_head=2), text(n_tokens=7)
    rank = torch.linalg.matrix_rank
    assert rank(dependence(ours, x)) == n_heads
    assert rank(maps(ours)).tolist() == [2] * n_heads
    q, k = queries_and_keys(ours, x)
    assert rank(q @ k.mT).tolist() == [2] * n_heads


@pytest.mark.parametrize(
    "function",
    [
        maps,
        lambda y: queries_and_keys(y, text()),
        lambda y: dependence(y, text()),
    ],
    ids=["maps", "queries_and_keys", "dependence"],
)
def test_refuses_heads_that_are_not_apart(function):
    shared = Attention(d_model=6, n_heads=2, n_kv_heads=1, d_head=3)
    with pytest.raises(ValueError, match="n_kv_heads=1 must be n_heads=2"):
        function(shared.double())
