"""The arithmetic against models that other libraries build, on `meta`."""

from dataclasses import replace

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode
from transformers import (
    AutoModel,
    BertConfig,
    BertForMaskedLM,
    BertForPreTraining,
    BertModel,
    DynamicCache,
    EncoderDecoderCache,
    GPT2Config,
    GPT2LMHeadModel,
    LlamaConfig,
    LlamaForCausalLM,
    T5Config,
    T5ForConditionalGeneration,
)

from xfmr import compute, count, memory
from xfmr.models.bert import Bert
from xfmr.presets import (
    BERT_BASE,
    GPT2,
    LLAMA2_7B,
    LLAMA2_70B,
    TRANSFORMER_BASE,
    TRANSFORMER_BIG,
)

# The class defaults of the library are the released models here.
BERT = BertConfig(attn_implementation="eager")
LIBRARY = [
    (
        replace(BERT_BASE, heads=()),
        lambda: BertModel(BERT, add_pooling_layer=False),
    ),
    (BERT_BASE, lambda: BertModel(BERT)),
    (replace(BERT_BASE, heads=("mlm",)), lambda: BertForMaskedLM(BERT)),
    (
        replace(BERT_BASE, heads=("pooler", "mlm", "nsp")),
        lambda: BertForPreTraining(BERT),
    ),
    (
        GPT2,
        lambda: GPT2LMHeadModel(GPT2Config(attn_implementation="eager")),
    ),
    (LLAMA2_7B, lambda: LlamaForCausalLM(llama(LLAMA2_7B))),
    (LLAMA2_70B, lambda: LlamaForCausalLM(llama(LLAMA2_70B))),
]


def llama(config):
    return LlamaConfig(
        hidden_size=config.d_model,
        num_hidden_layers=config.n_layers,
        num_attention_heads=config.n_heads,
        num_key_value_heads=config.n_kv_heads,
        intermediate_size=config.d_ff,
        vocab_size=config.vocab_size,
        attn_implementation="eager",
    )


def on_meta(build):
    with torch.device("meta"):
        return build().eval()


def n_parameters(model):
    return sum(p.numel() for p in model.parameters())


@pytest.mark.parametrize(
    ("config", "build"),
    LIBRARY,
    ids=[f"{c.name}-{'-'.join(c.heads)}" for c, _ in LIBRARY],
)
def test_parameters_equal_the_library(config, build):
    assert count.parameters(config) == n_parameters(on_meta(build))


@pytest.mark.parametrize(
    "heads", [(), ("pooler",), ("mlm",), ("pooler", "mlm", "nsp")]
)
def test_parts_equal_our_model(heads):
    config = replace(BERT_BASE, heads=heads)
    model = on_meta(lambda: Bert(config))
    blocks = model.blocks
    modules = {
        "token embedding": [model.embedding.token],
        "position embedding": [model.embedding.position],
        "segment embedding": [model.embedding.segment],
        "embedding norm": [model.embedding_norm],
        "attention": [b.attention for b in blocks],
        "feed-forward": [b.feed_forward for b in blocks],
        "norm": [
            norm
            for b in blocks
            for norm in (b.attention_norm, b.feed_forward_norm)
        ],
    } | {head: [getattr(model, head)] for head in heads}
    assert count.parts(config) == {
        part: sum(map(n_parameters, m)) for part, m in modules.items()
    }


@pytest.mark.parametrize(
    "config", [TRANSFORMER_BASE, TRANSFORMER_BIG], ids=lambda c: c.name
)
def test_parameters_equal_torch_transformer(config):
    theirs = on_meta(
        lambda: nn.Transformer(
            config.d_model,
            config.n_heads,
            config.n_layers,
            config.n_decoder_layers,
            config.d_ff,
            batch_first=True,
        )
    )
    # torch's has biases in the attention, a norm after each stack, and no
    # embedding
    D, V = config.d_model, config.vocab_size
    biases = (6 + 2 * 6) * 4 * D
    extra_norms = 2 * 2 * D
    assert (
        count.parameters(config)
        == n_parameters(theirs) - biases - extra_norms + V * D
    )


@pytest.mark.parametrize("n_tokens", [7, 1024])
def test_flops_of_gpt2_equal_torch_counter(n_tokens):
    model = on_meta(LIBRARY[4][1])
    tokens = torch.zeros(1, n_tokens, dtype=torch.long, device="meta")
    # a whole mask, since making one would read values
    mask = torch.zeros(1, 1, n_tokens, n_tokens, device="meta")
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        model(tokens, attention_mask=mask, use_cache=False)
    expected = counter.get_total_flops()
    assert compute.forward_flops(GPT2, n_tokens=n_tokens) == expected


@pytest.mark.parametrize("n_tokens", [7, 512])
def test_flops_of_bert_equal_torch_counter(n_tokens):
    config = replace(BERT_BASE, heads=("pooler", "mlm", "nsp"))
    tokens = torch.zeros(1, n_tokens, dtype=torch.long, device="meta")
    expected = compute.forward_flops(config, n_tokens=n_tokens)
    for build in (lambda: Bert(config), LIBRARY[3][1]):
        # the counter's hooks want a gradient of whatever could have one
        model = on_meta(build).requires_grad_(False)
        with FlopCounterMode(display=False) as counter:
            model(tokens)
        assert counter.get_total_flops() == expected


def test_the_counter_counts_a_product():
    a, b = torch.empty(3, 5, device="meta"), torch.empty(5, 7, device="meta")
    with FlopCounterMode(display=False) as counter:
        a @ b
    flops = compute.matmul_flops(n_rows=3, n_inner=5, n_columns=7)
    assert counter.get_total_flops() == flops


@pytest.mark.parametrize(
    "config", [LLAMA2_7B, LLAMA2_70B], ids=lambda c: c.name
)
def test_cache_bytes_equal_a_cache(config):
    library = llama(config)
    model = on_meta(lambda: AutoModel.from_config(library).bfloat16())
    cache = DynamicCache(config=library)
    tokens = torch.zeros(1, 9, dtype=torch.long, device="meta")
    model(tokens, past_key_values=cache)
    n_bytes = sum(
        tensor.nbytes
        for layer in cache.layers
        for tensor in (layer.keys, layer.values)
    )
    assert memory.kv_cache_bytes(config, n_tokens=9) == n_bytes


def test_cache_bytes_of_two_stacks_equal_a_cache():
    library = T5Config(num_layers=2, num_decoder_layers=3)
    model = on_meta(lambda: T5ForConditionalGeneration(library).bfloat16())
    cache = EncoderDecoderCache(DynamicCache(), DynamicCache())
    source = torch.zeros(1, 9, dtype=torch.long, device="meta")
    model(
        input_ids=source,
        decoder_input_ids=source[:, :4],
        past_key_values=cache,
        use_cache=True,
    )
    config = replace(
        TRANSFORMER_BASE, n_layers=2, n_decoder_layers=3, n_kv_heads=8
    )
    n_bytes = sum(
        tensor.nbytes
        for kind in (cache.self_attention_cache, cache.cross_attention_cache)
        for layer in kind.layers
        for tensor in (layer.keys, layer.values)
    )
    found = memory.kv_cache_bytes(config, n_tokens=4, n_source=9)
    assert found == n_bytes
