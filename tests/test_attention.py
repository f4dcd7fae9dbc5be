"""Attention against torch's own, by hand, and at its edges."""

from math import e, log

import pytest
import torch
from torch import nn
from torch.nn.functional import scaled_dot_product_attention

from xfmr.attention import Attention, attend, attention_weights
from xfmr.mask import causal_mask, padding_mask

SHARING = [
    pytest.param(8, id="multi-head"),
    pytest.param(2, id="grouped"),
    pytest.param(1, id="multi-query"),
]
CAUSAL = causal_mask(n_queries=5, n_keys=5)


def randn(*shape, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator)


def layer(n_kv_heads=8, bias=False, n_heads=8):
    torch.manual_seed(1)
    return Attention(
        d_model=32,
        n_heads=n_heads,
        n_kv_heads=n_kv_heads,
        d_head=16,
        bias=bias,
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
    torch.testing.assert_close(ours(x, mask=mask), theirs)


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
    torch.testing.assert_close(ours(x, mask=mask), expected)


def test_cross_attention_reads_the_memory():
    ours, x, memory = layer(2), randn(3, 5, 32), randn(3, 7, 32, seed=1)
    heads = scaled_dot_product_attention(
        split(ours.w_q(x)),
        split(ours.w_k(memory)),
        split(ours.w_v(memory)),
        enable_gqa=True,
    )
    theirs = ours.w_o(heads.transpose(1, 2).flatten(2))
    torch.testing.assert_close(ours(x, memory), theirs)


def test_memory_is_the_input_unless_given():
    ours, x = layer(), randn(3, 5, 32)
    torch.testing.assert_close(ours(x), ours(x, x), rtol=0, atol=0)


def test_a_single_head_by_hand():
    # H = 4, so scores are halved: ln 9 / 2 = ln 3, and shares are 3 : 1
    q = torch.tensor([[log(9.0), 0, 0, 0]])
    k = torch.tensor([[1.0, 0, 0, 0], [0, 1, 0, 0]])
    v = torch.tensor([[8.0, 0, 0, 0], [0, 4, 0, e]])
    heads, weights = attend(q, k, v)
    torch.testing.assert_close(weights, torch.tensor([[0.75, 0.25]]))
    expected = torch.tensor([[6.0, 1, 0, e / 4]])
    torch.testing.assert_close(heads, expected)


def test_a_single_head_masked():
    weights = attention_weights(
        randn(3, 4), randn(3, 4, seed=1), CAUSAL[:3, :3]
    )
    assert torch.equal(weights == 0, ~CAUSAL[:3, :3])
    torch.testing.assert_close(weights.sum(-1), torch.ones(3))


def test_attend_returns_the_weights_it_reads_with():
    q, k, v = (randn(2, 3, 4, 8, seed=s) for s in range(3))
    heads, weights = attend(q, k, v)
    assert torch.equal(weights, attention_weights(q, k))
    torch.testing.assert_close(heads, weights @ v)


@pytest.mark.parametrize("mask", [None, CAUSAL], ids=["all", "causal"])
def test_weights_are_shares(mask):
    w = attention_weights(randn(2, 1, 5, 8), randn(2, 3, 5, 8, seed=1), mask)
    assert (w >= 0).all()
    torch.testing.assert_close(w.sum(-1), torch.ones(2, 3, 5))


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
    torch.testing.assert_close(
        ours(x[:, -1:], x, last), ours(x, mask=CAUSAL)[:, -1:]
    )


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
