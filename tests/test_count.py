"""Counts against released checkpoints, exact sums and published totals."""

import subprocess
import sys
from dataclasses import replace
from math import prod

import pytest

from xfmr import count
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
SMALL = replace(
    LLAMA2_70B,
    n_layers=3,
    d_model=20,
    n_heads=6,
    n_kv_heads=2,
    d_head=5,
    d_ff=11,
    vocab_size=13,
)


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


@pytest.mark.parametrize(
    ("config", "per_token"),
    [  # bf16; the first two from a transformers cache, the third 4 L K H
        (LLAMA2_7B, 524_288),
        (LLAMA2_70B, 327_680),
        (GPT2, 36_864),
    ],
    ids=lambda value: getattr(value, "name", value),
)
def test_cache_of_a_token(config, per_token):
    assert count.kv_cache_bytes(config, n_tokens=1) == per_token
    assert count.kv_cache_bytes(config, n_tokens=9) == 9 * per_token
    assert (
        count.kv_cache_bytes(config, n_tokens=1, bytes_per_number=4)
        == 2 * per_token
    )
    assert (
        count.kv_cache_bytes(config, n_tokens=1, bytes_per_number=1)
        == per_token / 2
    )


def test_a_product_adds_and_multiplies_once_a_term():
    assert count.matmul_flops(n_rows=3, n_inner=5, n_columns=7) == 210
    assert count.matmul_flops(n_rows=1, n_inner=1, n_columns=1) == 2


def test_flops_product_by_product():
    T, layer = 9, {"projections": 0, "attention": 0, "feed-forward": 0}
    for part, rows, inner, columns in [
        ("projections", T, 20, 30),
        ("projections", T, 20, 10),
        ("projections", T, 20, 10),
        *[("attention", T, 5, T)] * 6,
        *[("attention", T, T, 5)] * 6,
        ("projections", T, 30, 20),
        *[("feed-forward", T, 20, 11)] * 2,
        ("feed-forward", T, 11, 20),
    ]:
        layer[part] += 2 * rows * inner * columns
    expected = {part: 3 * n for part, n in layer.items()}
    expected["lm"] = 2 * T * 20 * 13
    assert count.flops(SMALL, n_tokens=T) == expected
    assert count.forward_flops(SMALL, n_tokens=T) == sum(expected.values())


def test_flops_of_two_feed_forward_matrices():
    ungated = replace(SMALL, gated=False)
    part = "feed-forward"
    assert (
        3 * count.flops(ungated, n_tokens=4)[part]
        == 2 * count.flops(SMALL, n_tokens=4)[part]
    )


def test_flops_of_the_heads():
    config = replace(BERT_BASE, heads=("pooler", "mlm", "nsp"))
    flops = count.flops(config, n_tokens=5)
    assert flops["pooler"] == 2 * D * D
    assert flops["nsp"] == 2 * D * 2
    assert flops["mlm"] == 2 * 5 * D * D + 2 * 5 * D * 30522


@pytest.mark.parametrize(
    "config",
    [BERT_BASE, GPT2, LLAMA2_7B, LLAMA2_70B, SMALL],
    ids=lambda config: config.name,
)
def test_attention_overtakes_where_the_flops_are_equal(config):
    at = count.attention_overtakes(config)
    flops = count.flops(config, n_tokens=5)
    against = flops["projections"]
    assert flops["attention"] * at["projections"] / 5 == against
    against += flops["feed-forward"]
    rest = flops["attention"] * at["rest of the layer"] / 5
    assert rest == pytest.approx(against, rel=1e-12)


def test_a_score_for_every_pair_and_head():
    assert count.score_bytes(SMALL, n_tokens=7) == 6 * 49 * 2
    assert count.score_bytes(SMALL, n_tokens=7, bytes_per_number=4) == (
        6 * 49 * 4
    )


def test_flops_of_gpt2():
    # torch's FlopCounterMode over the transformers library's model
    assert count.forward_flops(GPT2, n_tokens=1024) == 291_648_307_200


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
        (count.kv_cache_bytes, {"config": GPT2, "n_tokens": 1}, "n_tokens"),
        (
            count.kv_cache_bytes,
            {"config": GPT2, "n_tokens": 1},
            "bytes_per_number",
        ),
        (count.flops, {"config": GPT2}, "n_tokens"),
        (count.score_bytes, {"config": GPT2, "n_tokens": 1}, "n_tokens"),
        (
            count.score_bytes,
            {"config": GPT2, "n_tokens": 1},
            "bytes_per_number",
        ),
        *[
            (
                count.matmul_flops,
                {"n_rows": 1, "n_inner": 1, "n_columns": 1},
                name,
            )
            for name in ("n_rows", "n_inner", "n_columns")
        ],
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


@pytest.mark.parametrize("function", [count.kv_cache_bytes, count.flops])
def test_two_stacks_read_two_sequences(function):
    with pytest.raises(
        ValueError, match=r"^n_decoder_layers=6 of Transformer base must be"
    ):
        function(TRANSFORMER_BASE, n_tokens=4)


def test_counting_imports_neither_torch_nor_models():
    script = (
        "import sys, xfmr.count as _;"
        "print([m for m in sys.modules if m == 'torch' or 'models' in m])"
    )
    run = [sys.executable, "-c", script]
    out = subprocess.run(run, capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


def test_traffic_by_hand():
    # 2 queries of 3 numbers, 5 keys and 5 values: 6 + 15 + 15 in, 6 out;
    # 10 scores, 10 scaled, 10 weights, each out and in
    size = {"n_queries": 2, "n_keys": 5, "d_head": 3}
    assert count.attention_traffic(**size) == 6 + 15 + 15 + 6 + 2 * 30
    whole = count.flash_traffic(**size, query_tile=2)
    assert whole == 6 + 15 + 15 + 6 + 2
    assert count.flash_traffic(**size, query_tile=3) == whole
    assert count.flash_traffic(**size, query_tile=1) == whole + 30


def test_flash_tiles():
    # H = 64: 4 x 64 numbers a row; more keys than H would outgrow a tile
    assert count.flash_tiles(n_fast=25_600, d_head=64) == {
        "query_tile": 100,
        "key_tile": 64,
    }
    assert count.flash_tiles(n_fast=25_601, d_head=64)["query_tile"] == 101
    assert count.flash_tiles(n_fast=256, d_head=64) == {
        "query_tile": 1,
        "key_tile": 1,
    }


@pytest.mark.parametrize(
    ("function", "names"),
    [
        (count.attention_traffic, ["n_queries", "n_keys", "d_head"]),
        (
            count.flash_traffic,
            ["n_queries", "n_keys", "d_head", "query_tile"],
        ),
        (count.flash_tiles, ["n_fast", "d_head"]),
    ],
)
def test_traffic_of_nothing(function, names):
    for name in names:
        sizes = dict.fromkeys(names, 4) | {name: 0}
        with pytest.raises(ValueError, match=f"^{name}=0 must be at least 1$"):
            function(**sizes)
