"""Dials write each plane's share of a score, and the score."""

import re
from math import cos, hypot, pi, sin
from operator import sub

import pytest

from xfmr.dials import dials

HANDS = [(1.0, 0.0), (0.0, 2.0)], [(3.0, 1.0), (1.0, -1.0)]


def drawn(**rows):
    names = {name.replace("_", " "): hands for name, hands in rows.items()}
    return dials(names, planes=["fast", "slow"])


def test_shares_and_their_sum_by_hand():
    figure = drawn(at_rest=HANDS)
    # 1 * 3 + 0 * 1 = 3, 0 * 1 + 2 * -1 = -2
    assert repr(figure) == "at rest: score 1.00 = fast 3.00, slow -2.00"
    for words in ("at rest: score 1.00", "fast: 3.00", "slow: -2.00"):
        assert f">{words}</text>" in figure.svg


def test_every_plane_has_a_circle_and_two_hands():
    svg = drawn(one=HANDS, two=HANDS).svg
    assert svg.count("<circle") == 4
    assert svg.count('stroke="var(--query') == 4
    assert svg.count('stroke="var(--key-value') == 4


def test_hands_are_to_one_scale_and_y_points_up():
    svg = dials({"up": ([(0.0, 4.0)], [(2.0, 0.0)])}, planes=["only"]).svg
    paths = re.findall(r'd="M(\S+) (\S+)L(\S+) (\S+)" stroke', svg)
    key, query = ([float(n) for n in path] for path in paths)
    assert key[:2] == query[:2]
    x, y = query[:2]
    assert query[2:] == [x, y - 54]  # the longest reaches the circle
    assert key[2:] == [x + 27, y]


def test_a_head_is_no_longer_than_its_hand():
    svg = dials({"two": ([(0.0, 4.0)], [(0.2, 0.0)])}, planes=["only"]).svg
    heads = re.findall(r'd="M(\S+) (\S+)L(\S+) (\S+)L\S+ \S+Z"', svg)
    x, y, *side = zip(*(map(float, head) for head in heads), strict=True)
    lengths = map(
        hypot, *(map(sub, a, b) for a, b in zip(side, (x, y), strict=True))
    )
    # the short hand is a twentieth of the 54 of the long one
    assert sorted(lengths) == pytest.approx([2.7, 9], abs=0.02)


@pytest.mark.parametrize("angle", [0.3, 2.0, 5.0])
def test_hands_that_turn_together_keep_their_share(angle):
    def turned(point):
        (x, y), c, s = point, cos(angle), sin(angle)
        return c * x - s * y, s * x + c * y

    both = tuple([turned(p) for p in points] for points in HANDS)
    assert repr(drawn(row=both)) == repr(drawn(row=HANDS))


def test_the_arc_takes_the_short_way():
    hands = [(cos(3), sin(3))], [(cos(-3), sin(-3))]
    svg = dials({"row": hands}, planes=["only"]).svg
    # from -3 on to -pi, which is pi, and on to 3: clockwise, as y is up
    assert 2 * pi - 6 < pi
    assert re.search(r"A20 20 0 0 1 ", svg)


@pytest.mark.parametrize(
    ("rows", "planes"),
    [({"row": HANDS}, ["fast"]), ({"row": ([], [])}, [])],
)
def test_points_without_a_name(rows, planes):
    with pytest.raises(ValueError, match=r"^row must have points for planes="):
        dials(rows, planes=planes)


def test_nothing_to_show():
    with pytest.raises(ValueError, match=r"^rows must hold at least one$"):
        dials({}, planes=["fast"])
