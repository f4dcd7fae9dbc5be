"""FLOPs product by product, and as torch's counter finds them."""

from dataclasses import replace

import pytest

from xfmr import compute
from xfmr.presets import (
    BERT_BASE,
    GPT2,
    LLAMA2_7B,
    LLAMA2_70B,
    TRANSFORMER_BASE,
)

D = 768
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


def test_a_product_adds_and_multiplies_once_a_term():
    assert compute.matmul_flops(n_rows=3, n_inner=5, n_columns=7) == 210
    assert compute.matmul_flops(n_rows=1, n_inner=1, n_columns=1) == 2


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
    assert compute.flops(SMALL, n_tokens=T) == expected
    assert compute.forward_flops(SMALL, n_tokens=T) == sum(expected.values())


def test_flops_of_two_feed_forward_matrices():
    ungated = replace(SMALL, gated=False)
    part = "feed-forward"
    assert (
        3 * compute.flops(ungated, n_tokens=4)[part]
        == 2 * compute.flops(SMALL, n_tokens=4)[part]
    )


def test_flops_of_the_heads():
    config = replace(BERT_BASE, heads=("pooler", "mlm", "nsp"))
    flops = compute.flops(config, n_tokens=5)
    assert flops["pooler"] == 2 * D * D
    assert flops["nsp"] == 2 * D * 2
    assert flops["mlm"] == 2 * 5 * D * D + 2 * 5 * D * 30522


@pytest.mark.parametrize(
    "config",
    [BERT_BASE, GPT2, LLAMA2_7B, LLAMA2_70B, SMALL],
    ids=lambda config: config.name,
)
def test_attention_overtakes_where_the_flops_are_equal(config):
    at = compute.attention_overtakes(config)
    flops = compute.flops(config, n_tokens=5)
    against = flops["projections"]
    assert flops["attention"] * at["projections"] / 5 == against
    against += flops["feed-forward"]
    rest = flops["attention"] * at["rest of the layer"] / 5
    assert rest == pytest.approx(against, rel=1e-12)


def test_flops_of_gpt2():
    # torch's FlopCounterMode over the transformers library's model
    assert compute.forward_flops(GPT2, n_tokens=1024) == 291_648_307_200


@pytest.mark.parametrize("value", [0, -1])
@pytest.mark.parametrize(
    ("function", "size", "name"),
    [
        (compute.flops, {"config": GPT2}, "n_tokens"),
        *[
            (
                compute.matmul_flops,
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


def test_two_stacks_read_two_sequences():
    with pytest.raises(
        ValueError, match=r"^n_decoder_layers=6 of Transformer base must be"
    ):
        compute.flops(TRANSFORMER_BASE, n_tokens=4)
