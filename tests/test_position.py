"""Positions by their formulas, digit by digit, and by their invariances."""

from fractions import Fraction
from math import cos, sin

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from xfmr.position import (
    PositionTable,
    RelativeBias,
    alibi,
    alibi_slopes,
    distance,
    frequencies,
    relative_buckets,
    sinusoid_shift,
    sinusoids,
)

DOUBLE = torch.float64


def test_distance_by_hand():
    assert distance(n_queries=2, n_keys=4).tolist() == [
        [2, 1, 0, -1],
        [3, 2, 1, 0],
    ]
    assert distance(n_queries=1, n_keys=1).tolist() == [[0]]


@pytest.mark.parametrize(("n_queries", "n_keys"), [(3, 2), (0, 2), (-1, 2)])
@pytest.mark.parametrize(
    "build",
    [
        distance,
        lambda **size: alibi(n_heads=2, **size),
        lambda **size: relative_bias()(**size),
    ],
)
def test_queries_without_a_place_among_the_keys(build, n_queries, n_keys):
    with pytest.raises(
        ValueError, match=f"^{n_queries=} must be from 1 to {n_keys=}$"
    ):
        build(n_queries=n_queries, n_keys=n_keys)


def test_frequencies():
    assert frequencies(4).tolist() == pytest.approx([1, 0.01], rel=1e-15)
    assert frequencies(6, base=8.0).tolist() == pytest.approx(
        [1, 1 / 2, 1 / 4], rel=1e-15
    )
    assert frequencies(2).dtype == DOUBLE


def test_sinusoids_by_the_formula():
    # equation of section 3.5, as Python computes it
    table = sinusoids(n_positions=50, d_model=6, dtype=DOUBLE)
    assert table.shape == (50, 6)
    for position in range(50):
        for i in range(3):
            angle = position / 10_000 ** (2 * i / 6)
            pair = table[position, 2 * i : 2 * i + 2].tolist()
            assert pair == pytest.approx([sin(angle), cos(angle)], abs=1e-14)


def test_sinusoids_are_float32_unless_asked():
    exact = sinusoids(n_positions=5, d_model=6, dtype=DOUBLE)
    assert torch.equal(sinusoids(n_positions=5, d_model=6), exact.float())


@settings(max_examples=20)
@given(st.integers(-20, 20))
def test_a_shift_is_one_matrix_for_all_positions(n_steps):
    rows = sinusoids(n_positions=60, d_model=8, dtype=DOUBLE)
    shift = sinusoid_shift(n_steps, d_model=8, dtype=DOUBLE)
    here, there = rows[20:40], rows[20 + n_steps : 40 + n_steps]
    torch.testing.assert_close(here @ shift.T, there, rtol=0, atol=1e-13)


def test_a_shift_by_hand():
    shift = sinusoid_shift(2, d_model=4)
    assert shift.dtype == torch.float32
    c, s, near, far = cos(2), sin(2), cos(0.02), sin(0.02)
    expected = [[c, s, 0, 0], [-s, c, 0, 0], [0, 0, near, far]]
    expected = torch.tensor([*expected, [0, 0, -far, near]])
    torch.testing.assert_close(shift, expected)


@pytest.mark.parametrize("width", [7, 1, 0, -2])
@pytest.mark.parametrize(
    "build",
    [
        frequencies,
        lambda width: sinusoids(n_positions=3, d_model=width),
        lambda width: sinusoid_shift(1, d_model=width),
    ],
)
def test_widths_without_pairs(build, width):
    with pytest.raises(
        ValueError, match=f"^width={width} must be even and at least 2$"
    ):
        build(width)


def test_a_learned_table_is_a_parameter():
    torch.manual_seed(0)
    table = PositionTable("learned", context_length=5, d_model=4)
    assert torch.equal(table(3), table.weight[:3])
    assert [name for name, _ in table.named_parameters()] == ["weight"]
    assert table.weight.shape == (5, 4)
    rows = PositionTable("learned", context_length=500, d_model=40).weight
    assert rows.std().item() == pytest.approx(1, abs=0.02)


def test_a_table_of_sinusoids_has_no_parameters():
    table = PositionTable("sinusoidal", context_length=5, d_model=4)
    assert torch.equal(table(5), sinusoids(n_positions=5, d_model=4))
    assert not [*table.parameters()]
    assert not table.state_dict()


@pytest.mark.parametrize("scheme", ["learned", "sinusoidal"])
def test_a_sequence_longer_than_the_table(scheme):
    table = PositionTable(scheme, context_length=2, d_model=4)
    assert table(2).shape == (2, 4)
    with pytest.raises(
        ValueError,
        match=r"^n_before \+ n_tokens=3 must not exceed context_length=2$",
    ):
        table(3)
    assert torch.equal(table(1, 1), table(2)[1:])
    with pytest.raises(ValueError, match=r"^n_before \+ n_tokens=3 must"):
        table(1, 2)


@pytest.mark.parametrize("scheme", ["rotary", "none", ""])
def test_a_scheme_without_a_table(scheme):
    with pytest.raises(
        ValueError,
        match=f"^scheme='{scheme}' must be 'learned' or 'sinusoidal'$",
    ):
        PositionTable(scheme, context_length=2, d_model=4)


