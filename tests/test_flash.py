"""Flash Attention against the plain one: values, gradients, memory, reads."""

import jaxtyping
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn.functional import scaled_dot_product_attention

from xfmr.attention import attend
from xfmr.flash import flash_attention
from xfmr.mask import causal_mask
from xfmr.peak import peak_bytes
from xfmr.traffic import traffic


def double(*shape, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator, dtype=torch.float64)


def inputs(leading, n_queries, n_keys, scale=1.0):
    q = scale * double(*leading, n_queries, 4)
    k, v = (double(*leading, n_keys, 4, seed=seed) for seed in (1, 2))
    return [x.requires_grad_() for x in (q, k, v)]


def assert_same(a, b):
    torch.testing.assert_close(a, b, rtol=0, atol=1e-12)


@st.composite
def settings_of_a_call(draw):
    n_keys = draw(st.integers(1, 12))
    return {
        "leading": draw(st.sampled_from([(), (2,), (2, 3)])),
        "n_queries": draw(st.integers(1, n_keys)),
        "n_keys": n_keys,
        "causal": draw(st.booleans()),
        "query_tile": draw(st.integers(1, 13)),
        "key_tile": draw(st.integers(1, 13)),
    }


@settings(max_examples=40)
@given(settings_of_a_call())
def test_equals_plain_attention_and_its_gradients(call):
    sizes = {name: call.pop(name) for name in ("n_queries", "n_keys")}
    q, k, v = inputs(call.pop("leading"), **sizes)
    plain, _ = attend(
        q, k, v, causal_mask(**sizes) if call["causal"] else None
    )
    flash = flash_attention(q, k, v, **call)
    assert_same(flash, plain)
    d_heads = double(*plain.shape, seed=3)
    for ours, theirs in zip(
        *(torch.autograd.grad(x, (q, k, v), d_heads) for x in (flash, plain)),
        strict=True,
    ):
        assert_same(ours, theirs)


def test_more_queries_than_keys_where_nothing_is_causal():
    q, k, v = inputs((2,), 9, 4)
    plain, _ = attend(q, k, v)
    assert_same(flash_attention(q, k, v, query_tile=2, key_tile=3), plain)


@pytest.mark.parametrize("causal", [False, True])
def test_equals_torch(causal):
    q, k, v = inputs((2, 3), 150, 150)
    theirs = scaled_dot_product_attention(q, k, v, is_causal=causal)
    assert_same(flash_attention(q, k, v, causal=causal), theirs)


def test_gradients_by_finite_differences():
    q, k, v = inputs((), 5, 7)
    tiles = {"query_tile": 2, "key_tile": 3}
    assert torch.autograd.gradcheck(
        lambda *x: flash_attention(*x, causal=True, **tiles), (q, k, v)
    )


@pytest.mark.parametrize("causal", [False, True])
def test_scores_in_the_thousands_do_not_overflow(causal):
    q, k, v = inputs((), 9, 9, scale=1e4)
    mask = causal_mask(n_queries=9, n_keys=9) if causal else None
    tiles = {"query_tile": 4, "key_tile": 2}
    flash = flash_attention(q, k, v, causal=causal, **tiles)
    assert_same(flash, attend(q, k, v, mask)[0])
    for gradient in torch.autograd.grad(flash.sum(), (q, k, v)):
        assert gradient.isfinite().all()


@pytest.mark.parametrize("t", range(1, 7))
def test_the_future_changes_nothing_bitwise(t):
    q, k, v = (x.detach() for x in inputs((2,), 7, 7))
    changed = [x.clone() for x in (q, k, v)]
    for x in changed:
        x[:, t:] = 1e3
    tiles = {"causal": True, "query_tile": 3, "key_tile": 2}
    before = flash_attention(q, k, v, **tiles)[:, :t]
    assert torch.equal(before, flash_attention(*changed, **tiles)[:, :t])


