"""The blocks against torch's, in every order of their norms."""

from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from xfmr import count
from xfmr.block import DecoderBlock, EncoderBlock
from xfmr.cache import KVCache
from xfmr.mask import causal_mask, padding_mask
from xfmr.norm import LayerNorm, RMSNorm
from xfmr.position import alibi
from xfmr.presets import BERT_BASE, GPT2, LLAMA2_70B

SMALL = {"d_model": 32, "n_heads": 4, "d_head": 8, "d_ff": 48}
TOY = replace(BERT_BASE, **SMALL, n_kv_heads=4, norm_eps=1e-3)
GPT = replace(GPT2, **SMALL, n_kv_heads=4)
LLAMA = replace(LLAMA2_70B, **SMALL, n_kv_heads=2)
NAMES = {
    "self_attn.out_proj": "attention.w_o",
    "multihead_attn.out_proj": "cross_attention.w_o",
    "linear1": "feed_forward.w_in",
    "linear2": "feed_forward.w_out",
}
NORMS = {
    EncoderBlock: ["attention_norm", "feed_forward_norm"],
    DecoderBlock: [
        *("attention_norm", "cross_attention_norm", "feed_forward_norm")
    ],
}
ATTENTIONS = {"self_attn": "attention", "multihead_attn": "cross_attention"}


def ours_from(theirs, block):
    names = NAMES | {f"norm{n + 1}": s for n, s in enumerate(NORMS[block])}
    weights = {}
    for key, value in theirs.state_dict().items():
        module, kind = key.rsplit(".", 1)
        if module in ATTENTIONS:  # q, k and v in one matrix
            kind = kind.removeprefix("in_proj_")
            for name, rows in zip("qkv", value.chunk(3), strict=True):
                weights[f"{ATTENTIONS[module]}.w_{name}.{kind}"] = rows
        else:
            is_gain = module.startswith("norm") and kind == "weight"
            weights[f"{names[module]}.{'gain' if is_gain else kind}"] = value
    return weights


def pair(block, theirs, activation, order):
    torch.manual_seed(0)
    theirs = theirs(
        *(32, 4, 48),
        dropout=0.0,
        activation=activation,
        layer_norm_eps=1e-3,
        norm_first=order == "pre",
        batch_first=True,
        dtype=torch.float64,
    )
    for p in theirs.parameters():  # no bias at zero, no gain at one
        nn.init.normal_(p, std=0.5)
    ours = block(replace(TOY, activation=activation, norm_order=order))
    ours.double().load_state_dict(ours_from(theirs, block))
    return ours, theirs


def double(*shape, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator, dtype=torch.float64)


