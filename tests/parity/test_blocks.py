"""Blocks against the layers of the transformers library, on random weights."""

from dataclasses import replace
from math import sqrt

import pytest
import torch
from torch import nn
from transformers import (
    Gemma2Config,
    GptOssConfig,
    LlamaConfig,
    Olmo2Config,
    T5Config,
)
from transformers.models.gemma2 import modeling_gemma2 as gemma
from transformers.models.gpt_oss import modeling_gpt_oss as gpt_oss
from transformers.models.llama import modeling_llama as llama
from transformers.models.olmo2 import modeling_olmo2 as olmo2
from transformers.models.t5 import modeling_t5 as t5

from xfmr.attention import Attention
from xfmr.block import EncoderBlock
from xfmr.cache import KVCache
from xfmr.feedforward import FeedForward
from xfmr.mask import causal_mask, padding_mask, sliding_window_mask
from xfmr.position import RelativeBias
from xfmr.presets import LLAMA2_70B
from xfmr.rotary import Rotary

T = 11
SIZE = {"n_queries": T, "n_keys": T}
TOY = replace(
    LLAMA2_70B,
    d_model=24,
    n_heads=6,
    n_kv_heads=2,
    d_head=4,
    d_ff=40,
    norm_eps=1e-5,
)
LIBRARY = {
    "hidden_size": 24,
    "num_attention_heads": 6,
    "num_key_value_heads": 2,
    "head_dim": 4,
    "intermediate_size": 40,
    "num_hidden_layers": 1,
    "rms_norm_eps": 1e-5,
    "attn_implementation": "eager",
}
LLAMA_NAMES = {
    "attention.w_q": "self_attn.q_proj",
    "attention.w_k": "self_attn.k_proj",
    "attention.w_v": "self_attn.v_proj",
    "attention.w_o": "self_attn.o_proj",
    "attention_norm": "input_layernorm",
    "feed_forward.w_gate": "mlp.gate_proj",
    "feed_forward.w_in": "mlp.up_proj",
    "feed_forward.w_out": "mlp.down_proj",
    "feed_forward_norm": "post_attention_layernorm",
}
OLMO_NAMES = LLAMA_NAMES | {
    "attention.q_norm.norm": "self_attn.q_norm",
    "attention.k_norm.norm": "self_attn.k_norm",
    "attention_norm": "post_attention_layernorm",
    "feed_forward_norm": "post_feedforward_layernorm",
}
GEMMA_NAMES = LLAMA_NAMES | {
    "attention_output_norm": "post_attention_layernorm",
    "feed_forward_norm": "pre_feedforward_layernorm",
    "feed_forward_output_norm": "post_feedforward_layernorm",
}


def x_and_mask():
    generator = torch.Generator().manual_seed(1)
    x = torch.randn(2, T, 24, generator=generator, dtype=torch.float64)
    return x, causal_mask(**SIZE) & padding_mask([T, 7], n_keys=T)


def randomised(module):
    torch.manual_seed(0)
    for p in module.parameters():  # no gain at one
        nn.init.normal_(p, std=0.5)
    return module.double().eval()


def loaded(ours, theirs, names, gain_offset=0):
    weights = theirs.state_dict()
    ours.load_state_dict(
        {
            name: weights[f"{names[name.rsplit('.', 1)[0]]}.weight"]
            + gain_offset * name.endswith("gain")
            for name in ours.state_dict()
        }
    )
    assert len(ours.state_dict()) == len(weights)
    return ours


def called(layer, rotary, x, mask):
    positions = torch.arange(T)[None]
    additive = torch.zeros(mask.shape, dtype=x.dtype)
    return layer(
        hidden_states=x,
        attention_mask=additive.masked_fill(~mask, -torch.inf)[:, None],
        position_embeddings=rotary(x, positions),
        position_ids=positions,
    )


# The library computes angles and norms in float32 whatever the weights are.
SINGLE = {"rtol": 0, "atol": 1e-5}


@pytest.mark.parametrize("fused", [False, True])
@pytest.mark.parametrize("base", [10_000.0, 500_000.0])
def test_pre_norm_is_a_layer_of_llama(base, fused):
    config = LlamaConfig(
        **LIBRARY, rope_parameters={"rope_type": "default", "rope_theta": base}
    )
    theirs = randomised(llama.LlamaDecoderLayer(config, 0))
    ours = EncoderBlock(replace(TOY, rotary_base=base), fused=fused).double()
    loaded(ours, theirs, LLAMA_NAMES)
    x, mask = x_and_mask()
    rotary = llama.LlamaRotaryEmbedding(config)
    torch.testing.assert_close(
        ours(x, mask), called(theirs, rotary, x, mask), **SINGLE
    )


