"""Charts, read back: lengths, areas and places are those of the numbers."""

import re
from math import log10
from xml.etree import ElementTree

import numpy as np
import pytest

from xfmr import plot

SPACE = "{http://www.w3.org/2000/svg}"


def parts(figure, tag):
    root = ElementTree.fromstring(figure.svg)
    return [e.attrib | {"text": e.text} for e in root.iter(SPACE + tag)]


def numbers(element, *names):
    return tuple(float(element[name]) for name in names)


def inside(figure):
    root = ElementTree.fromstring(figure.svg)
    width, height = numbers(root.attrib, "width", "height")
    shift = [0.0, 0.0]
    for group in root.iter(SPACE + "g"):
        found = re.findall(r"[\d.]+", group.attrib["transform"])
        shift = [float(n) for n in found]
    outside = root.findall(SPACE + "text")
    for text in root.iter(SPACE + "text"):
        x, y = numbers(text.attrib, "x", "y")
        if text not in outside:
            x, y = x + shift[0], y + shift[1]
        size = len(text.text) * plot.LETTER * 0.9
        x -= {"start": 0, "middle": size / 2, "end": size}[
            text.attrib["text-anchor"]
        ]
        assert x >= 0 and x + size <= width + 1
        assert 0 < y <= height
    return True


def test_bars():
    figure = plot.bars(
        {"a": 90, "bb": 29, "c": 0}, unit="bytes", roles={"bb": "query"}
    )
    rects = parts(figure, "rect")
    boxes = [numbers(r, "x", "y", "width", "height") for r in rects]
    lengths = [plot.WIDTH, plot.WIDTH * 29 / 90, 0]
    assert [box[2] for box in boxes] == pytest.approx(lengths, abs=0.01)
    assert len({box[0] for box in boxes}) == 1
    tops = [box[1] for box in boxes]
    assert tops == [0, plot.BAR + plot.BETWEEN, 2 * (plot.BAR + plot.BETWEEN)]
    texts = parts(figure, "text")
    assert [t["text"] for t in texts] == ["a", "90", "bb", "29", "c", "0"]
    for n, (x, y, width, height) in enumerate(boxes):
        name, value = texts[2 * n : 2 * n + 2]
        assert float(name["x"]) < x <= x + width < float(value["x"])
        assert y < float(name["y"]) == float(value["y"]) < y + height
    fills = [r["fill"] for r in rects]
    assert [fill[: fill.index(",")] for fill in fills] == [
        *("var(--masked-fill", "var(--query-fill", "var(--masked-fill"),
    ]
    assert repr(figure).splitlines() == [" a  90", "bb  29", " c  0"]
    assert 'aria-label="Bars: bytes by part"' in figure.svg
    assert inside(figure)


def test_bars_of_nothing_but_zero():
    (bar,) = parts(plot.bars({"a": 0}, unit="bytes"), "rect")
    assert float(bar["width"]) == 0


ROWS = {"one": {"p": 30, "q": 11}, "two": {"r": 60}, "three": {"p": 1, "s": 2}}


def test_areas():
    figure = plot.areas(
        ROWS,
        unit="parameters",
        labels={"p": "P", "r": "far too long for its part" * 9, "s": "S"},
        roles={"q": "key-value"},
    )
    rects = parts(figure, "rect")
    boxes = np.array([numbers(r, "x", "y", "width", "height") for r in rects])
    areas = boxes[:, 2] * boxes[:, 3]
    want = np.array([30, 11, 60, 1, 2])
    assert areas / areas.sum() == pytest.approx(want / want.sum(), abs=1e-4)
    assert areas.sum() == pytest.approx(plot.WIDTH * plot.HEIGHT, rel=1e-3)
    left = boxes[0, 0]
    assert boxes[[0, 2, 3], 0].tolist() == [left] * 3
    assert boxes[1, 0] == pytest.approx(left + boxes[0, 2], abs=0.02)
    assert boxes[4, 0] == pytest.approx(left + boxes[3, 2], abs=0.02)
    assert boxes[1, 1] == boxes[0, 1] and boxes[4, 1] == boxes[3, 1]
    assert boxes[2, 1] == pytest.approx(boxes[0, 1] + boxes[0, 3], abs=0.02)
    assert boxes[3, 1] == pytest.approx(boxes[2, 1] + boxes[2, 3], abs=0.02)
    assert "key-value-fill" in rects[1]["fill"]
    texts = parts(figure, "text")
    assert [t["text"] for t in texts] == [
        *("one", "41", "P", "two", "60", "three", "3", "P", "S"),
    ]
    x, y, width, height = boxes[0]
    assert float(texts[2]["x"]) == pytest.approx(x + width / 2, abs=0.02)
    assert y < float(texts[2]["y"]) < y + height
    assert float(texts[0]["x"]) < x < float(texts[1]["x"])
    assert repr(figure).splitlines() == [
        "  one  41 = 30 p + 11 q",
        "  two  60 = 60 r",
        "three  3 = 1 p + 2 s",
    ]
    assert 'aria-label="Areas: parameters by row and part"' in figure.svg
    assert inside(figure)


