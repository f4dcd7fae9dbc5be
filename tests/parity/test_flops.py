"""FLOPs against what torch's counter sees in models that others build."""

from dataclasses import replace

import pytest
import torch
from torch.nn.functional import scaled_dot_product_attention
from torch.utils.checkpoint import checkpoint, set_checkpoint_early_stop
from torch.utils.flop_counter import FlopCounterMode
from transformers import (
    AlbertConfig,
    AlbertForMaskedLM,
    DeepseekV3Config,
    DeepseekV3ForCausalLM,
    LlamaConfig,
    LlamaForCausalLM,
    MixtralConfig,
    MixtralForCausalLM,
    OPTConfig,
    OPTForCausalLM,
    T5Config,
    T5ForConditionalGeneration,
)

from xfmr import compute
from xfmr.config import Experts, Latent
from xfmr.models.gpt import GPT
from xfmr.models.transformer import Transformer
from xfmr.presets import BERT_BASE, GPT2, LLAMA2_70B, TRANSFORMER_BASE

SMALL = {
    "n_layers": 3,
    "d_model": 24,
    "n_heads": 3,
    "n_kv_heads": 3,
    "d_head": 8,
    "d_ff": 20,
    "vocab_size": 29,
}
TOY = replace(LLAMA2_70B, **SMALL | {"n_heads": 6, "n_kv_heads": 2})
OLDER_SIZES = {
    "hidden_size": 24,
    "num_hidden_layers": 3,
    "num_attention_heads": 3,
    "vocab_size": 29,
}
MIXED = Experts(n_experts=5, n_active=2, d_ff=12)


def counted(model, *inputs, backward=False, **named):
    """FLOPs that the counter sees."""
    with FlopCounterMode(display=False) as counter:
        out = model(*inputs, **named)
        if backward:
            getattr(out, "logits", out).sum().backward()
    return counter.get_total_flops()


def library(build, config_class, **sizes):
    """A model of the library on random weights, without a fused kernel."""
    torch.manual_seed(0)
    config = config_class(attn_implementation="eager", **sizes)
    return build(config).requires_grad_(False).eval()


def tokens(*shape, device="cpu"):
    return torch.ones(shape, dtype=torch.long, device=device)


LLAMA_SIZES = OLDER_SIZES | {
    "num_attention_heads": 6,
    "num_key_value_heads": 2,
    "head_dim": 8,
    "intermediate_size": 20,
}


def test_groups_and_a_gate():
    model = library(LlamaForCausalLM, LlamaConfig, **LLAMA_SIZES)
    found = counted(model, tokens(1, 7), use_cache=False)
    assert compute.forward_flops(TOY, n_tokens=7) == found


def test_experts_that_are_read():
    model = library(
        MixtralForCausalLM,
        MixtralConfig,
        **LLAMA_SIZES | {"intermediate_size": 12},
        num_local_experts=5,
        num_experts_per_tok=2,
        experts_implementation="eager",
    )
    config = replace(TOY, experts=MIXED)
    found = counted(model, tokens(1, 7), use_cache=False)
    parts = compute.flops(config, n_tokens=7)
    assert sum(parts.values()) == found
    assert parts["router"] == 2 * 7 * 3 * 24 * 5
    assert parts["feed-forward"] == 2 * 7 * 3 * 2 * 3 * 24 * 12


@pytest.mark.parametrize("d_query", [None, 9])
def test_latents_and_experts_in_some_layers(d_query):
    model = library(
        DeepseekV3ForCausalLM,
        DeepseekV3Config,
        **LLAMA_SIZES | {"num_key_value_heads": 6, "head_dim": 4},
        moe_intermediate_size=12,
        n_routed_experts=5,
        num_experts_per_tok=2,
        n_shared_experts=2,
        n_group=1,
        topk_group=1,
        first_k_dense_replace=1,
        q_lora_rank=d_query,
        kv_lora_rank=11,
        qk_nope_head_dim=6,
        qk_rope_head_dim=4,
        v_head_dim=5,
        experts_implementation="eager",
    )
    config = replace(
        TOY,
        n_kv_heads=6,
        d_head=10,
        latent=Latent(
            d_latent=11,
            d_query=d_query,
            d_content=6,
            d_rotary=4,
            d_value=5,
        ),
        experts=replace(MIXED, d_ff_shared=24, layers=(1, 2)),
    )
    found = counted(model, tokens(1, 7), use_cache=False)
    assert compute.forward_flops(config, n_tokens=7) == found


