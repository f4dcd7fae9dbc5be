"""Attention against torch's own, by hand, and at its edges."""

from functools import partial
from math import e, log

import jaxtyping
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn.functional import scaled_dot_product_attention

from xfmr.attention import (
    Attention,
    attend,
    attend_fused,
    attention_weights,
    soft_cap,
)
from xfmr.cache import KVCache
from xfmr.mask import (
    causal_mask,
    document_mask,
    padding_mask,
    prefix_mask,
    sliding_window_mask,
)
from xfmr.norm import RMSNorm
from xfmr.position import alibi
from xfmr.probe import influence
from xfmr.rotary import Rotary

SHARING = [
    pytest.param(8, id="multi-head"),
    pytest.param(2, id="grouped"),
    pytest.param(1, id="multi-query"),
]
CAUSAL = causal_mask(n_queries=5, n_keys=5)
pytestmark = pytest.mark.usefixtures("double_precision")
assert_same = partial(torch.testing.assert_close, rtol=0, atol=1e-12)


def randn(*shape, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator)


def layer(n_kv_heads=8, bias=False, n_heads=8, **options):
    torch.manual_seed(1)
    return Attention(
        d_model=32,
        n_heads=n_heads,
        n_kv_heads=n_kv_heads,
        d_head=16,
        bias=bias,
        **options,
    )


def split(x):
    return x.unflatten(-1, (-1, 16)).transpose(1, 2)


@pytest.mark.parametrize("mask", [None, CAUSAL], ids=["all", "causal"])
@pytest.mark.parametrize("n_kv_heads", SHARING)
def test_equals_torch_with_shared_heads(n_kv_heads, mask):
    ours, x = layer(n_kv_heads), randn(3, 5, 32)
    heads = scaled_dot_product_attention(
        split(ours.w_q(x)),
        split(ours.w_k(x)),
        split(ours.w_v(x)),
        attn_mask=mask,
        enable_gqa=True,
    )
    theirs = ours.w_o(heads.transpose(1, 2).flatten(2))
    assert_same(ours(x, mask=mask), theirs)


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("lengths", [None, [5, 3, 1]])
def test_equals_torch_multi_head_attention(bias, lengths):
    torch.manual_seed(2)
    theirs = nn.MultiheadAttention(32, 4, bias=bias, batch_first=True)
    ours = Attention(d_model=32, n_heads=4, n_kv_heads=4, d_head=8, bias=bias)
    weights = {"w_o.weight": theirs.out_proj.weight}
    if bias:  # torch starts its biases at zero, where no mistake would show
        nn.init.normal_(theirs.in_proj_bias)
        nn.init.normal_(theirs.out_proj.bias)
        weights["w_o.bias"] = theirs.out_proj.bias
    for kind in ("weight", "bias") if bias else ("weight",):
        rows = getattr(theirs, f"in_proj_{kind}").chunk(3)
        for name, value in zip("qkv", rows, strict=True):
            weights[f"w_{name}.{kind}"] = value
    ours.load_state_dict(weights)
    x = randn(3, 5, 32)
    mask = None if lengths is None else padding_mask(lengths, n_keys=5)
    padding = None if lengths is None else ~mask[:, 0]
    expected, _ = theirs(x, x, x, key_padding_mask=padding, need_weights=False)
    assert_same(ours(x, mask=mask), expected)


def test_cross_attention_reads_the_memory():
    ours, x, memory = layer(2), randn(3, 5, 32), randn(3, 7, 32, seed=1)
    heads = scaled_dot_product_attention(
        split(ours.w_q(x)),
        split(ours.w_k(memory)),
        split(ours.w_v(memory)),
        enable_gqa=True,
    )
    theirs = ours.w_o(heads.transpose(1, 2).flatten(2))
    assert_same(ours(x, memory), theirs)


def test_memory_is_the_input_unless_given():
    ours, x = layer(), randn(3, 5, 32)
    assert_same(ours(x), ours(x, x))


