"""FLOPs product by product, and as torch's counter finds them."""

from dataclasses import replace

import pytest

from tests.toys import SMALL
from xfmr import compute, count
from xfmr.presets import (
    BERT_BASE,
    GPT2,
    LLAMA2_7B,
    LLAMA2_70B,
    TRANSFORMER_BASE,
)

D = 768


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
        (
            compute.flops,
            {"config": TRANSFORMER_BASE, "n_tokens": 3},
            "n_targets",
        ),
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


def test_pairs_that_a_causal_query_may_read():
    T = 9
    square = compute.flops(SMALL, n_tokens=T)
    for window, config in [
        (T, SMALL),
        (4, replace(SMALL, window=4)),
        (1, replace(SMALL, window=1)),
        (T, replace(SMALL, window=50)),
    ]:
        pairs = sum(min(query + 1, window) for query in range(T))
        causal = compute.flops(config, n_tokens=T, causal=True)
        assert causal["attention"] == 3 * 2 * 2 * 6 * 5 * pairs
        assert causal | {"attention": 0} == square | {"attention": 0}
        assert compute.flops(config, n_tokens=T) == square


def test_layers_with_and_without_a_window():
    config = replace(SMALL, window=4, windowed=(True, False, True))
    windowed = compute.flops(replace(SMALL, window=4), n_tokens=9, causal=True)
    whole = compute.flops(SMALL, n_tokens=9, causal=True)
    found = compute.flops(config, n_tokens=9, causal=True)
    part = "attention"
    assert 3 * found[part] == 2 * windowed[part] + whole[part]


def test_only_a_decoder_is_causal_beside_an_encoder():
    lengths = {"n_tokens": 8, "n_targets": 5}
    full = compute.flops(TRANSFORMER_BASE, **lengths)
    causal = compute.flops(TRANSFORMER_BASE, **lengths, causal=True)
    hidden = 5 * 5 - (1 + 2 + 3 + 4 + 5)
    assert full["attention"] == 6 * 4 * 512 * (8 * 8 + 5 * 5 + 5 * 8)
    spared = full["attention"] - causal["attention"]
    assert spared == 6 * 4 * 512 * hidden
    assert full["lm"] == 2 * 5 * 512 * 37_000


def test_a_decoder_reads_as_much_as_its_encoder_unless_told():
    assert compute.flops(TRANSFORMER_BASE, n_tokens=7) == compute.flops(
        TRANSFORMER_BASE, n_tokens=7, n_targets=7
    )


def test_a_decoder_of_another_width():
    wide = replace(TRANSFORMER_BASE, d_decoder_ff=3000)
    lengths = {"n_tokens": 8, "n_targets": 5}
    more, less = (
        compute.flops(config, **lengths)["feed-forward"]
        for config in (wide, TRANSFORMER_BASE)
    )
    assert more - less == 6 * 2 * 2 * 5 * 512 * (3000 - 2048)


def test_what_is_recomputed_is_paid_once_more():
    parts = compute.flops(GPT2, n_tokens=64)
    none, selective, full = (
        compute.training_flops(GPT2, n_tokens=64, recompute=way)
        for way in compute.RECOMPUTE
    )
    assert none == compute.training_flops(GPT2, n_tokens=64)
    assert none == 3 * sum(parts.values())
    assert selective == none + parts["attention"]
    assert full == 4 * sum(parts.values()) - parts["lm"]


def test_a_narrow_table_is_not_recomputed():
    config = replace(GPT2, d_token=100)
    parts = compute.flops(config, n_tokens=64)
    full = compute.training_flops(config, n_tokens=64, recompute="full")
    outside = parts["lm"] + parts["embedding projection"]
    assert full == 4 * sum(parts.values()) - outside


def test_the_share_of_attention():
    parts = compute.flops(GPT2, n_tokens=1024)
    share = compute.attention_share(GPT2, n_tokens=1024)
    assert share == parts["attention"] / 291_648_307_200
    halved = compute.attention_share(GPT2, n_tokens=1024, causal=True)
    assert 0.5 * share < halved < 0.55 * share


# Narayanan et al. 2021, table 1: l, h, and the parameters that are printed
# (billions). V = 51,200 and s = 2,048 are those of the text.
MEGATRON = [
    (24, 2304, 1.7),
    (30, 3072, 3.6),
    (36, 4096, 7.5),
    (40, 6144, 18.4),
    (48, 8192, 39.1),
    (60, 10240, 76.1),
    (80, 12288, 145.6),
    (96, 16384, 310.1),
    (105, 20480, 529.6),
    (128, 25600, 1008.0),
]