def test_sandwich_is_a_layer_of_gemma_2():
    config = Gemma2Config(
        **LIBRARY,
        query_pre_attn_scalar=4,
        attn_logit_softcapping=None,
        sliding_window=3,
        layer_types=["sliding_attention"],
        rope_parameters={"rope_type": "default", "rope_theta": 10_000.0},
    )
    theirs = randomised(gemma.Gemma2DecoderLayer(config, 0))
    ours = EncoderBlock(
        replace(TOY, norm_order="sandwich", activation="gelu_tanh")
    ).double()
    loaded(ours, theirs, GEMMA_NAMES, gain_offset=1)
    x, mask = x_and_mask()
    mask = mask & sliding_window_mask(window=3, **SIZE)
    # where a padded query may read nothing, the library's softmax has no rule
    reads = mask.any(-1)
    rotary = gemma.Gemma2RotaryEmbedding(config)
    expected = called(theirs, rotary, x, mask)
    torch.testing.assert_close(ours(x, mask)[reads], expected[reads], **SINGLE)


@pytest.mark.parametrize("fused", [False, True])
def test_norms_of_outputs_and_of_all_heads_are_a_layer_of_olmo_2(fused):
    config = Olmo2Config(
        **LIBRARY,
        rope_parameters={"rope_type": "default", "rope_theta": 10_000.0},
    )
    theirs = randomised(olmo2.Olmo2DecoderLayer(config, 0))
    config_of_ours = replace(TOY, norm_order="output", qk_norm="all")
    ours = EncoderBlock(config_of_ours, fused=fused).double()
    loaded(ours, theirs, OLMO_NAMES)
    x, mask = x_and_mask()
    rotary = olmo2.Olmo2RotaryEmbedding(config)
    torch.testing.assert_close(
        ours(x, mask), called(theirs, rotary, x, mask), **SINGLE
    )


@pytest.mark.parametrize("fused", [False, True])
def test_sinks_are_those_of_gpt_oss(fused):
    config = GptOssConfig(
        **LIBRARY | {"num_hidden_layers": 1},
        layer_types=["full_attention"],
        attention_bias=True,
        rope_parameters={"rope_type": "default", "rope_theta": 10_000.0},
    )
    theirs = randomised(gpt_oss.GptOssAttention(config, 0))
    ours = Attention(
        **TOY.attention | {"bias": True},
        rotary=Rotary(d_head=4),
        sinks=True,
        fused=fused,
    ).double()
    weights = theirs.state_dict()
    ours.load_state_dict(
        {
            name: weights[name.replace("w_", "").replace(".", "_proj.")]
            if "." in name
            else weights[name]
            for name in ours.state_dict()
        }
    )
    x, mask = x_and_mask()
    rotary = gpt_oss.GptOssRotaryEmbedding(config)
    expected, _ = called(theirs, rotary, x, mask)
    torch.testing.assert_close(ours(x, mask=mask), expected, **SINGLE)


@pytest.mark.parametrize("is_decoder", [False, True])
def test_relative_bias_is_that_of_t5(is_decoder):
    config = T5Config(
        d_model=24,
        d_kv=4,
        num_heads=6,
        relative_attention_num_buckets=8,
        relative_attention_max_distance=9,
        is_decoder=is_decoder,
        dropout_rate=0.0,
        attn_implementation="eager",
    )
    theirs = randomised(
        t5.T5Attention(config, has_relative_attention_bias=True, layer_idx=0)
    )
    weights = theirs.state_dict()
    bias = RelativeBias(
        n_heads=6, n_buckets=8, max_distance=9, bidirectional=not is_decoder
    ).double()
    bias.load_state_dict(
        {"table.weight": weights["relative_attention_bias.weight"]}
    )
    ours = Attention(d_model=24, n_heads=6, n_kv_heads=6, d_head=4).double()
    # T5 does not divide its scores by sqrt(H)
    weights["q.weight"] = weights["q.weight"] * sqrt(4)
    ours.load_state_dict(
        {f"w_{name}.weight": weights[f"{name}.weight"] for name in "qkvo"}
    )
    x, mask = x_and_mask()
    if not is_decoder:
        mask = padding_mask([T, 7], n_keys=T)
    hidden = torch.zeros(mask.shape, dtype=x.dtype)
    expected, scores, _ = theirs(
        x, mask=hidden.masked_fill(~mask, -torch.inf)[:, None]
    )
    torch.testing.assert_close(bias(**SIZE), scores[0], rtol=0, atol=0)
    torch.testing.assert_close(
        ours(x, mask=mask, score_bias=bias(**SIZE)),
        expected,
        rtol=0,
        atol=1e-12,
    )
    if is_decoder:  # and one token after a cache
        cache = KVCache()
        ours(x[:, :-1], cache=cache)
        last = ours(
            x[:, -1:],
            mask=mask[:, -1:],
            score_bias=bias(n_queries=1, n_keys=T),
            cache=cache,
        )
        torch.testing.assert_close(last, expected[:, -1:], rtol=0, atol=1e-12)


def test_geglu_is_that_of_t5():
    config = T5Config(
        d_model=24, d_ff=40, feed_forward_proj="gated-gelu", dropout_rate=0.0
    )
    theirs = randomised(t5.T5DenseGatedActDense(config))
    ours = FeedForward(
        d_model=24, d_ff=40, activation="gelu_tanh", gated=True
    ).double()
    loaded(ours, theirs, {"w_gate": "wi_0", "w_in": "wi_1", "w_out": "wo"})
    x, _ = x_and_mask()
    torch.testing.assert_close(ours(x), theirs(x), rtol=1e-12, atol=1e-12)