def test_a_single_head_by_hand():
    # H = 4, so scores are halved: ln 9 / 2 = ln 3, and shares are 3 : 1
    q = torch.tensor([[log(9.0), 0, 0, 0]])
    k = torch.tensor([[1.0, 0, 0, 0], [0, 1, 0, 0]])
    v = torch.tensor([[8.0, 0, 0, 0], [0, 4, 0, e]])
    heads, weights = attend(q, k, v)
    assert_same(weights, torch.tensor([[0.75, 0.25]]))
    expected = torch.tensor([[6.0, 1, 0, e / 4]])
    assert_same(heads, expected)


def test_a_single_head_masked():
    weights = attention_weights(
        randn(3, 4), randn(3, 4, seed=1), CAUSAL[:3, :3]
    )
    assert torch.equal(weights == 0, ~CAUSAL[:3, :3])
    assert_same(weights.sum(-1), torch.ones(3))


def test_attend_returns_the_weights_it_reads_with():
    q, k, v = (randn(2, 3, 4, 8, seed=s) for s in range(3))
    heads, weights = attend(q, k, v)
    assert torch.equal(weights, attention_weights(q, k))
    assert_same(heads, weights @ v)


@pytest.mark.parametrize("mask", [None, CAUSAL], ids=["all", "causal"])
def test_weights_are_shares(mask):
    w = attention_weights(randn(2, 1, 5, 8), randn(2, 3, 5, 8, seed=1), mask)
    assert (w >= 0).all()
    assert_same(w.sum(-1), torch.ones(2, 3, 5))


@pytest.mark.parametrize("position", range(5))
def test_the_future_changes_nothing_bitwise(position):
    ours, x = layer(2), randn(2, 5, 32)
    changed = x.clone()
    changed[:, position:] = 1e3
    before = ours(x, mask=CAUSAL)[:, :position]
    assert torch.equal(before, ours(changed, mask=CAUSAL)[:, :position])


def test_padding_changes_nothing_bitwise():
    ours, x = layer(), randn(2, 5, 32)
    mask = padding_mask([5, 3], n_keys=5)
    changed = x.clone()
    changed[1, 3:] = 1e3
    a, b = ours(x, mask=mask), ours(changed, mask=mask)
    assert torch.equal(a[0], b[0])
    assert torch.equal(a[1, :3], b[1, :3])


def test_decoding_one_token_equals_the_last_row():
    ours, x = layer(2), randn(3, 5, 32)
    last = causal_mask(n_queries=1, n_keys=5)
    assert_same(ours(x[:, -1:], x, last), ours(x, mask=CAUSAL)[:, -1:])


@pytest.mark.parametrize("n_kv_heads", SHARING)
@pytest.mark.parametrize("bias", [False, True])
def test_a_weight_for_every_parameter_of_the_formula(n_kv_heads, bias):
    n = sum(p.numel() for p in layer(n_kv_heads, bias).parameters())
    biases = 16 * (8 + 2 * n_kv_heads) + 32
    assert n == 2 * 32 * 16 * (8 + n_kv_heads) + bias * biases


def test_without_biases_unless_asked():
    ours = Attention(d_model=32, n_heads=2, n_kv_heads=2, d_head=16)
    names = [name for name, _ in ours.named_parameters()]
    assert names == ["w_q.weight", "w_k.weight", "w_v.weight", "w_o.weight"]


def test_runs_at_full_size_without_memory():
    with torch.device("meta"):
        ours = Attention(d_model=8192, n_heads=64, n_kv_heads=8, d_head=128)
        x, lengths = torch.empty(2, 4096, 8192), [4096, 1]
        mask = causal_mask(n_queries=4096, n_keys=4096) & padding_mask(
            lengths, n_keys=4096
        )
        assert ours(x, mask=mask).shape == x.shape


@pytest.mark.parametrize("n_kv_heads", [0, 3, 16, -1])
def test_heads_that_cannot_be_grouped(n_kv_heads):
    with pytest.raises(
        ValueError, match=f"^n_kv_heads={n_kv_heads} must divide n_heads=8$"
    ):
        layer(n_kv_heads)


def test_a_bias_of_the_scores_by_hand():
    # equal scores, and a bias of ln 3 on the first key: shares are 3 : 1
    q, k = torch.zeros(1, 4), torch.ones(2, 4)
    bias = torch.tensor([[log(3.0), 0]])
    weights = attention_weights(q, k, score_bias=bias)
    assert_same(weights, torch.tensor([[0.75, 0.25]]))


