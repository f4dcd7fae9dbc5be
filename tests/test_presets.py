"""The configurations: retyped from their sources, and what they refuse."""

from dataclasses import FrozenInstanceError, fields, replace

import pytest

from xfmr.presets import (
    BERT_BASE,
    GPT2,
    LLAMA2_7B,
    LLAMA2_70B,
    PRESETS,
    TRANSFORMER_BASE,
    TRANSFORMER_BIG,
    Config,
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


def test_axes_give_the_sizes_their_letters():
    assert LLAMA2_70B.axes == {
        **{"D": 8192, "N": 64, "K": 8, "G": 8, "H": 128},
        **{"F": 28672, "V": 32000, "L": 80},
    }


def test_a_size_that_is_absent_has_no_letter():
    assert "E" not in BERT_BASE.axes


def test_arguments_of_the_layers():
    assert LLAMA2_70B.attention == {
        "d_model": 8192,
        "n_heads": 64,
        "n_kv_heads": 8,
        "d_head": 128,
        "bias": False,
    }
    assert BERT_BASE.attention["bias"] is True
    # attention and feed-forward biases are two choices
    assert TRANSFORMER_BASE.attention["bias"] is False
    assert TRANSFORMER_BASE.feed_forward == {
        "d_model": 512,
        "d_ff": 2048,
        "bias": True,
        "gated": False,
    }
    assert LLAMA2_7B.feed_forward["gated"] is True


def test_a_configuration_is_frozen_and_keyword_only():
    with pytest.raises(FrozenInstanceError):
        BERT_BASE.d_model = 1024
    with pytest.raises(TypeError, match="positional"):
        Config("BERT-base")
    assert all(field.kw_only for field in fields(Config))


@pytest.mark.parametrize("value", [0, -1])
@pytest.mark.parametrize(
    "name",
    [
        *("n_layers", "n_decoder_layers", "d_model", "n_heads", "d_head"),
        *("d_ff", "vocab_size", "context_length", "n_segments"),
    ],
)
def test_a_size_below_one(name, value):
    with pytest.raises(
        ValueError, match=rf"^{name}={value} must be at least 1$"
    ):
        replace(BERT_BASE, **{name: value})


def test_one_is_a_size():
    assert replace(BERT_BASE, n_layers=1).n_layers == 1


def test_heads_that_cannot_be_grouped():
    with pytest.raises(
        ValueError, match=r"^n_kv_heads=5 must divide n_heads=12$"
    ):
        replace(BERT_BASE, n_kv_heads=5)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"position": "none"}, r"position='none' must be one of \('learned',"),
        ({"norm": "batch"}, r"norm='batch' must be one of \('layer', 'rms'\)"),
        (
            {"norm_order": "first"},
            r"norm_order='first' must be one of \('post",
        ),
        ({"heads": ("lm", "x")}, r"head='x' must be one of \('pooler', 'mlm'"),
        ({"heads": ("nsp",)}, r"head='nsp' needs head='pooler'"),
        ({"context_length": None}, r"'learned' needs a context_length"),
        ({"position": "rotary"}, r"position='rotary' needs a rotary_base"),
    ],
)
def test_choices_that_do_not_exist_or_fit(change, message):
    with pytest.raises(ValueError, match=message):
        replace(BERT_BASE, **change)


@pytest.mark.parametrize("position", ["learned", "sinusoidal", "rotary"])
@pytest.mark.parametrize("norm", ["layer", "rms"])
def test_choices_that_exist(position, norm):
    c = replace(BERT_BASE, position=position, norm=norm, rotary_base=1e4)
    assert (c.position, c.norm) == (position, norm)


def test_without_learned_positions_no_context_length_is_needed():
    config = replace(BERT_BASE, position="sinusoidal", context_length=None)
    assert config.context_length is None


def test_a_head_that_has_what_it_stands_on():
    config = replace(BERT_BASE, heads=("pooler", "nsp"))
    assert config.heads == ("pooler", "nsp")