def assert_same(a, b):
    torch.testing.assert_close(a, b, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("lengths", [None, [6, 2]])
@pytest.mark.parametrize("activation", ["gelu", "relu"])
@pytest.mark.parametrize("order", ["post", "pre"])
def test_encoder_equals_torch(order, activation, lengths):
    ours, theirs = pair(
        EncoderBlock, nn.TransformerEncoderLayer, activation, order
    )
    x = double(2, 6, 32)
    mask = None if lengths is None else padding_mask(lengths, n_keys=6)
    padding = None if lengths is None else ~mask[:, 0]
    expected = theirs(x, src_key_padding_mask=padding)
    assert_same(ours(x, mask), expected)


@pytest.mark.parametrize("padded", [False, True])
@pytest.mark.parametrize("activation", ["gelu", "relu"])
@pytest.mark.parametrize("order", ["post", "pre"])
def test_decoder_equals_torch(order, activation, padded):
    ours, theirs = pair(
        DecoderBlock, nn.TransformerDecoderLayer, activation, order
    )
    x, memory = double(2, 6, 32), double(2, 5, 32, seed=1)
    causal = causal_mask(n_queries=6, n_keys=6)
    rest, hidden = (), {}
    if padded:
        rest = [padding_mask([5, 2], n_keys=5)]
        hidden = {"memory_key_padding_mask": ~rest[0][:, 0]}
    expected = theirs(x, memory, tgt_mask=~causal, **hidden)
    assert_same(ours(x, memory, causal, *rest), expected)


def test_a_sandwich_by_hand():
    torch.manual_seed(0)
    ours = EncoderBlock(replace(TOY, norm_order="sandwich")).double()
    for p in ours.parameters():
        nn.init.normal_(p, std=0.5)
    x = double(2, 6, 32)
    y = x + ours.attention_output_norm(ours.attention(ours.attention_norm(x)))
    units = ours.feed_forward(ours.feed_forward_norm(y))
    assert_same(ours(x), y + ours.feed_forward_output_norm(units))
    names = {name.split(".")[0] for name, _ in ours.named_parameters()}
    assert names == {
        *("attention", "attention_norm", "attention_output_norm"),
        *("feed_forward", "feed_forward_norm", "feed_forward_output_norm"),
    }


def test_post_norm_ends_normalised():
    torch.manual_seed(0)
    y = EncoderBlock(replace(TOY, norm_eps=1e-12))(torch.randn(2, 6, 32))
    torch.testing.assert_close(y.mean(-1), torch.zeros(2, 6))
    torch.testing.assert_close(y.var(-1, correction=0), torch.ones(2, 6))


@pytest.mark.parametrize("order", ["pre", "sandwich"])
def test_the_stream_runs_through_untouched(order):
    # sublayers that write nothing leave the stream as it was
    block = DecoderBlock(replace(TOY, norm_order=order, ff_bias=False))
    for layer in (block.attention.w_o, block.cross_attention.w_o):
        nn.init.zeros_(layer.weight)
        nn.init.zeros_(layer.bias)
    nn.init.zeros_(block.feed_forward.w_out.weight)
    x = torch.randn(2, 6, 32)
    assert torch.equal(block(x, torch.randn(2, 5, 32)), x)


@pytest.mark.parametrize("config", [TOY, GPT, LLAMA])
@pytest.mark.parametrize("order", ["post", "pre", "sandwich"])
@pytest.mark.parametrize("block", [EncoderBlock, DecoderBlock])
def test_parameters_are_those_of_the_formula(config, order, block):
    n_decoders = 1 if block is DecoderBlock else None
    config = replace(
        config,
        n_kv_heads=2,
        norm_order=order,
        n_layers=1,
        n_decoder_layers=n_decoders,
    )
    parts = count.parts(config)
    expected = sum(
        parts[part] for part in ("attention", "feed-forward", "norm")
    )
    ours = block(config)
    if n_decoders:  # the formula counts an encoder layer with it
        expected -= sum(p.numel() for p in EncoderBlock(config).parameters())
    assert sum(p.numel() for p in ours.parameters()) == expected


def test_the_configuration_chooses_norm_positions_and_gate():
    llama, bert = EncoderBlock(LLAMA), DecoderBlock(TOY)
    assert type(llama.attention_norm) is RMSNorm
    assert type(bert.cross_attention_norm) is LayerNorm
    assert llama.attention_norm.eps == 1e-5
    assert llama.attention.rotary.base == 10_000
    assert bert.attention.rotary is None
    other = replace(LLAMA, rotary_base=500.0)
    decoder = DecoderBlock(other)
    assert decoder.attention.rotary.base == 500
    assert decoder.cross_attention.rotary is None
    assert llama.feed_forward.w_gate is not None


@pytest.mark.parametrize("block", [EncoderBlock, DecoderBlock])
def test_fused_computes_the_same(block):
    torch.manual_seed(0)
    plain = block(LLAMA).double()
    fused = block(LLAMA, fused=True).double()
    fused.load_state_dict(plain.state_dict())
    assert fused.attention.fused and not plain.attention.fused
    inputs = [double(2, 6, 32), double(2, 6, 32, seed=1)]
    if block is EncoderBlock:
        inputs.pop()
    else:
        assert fused.cross_attention.fused
        assert not plain.cross_attention.fused
    mask = causal_mask(n_queries=6, n_keys=6)
    assert_same(plain(*inputs, mask=mask), fused(*inputs, mask=mask))


@pytest.mark.parametrize("block", [EncoderBlock, DecoderBlock])
def test_a_causal_block_needs_no_mask(block):
    torch.manual_seed(0)
    plain = block(LLAMA).double()
    causal = block(LLAMA, causal=True).double()
    causal.load_state_dict(plain.state_dict())
    memory = [double(2, 4, 32, seed=1)] if block is DecoderBlock else []
    x, mask = double(2, 6, 32), causal_mask(n_queries=6, n_keys=6)
    assert_same(causal(x, *memory), plain(x, *memory, mask=mask))
    assert not torch.allclose(causal(x, *memory), plain(x, *memory))


@settings(max_examples=25)
@given(
    pieces=st.lists(st.integers(1, 3), min_size=1, max_size=4),
    block=st.sampled_from([EncoderBlock, DecoderBlock]),
)
def test_a_cache_changes_nothing(pieces, block):
    torch.manual_seed(0)
    ours, T = block(LLAMA).double(), sum(pieces)
    x, cache, outputs = double(2, T, 32), KVCache(), []
    memory = [double(2, 4, 32, seed=1)] if block is DecoderBlock else []

    def reads(n_queries, n_keys):
        size = {"n_queries": n_queries, "n_keys": n_keys}
        bias = alibi(n_heads=4, **size)
        return {"mask": causal_mask(**size), "score_bias": bias}

    for piece in x.split(pieces, dim=1):
        n = piece.shape[1]
        read = reads(n, cache.n_tokens + n)
        outputs.append(ours(piece, *memory, **read, cache=cache))
    assert_same(torch.cat(outputs, dim=1), ours(x, *memory, **reads(T, T)))


def test_a_memory_is_projected_once():
    torch.manual_seed(0)
    ours, cache = DecoderBlock(TOY).double(), KVCache()
    x, memory = double(2, 6, 32), double(2, 5, 32, seed=1)
    mask = padding_mask([5, 3], n_keys=5)
    read = {"memory_mask": mask, "memory_cache": cache}
    whole = ours(x, memory, memory_mask=mask)
    assert_same(ours(x, memory, **read), whole)
    assert cache.n_tokens == 5
    assert_same(ours(x, torch.zeros_like(memory), **read), whole)


def test_the_memory_is_read_under_its_own_mask():
    torch.manual_seed(0)
    ours = DecoderBlock(TOY).double()
    x, memory = double(2, 6, 32), double(2, 5, 32, seed=1)
    mask = padding_mask([5, 3], n_keys=5).expand(2, 6, 5)
    changed = memory.clone()
    changed[1, 3:] = 1e3
    a, b = (ours(x, m, memory_mask=mask) for m in (memory, changed))
    assert torch.equal(a, b)
    assert not torch.allclose(a, ours(x, memory))