@pytest.mark.parametrize("n_kv_heads", SHARING)
@pytest.mark.parametrize("texts", [(), (1,), (3,)])
def test_a_bias_for_each_head_equals_torch(n_kv_heads, texts):
    ours, x = layer(n_kv_heads), randn(3, 5, 32)
    bias = randn(*texts, 8, 5, 5, seed=1)
    heads = scaled_dot_product_attention(
        split(ours.w_q(x)),
        split(ours.w_k(x)),
        split(ours.w_v(x)),
        attn_mask=bias.masked_fill(~CAUSAL, -torch.inf),
        enable_gqa=True,
    )
    theirs = ours.w_o(heads.transpose(1, 2).flatten(2))
    assert_same(ours(x, mask=CAUSAL, score_bias=bias), theirs)


MASKS = {
    "none": None,
    "causal": CAUSAL,
    "a row for all": torch.tensor([[True, True, False, True, False]]),
    "padding": padding_mask([5, 3, 1], n_keys=5),
    "one for the batch": CAUSAL[None],
    "prefix": prefix_mask([0, 2, 4], n_queries=5, n_keys=5),
    "window": sliding_window_mask(window=2, n_queries=5, n_keys=5),
    "document": document_mask(torch.tensor([[0, 0, 1, 1, 1]] * 3)) & CAUSAL,
    "nothing to read": torch.arange(5)[:, None] > torch.arange(5),
}


def heads_and_gradients(attention, q, k, v, *others):
    inputs = [x.clone().requires_grad_() for x in (q, k, v)]
    heads = attention(*inputs, *others)
    heads = heads if torch.is_tensor(heads) else heads[0]
    weights = randn(*heads.shape, seed=7)
    return heads, *torch.autograd.grad((heads * weights).sum(), inputs)


@pytest.mark.parametrize("biased", [False, True])
@pytest.mark.parametrize("mask", MASKS.values(), ids=MASKS)
@pytest.mark.parametrize("n_kv_heads", SHARING)
def test_the_fused_kernel_computes_the_same(n_kv_heads, mask, biased):
    K, G = n_kv_heads, 8 // n_kv_heads
    q = randn(3, K, G, 5, 16)
    k, v = (randn(3, K, 1, 5, 16, seed=s) for s in (1, 2))
    bias = randn(3, K, G, 5, 5, seed=3) if biased else None
    if mask is not None:
        mask = mask[..., None, None, :, :].expand(3, 1, 1, -1, 5)
    plain = heads_and_gradients(attend, q, k, v, mask, bias)
    fused = heads_and_gradients(attend_fused, q, k, v, mask, bias)
    for a, b in zip(plain, fused, strict=True):
        assert a.isfinite().all()
        assert_same(a, b)


@pytest.mark.parametrize("mask", MASKS.values(), ids=MASKS)
@pytest.mark.parametrize("n_kv_heads", SHARING)
@pytest.mark.parametrize(
    "bias", [None, alibi(n_heads=8, n_queries=5, n_keys=5)]
)
def test_a_fused_layer_computes_the_same(n_kv_heads, mask, bias):
    options = {"rotary": Rotary(d_head=16), "bias": True}
    plain = layer(n_kv_heads, **options)
    fused = layer(n_kv_heads, fused=True, **options)
    x = randn(3, 5, 32)
    a, b = (m(x, mask=mask, score_bias=bias) for m in (plain, fused))
    assert_same(a, b)


def test_fused_only_if_asked(monkeypatch):
    calls = []
    monkeypatch.setattr(
        "xfmr.attention.attend_fused", lambda *a, **_: calls.append(a) or a[0]
    )
    layer()(randn(3, 5, 32))
    assert not calls
    layer(fused=True)(randn(3, 5, 32))
    assert len(calls) == 1


@pytest.mark.parametrize("fused", [False, True])
@pytest.mark.parametrize("mask", MASKS.values(), ids=MASKS)
@pytest.mark.parametrize(
    "bias", [None, alibi(n_heads=8, n_queries=5, n_keys=5)]
)
def test_a_causal_layer_needs_no_causal_mask(mask, bias, fused):
    x, both = randn(3, 5, 32), CAUSAL if mask is None else CAUSAL & mask
    ours, plain = layer(2, causal=True, fused=fused), layer(2)
    a = ours(x, mask=mask, score_bias=bias)
    assert_same(a, plain(x, mask=both, score_bias=bias))
    if mask is None:
        cache = KVCache()
        pieces = [ours(x[:, :3], cache=cache), ours(x[:, 3:], cache=cache)]
        assert_same(torch.cat(pieces, dim=1), ours(x))