def test_a_row_of_nothing_has_no_width():
    figure = plot.areas({"a": {"p": 0, "q": 0}, "b": {"r": 1}}, unit="n")
    boxes = [numbers(r, "width", "height") for r in parts(figure, "rect")]
    assert boxes[:2] == [(0, 0), (0, 0)]


def test_low_strips_have_no_labels():
    rows = {"a": {"p": 1}, "b": {"p": 10_000}}
    texts = parts(plot.areas(rows, unit="n", labels={"p": "P"}), "text")
    assert [t["text"] for t in texts] == ["a", "1", "b", "10,000", "P"]


def curves(figure):
    paths = [p["d"] for p in parts(figure, "path")]
    axes, *rest = paths
    points = [
        np.array(re.findall(r"-?[\d.]+", d), dtype=float).reshape(-1, 2)
        for d in rest[::2]
    ]
    return axes, points, rest[1::2]


def test_lines():
    figure = plot.lines(
        [0, 5, 10],
        {"up": [0, 10, 40], "down": [20, 20.5, -10]},
        x_label="tokens",
        y_label="FLOPs",
        roles={"up": "query"},
    )
    axes, (up, down), marks = curves(figure)
    w, h = plot.WIDTH, plot.CHART
    assert up.tolist() == [[0, h * 0.8], [w / 2, h * 0.6], [w, 0]]
    assert down[:, 1] == pytest.approx([h * 0.4, h * 0.39, h], abs=0.01)
    for points, mark in zip((up, down), marks, strict=True):
        starts = re.findall(r"M(-?[\d.]+) (-?[\d.]+)", mark)
        assert np.array(starts, dtype=float).tolist() == points.tolist()
    across = re.findall(r"M([\d.]+) 260v", axes)
    assert [float(n) / w * 10 for n in across] == [0, 2, 4, 6, 8, 10]
    heights = re.findall(r"M0 ([\d.]+)h-", axes)
    values = [40 - float(n) / h * 50 for n in heights]
    assert values == pytest.approx([-10, 0, 10, 20, 30, 40])
    texts = parts(figure, "text")
    assert [t["text"] for t in texts] == [
        *("FLOPs", "0", "2", "4", "6", "8", "10"),
        *("-10", "0", "10", "20", "30", "40", "tokens", "up", "down"),
    ]
    for text, place in zip(texts[1:7], across, strict=True):
        assert float(text["x"]) == float(place)
    for text, place in zip(texts[7:13], heights, strict=True):
        assert abs(float(text["y"]) - float(place)) < plot.SMALL
    for text, points in zip(texts[-2:], (up, down), strict=True):
        assert float(text["x"]) > points[-1, 0]
        assert abs(float(text["y"]) - points[-1, 1]) < plot.SMALL
    assert "--query" in texts[-2]["fill"] and "--masked" in texts[-1]["fill"]
    dashes = [p.get("stroke-dasharray") for p in parts(figure, "path")[1::2]]
    assert len(set(dashes)) == 2
    assert repr(figure).splitlines() == [
        "FLOPs over tokens",
        "tokens: 0, 5, 10",
        "up: 0, 10, 40",
        "down: 20, 20.5, -10",
    ]
    assert inside(figure)


def test_logarithmic_lines():
    figure = plot.lines(
        [1, 10, 1000], {"n": [2, 8, 32]}, x_label="x", y_label="y", log="xy"
    )
    axes, (points,), _ = curves(figure)
    w, h = plot.WIDTH, plot.CHART
    assert points.tolist() == pytest.approx(
        np.array([[0, h], [w / 3, h / 2], [w, 0]]), abs=0.01
    )
    words = [t["text"] for t in parts(figure, "text")]
    assert words == ["y", "1", "10", "1,000", "2", "8", "32", "x", "n"]
    assert len(re.findall("v4", axes)) == len(re.findall("h-4", axes)) == 3


def test_many_numbers_have_powers_of_ten_as_ticks():
    x = [3, *range(4, 20), 250, 3000]
    figure = plot.lines(x, {"n": x}, x_label="x", y_label="y", log="x")
    words = [t["text"] for t in parts(figure, "text")]
    assert words[1:4] == ["10", "100", "1,000"]
    assert words[4:10] == ["0", "500", "1,000", "1,500", "2,000", "2,500"]