# Press et al. 2022, section 3: 1/2 to 1/256 for 8 heads; the exponents for 12
# heads are those of 8, then the odd ones of 16.
@pytest.mark.parametrize(
    ("n_heads", "exponents"),
    [
        (1, [8]),
        (2, [4, 8]),
        (3, [4, 8, 2]),
        (8, [1, 2, 3, 4, 5, 6, 7, 8]),
        (12, [1, 2, 3, 4, 5, 6, 7, 8, 0.5, 1.5, 2.5, 3.5]),
        (16, [n / 2 for n in range(1, 17)]),
    ],
)
def test_alibi_slopes(n_heads, exponents):
    slopes = alibi_slopes(n_heads)
    expected = torch.tensor([2.0**-n for n in exponents])
    torch.testing.assert_close(slopes, expected)


def test_alibi_by_hand():
    bias = alibi(n_heads=2, n_queries=2, n_keys=3)
    steps = torch.tensor([[1, 0, 1], [2, 1, 0]])
    expected = torch.stack((-steps / 16, -steps / 256))
    torch.testing.assert_close(bias, expected)


@pytest.mark.parametrize("n_heads", [0, -1])
def test_alibi_without_heads(n_heads):
    with pytest.raises(ValueError, match=f"^{n_heads=} must be at least 1$"):
        alibi_slopes(n_heads)


def buckets(distances, **settings):
    return relative_buckets(torch.tensor(distances), **settings).tolist()


def test_buckets_by_hand():
    one_way = {"n_buckets": 8, "max_distance": 64, "bidirectional": False}
    # 0 to 3 alone; then 4, 8, 16, 32 begin the last four; 64 and beyond
    assert buckets([0, 1, 3, 4, 7, 8, 15, 16, 31, 32, 64, 999], **one_way) == [
        *(0, 1, 3, 4, 4, 5, 5, 6, 6, 7, 7, 7)
    ]
    assert buckets([-1, -50], **one_way) == [0, 0]
    both = {"n_buckets": 16, "max_distance": 64, "bidirectional": True}
    assert buckets([0, 1, 8, 999, -1, -8, -999], **both) == [
        *(0, 1, 5, 7, 9, 13, 15)
    ]


@given(
    n_each=st.integers(2, 24),
    beyond=st.integers(1, 200),
    d=st.integers(-300, 300),
    bidirectional=st.booleans(),
)
def test_buckets_by_exact_comparison(n_each, beyond, d, bidirectional):
    n_near = n_each // 2
    max_distance = n_near + beyond
    steps = abs(d) if bidirectional else max(d, 0)
    n_far = n_each - n_near
    # far bucket i begins where (steps / near)^far reaches (max / near)^i
    power = Fraction(max(steps, n_near), n_near) ** n_far
    starts = [Fraction(max_distance, n_near) ** i for i in range(1, n_far)]
    if power in starts:
        return  # on the very edge, rounding decides
    far = n_near + sum(power > start for start in starts)
    expected = steps if steps < n_near else far
    if bidirectional and d < 0:
        expected += n_each
    assert buckets(
        [d],
        n_buckets=n_each * (2 if bidirectional else 1),
        max_distance=max_distance,
        bidirectional=bidirectional,
    ) == [expected]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ((1, 9, False), r"n_buckets=1 must be at least 2 for each of n_dir"),
        ((3, 9, True), r"n_buckets=3 must be at least 2 for each of n_dir"),
        ((5, 9, True), r"n_buckets=5 .* of n_directions=2, and the same$"),
        ((8, 4, False), r"max_distance=4 must exceed n_near=4$"),
        ((16, 3, True), r"max_distance=3 must exceed n_near=4$"),
    ],
)
def test_buckets_that_cannot_be_shared_out(settings, message):
    names = "n_buckets", "max_distance", "bidirectional"
    named = dict(zip(names, settings, strict=True))
    with pytest.raises(ValueError, match=f"^{message}"):
        relative_bias(**named)


def test_the_fewest_buckets():
    least = {"max_distance": 2, "bidirectional": True}
    assert buckets([-9, -1, 0, 1, 9], n_buckets=4, **least) == [3, 3, 0, 1, 1]


def relative_bias(n_buckets=8, max_distance=64, bidirectional=True):
    torch.manual_seed(0)
    return RelativeBias(
        n_heads=3,
        n_buckets=n_buckets,
        max_distance=max_distance,
        bidirectional=bidirectional,
    )


@pytest.mark.parametrize("bidirectional", [False, True])
def test_relative_bias_looks_the_bucket_up(bidirectional):
    ours = relative_bias(bidirectional=bidirectional)
    bias = ours(n_queries=2, n_keys=5)
    assert bias.shape == (3, 2, 5)
    for t in range(2):
        for s in range(5):
            bucket = buckets([3 + t - s], **ours.settings)[0]
            assert torch.equal(bias[:, t, s], ours.table.weight[bucket])
    assert sum(p.numel() for p in ours.parameters()) == 8 * 3


@pytest.mark.parametrize(
    ("build", "arguments"),
    [
        (distance, {"n_queries": 3, "n_keys": 5}),
        (sinusoids, {"n_positions": 3, "d_model": 8}),
        (sinusoid_shift, {"n_steps": 1, "d_model": 8}),
        (alibi_slopes, {"n_heads": 2}),
        (alibi, {"n_heads": 2, "n_queries": 3, "n_keys": 5}),
    ],
)
def test_the_letters_hold(letters_hold, build, arguments):
    letters_hold(build, build(**arguments), T=3, S=5, D=8, N=2)


def test_the_letters_of_modules_hold(letters_hold):
    bias = relative_bias()
    rows = bias(n_queries=4, n_keys=5)
    letters_hold(RelativeBias.forward, rows, N=3, T=4, S=5)
    table = PositionTable("learned", context_length=5, d_model=8)
    letters_hold(PositionTable.forward, table(3), T=3, D=8)
