"""Printed numbers: values, tolerances, words, and what is no number."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkbook.literals import UNITS, cardinal, parse


@pytest.mark.parametrize(
    ("text", "value", "tolerance"),
    [
        ("109,482,240", 109_482_240, 0.5),
        ("0.125", Fraction(1, 8), Fraction(1, 2000)),
        ("124M", 124e6, 5e5),
        ("1.5k", 1500, 50),
        ("7.5B", 7.5e9, 5e7),
        ("3.14T", Fraction("3.14") * 10**12, 5 * 10**9),
        ("12.5%", Fraction(1, 8), Fraction(1, 2000)),
        ("1.30e-3", Fraction("0.0013"), Fraction("0.000005")),
        ("3.1e23", Fraction("3.1") * 10**23, Fraction(5) * 10**21),
        ("-42", -42, 0.5),
        ("−42", -42, 0.5),
        ("0", 0, 0.5),
        ("10 GiB", 10 * 2**30, 2**29),
        ("2.00 MB", 2 * 10**6, 5000),
        ("36 KiB", 36 * 1024, 512),
        ("250 ms", Fraction(1, 4), Fraction(1, 2000)),
        ("312 TFLOP/s", 312 * 10**12, 5 * 10**11),
        ("64 heads", 64, 0.5),
        ("three", 3, 0.5),
        ("Twenty-four", 24, 0.5),
        ("one hundred and twenty-eight", 128, 0.5),
        ("three thousand two hundred", 3200, 0.5),
        ("seven billion", 7 * 10**9, 0.5),
        ("ten gibibytes", 10 * 2**30, 2**29),
        ("half", Fraction(1, 2), 0),
        ("one ninth", Fraction(1, 9), 0),
        ("two thirds", Fraction(2, 3), 0),
        ("three quarters", Fraction(3, 4), 0),
    ],
)
def test_what_a_literal_says(text, value, tolerance):
    literal = parse(text)
    assert literal.value == value
    assert literal.tolerance == tolerance


@pytest.mark.parametrize(
    ("text", "right", "wrong"),
    [
        ("124M", 124_439_808, 124_500_001),
        ("0.125", 0.12549, 0.12551),
        ("109,482,240", 109_482_240, 109_482_241),
        ("8", 8.49, 8.51),
        ("10 GiB", 10.4 * 2**30, 10e9),
        ("one ninth", 1 / 9, 0.1111),
        ("1", 1.19, 1.21),  # a lone digit is no excuse for a wide tolerance
        ("2", 1.61, 1.59),
    ],
)
def test_agreement_to_the_printed_digits(text, right, wrong):
    assert parse(text).agrees(right)
    assert not parse(text).agrees(wrong)


@pytest.mark.parametrize(
    "text",
    ["", "x", "1,23", "1.2.3", "12 parsecs", "1.5 k", "ten parsecs", "five x"],
)
def test_what_is_no_number(text):
    with pytest.raises(ValueError, match=r"number|unit"):
        parse(text)


@given(st.integers(-(10**30), 10**30))
def test_whole_numbers_are_exact(n):
    literal = parse(f"{n:,}")
    assert literal.value == n
    if abs(n) > 10:
        assert literal.agrees(n)
        assert not literal.agrees(n + 1)


@given(st.floats(-1e12, 1e12), st.integers(0, 6))
def test_a_rounded_number_agrees_with_what_it_rounds(x, places):
    text = f"{x:.{places}f}"
    literal = parse(text)
    if abs(literal.value) >= 5 * Fraction(10) ** -places:
        assert literal.agrees(x)
        step = Fraction(10) ** -places
        assert not literal.agrees(Fraction(x) + step * 101 / 100)


def test_units_are_what_they_are_called():
    assert UNITS["GiB"] == 2**30 != UNITS["GB"] == 10**9
    assert UNITS["TiB"] == 2**40
    assert UNITS["EFLOP"] == 10**18
    assert UNITS["kilobytes"] == 1000
    assert UNITS["h"] == 60 * UNITS["minutes"] == 3600


def test_cardinals_stop_at_words_that_are_none():
    assert cardinal(["forty", "two"]) == 42
    assert cardinal(["two", "million", "five", "hundred"]) == 2_000_500
    assert cardinal(["heads"]) is None
    assert cardinal([]) is None