@pytest.mark.parametrize("backwards", [False, True])
def test_memory_grows_linearly(backwards):
    def peak(length):
        x = torch.zeros(length, 8, requires_grad=backwards)
        tiles = {"query_tile": 32, "key_tile": 32}

        def run(x):
            heads = flash_attention(x, x, x, causal=True, **tiles)
            if backwards:
                torch.autograd.grad(heads, x, torch.empty_like(heads))

        return peak_bytes(run, x)

    steps = [peak(n + 64) - peak(n) for n in (64, 128, 192)]
    # forwards: heads and one number a query; backwards: the same, three
    # gradients, their sum, and the one that comes in
    per_query = (8 + 1) + (8 * 3 + 8 + 8 + 1 if backwards else 0)
    assert max(steps) <= 64 * 4 * per_query
    assert min(steps) == max(steps) >= 64 * 4 * 9


def n_loads(length, query_tile, key_tile):
    """Tiles of keys that hold a key some query of a tile may read."""
    return sum(
        any(s <= t for t in range(i, min(i + query_tile, length)))
        for i in range(0, length, query_tile)
        for s in range(0, length, key_tile)
    )


@pytest.mark.parametrize(("query_tile", "key_tile"), [(4, 4), (8, 4), (4, 8)])
def test_causal_attention_loads_no_tile_that_is_hidden(query_tile, key_tile):
    T, H = 32, 4
    q = torch.zeros(T, H, requires_grad=True)
    tiles = {"query_tile": query_tile, "key_tile": key_tile}
    pairs = n_loads(T, query_tile, key_tile)

    def forward():
        return flash_attention(q, q, q, causal=True, **tiles)

    moved = traffic(forward, tile=8)
    assert moved.n_read == T * H + 2 * pairs * key_tile * H
    assert moved.n_written == T * H + T
    heads = forward()
    backward = traffic(
        lambda: torch.autograd.grad(heads, q, torch.zeros(T, H)), tile=8
    )
    # q, its gradients in and so far, two numbers a query; then what of d_q is
    # written. The engine adds up the three gradients of one q: 2 x 2 T H read.
    inner = pairs * query_tile
    assert backward.n_read == (
        2 * T * H + 2 * T * H + inner * (3 * H + 2) + 4 * T * H
    )
    assert backward.n_written == (
        T + 3 * T * H + inner * H + 2 * T * H + 3 * T * H
    )


def test_the_usual_tiles():
    q, tiles = torch.zeros(256, 4), {"query_tile": 128, "key_tile": 128}
    usual = traffic(flash_attention, q, q, q, tile=64)
    assert usual == traffic(flash_attention, q, q, q, tile=64, **tiles)
    other = {"query_tile": 128, "key_tile": 127}
    assert usual != traffic(flash_attention, q, q, q, tile=64, **other)


@pytest.fixture
def unannotated(monkeypatch):
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)


def test_leading_axes_that_differ(unannotated):
    q, k, v = torch.zeros(2, 5, 4), torch.zeros(1, 5, 4), torch.zeros(2, 5, 4)
    message = (
        r"^leading=\[\(2,\), \(1,\), \(2,\)\] axes of q, k and v "
        "must be the same$"
    )
    with pytest.raises(ValueError, match=message):
        flash_attention(q, k, v)
    with pytest.raises(ValueError, match=r"must be the same$"):
        flash_attention(q, v, k)


@pytest.mark.parametrize(("query_tile", "key_tile"), [(0, 1), (1, 0), (-1, 2)])
def test_tiles_without_positions(query_tile, key_tile):
    q = torch.zeros(3, 4)
    with pytest.raises(
        ValueError, match=f"^{query_tile=} and {key_tile=} must be at least 1$"
    ):
        flash_attention(q, q, q, query_tile=query_tile, key_tile=key_tile)


def test_causal_queries_without_a_place_among_the_keys():
    q, k = torch.zeros(3, 4), torch.zeros(2, 4)
    with pytest.raises(
        ValueError, match=r"^n_queries=3 must not exceed n_keys=2$"
    ):
        flash_attention(q, k, k, causal=True)