def test_the_kernel_is_told_what_it_may_skip(monkeypatch):
    asked = []

    def kernel(q, k, v, **named):
        asked.append((named["is_causal"], named["attn_mask"] is not None))
        return q

    monkeypatch.setattr("xfmr.attention.scaled_dot_product_attention", kernel)
    x = randn(3, 5, 32)
    ours = layer(causal=True, fused=True)
    ours(x)
    ours(x, cache=KVCache())
    ours(x, mask=CAUSAL)
    ours(x, score_bias=torch.zeros(8, 5, 5))
    layer(fused=True)(x)
    assert asked == [(True, False)] * 2 + [(False, True)] * 2 + [
        (False, False)
    ]


def test_a_query_with_nothing_to_read_reads_zeros():
    mask = torch.tensor([[True, False], [False, False]])
    heads, weights = attend(randn(2, 4), randn(2, 4), randn(2, 4), mask)
    assert weights.tolist() == [[1, 0], [0, 0]]
    assert heads[1].tolist() == [0] * 4


@st.composite
def maskings(draw):
    rows = st.lists(st.booleans(), min_size=6, max_size=6)
    return torch.tensor(draw(st.lists(rows, min_size=4, max_size=4)))


@settings(max_examples=25)
@given(maskings(), st.integers(0, 99))
def test_rows_sum_to_one(mask, seed):
    q, k = randn(4, 8, seed=seed), randn(6, 8, seed=seed + 1)
    weights = attention_weights(10 * q, k, mask)
    assert (weights >= 0).all()
    assert not weights[~mask].any()
    assert_same(weights.sum(-1), mask.any(-1).double())


@settings(max_examples=25)
@given(st.permutations(range(5)), st.booleans())
def test_without_positions_an_order_means_nothing(order, fused):
    ours, x = layer(2, fused=fused), randn(2, 5, 32)
    assert_same(ours(x[:, order]), ours(x)[:, order])


def test_rotary_positions_give_order_a_meaning():
    ours, x = layer(2, rotary=Rotary(d_head=16)), randn(2, 5, 32)
    assert not torch.allclose(ours(x.flip(1)), ours(x).flip(1), atol=1e-3)


@settings(max_examples=25)
@given(t=st.integers(1, 5), seed=st.integers(0, 99), fused=st.booleans())
def test_the_future_changes_nothing(t, seed, fused):
    ours = layer(2, rotary=Rotary(d_head=16), fused=fused)
    x = randn(2, 5, 32, seed=seed)
    changed = x.clone()
    changed[:, t:] = 1e3 * randn(2, 5 - t, 32, seed=seed + 1)
    a, b = ours(x, mask=CAUSAL), ours(changed, mask=CAUSAL)
    assert torch.equal(a[:, :t], b[:, :t])


@given(window=st.integers(1, 6), t=st.integers(0, 4))
def test_a_window_reads_as_if_the_rest_were_cut_off(window, t):
    ours, x = layer(2), randn(2, 5, 32)
    size = {"n_queries": 5, "n_keys": 5}
    mask = CAUSAL & sliding_window_mask(window=window, **size)
    near = x[:, max(0, t - window + 1) : t + 1]
    assert_same(ours(x, mask=mask)[:, t], ours(near)[:, -1])


@settings(max_examples=25)
@given(
    pieces=st.lists(st.integers(1, 4), min_size=1, max_size=5),
    window=st.integers(1, 12),
    n_kv_heads=st.sampled_from([8, 2, 1]),
    fused=st.booleans(),
)
def test_a_cache_changes_nothing(pieces, window, n_kv_heads, fused):
    ours = layer(n_kv_heads, rotary=Rotary(d_head=16), fused=fused)
    x, cache, outputs = randn(2, sum(pieces), 32), KVCache(), []

    def reads(n_queries, n_keys):
        size = {"n_queries": n_queries, "n_keys": n_keys}
        return {
            "mask": causal_mask(**size)
            & sliding_window_mask(window=window, **size),
            "score_bias": alibi(n_heads=8, **size),
        }

    for piece in x.split(pieces, dim=1):
        T = piece.shape[1]
        read = reads(T, cache.n_tokens + T)
        outputs.append(ours(piece, **read, cache=cache))
    T = x.shape[1]
    assert cache.n_tokens == T
    assert_same(torch.cat(outputs, dim=1), ours(x, **reads(T, T)))


