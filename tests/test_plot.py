"""Plots: the areas drawn are the numbers given."""

import re

import pytest

from xfmr import plot

ROWS = {"first": {"a": 30, "b": 10}, "second": {"c": 60}}


def areas(rows=ROWS, labels=(), roles=()):
    return plot.areas(
        rows, unit="numbers", labels=dict(labels), roles=dict(roles)
    )


def rectangles(figure):
    pattern = r'<rect x="(\S+)" y="(\S+)" width="(\S+)" height="(\S+)"'
    return [
        tuple(map(float, found)) for found in re.findall(pattern, figure.svg)
    ]


def test_areas_are_as_the_numbers():
    a, b, c = (w * h for _, _, w, h in rectangles(areas()))
    assert a / b == pytest.approx(3, rel=1e-3)
    assert c / a == pytest.approx(2, rel=1e-3)


def test_rows_stand_below_and_cells_beside_each_other():
    (xa, ya, wa, ha), (xb, yb, wb, hb), (xc, yc, wc, hc) = rectangles(areas())
    assert (xa, ya) == (xc, yb)
    assert xb == pytest.approx(xa + wa)
    assert wc == pytest.approx(wa + wb)
    assert (ha, yc) == (hb, pytest.approx(ya + ha))
    assert ha + hc == pytest.approx(plot.HEIGHT)


def test_all_of_it_lies_within_the_figure():
    figure = areas()
    width, height = map(
        float, re.search(r'viewBox="0 0 (\S+) (\S+)"', figure.svg).groups()
    )
    for x, y, w, h in rectangles(figure):
        assert 0 <= x <= x + w <= width
        assert 0 <= y <= y + h <= height


def test_colours_by_role_and_grey_for_the_rest():
    figure = areas(roles={"a": "query"})
    fills = re.findall(r'fill="var\(--([\w-]+),', figure.svg)
    assert fills == ["query-fill", "masked-fill", "masked-fill"]


def test_a_label_is_written_once_where_it_fits():
    rows = {"thin": {"a": 1}, "one": {"a": 50}, "two": {"a": 50, "b": 1}}
    figure = areas(rows, {"a": "label", "b": "hidden"})
    texts = re.findall(r'y="(\S+?)"[^>]*>([^<]+)</text>', figure.svg)
    assert [t for _, t in texts] == ["thin", "label", "one", "two"]
    (label,), (one,) = (
        [y for y, t in texts if t == name] for name in ("label", "one")
    )
    assert label == one


def test_names_and_numbers_in_words():
    figure = areas()
    assert "100 numbers as areas" in figure.svg
    assert "first, second" in figure.svg
    assert repr(figure).splitlines() == [
        "first             40 numbers: a 30, b 10",
        "second            60 numbers: c 60",
    ]


def test_a_row_of_nothing_takes_no_room():
    rows = ROWS | {"empty": {"x": 0}, "none": {}}
    assert sum(h for _, _, w, h in rectangles(areas(rows)) if w) == (
        pytest.approx(plot.HEIGHT + rectangles(areas())[0][3])
    )


def test_nothing_to_draw():
    with pytest.raises(ValueError, match=r"^total=0 of all rows must be"):
        areas({"empty": {}})


def test_a_role_without_a_colour():
    with pytest.raises(ValueError, match="role='pink' must be one of"):
        areas(roles={"a": "pink"})
