"""Counts against released checkpoints, exact sums and published totals."""

import subprocess
import sys
from dataclasses import replace
from math import prod

import pytest

from tests.toys import SMALL
from xfmr import count
from xfmr.config import Experts, Latent
from xfmr.presets import (
    BERT_BASE,
    GPT2,
    LLAMA2_7B,
    LLAMA2_70B,
    TRANSFORMER_BASE,
    TRANSFORMER_BIG,
)

D, F = 768, 3072
# The variables of google-research/bert's uncased checkpoint, by part.
BERT_LAYER = {
    "attention": [(D, D), (D,)] * 4,
    "feed-forward": [(D, F), (F,), (F, D), (D,)],
    "norm": [(D,), (D,)] * 2,
}
BERT_REST = {
    "token embedding": [(30522, D)],
    "position embedding": [(512, D)],
    "segment embedding": [(2, D)],
    "embedding norm": [(D,), (D,)],
    "pooler": [(D, D), (D,)],
    "mlm": [(D, D), (D,), (D,), (D,), (30522,)],
    "nsp": [(2, D), (2,)],
}


def numbers(shapes):
    return sum(prod(shape) for shape in shapes)


def test_bert_base_part_by_part():
    config = replace(BERT_BASE, heads=("pooler", "mlm", "nsp"))
    layers = {part: 12 * numbers(s) for part, s in BERT_LAYER.items()}
    rest = {part: numbers(s) for part, s in BERT_REST.items()}
    assert count.parts(config) == layers | rest


@pytest.mark.parametrize(
    ("config", "total"),
    [
        # built with the transformers library on the meta device: tests/parity
        (replace(BERT_BASE, heads=()), 108_891_648),
        (BERT_BASE, 109_482_240),
        (replace(BERT_BASE, heads=("mlm",)), 109_514_298),
        (replace(BERT_BASE, heads=("pooler", "mlm", "nsp")), 110_106_428),
        (GPT2, 124_439_808),
        (LLAMA2_7B, 6_738_415_616),
        (LLAMA2_70B, 68_976_648_192),
        # nn.Transformer less its attention biases: tests/parity
        (TRANSFORMER_BASE, 63_045_632),
        (TRANSFORMER_BIG, 214_171_648),
    ],
    ids=lambda value: getattr(value, "name", value),
)
def test_totals(config, total):
    assert count.parameters(config) == total


def test_a_part_that_a_model_lacks_has_no_entry():
    assert [*count.parts(SMALL)] == [
        *("token embedding", "attention", "feed-forward"),
        *("norm", "final norm", "lm"),
    ]
    assert [*count.parts(TRANSFORMER_BASE)] == [
        *("token embedding", "attention", "feed-forward", "norm", "lm"),
    ]


def test_grouped_gated_and_untied_part_by_part():
    assert count.parts(SMALL) == {
        "token embedding": 13 * 20,
        "attention": 3 * (20 * 30 + 2 * 20 * 10 + 30 * 20),
        "feed-forward": 3 * 3 * 20 * 11,
        "norm": 3 * 2 * 20,
        "final norm": 20,
        "lm": 13 * 20,
    }


def test_an_untied_masked_token_head_has_its_own_matrix():
    tied = replace(BERT_BASE, heads=("mlm",))
    untied = replace(tied, tied=False)
    difference = count.parameters(untied) - count.parameters(tied)
    assert difference == 30522 * 768


def test_each_stack_of_a_pre_norm_pair_ends_in_a_norm():
    one, two = SMALL, replace(SMALL, n_decoder_layers=4)
    assert count.parts(two) == {
        "token embedding": 13 * 20,
        "attention": (3 + 2 * 4) * count.attention(**SMALL.attention),
        "feed-forward": (3 + 4) * count.feed_forward(**SMALL.feed_forward),
        "norm": (2 * 3 + 3 * 4) * 20,
        "final norm": 2 * count.parts(one)["final norm"],
        "lm": 13 * 20,
    }