def test_a_cache_keeps_the_keys_and_values_of_each_head():
    ours, cache = layer(2), KVCache()
    assert cache.n_tokens == 0
    x = randn(3, 5, 32)
    ours(x[:, :4], cache=cache)
    ours(x[:, 4:], cache=cache)
    assert_same(cache.k[:, :, 0], split(ours.w_k(x)))
    assert_same(cache.v[:, :, 0], split(ours.w_v(x)))
    assert cache.k.shape == (3, 2, 1, 5, 16)


def test_a_memory_is_projected_once():
    ours, cache = layer(2), KVCache()
    x, memory = randn(3, 4, 32), randn(3, 7, 32, seed=1)
    whole = ours(x, memory)
    assert_same(ours(x[:, :3], memory, cache=cache), whole[:, :3])
    assert cache.n_tokens == 7
    other = torch.zeros_like(memory)  # which is not looked at again
    assert_same(ours(x[:, 3:], other, cache=cache), whole[:, 3:])
    assert cache.n_tokens == 7


def test_queries_of_a_memory_stand_at_its_beginning():
    x, memory = randn(3, 4, 32), randn(3, 7, 32, seed=1)
    ours, cache = layer(rotary=Rotary(d_head=16)), KVCache()
    whole = ours(x, memory)
    assert_same(ours(x, memory, cache=cache), whole)
    assert_same(ours(x, memory, cache=cache), whole)


@pytest.mark.parametrize("option", [{"causal": True}, {"window": 9}])
def test_a_layer_of_one_text_reads_no_memory(option):
    with pytest.raises(
        ValueError,
        match=r"^memory must be None where attention is causal or has a windo",
    ):
        layer(**option)(randn(3, 5, 32), randn(3, 5, 32))


@pytest.fixture
def unannotated(monkeypatch):
    """What a page sees, where no annotation is checked."""
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)


@pytest.mark.parametrize(
    "shape",
    [(4, 5), (5, 4), (5, 1), (5,), (), (2, 5, 5), (3, 4, 5), (1, 3, 5, 5)],
)
def test_masks_of_the_wrong_shape(unannotated, shape):
    mask = torch.ones(shape, dtype=torch.bool)
    with pytest.raises(ValueError) as error:
        layer()(randn(3, 5, 32), mask=mask)
    assert str(error.value) == (
        f"mask.shape={shape} must be (5, 5) or (3, 5, 5), "
        "with 1 where the mask is the same for all"
    )


@pytest.mark.parametrize(
    "shape", [(5, 5), (1, 5, 5), (8, 5, 4), (8, 1, 5), (2, 8, 5, 5)]
)
def test_biases_of_the_wrong_shape(unannotated, shape):
    with pytest.raises(ValueError) as error:
        layer()(randn(3, 5, 32), score_bias=torch.zeros(shape))
    assert str(error.value) == (
        f"score_bias.shape={shape} must be (8, 5, 5) or (3, 8, 5, 5)"
    )


def test_shapes_are_judged_by_all_keys_that_are_read(unannotated):
    ours, cache = layer(), KVCache()
    ours(randn(3, 4, 32), cache=cache)
    x, mask = randn(3, 1, 32), causal_mask(n_queries=1, n_keys=4)
    with pytest.raises(ValueError, match=r"must be \(1, 5\) or \(3, 1, 5\)"):
        ours(x, mask=mask, cache=cache)


# What later models add ------------------------------------------------------


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("output_bias", [None, False, True])
def test_biases_of_the_output_are_a_choice_of_their_own(bias, output_bias):
    ours = layer(2, bias, output_bias=output_bias)
    has = {name for name, _ in ours.named_parameters() if "bias" in name}
    expected = {f"w_{x}.bias" for x in "qkv"} if bias else set()
    if output_bias or (output_bias is None and bias):
        expected.add("w_o.bias")
    assert has == expected


