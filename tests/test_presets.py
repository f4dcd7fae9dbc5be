"""The presets: retyped from their sources."""

import pytest

from xfmr.presets import (
    BERT_BASE,
    GPT2,
    LLAMA2_7B,
    LLAMA2_70B,
    PRESETS,
    TRANSFORMER_BASE,
    TRANSFORMER_BIG,
)

# Vaswani et al. 2017, table 3; google-research/bert, bert_config.json;
# openai/gpt-2, hparams.json; Llama 2, config.json of the released models.
SIZES = {
    "Transformer base": (6, 6, 512, 8, 8, 64, 2048, 37000, None, None),
    "Transformer big": (6, 6, 1024, 16, 16, 64, 4096, 37000, None, None),
    "BERT-base": (12, None, 768, 12, 12, 64, 3072, 30522, 512, 2),
    "GPT-2": (12, None, 768, 12, 12, 64, 3072, 50257, 1024, None),
    "Llama 2 7B": (32, None, 4096, 32, 32, 128, 11008, 32000, 4096, None),
    "Llama 2 70B": (80, None, 8192, 64, 8, 128, 28672, 32000, 4096, None),
}
# position, norm, eps, norm order, embedding norm, activation, gated,
# attention bias, feed-forward bias, tied, heads
ORIGINAL = (
    *("sinusoidal", "layer", 1e-6, "post", False, "relu"),
    *(False, False, True, True, ("lm",)),
)
LLAMA = (
    *("rotary", "rms", 1e-5, "pre", False, "silu"),
    *(True, False, False, False, ("lm",)),
)
CHOICES = {
    "Transformer base": ORIGINAL,
    "Transformer big": ORIGINAL,
    "BERT-base": (
        *("learned", "layer", 1e-12, "post", True, "gelu"),
        *(False, True, True, True, ("pooler",)),
    ),
    "GPT-2": (
        *("learned", "layer", 1e-5, "pre", False, "gelu_tanh"),
        *(False, True, True, True, ("lm",)),
    ),
    "Llama 2 7B": LLAMA,
    "Llama 2 70B": LLAMA,
}


@pytest.mark.parametrize("name", SIZES)
def test_sizes_are_the_published_ones(name):
    c = PRESETS[name]
    assert SIZES[name] == (
        *(c.n_layers, c.n_decoder_layers, c.d_model, c.n_heads),
        *(c.n_kv_heads, c.d_head, c.d_ff, c.vocab_size),
        *(c.context_length, c.n_segments),
    )


@pytest.mark.parametrize("name", CHOICES)
def test_choices_are_the_published_ones(name):
    c = PRESETS[name]
    assert CHOICES[name] == (
        *(c.position, c.norm, c.norm_eps, c.norm_order, c.embedding_norm),
        *(c.activation, c.gated, c.attention_bias, c.ff_bias, c.tied),
        c.heads,
    )


def test_rotary_models_have_the_published_base():
    # meta-llama/llama, llama/model.py: theta = 10000.0
    bases = {name: c.rotary_base for name, c in PRESETS.items()}
    rotary = {name for name, base in bases.items() if base is not None}
    assert rotary == {"Llama 2 7B", "Llama 2 70B"}
    assert bases["Llama 2 7B"] == bases["Llama 2 70B"] == 10_000


def test_every_preset_stands_under_its_name_with_a_source():
    assert [*PRESETS.values()] == [
        *(TRANSFORMER_BASE, TRANSFORMER_BIG, BERT_BASE),
        *(GPT2, LLAMA2_7B, LLAMA2_70B),
    ]
    assert [*PRESETS] == [*SIZES]
    assert all("20" in c.source for c in PRESETS.values())
