"""Formats: struct's and torch's own conversions, bits by hand, errors."""

import struct
from fractions import Fraction
from math import copysign, inf, isnan, nan

import pytest
import torch
from hypothesis import example, given
from hypothesis import strategies as st

from xfmr.precision import (
    BF16,
    E4M3,
    E5M2,
    FORMATS,
    FP16,
    FP32,
    Format,
    LossScale,
)

TORCHS = {
    FP32: torch.float32,
    FP16: torch.float16,
    BF16: torch.bfloat16,
    E5M2: torch.float8_e5m2,
    E4M3: torch.float8_e4m3fn,
}
STORED = {8: torch.uint8, 16: torch.int16}
each_format = pytest.mark.parametrize("form", FORMATS, ids=lambda f: f.name)
finite = st.floats(allow_nan=False, allow_infinity=False, width=32)


def same(a, b):
    return (isnan(a) and isnan(b)) or (
        a == b and copysign(1, a) == copysign(1, b)
    )


@pytest.mark.parametrize(
    "form", [f for f in FORMATS if f is not FP32], ids=lambda f: f.name
)
def test_every_value_is_torchs(form):
    # of 16 bits every seventh, which meets all exponents and all fractions
    everything = torch.arange(0, 1 << form.n_bits, 7 ** (form.n_bits // 16))
    theirs = everything.to(STORED[form.n_bits]).view(TORCHS[form]).double()
    for bits, expected in zip(
        everything.tolist(), theirs.tolist(), strict=True
    ):
        assert same(form.value(bits), expected)
        if not isnan(expected):
            assert form.bits(expected) == bits


@each_format
@given(x=finite)
@example(x=0.0)
@example(x=-0.0)
@example(x=inf)
@example(x=-inf)
@example(x=nan)
@example(x=65519.0)
@example(x=65520.0)
@example(x=464.0)
@example(x=-465.0)
@example(x=61440.0)
@example(x=2.0**-25)
@example(x=1.5 * 2.0**-149)
def test_rounding_is_torchs(form, x):
    # in float32 first, as torch itself does on the way to fewer bits
    theirs = torch.tensor(x, dtype=torch.float32).to(TORCHS[form]).item()
    assert same(form.rounded(x), theirs)


@given(x=st.floats(allow_nan=False, allow_infinity=False))
def test_rounding_to_single_precision_is_structs(x):
    try:
        expected = struct.unpack("<I", struct.pack("<f", x))[0]
    except OverflowError:
        expected = 0x7F800000 + (int(x < 0) << 31)
    assert FP32.bits(x) == expected


@pytest.mark.parametrize(
    ("form", "n_bits", "bias", "least", "normal", "largest"),
    [
        # IEEE 754; Micikevicius et al. 2022, table 1, for the last two
        (FP32, 32, 127, 2.0**-149, 2.0**-126, (2 - 2.0**-23) * 2.0**127),
        (FP16, 16, 15, 2.0**-24, 2.0**-14, 65504.0),
        (BF16, 16, 127, 2.0**-133, 2.0**-126, (2 - 2.0**-7) * 2.0**127),
        (E5M2, 8, 15, 2.0**-16, 2.0**-14, 57344.0),
        (E4M3, 8, 7, 2.0**-9, 2.0**-6, 448.0),
    ],
)
def test_what_a_format_reaches(form, n_bits, bias, least, normal, largest):
    assert (form.n_bits, form.bias) == (n_bits, bias)
    assert (form.least, form.least_normal) == (least, normal)
    assert form.largest == largest
    info = torch.finfo(TORCHS[form])
    assert form.largest == info.max
    assert form.least_normal == info.tiny
    assert form.spacing(1.0) == info.eps


def test_fields_by_hand():
    # -6.5 = -1.101 x 2^2: exponent 2 + 15
    bits = FP16.bits(-6.5)
    assert FP16.fields(bits) == (1, 17, 0b1010000000)
    assert FP16.fields(0) == (0, 0, 0)
    assert E4M3.fields(0b1_0111_101) == (1, 7, 5)
    assert E4M3.value(0b1_0111_101) == -(1 + 5 / 8)


def test_zero_and_what_is_no_number_keep_their_bits():
    assert FP16.bits(-0.0) == 1 << 15
    assert FP16.bits(nan) == (1 << 15) - 1
    assert FP16.bits(-inf) == 0b1_11111_0000000000
    assert E4M3.bits(inf) == 0b0_1111_110
    assert E4M3.bits(nan) == 0b0_1111_111


@each_format
def test_the_next_in_size_is_the_next_in_counting(form):
    for bits in (1, 5, form.bits(0.01), form.bits(1.0), form.bits(1.9)):
        low, high = form.value(bits), form.value(bits + 1)
        assert high - low == form.spacing(low)


@pytest.mark.parametrize("form", [FP16, BF16, E4M3], ids=lambda f: f.name)
@given(x=st.floats(-400, 400))
def test_rounding_by_chance_is_right_on_average(form, x):
    below, above = map(Fraction, form.below_and_above(x))
    assert below <= Fraction(x) <= above
    assert form.rounded(float(below)) == below
    assert form.rounded(float(above)) == above
    chance = form.chance_above(x)
    assert 0 <= chance <= 1
    exact = (1 - Fraction(chance)) * below + Fraction(chance) * above
    apart = abs(exact - Fraction(x))
    assert apart <= Fraction(form.spacing(x)) / 2**50


def test_neighbours_by_hand():
    assert BF16.below_and_above(1 + 2.0**-9) == (1.0, 1 + 2.0**-7)
    assert BF16.chance_above(1 + 2.0**-9) == 0.25
    assert BF16.below_and_above(-1 - 2.0**-9) == (-1 - 2.0**-7, -1.0)
    assert BF16.chance_above(-1 - 2.0**-9) == 0.75
    assert FP16.below_and_above(1.5) == (1.5, 1.5)
    assert FP16.chance_above(1.5) == 0
    assert FP16.below_and_above(2.0**-25) == (0.0, 2.0**-24)
    assert FP16.chance_above(2.0**-25) == 0.5
    assert E4M3.below_and_above(448.0) == (448.0, 448.0)


@pytest.mark.parametrize("bits", [-1, 1 << 16])
def test_bits_that_are_too_many(bits):
    with pytest.raises(
        ValueError, match=rf"^{bits=} must be from 0 to 2\^16 - 1$"
    ):
        FP16.value(bits)


@pytest.mark.parametrize("x", [inf, nan])
def test_no_neighbours_without_a_number(x):
    with pytest.raises(ValueError, match=f"^{x=} must be finite$"):
        FP16.spacing(x)
    with pytest.raises(
        ValueError, match=rf"^{x=} must be at most 65504\.0 in size$"
    ):
        FP16.chance_above(x)


def test_no_neighbours_beyond_the_largest():
    with pytest.raises(
        ValueError, match=r"^x=-449\.0 must be at most 448\.0 in size$"
    ):
        E4M3.below_and_above(-449.0)


def test_a_format_of_ones_own():
    tiny = Format(name="tiny", n_exponent=2, n_fraction=1)
    values = [tiny.value(bits) for bits in range(8)]
    assert values[:7] == [0, 0.5, 1, 1.5, 2, 3, inf]
    assert isnan(values[7])


@pytest.mark.parametrize(
    "overflows",
    [[], [3], [0, 1, 2], [6, 7, 14], [*range(12)]],
    ids=lambda steps: f"{len(steps)} overflows",
)
def test_a_scale_is_torchs(overflows):
    ours = LossScale(scale=8.0, patience=4)
    theirs = torch.amp.GradScaler(
        "cpu", init_scale=8.0, growth_interval=4, enabled=True
    )
    w = torch.nn.Parameter(torch.ones(1))
    optimiser = torch.optim.SGD([w], lr=0.0)
    for step in range(16):
        overflowed = step in overflows
        w.grad = torch.full((1,), inf if overflowed else 1.0)
        theirs.scale(torch.zeros(1))  # makes its tensors, on the first step
        theirs.step(optimiser)
        theirs.update()
        ours.update(overflowed=overflowed)
        assert ours.scale == theirs.get_scale()


def test_a_scale_begins_as_torchs_does():
    theirs = torch.amp.GradScaler("cpu")
    assert LossScale().scale == theirs.get_scale() == 65536
    assert LossScale().patience == theirs.get_growth_interval() == 2000
    assert LossScale().n_clean == 0


def test_a_scale_grows_after_its_patience():
    scale = LossScale(scale=2.0, patience=2)
    scales = []
    for overflowed in (False, False, False, True, False, False):
        scale.update(overflowed=overflowed)
        scales.append(scale.scale)
    assert scales == [2, 4, 4, 2, 2, 4]