@pytest.mark.parametrize("fused", [False, True])
@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("window", [1, 2, 3, 5, 9])
def test_a_window_is_a_mask(window, causal, fused):
    options = {"rotary": Rotary(d_head=16), "causal": causal, "fused": fused}
    x, size = randn(3, 5, 32), {"n_queries": 5, "n_keys": 5}
    mask = sliding_window_mask(window=window, **size)
    expected = layer(2, **options)(x, mask=mask)
    assert torch.equal(layer(2, **options, window=window)(x), expected) or (
        fused and window >= 5  # no mask, and so another kernel
    )
    assert_same(layer(2, **options, window=window)(x), expected)
    padding = padding_mask([5, 2, 4], n_keys=5)  # and with one's own mask
    assert_same(
        layer(2, **options, window=window)(x, mask=padding),
        layer(2, **options)(x, mask=mask & padding),
    )


@settings(max_examples=40)
@given(
    pieces=st.lists(st.integers(1, 5), min_size=1, max_size=6),
    window=st.integers(1, 12),
    rolling=st.booleans(),
    fused=st.booleans(),
    sinks=st.booleans(),
)
def test_a_rolling_cache_changes_nothing(
    pieces, window, rolling, fused, sinks
):
    ours = layer(
        2,
        rotary=Rotary(d_head=16),
        causal=True,
        window=window,
        fused=fused,
        sinks=sinks,
    )
    x, cache = randn(2, sum(pieces), 32), KVCache(window if rolling else None)
    outputs = [ours(p, cache=cache) for p in x.split(pieces, dim=1)]
    assert_same(torch.cat(outputs, dim=1), ours(x))


@pytest.mark.parametrize("window", [None, 4])
def test_a_cache_of_another_window(window):
    ours = layer(causal=True, window=window)
    with pytest.raises(
        ValueError, match=f"^cache.window=3 must be window={window}$"
    ):
        ours(randn(3, 5, 32), cache=KVCache(3))


@pytest.mark.parametrize("window", [0, -1])
def test_a_window_below_one(window):
    with pytest.raises(
        ValueError, match=f"^window={window} must be at least 1$"
    ):
        layer(window=window)


@pytest.mark.parametrize("fused", [False, True])
@pytest.mark.parametrize("scale", [1.0, 0.1])
def test_scores_of_another_scale(scale, fused):
    ours, x = layer(2, score_scale=scale, fused=fused), randn(3, 5, 32)
    heads = scaled_dot_product_attention(
        *(split(w(x)) for w in (ours.w_q, ours.w_k, ours.w_v)),
        scale=scale,
        enable_gqa=True,
    )
    assert_same(ours(x), ours.w_o(heads.transpose(1, 2).flatten(2)))
    same = layer(2, score_scale=1 / 4, fused=fused)
    assert_same(same(x), layer(2, fused=fused)(x))


def test_queries_and_keys_are_normalised_and_then_turned():
    rotary, x = Rotary(d_head=16), randn(3, 5, 32)
    norms = {"q_norm": RMSNorm(16, eps=1e-5), "k_norm": RMSNorm(16, eps=1e-5)}
    for n, norm in enumerate(norms.values()):
        norm.gain.data = randn(16, seed=n)
    ours = layer(2, rotary=rotary, **norms)
    q, k = (
        rotary(norm(split(w(x))))
        for norm, w in zip(norms.values(), (ours.w_q, ours.w_k), strict=True)
    )
    heads = scaled_dot_product_attention(
        q, k, split(ours.w_v(x)), enable_gqa=True
    )
    assert_same(ours(x), ours.w_o(heads.transpose(1, 2).flatten(2)))
    only = layer(2, k_norm=norms["k_norm"])
    assert not torch.allclose(only(x), layer(2)(x))


def test_a_cap_bounds_and_keeps_the_order():
    x = torch.linspace(-400, 400, 801)
    y = soft_cap(x, 50.0)
    assert (y.abs() <= 50).all()
    assert (y.diff() >= 0).all()
    torch.testing.assert_close(soft_cap(x, 1e9), x, rtol=0, atol=1e-10)
    near = torch.tensor([1.0, -1.0])
    assert_same(soft_cap(near, 2.0), 2 * torch.tanh(near / 2))


