"""The configuration: what it says of itself, and what it refuses."""

from dataclasses import FrozenInstanceError, fields, replace

import pytest

from xfmr.config import Config, Experts, Latent, Scaling
from xfmr.presets import (
    BERT_BASE,
    LLAMA2_7B,
    LLAMA2_70B,
    TRANSFORMER_BASE,
)

EXPERTS = {"n_experts": 8, "n_active": 2, "d_ff": 14_336}
LATENT = {"d_latent": 512, "d_content": 128, "d_rotary": 64, "d_value": 128}
LLAMA3 = {
    **{"kind": "llama3", "factor": 8.0, "original_length": 8192},
    **{"slow": 1.0, "fast": 4.0},
}


def test_axes_give_the_sizes_their_letters():
    assert LLAMA2_70B.axes == {
        **{"D": 8192, "N": 64, "K": 8, "G": 8, "H": 128},
        **{"F": 28672, "V": 32000, "L": 80},
    }


def test_a_size_that_is_absent_has_no_letter():
    assert "E" not in BERT_BASE.axes


def test_experts_have_a_letter():
    mixture = replace(LLAMA2_7B, experts=Experts(**EXPERTS))
    assert mixture.axes == LLAMA2_7B.axes | {"E": 8}


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
        (
            {"position": "relative", "max_distance": 8},
            r"position='relative' needs a n_buckets",
        ),
        (
            {"position": "relative", "n_buckets": 8},
            r"position='relative' needs a max_distance",
        ),
        ({"qk_norm": "x"}, r"qk_norm='x' must be one of \('head', 'all'\)"),
        ({"d_rotary": 3}, r"d_rotary=3 must be even"),
        ({"d_rotary": 66}, r"d_rotary=66 must not exceed d_head=64"),
        (
            {"d_embedding": 5, "d_token": 4},
            r"^d_embedding=5 must be absent where d_token=4 is not$",
        ),
        ({"windowed": (True,) * 12}, r"windowed needs a window"),
        (
            {"windowed": (True,) * 11, "window": 4},
            r"windowed has 11 entries and must have n_layers=12",
        ),
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


def test_a_window_is_that_of_every_layer_or_of_those_named():
    full = replace(LLAMA2_7B, n_layers=2)
    assert full.window_of(0) is None
    everywhere = replace(full, window=5)
    assert [everywhere.window_of(i) for i in (0, 1)] == [5, 5]
    somewhere = replace(everywhere, windowed=(True, False))
    assert [somewhere.window_of(i) for i in (0, 1)] == [5, None]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Experts(**EXPERTS | {"n_active": 9}), "n_active=9 must not"),
        (lambda: Experts(**EXPERTS | {"n_active": 0}), "n_active=0 must be"),
        (lambda: Experts(**EXPERTS | {"d_ff": 0}), "d_ff=0 must be at least"),
        (lambda: Experts(**EXPERTS | {"shares": "x"}), "shares='x' must be"),
        (
            lambda: Latent(**LATENT | {"d_rotary": 3}),
            "d_rotary=3 must be even",
        ),
        (lambda: Latent(**LATENT | {"d_latent": 0}), "d_latent=0 must be at"),
        (lambda: Scaling(**LLAMA3 | {"kind": "x"}), "kind='x' must be one of"),
        (lambda: Scaling(**LLAMA3 | {"factor": 0.9}), "factor=0.9 must be"),
        (lambda: Scaling(**LLAMA3 | {"slow": None}), "'llama3' needs slow"),
        (lambda: Scaling(**LLAMA3 | {"fast": None}), "'llama3' needs fast"),
        (
            lambda: Scaling(kind="yarn", factor=2.0),
            "kind='yarn' needs original_length",
        ),
        (
            lambda: Scaling(**LLAMA3 | {"slow": 4.0}),
            "slow=4.0 must be below fast=4.0",
        ),
    ],
)
def test_rare_parts_that_cannot_be(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"window": 4}, "window=4 must be absent with a latent"),
        ({"qk_norm": "head"}, "qk_norm='head' must be absent"),
        ({"score_cap": 50.0}, "score_cap=50.0 must be absent"),
        ({"output_bias": True}, "output_bias=True must be absent"),
        ({"sinks": True}, "sinks=True must be absent"),
    ],
)
def test_what_latent_attention_does_not_have(change, message):
    latent = replace(LLAMA2_7B, latent=Latent(**LATENT))
    with pytest.raises(ValueError, match=message):
        replace(latent, **change)


def test_rare_parts_that_can_be():
    all_of_one = Experts(n_experts=1, n_active=1, d_ff=1)
    assert all_of_one.layers is None
    assert (all_of_one.shares, all_of_one.share_scale) == ("softmax", None)
    assert Latent(**LATENT).d_query is None
    assert Scaling(kind="linear", factor=1.0).slow is None