def megatron(n_layers, d_model):
    return replace(
        GPT2,
        n_layers=n_layers,
        d_model=d_model,
        n_heads=16,
        n_kv_heads=16,
        d_head=d_model // 16,
        d_ff=4 * d_model,
        vocab_size=51_200,
        context_length=2048,
    )


@pytest.mark.parametrize(("l", "h", "billions"), MEGATRON)
def test_megatron_with_every_layer_recomputed(l, h, billions):  # noqa: E741
    config, s, V = megatron(l, h), 2048, 51_200
    # equation 3, for one sequence
    expected = 96 * s * l * h**2 * (1 + s / (6 * h) + V / (16 * l * h))
    found = compute.training_flops(config, n_tokens=s, recompute="full")
    assert found == pytest.approx(expected, rel=1e-12)
    # equation 2 leaves out the gain and bias of the last norm
    equation = 12 * l * h**2 * (1 + 13 / (12 * h) + (V + s) / (12 * l * h))
    assert count.parameters(config) == round(equation) + 2 * h
    assert round(equation / 1e9, 1) == billions


def test_megatron_without_recomputing():
    # Korthikanti et al. 2022, equation 7, for one sequence
    L, h, s, v = 96, 12_288, 2048, 51_200
    expected = 72 * L * s * h**2 * (1 + s / (6 * h) + v / (12 * h * L))
    found = compute.training_flops(megatron(L, h), n_tokens=s)
    assert found == pytest.approx(expected, rel=1e-12)


def test_palm_utilisation():
    # Chowdhery et al. 2022, appendix B: 6 N + 12 L H Q T for a token
    n_parameters, L, H, Q, T = 540.35e9, 118, 48, 256, 2048
    config = replace(
        GPT2, n_layers=L, n_heads=H, n_kv_heads=H, d_head=Q, heads=()
    )
    term = 3 * compute.flops(config, n_tokens=T)["attention"] / T
    assert term == 12 * L * H * Q * T
    peak = 6144 * 275e12
    with_attention = 238.3e3 * (6 * n_parameters + term) / peak
    assert round(100 * with_attention, 1) == 46.2
    assert round(100 * 238.3e3 * 6 * n_parameters / peak, 1) == 45.7


# Brown et al. 2020, table D.1: parameters in millions, FLOPs in units of
# 1e20, for 300 billion tokens
@pytest.mark.parametrize(
    ("millions", "flops", "days"),
    [
        (125, 2.25, 2.60),
        (356, 6.41, 7.42),
        (760, 13.7, 15.8),
        (1_320, 23.8, 27.5),
        (2_650, 47.7, 55.2),
        (6_660, 120, 139),
        (12_850, 231, 268),
        (174_600, 3_140, 3_640),
    ],
)
def test_gpt3_table_d1(millions, flops, days):
    work = 6 * millions * 1e6 * 300e9
    assert float(f"{work / 1e20:.3g}") == flops
    assert float(f"{work / (1e15 * 86_400):.3g}") == days


def test_six_for_each_parameter_and_what_it_misses():
    rule = 6 * count.parameters(GPT2) * 1024
    measured = compute.training_flops(GPT2, n_tokens=1024)
    assert round(rule / measured, 3) == 0.874
    # a table of positions is added and multiplies nothing
    N = count.parameters(GPT2) - count.parts(GPT2)["position embedding"]
    with_attention = 6 * N + 12 * 12 * 768 * 1024
    assert round(1024 * with_attention / measured, 4) == 1.0009


@pytest.mark.parametrize("head", ["pooler", "mlm"])
def test_a_model_that_reads_both_ways(head):
    config = replace(BERT_BASE, heads=(head,))
    message = r"^causal=True must be False for BERT-base, which reads both"
    with pytest.raises(ValueError, match=message):
        compute.flops(config, n_tokens=4, causal=True)


def test_targets_without_a_decoder():
    with pytest.raises(
        ValueError, match=r"^n_targets=3 must be None without a decoder$"
    ):
        compute.flops(GPT2, n_tokens=4, n_targets=3)


def test_another_way_to_recompute():
    with pytest.raises(
        ValueError, match=r"^recompute='half' must be one of \('none', "
    ):
        compute.training_flops(GPT2, n_tokens=4, recompute="half")


def test_two_stacks_have_no_single_length():
    with pytest.raises(
        ValueError, match=r"^n_decoder_layers=6 of Transformer base must be"
    ):
        compute.attention_overtakes(TRANSFORMER_BASE)
