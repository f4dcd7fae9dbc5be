"""Printed numbers: what a literal says, and how closely it says it.

A literal promises its printed digits and no more: `0.125` means a value
within 0.0005 of it, `124M` one within half a million. Arithmetic is exact
(fractions), so that large integers are compared digit by digit.
"""

import re
from dataclasses import dataclass
from fractions import Fraction

SUFFIXES = {
    "": Fraction(1),
    "k": Fraction(10**3),
    "K": Fraction(10**3),
    "M": Fraction(10**6),
    "B": Fraction(10**9),
    "T": Fraction(10**12),
    "%": Fraction(1, 100),
}


def _units() -> dict[str, Fraction]:
    units = {}
    decimal = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
    decimal |= {"P": 10**15, "E": 10**18}
    for prefix, factor in decimal.items():
        for base in ("B", "FLOP", "FLOPs", "FLOP/s", "B/s"):
            units[prefix + base] = Fraction(factor)
    for power, (prefix, word) in enumerate(
        (("Ki", "kibi"), ("Mi", "mebi"), ("Gi", "gibi"), ("Ti", "tebi")), 1
    ):
        for base in ("B", "B/s"):
            units[prefix + base] = Fraction(2 ** (10 * power))
        for word_form in (f"{word}byte", f"{word}bytes"):
            units[word_form] = Fraction(2 ** (10 * power))
    for power, word in enumerate(("kilo", "mega", "giga", "tera"), 1):
        for word_form in (f"{word}byte", f"{word}bytes"):
            units[word_form] = Fraction(10 ** (3 * power))
    seconds = {"s": 1, "second": 1, "seconds": 1, "min": 60, "minutes": 60}
    seconds |= {"h": 3600, "hours": 3600, "days": 86400}
    units |= {name: Fraction(n) for name, n in seconds.items()}
    units |= {"ms": Fraction(1, 10**3), "µs": Fraction(1, 10**6)}
    units |= {"ns": Fraction(1, 10**9)}
    for counted in (
        "bit byte number parameter weight bias token position vector matrix "
        "row column head layer block tensor word step multiplication "
        "addition operation"
    ).split():
        plural = {"bias": "biases", "matrix": "matrices"}
        units[counted] = Fraction(1)
        units[plural.get(counted, counted + "s")] = Fraction(1)
    return units


UNITS = _units()

ONES = dict(
    zip(
        "zero one two three four five six seven eight nine ten eleven twelve "
        "thirteen fourteen fifteen sixteen seventeen eighteen "
        "nineteen".split(),
        range(20),
        strict=True,
    )
)
TENS = dict(
    zip(
        "twenty thirty forty fifty sixty seventy eighty ninety".split(),
        range(20, 100, 10),
        strict=True,
    )
)
POWERS = {
    "hundred": 10**2,
    "thousand": 10**3,
    "million": 10**6,
    "billion": 10**9,
    "trillion": 10**12,
}
PARTS = {"half": 2, "third": 3, "quarter": 4, "fourth": 4, "fifth": 5}
PARTS |= {"sixth": 6, "seventh": 7, "eighth": 8, "ninth": 9, "tenth": 10}
PARTS |= {"twelfth": 12, "sixteenth": 16, "hundredth": 100}

DIGITS = re.compile(
    r"(?P<sign>[+\-−]?)"
    r"(?P<whole>\d{1,3}(?:[,_\u202f]\d{3})+|\d+)"
    r"(?:\.(?P<decimals>\d+))?"
    r"(?:[eE](?P<exponent>[+\-]?\d+))?"
    r"(?P<suffix>[kKMBT%]?)"
    r"(?: (?P<unit>\S.*))?"
)


@dataclass(frozen=True)
class Literal:
    """A printed number: its value and the most it may be off by."""

    value: Fraction
    tolerance: Fraction

    def agrees(self, computed: float | Fraction) -> bool:
        """Whether a computed value would be printed this way."""
        # What rounding in binary may add, far below a printed digit.
        slack = self.tolerance / 10**6 or abs(self.value) / 10**12
        off = abs(Fraction(computed) - self.value)
        return off <= self.tolerance + slack


def parse(text: str) -> Literal:
    """The literal that a text such as `109,482,240` or `10 GiB` prints.

    The tolerance is half a unit of the last printed digit, but never more
    than a fifth of the value: a lone 1 does not stand for 1.4.

    Raises:
        ValueError: if the text is not a number, or its unit is not known.
    """
    text = " ".join(text.split())
    match = DIGITS.fullmatch(text)
    if match is None:
        return _words(text)
    whole = re.sub(r"\D", "", match["whole"])
    decimals = match["decimals"] or ""
    step = Fraction(10) ** (int(match["exponent"] or 0) - len(decimals))
    step *= SUFFIXES[match["suffix"]] * _unit(match["unit"], text)
    value = int(whole + decimals) * step
    if match["sign"] in ("-", "−"):
        value = -value
    return Literal(value, _tolerance(value, step))


def _tolerance(value: Fraction, step: Fraction) -> Fraction:
    return min(step / 2, abs(value) / 5) if value else step / 2


def _unit(unit: str | None, text: str) -> Fraction:
    if unit is None:
        return Fraction(1)
    if unit not in UNITS:
        raise ValueError(f"{text!r}: the unit {unit!r} is not in the table")
    return UNITS[unit]


def _words(text: str) -> Literal:
    """The value of number words: `twenty-four`, `two thirds`, `ten GiB`."""
    words = text.replace("-", " ").split()
    unit = Fraction(1)
    if len(words) > 1 and words[-1] in UNITS:
        unit = UNITS[words.pop()]
    value = cardinal(words)
    if value is not None:
        step = unit
        return Literal(value * unit, _tolerance(value * unit, step))
    part = words.pop().casefold() if words else ""
    part = part if part in PARTS else part.removesuffix("s")
    share = cardinal(words) if words else 1
    if part not in PARTS or share is None:
        raise ValueError(f"{text!r} is not a number")
    value = Fraction(share, PARTS[part]) * unit
    return Literal(value, Fraction(0))


def cardinal(words: list[str]) -> int | None:
    """The whole number that words spell, or None if they spell none."""
    total, group, seen = 0, 0, False
    for word in map(str.casefold, words):
        if word == "and" and seen:
            continue
        if word in ONES or word in TENS:
            group += ONES.get(word, TENS.get(word, 0))
        elif word == "hundred":
            group = max(group, 1) * 100
        elif word in POWERS:
            total, group = total + max(group, 1) * POWERS[word], 0
        else:
            return None
        seen = True
    return total + group if seen else None