def test_a_token_table_narrower_than_the_stream():
    model = library(
        OPTForCausalLM,
        OPTConfig,
        **OLDER_SIZES,
        word_embed_proj_dim=10,
        ffn_dim=20,
        max_position_embeddings=16,
        do_layer_norm_before=False,
    )
    config = replace(GPT2, **SMALL, d_token=10)
    found = counted(model, tokens(1, 7), use_cache=False)
    assert compute.forward_flops(config, n_tokens=7) == found


def test_layers_that_repeat_the_same_weights():
    model = library(
        AlbertForMaskedLM,
        AlbertConfig,
        **OLDER_SIZES,
        embedding_size=10,
        intermediate_size=20,
    )
    config = replace(
        BERT_BASE,
        **SMALL,
        n_distinct_layers=1,
        d_embedding=10,
        heads=("mlm",),
    )
    found = counted(model, tokens(1, 7))
    assert compute.forward_flops(config, n_tokens=7) == found


def test_an_encoder_and_a_deeper_decoder():
    model = library(
        T5ForConditionalGeneration,
        T5Config,
        d_model=24,
        d_kv=5,
        d_ff=20,
        num_layers=2,
        num_decoder_layers=3,
        num_heads=3,
        vocab_size=29,
    )
    config = replace(
        TRANSFORMER_BASE,
        **SMALL | {"n_layers": 2, "d_head": 5},
        n_decoder_layers=3,
    )
    found = counted(
        model,
        input_ids=tokens(1, 11),
        decoder_input_ids=tokens(1, 7),
        use_cache=False,
    )
    lengths = {"n_tokens": 11, "n_targets": 7}
    assert compute.forward_flops(config, **lengths) == found


def test_our_encoder_and_decoder_on_meta():
    with torch.device("meta"):
        model = Transformer(TRANSFORMER_BASE, context_length=16)
        model.requires_grad_(False)
    text = tokens(1, 9, device="meta")
    found = counted(model, text, text[:, :4])
    lengths = {"n_tokens": 9, "n_targets": 4}
    assert compute.forward_flops(TRANSFORMER_BASE, **lengths) == found


@pytest.fixture(scope="module")
def gpt():
    with torch.device("meta"):
        return GPT(GPT2)


@pytest.mark.parametrize("n_tokens", [5, 1024])
def test_training_is_three_passes(gpt, n_tokens):
    # 8.749e11 for GPT-2 and its longest text
    found = counted(gpt, tokens(1, n_tokens, device="meta"), backward=True)
    assert compute.training_flops(GPT2, n_tokens=n_tokens) == found


@pytest.mark.parametrize("early_stop", [False, True])
def test_recomputing_every_layer(early_stop):
    with torch.device("meta"):
        model = GPT(GPT2)
    for block in model.blocks:
        forward = block.forward
        block.forward = lambda x, *rest, f=forward, **named: checkpoint(
            f, x, *rest, use_reentrant=False, **named
        )
    with set_checkpoint_early_stop(early_stop):
        found = counted(model, tokens(1, 64, device="meta"), backward=True)
    # torch stops before the last product of a block, of which nothing is kept
    spared = 12 * 2 * 64 * 3072 * 768 if early_stop else 0
    full = compute.training_flops(GPT2, n_tokens=64, recompute="full")
    assert found == full - spared


def test_the_counter_knows_attention_only_where_it_sees_products():
    q = torch.zeros(1, 2, 8, 4)
    # a fused kernel on the processor has no rule and counts nothing
    assert counted(scaled_dot_product_attention, q, q, q) == 0
    # on meta the same call is made of products
    q = q.to("meta")
    assert counted(scaled_dot_product_attention, q, q, q) == 4 * 2 * 8**2 * 4