# d_ff of the released models: config.json of LLaMA 7B, 13B, 65B, of Llama 2
# 70B and of Llama 3 8B, with multiple_of and ffn_dim_multiplier of params.json
@pytest.mark.parametrize(
    ("d_model", "multiple_of", "factor", "d_ff"),
    [
        (4096, 256, 1.0, 11_008),
        (5120, 256, 1.0, 13_824),
        (8192, 256, 1.0, 22_016),
        (8192, 4096, 1.3, 28_672),
        (4096, 1024, 1.3, 14_336),
    ],
)
def test_gated_widths_of_released_models(d_model, multiple_of, factor, d_ff):
    size = {"d_model": d_model, "multiple_of": multiple_of}
    assert count.gated_width(**size, factor=factor) == d_ff
    if factor == 1:
        assert count.gated_width(**size) == d_ff


def test_a_gated_width_is_truncated_before_it_is_rounded_up():
    assert count.gated_width(d_model=1, multiple_of=1) == 2
    assert count.gated_width(d_model=2, multiple_of=1) == 5
    assert count.gated_width(d_model=2, multiple_of=1, factor=1.3) == 6
    assert count.gated_width(d_model=3, multiple_of=8) == 8
    assert count.gated_width(d_model=4, multiple_of=8) == 16


@pytest.mark.parametrize("name", ["d_model", "multiple_of"])
def test_a_gated_width_of_nothing(name):
    size = {"d_model": 8, "multiple_of": 8} | {name: 0}
    with pytest.raises(ValueError, match=f"^{name}=0 must be at least 1$"):
        count.gated_width(**size)


def test_sandwiches_have_two_norms_for_each_sublayer():
    pre = replace(SMALL, n_decoder_layers=4)
    sandwich = count.parts(replace(pre, norm_order="sandwich"))
    extra = {"norm": (2 * 3 + 3 * 4) * 20}
    assert sandwich == count.parts(pre) | {"norm": 2 * extra["norm"]}


def test_attention_biases_are_one_per_output():
    size = {"d_model": 7, "n_heads": 6, "n_kv_heads": 2, "d_head": 5}
    plain, biased = count.attention(**size), count.attention(**size, bias=True)
    assert biased - plain == 30 + 10 + 10 + 7
    assert plain == 2 * 7 * 5 * (6 + 2)


def test_feed_forward_biases_are_one_per_output():
    size = {"d_model": 7, "d_ff": 11}
    assert count.feed_forward(**size) == 2 * 77
    assert count.feed_forward(**size, bias=True) == 2 * 77 + 11 + 7
    assert count.feed_forward(**size, gated=True) == 3 * 77
    assert (
        count.feed_forward(**size, gated=True, bias=True)
        == 3 * 77 + 2 * 11 + 7
    )


def test_byte_units():
    assert (count.KIB, count.MIB, count.GIB) == (
        1024,
        1_048_576,
        1_073_741_824,
    )


SIZE = {"d_model": 8, "n_heads": 4, "n_kv_heads": 2, "d_head": 2}


@pytest.mark.parametrize("value", [0, -1])
@pytest.mark.parametrize(
    ("function", "size", "name"),
    [
        (count.attention, SIZE, "d_model"),
        (count.attention, SIZE, "d_head"),
        (count.feed_forward, {"d_model": 8, "d_ff": 9}, "d_model"),
        (count.feed_forward, {"d_model": 8, "d_ff": 9}, "d_ff"),
    ],
)
def test_sizes_below_one(function, size, name, value):
    with pytest.raises(
        ValueError, match=rf"^{name}={value} must be at least 1$"
    ):
        function(**(size | {name: value}))


def test_one_is_a_size():
    assert count.feed_forward(d_model=1, d_ff=1) == 2


def test_heads_that_cannot_be_grouped():
    with pytest.raises(
        ValueError, match=r"^n_kv_heads=3 must divide n_heads=4$"
    ):
        count.attention(**(SIZE | {"n_kv_heads": 3}))