@pytest.mark.parametrize(
    ("high", "ticks"),
    [
        (1, [0, 0.2, 0.4, 0.6, 0.8, 1]),
        (7.2, [0, 1, 2, 3, 4, 5, 6, 7]),
        (1.5, [0, 0.2, 0.4, 0.6, 0.8, 1, 1.2, 1.4]),
        (30, [0, 5, 10, 15, 20, 25, 30]),
        (80, [0, 20, 40, 60, 80]),
        (99, [0, 20, 40, 60, 80]),
    ],
)
def test_ticks_are_round(high, ticks):
    scale = plot._Scale([high], False, 0.0, 1.0)
    assert scale.ticks == pytest.approx(ticks)


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (0.01, 1, [0.01, 0.1, 1]),
        (10, 100, [10, 100]),
        (11, 100, [20, 50, 100]),
        (10, 99, [10, 20, 50]),
        (0.19, 3.85, [0.2, 0.5, 1, 2]),
        (2, 4, [2]),
        (5, 5, [5]),
    ],
)
def test_logarithmic_ticks_are_powers_where_there_are_two(low, high, ticks):
    assert plot.decades(log10(low), log10(high)) == ticks


def test_a_constant_can_be_shown():
    zeros = plot.lines([1, 2], {"n": [0, 0]}, x_label="x", y_label="y")
    _, (points,), _ = curves(zeros)
    assert points[:, 1].tolist() == [plot.CHART] * 2
    one = plot.lines([4], {"n": [4]}, x_label="x", y_label="y", log="xy")
    _, (points,), _ = curves(one)
    assert points.tolist() == [[0, plot.CHART]]


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda: plot.bars({}, unit=""), "must be there and not negative"),
        (lambda: bar(-1), r"numbers=\[-1\] must be"),
        (
            lambda: plot.areas({"a": {"b": 1, "c": -1}}, unit=""),
            r"numbers=\[1, -1\]",
        ),
        (lambda: plot.areas({}, unit=""), r"numbers=\[\] must be there"),
        (
            lambda: plot.bars({"a": 1}, unit="", roles={"a": "red"}),
            "role='red'",
        ),
        (lambda: lines([1], {"n": [1, 2]}), "series n must have 1 values"),
        (lambda: lines([1], {"n": [1]}, log="z"), "log='z' must name x, y"),
        (
            lambda: lines([0, 1], {"n": [1, 1]}, log="x"),
            r"values=\[0, 1\] must be there",
        ),
        (lambda: lines([1], {}), r"values=\[\] must be there"),
    ],
)
def test_what_cannot_be_shown(draw, message):
    with pytest.raises(ValueError, match=message):
        draw()


def bar(value, **options):
    return plot.bars({"a": value}, unit="", **options)


def lines(x, series, log=""):
    return plot.lines(x, series, x_label="", y_label="", log=log)


def test_a_chart_is_the_same_bytes_each_time():
    draw = lambda: plot.areas(ROWS, unit="n").svg
    assert draw() == draw()


def close(pairs):
    return [pytest.approx(pair, abs=0.01) for pair in pairs]


def places(figure):
    return close(numbers(t, "x", "y") for t in parts(figure, "text"))


def size(figure):
    root = ElementTree.fromstring(figure.svg)
    return pytest.approx(numbers(root.attrib, "width", "height"), abs=0.01)


def middle(y, height, size):
    return y + height / 2 + plot.DROP * size


def test_where_everything_stands_beside_bars():
    figure = plot.bars({"ab": 1234, "c": 617}, unit="bytes")
    x = 2 * plot.LETTER + 2 * plot.ASIDE
    y = plot.BAR + plot.BETWEEN
    first, second = (middle(n, plot.BAR, plot.SIZE) for n in (0, y))
    assert places(figure) == [
        (x - plot.ASIDE, first),
        (x + plot.WIDTH + plot.ASIDE, first),
        (x - plot.ASIDE, second),
        (x + plot.WIDTH / 2 + plot.ASIDE, second),
    ]
    assert close(numbers(r, "x", "y") for r in parts(figure, "rect")) == [
        (x, 0),
        (x, y),
    ]
    wide = x + plot.WIDTH + plot.ASIDE + 5 * plot.LETTER
    assert size(figure) == (wide + plot.EDGE, 2 * y)


