"""The drawing has one rod a digit and one bead for each that counts."""

import re

from abacus.beads import SOROBAN
from abacus.draw import STYLE, rods


def test_rods_and_beads():
    moved, figure = rods(1956, SOROBAN)
    assert moved == 1 + (1 + 4) + 1 + (1 + 1)
    lines = [int(x) for x in re.findall("M ([0-9]+)", figure.data)]
    assert lines == [STYLE["width"] * n for n in (1, 2, 3, 4)]
    beads = re.findall('cx="([0-9]+)" cy="([0-9]+)"', figure.data)
    assert len(beads) == len(set(beads)) == moved
    first = [int(y) - STYLE["bar"] for x, y in beads if int(x) == lines[1]]
    assert sorted(first) == [2 * STYLE["bead"] * n for n in (-1, 1, 2, 3, 4)]
    assert f'width="{STYLE["width"] * 5}"' in figure.data
