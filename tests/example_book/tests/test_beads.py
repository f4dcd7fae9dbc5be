"""Numbers of beads, against enumeration."""

from itertools import product

import pytest
from abacus.beads import (
    SOROBAN,
    SUANPAN,
    Abacus,
    beads,
    digits,
    largest,
    states,
)


@pytest.mark.parametrize("kind", [SOROBAN, SUANPAN])
def test_states_are_all_positions(kind):
    positions = list(product(range(kind.upper + 1), range(kind.lower + 1)))
    assert states(kind) == len(positions)
    values = [kind.upper_value * u + low for u, low in positions]
    assert [kind.ways(d) for d in range(10)] == [
        values.count(d) for d in range(10)
    ]


def test_released_kinds():
    assert beads(SOROBAN) == 65
    assert beads(SUANPAN) == 91
    assert (SUANPAN.upper, SUANPAN.lower) == (2, 5)


def test_digits_add_up_to_the_number():
    shown = digits(1956, SOROBAN)
    values = [SOROBAN.upper_value * u + low for u, low in shown]
    assert int("".join(map(str, values))) == 1956


def test_a_number_must_fit():
    small = Abacus(rods=2, upper=1, lower=4)
    assert len(digits(largest(small), small)) == 2
    assert digits(0, small) == [(0, 0)]
    for wrong in (-1, 100):
        with pytest.raises(ValueError, match="2 rods"):
            digits(wrong, small)


def test_a_kind_is_fixed():
    with pytest.raises(AttributeError):
        SOROBAN.rods = 14
    with pytest.raises(TypeError):
        Abacus(13, 1, 4)