def test_counting_imports_neither_torch_nor_models():
    script = (
        "import sys, xfmr.count as _;"
        "print([m for m in sys.modules if m == 'torch' or 'models' in m])"
    )
    run = [sys.executable, "-c", script]
    out = subprocess.run(run, capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


TINY = replace(
    GPT2,
    n_layers=3,
    d_model=6,
    n_heads=2,
    n_kv_heads=2,
    d_head=3,
    d_ff=5,
    vocab_size=11,
    context_length=7,
)
PAIR = replace(TINY, n_decoder_layers=4)


def differs(config, **change):
    """The parts that a change of the configuration changes, by how much."""
    before, after = count.parts(config), count.parts(replace(config, **change))
    names = dict.fromkeys([*before, *after])
    changes = {n: after.get(n, 0) - before.get(n, 0) for n in names}
    return {name: n for name, n in changes.items() if n}


@pytest.mark.parametrize(
    ("config", "change", "expected"),
    [
        (TINY, {"n_spare_positions": 2}, {"position embedding": 2 * 6}),
        (PAIR, {"n_spare_positions": 2}, {"position embedding": 2 * 2 * 6}),
        (PAIR, {"n_token_tables": 3}, {"token embedding": 2 * 11 * 6}),
        (PAIR, {"embedding_norm": True}, {"embedding norm": 2 * 2 * 6}),
        (TINY, {"norm_bias": False}, {"norm": -36, "final norm": -6}),
        (
            TINY,
            {"norm_gain": False, "norm_bias": False},
            {"norm": -72, "final norm": -12},
        ),
        (TINY, {"first_norm": False}, {"norm": -12}),
        (TINY, {"final_norm": False}, {"final norm": -12}),
        (TINY, {"shared_norm": True}, {"norm": -3 * 12}),
        (TINY, {"qk_norm": "head"}, {"query and key norm": 3 * 2 * 3}),
        (
            replace(TINY, n_kv_heads=1),
            {"qk_norm": "all"},
            {"query and key norm": 3 * (2 + 1) * 3},
        ),
        (TINY, {"sinks": True}, {"sinks": 3 * 2}),
        (PAIR, {"sinks": True}, {"sinks": (3 + 2 * 4) * 2}),
        (TINY, {"output_bias": False}, {"attention": -3 * 6}),
        (
            TINY,
            {"attention_bias": False, "output_bias": True},
            {"attention": -3 * 3 * 6},
        ),
        (
            TINY,
            {"n_distinct_layers": 1},
            {
                "attention": -2 * (4 * 36 + 24),
                "feed-forward": -2 * (60 + 11),
                "norm": -2 * 24,
            },
        ),
        (PAIR, {"d_decoder_ff": 7}, {"feed-forward": 4 * 2 * (2 * 6 + 1)}),
        (
            TINY,
            {"position": "projected"},
            {"position embedding": -42, "position projection": 3 * 6 * 6},
        ),
        (
            PAIR,
            {"position": "relative", "n_buckets": 8, "max_distance": 9},
            {"position embedding": -84, "relative positions": 2 * 8 * 2},
        ),
        (
            TINY,
            {"d_token": 4},
            {"token embedding": -22, "embedding projection": 2 * 4 * 6},
        ),
        (
            TINY,
            {"d_embedding": 4, "heads": ("mlm",), "tied": False},
            {
                "token embedding": -22,
                "position embedding": -14,
                "embedding projection": 4 * 6 + 6,
                "mlm": 6 * 4 + 4 + 8 + 11 + 11 * 4,
            },
        ),
        (
            replace(TINY, heads=("mlm",)),
            {"mlm_dense_bias": False, "n_mlm_biases": None},
            {"mlm": -6 - 11},
        ),
        (replace(TINY, heads=("mlm",)), {"n_mlm_biases": 2}, {"mlm": 11}),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else None,
)
def test_what_a_model_may_have(config, change, expected):
    assert differs(config, **change) == expected


EXPERTS = Experts(n_experts=5, n_active=2, d_ff=4)


def test_experts_stand_in_place_of_the_layer():
    plain = replace(TINY, ff_bias=False)
    one = 2 * 6 * 4
    found = count.parts(replace(plain, experts=EXPERTS))
    assert "feed-forward" not in found
    assert (found["experts"], found["router"]) == (3 * 5 * one, 3 * 5 * 6)
    biased = replace(EXPERTS, bias=True, router_bias=True, d_ff_shared=7)
    found = count.parts(replace(plain, experts=biased))
    assert found["experts"] == 3 * 5 * (one + 4 + 6)
    assert found["router"] == 3 * 5 * (6 + 1)
    assert found["shared expert"] == 3 * 2 * 6 * 7
    some = replace(plain, experts=replace(EXPERTS, layers=(0, 2)))
    found = count.parts(some)
    assert found["feed-forward"] == 2 * 6 * 5
    assert found["experts"] == 2 * 5 * one
    none = replace(plain, experts=replace(EXPERTS, layers=()))
    assert count.parts(none) == count.parts(plain)


def test_experts_that_are_not_chosen_are_idle():
    some = replace(TINY, experts=replace(EXPERTS, layers=(0, 2)))
    idle = 2 * (5 - 2) * (2 * 6 * 4)
    assert count.parameters(some) - count.active(some) == idle
    assert count.active(TINY) == count.parameters(TINY)


def test_a_latent_layer_matrix_by_matrix():
    size = {"d_content": 3, "d_rotary": 2, "d_value": 7, "d_latent": 11}
    latent = Latent(**size, d_query=13)
    D, N = 17, 5
    matrices = {
        **{"q down": 13 * D, "q norm": 13, "q up": N * (3 + 2) * 13},
        **{"kv down": (11 + 2) * D, "kv norm": 11, "kv up": N * (3 + 7) * 11},
        "output": D * N * 7,
    }
    found = count.latent_attention(d_model=D, n_heads=N, latent=latent)
    assert found == sum(matrices.values())
    biased = count.latent_attention(
        d_model=D, n_heads=N, latent=latent, bias=True
    )
    assert biased - found == 13 + (11 + 2) + D
    straight = Latent(**size)
    found = count.latent_attention(d_model=D, n_heads=N, latent=straight)
    direct = {"q down": 0, "q norm": 0, "q up": N * (3 + 2) * D}
    assert found == sum((matrices | direct).values())
    biased = count.latent_attention(
        d_model=D, n_heads=N, latent=straight, bias=True
    )
    assert biased - found == (11 + 2) + D
    config = replace(TINY, latent=straight, attention_bias=False)
    assert count.parts(config)["attention"] == 3 * count.latent_attention(
        d_model=6, n_heads=2, latent=straight
    )
    for name in ("d_model", "n_heads"):
        sizes = {"d_model": D, "n_heads": N} | {name: 0}
        with pytest.raises(ValueError, match=f"^{name}=0 must be at least 1$"):
            count.latent_attention(**sizes, latent=latent)


def test_what_is_no_embedding():
    total = count.parameters
    assert total(TINY) - count.non_embedding(TINY) == 11 * 6 + 7 * 6
    untied = replace(TINY, tied=False)
    assert count.non_embedding(untied) == count.non_embedding(TINY)
    bare = replace(untied, heads=())
    assert total(bare) - count.non_embedding(bare) == 11 * 6 + 7 * 6
    masked = replace(untied, heads=("pooler", "mlm"))
    assert total(masked) - count.non_embedding(masked) == 2 * 11 * 6 + 7 * 6
    apart = replace(PAIR, n_token_tables=3)
    assert count.non_embedding(apart) == count.non_embedding(PAIR)
    assert count.embedding(apart) == 11 * 6
    narrow = replace(TINY, d_token=4)
    assert count.embedding(narrow) == 11 * 4
    assert count.embedding(replace(TINY, d_embedding=5)) == 11 * 5