@pytest.mark.parametrize("mask", [None, CAUSAL], ids=["all", "causal"])
def test_capped_scores(mask):
    q, k, v = (3 * randn(3, 5, 16, seed=n) for n in range(3))
    scores = 2 * torch.tanh(q @ k.mT / 4 / 2) + 0.25
    if mask is not None:
        scores = scores.masked_fill(~mask, -torch.inf)
    weights = scores.softmax(-1)
    bias = torch.full((3, 5, 5), 0.25)
    heads, ours = attend(q, k, v, mask, bias, 2.0)
    assert_same(ours, weights)
    assert_same(heads, weights @ v)
    assert not torch.allclose(ours, attend(q, k, v, mask)[1])
    x, capped = 9 * randn(3, 5, 32), layer(2, score_cap=2.0)
    q, k, v = (split(w(x)) for w in (capped.w_q, capped.w_k, capped.w_v))
    k, v = (y.repeat_interleave(4, dim=1) for y in (k, v))
    heads, _ = attend(q, k, v, cap=2.0)
    assert_same(capped(x), capped.w_o(heads.transpose(1, 2).flatten(2)))


def test_the_fused_kernel_cannot_cap():
    with pytest.raises(
        ValueError, match=r"^score_cap=2.0 must be None where fused=True$"
    ):
        layer(score_cap=2.0, fused=True)


def with_sinks(**options):
    ours = layer(2, sinks=True, **options)
    ours.sinks.data = 3 * randn(8)
    return ours


@pytest.mark.parametrize("fused", [False, True])
@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("biased", [False, True])
def test_a_sink_is_one_more_exponential_in_the_sum(biased, causal, fused):
    ours, x = with_sinks(fused=fused, causal=causal), randn(3, 5, 32)
    q, k, v = (split(w(x)) for w in (ours.w_q, ours.w_k, ours.w_v))
    k, v = (y.repeat_interleave(4, dim=1) for y in (k, v))
    bias = alibi(n_heads=8, n_queries=5, n_keys=5) if biased else None
    scores = q @ k.mT / 4
    if biased:
        scores = scores + bias
    exponentials = scores.exp()
    if causal:
        exponentials = exponentials * CAUSAL
    total = exponentials.sum(-1, keepdim=True)
    weights = exponentials / (total + ours.sinks.exp()[:, None, None])
    expected = ours.w_o((weights @ v).transpose(1, 2).flatten(2))
    assert_same(ours(x, score_bias=bias), expected)


@pytest.mark.parametrize("fused", [False, True])
def test_sinks_at_their_extremes(fused):
    ours, x = layer(2, sinks=True, fused=fused), randn(3, 5, 32)
    assert not ours.sinks.any()  # at first the score of a key of zeros
    ours.sinks.data.fill_(-1e4)
    assert_same(ours(x), layer(2, fused=fused)(x))
    ours.sinks.data.fill_(1e4)
    assert_same(ours(x), torch.zeros_like(x))


def test_a_layer_with_sinks_and_a_mask():
    ours, x = with_sinks(), randn(3, 5, 32)
    mask = padding_mask([3, 3, 3], n_keys=5)
    assert_same(ours(x, mask=mask)[:, :3], ours(x[:, :3]))


@pytest.mark.parametrize("window", [None, 2, 3])
@pytest.mark.parametrize("sinks", [False, True])
@pytest.mark.parametrize("fused", [False, True])
def test_no_bit_comes_from_what_is_hidden(window, sinks, fused):
    torch.manual_seed(2)
    norm = RMSNorm(16, eps=1e-5)
    ours = layer(
        2,
        rotary=Rotary(d_head=16),
        causal=True,
        window=window,
        sinks=sinks,
        q_norm=norm,
        k_norm=norm,
        fused=fused,
    )
    reads = CAUSAL
    if window is not None:
        size = {"n_queries": 5, "n_keys": 5}
        reads = reads & sliding_window_mask(window=window, **size)
    found = influence(ours, randn(1, 5, 32), randn(1, 5, 32, seed=1))
    assert torch.equal(found, reads)