def test_where_everything_stands_beside_areas():
    rows = {"ab": {"p": 3, "q": 1}, "c": {"p": 1234}}
    figure = plot.areas(rows, unit="n", labels={"p": "P"})
    x, y = 2 * plot.LETTER + 2 * plot.ASIDE, plot.ASIDE
    low = plot.HEIGHT * 4 / 1238
    beyond = x + plot.WIDTH + plot.ASIDE
    first = middle(y, low, plot.SMALL)
    second = middle(y + low, plot.HEIGHT - low, plot.SMALL)
    assert places(figure) == [
        (x - plot.ASIDE, first),
        (beyond, first),
        (x - plot.ASIDE, second),
        (beyond, second),
        (x + plot.WIDTH / 2, second),
    ]
    assert close(numbers(r, "x", "y") for r in parts(figure, "rect")) == [
        (x, y),
        (x + plot.WIDTH * 3 / 4, y),
        (x, y + low),
    ]
    wide = beyond + 5 * plot.LETTER
    assert size(figure) == (wide, plot.HEIGHT + 2 * plot.ASIDE)


def test_a_label_is_written_where_it_fits():
    rows = {"a": {"p": 1, "q": 9}}
    just = int(plot.WIDTH / 10 / plot.LETTER)
    for n, there in ((just, True), (just + 1, False)):
        figure = plot.areas(rows, unit="n", labels={"p": "x" * n})
        words = [t["text"] for t in parts(figure, "text")]
        assert ("x" * n in words) == there
    heights = [plot.HEIGHT * n / 1000 for n in range(1, 60)]
    least = next(n for n, h in enumerate(heights, 1) if h > plot.LEAST)
    for n, there in ((least, True), (least - 1, False)):
        rows = {"a": {"p": n}, "b": {"q": 1000 - n}}
        figure = plot.areas(rows, unit="n", labels={"p": "x"})
        assert ("x" in [t["text"] for t in parts(figure, "text")]) == there


def test_where_everything_stands_beside_lines():
    figure = plot.lines(
        [1, 10], {"ab": [5, 1000]}, x_label="tokens", y_label="y", log="xy"
    )
    w, h, line = plot.WIDTH, plot.CHART, plot.LINE
    drop = plot.DROP * plot.SMALL
    assert places(figure) == [
        (0, plot.BASE),
        (0, h + line),
        (w, h + line),
        (-plot.ASIDE, h + drop),
        (-plot.ASIDE, drop),
        (w, h + 2 * line),
        (w + plot.ASIDE, drop),
    ]
    left = 5 * plot.LETTER + 2 * plot.ASIDE
    (group,) = parts(figure, "g")
    shift = re.findall(r"[\d.]+", group["transform"])
    assert [float(n) for n in shift] == pytest.approx([left, 2 * line])
    names = 2 * plot.LETTER + plot.ASIDE
    assert size(figure) == (left + w + plot.ASIDE + names, h + 5 * line)
    axes, curve, _ = (p["d"] for p in parts(figure, "path"))
    assert axes.startswith("M0 0V260H400M0 260v4M400 260v4M0 260h-4M0 0h-4")
    assert curve == "M0 260L400 0"
    assert 'aria-label="y over tokens"' in figure.svg


def test_names_of_lines_that_end_together_do_not_overlap():
    ends = {"a": 10, "b": 10, "c": 9.9, "far": 0}
    figure = plot.lines(
        [1, 2], {k: [0, v] for k, v in ends.items()}, x_label="", y_label=""
    )
    drop = plot.DROP * plot.SMALL
    heights = {
        t["text"]: float(t["y"]) - drop
        for t in parts(figure, "text")
        if t["text"] in ends
    }
    far = plot.CHART
    assert [*heights.values()] == pytest.approx([0, 14, 28, far], abs=0.01)
    one = plot.lines(
        [1, 2], {"b": [1, 0], "a": [0, 1]}, x_label="", y_label=""
    )
    heights = {t["text"]: float(t["y"]) for t in parts(one, "text")}
    assert heights["b"] == pytest.approx(far + drop, abs=0.01)
    assert heights["a"] == pytest.approx(drop, abs=0.01)


def test_a_series_has_its_own_mark_and_dash():
    n = len(plot.MARKS) + 1
    figure = plot.lines(
        [1, 2], {str(i): [i, i] for i in range(n)}, x_label="", y_label=""
    )
    curves = parts(figure, "path")[1:]
    dashes = [curve["stroke-dasharray"] for curve in curves[::2]]
    assert dashes == [*plot.DASHES, plot.DASHES[0]]
    for i, marks in enumerate(curves[1::2]):
        assert marks["d"].count(plot.MARKS[i % (n - 1)]) == 2


@pytest.mark.parametrize(("n", "own"), [(8, True), (9, False)])
def test_ticks_are_the_data_s_own_where_they_are_few(n, own):
    values = [3 * 2**i for i in range(n)]
    scale = plot._Scale(values + values, True, 0.0, 1.0)
    assert (scale.ticks == values) == own
