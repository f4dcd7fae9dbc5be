"""Charts of spans, read back: each end stands where its number does."""

from xml.etree import ElementTree

import pytest

from xfmr import spans

SPACE = "{http://www.w3.org/2000/svg}"
THREE = {"a": (10, 30), "bb": (25.5, 40), "c": (20, 28)}


def drawn(**options):
    return spans.chart(THREE, x_label="entries", **options)


def found(figure, tag):
    root = ElementTree.fromstring(figure.svg)
    return [e.attrib | {"text": e.text} for e in root.iter(SPACE + tag)]


def test_ends_stand_on_the_axis():
    figure = drawn()
    words = {t["text"]: float(t["x"]) for t in found(figure, "text")}
    ten, end = words["10"], words["40"]
    assert end - ten == pytest.approx(spans.WIDTH)
    assert words["25"] == pytest.approx((ten + end) / 2)
    a_unit = spans.WIDTH / 30
    rects = found(figure, "rect")
    for rect, (low, high) in zip(rects, THREE.values(), strict=True):
        x, width = float(rect["x"]), float(rect["width"])
        assert x == pytest.approx(ten + (low - 10) * a_unit, abs=0.01)
        assert width == pytest.approx((high - low) * a_unit, abs=0.01)
        assert float(rect["height"]) == spans.BAR
    tops = [float(rect["y"]) for rect in rects]
    assert tops[1] - tops[0] == tops[2] - tops[1] == spans.BAR + spans.BETWEEN


@pytest.mark.parametrize(
    ("span", "marks", "ticks"),
    [
        ((10, 40), {}, "10 15 20 25 30 35 40"),
        ((11, 39), {}, "10 15 20 25 30 35 40"),
        ((1003, 4211), {}, "1,000 1,500 2,000 2,500 3,000 3,500 4,000 4,500"),
        ((1003, 4211), {"here": 0}, "0 1,000 2,000 3,000 4,000 5,000"),
        ((-1, 2), {"here": 3.1}, "-1 0 1 2 3 4"),
    ],
)
def test_the_axis_ends_at_round_numbers(span, marks, ticks):
    figure = spans.chart({"a": span}, x_label="x", marks=marks)
    words = [t["text"] for t in found(figure, "text")]
    assert words[: words.index("x")] == ticks.split()


def test_everything_is_inside():
    figure = drawn(marks={"here": 40})
    root = ElementTree.fromstring(figure.svg)
    width, height = float(root.get("width")), float(root.get("height"))
    for text in found(figure, "text"):
        size = len(text["text"]) * spans.LETTER
        x = float(text["x"])
        x -= {"end": size, "middle": size / 2}[text["text-anchor"]]
        assert x >= 0 and x + size <= width
        assert 0 < float(text["y"]) <= height
    axis = found(figure, "path")[0]["d"]
    below = float(axis.split()[1].split("H")[0])
    for rect in found(figure, "rect"):
        y = float(rect["y"])
        assert spans.LINE <= y and y + spans.BAR <= below
    rows = {t["text"]: float(t["y"]) for t in found(figure, "text")}
    assert rows["10"] == rows["25"] == below + spans.LINE
    assert rows["entries"] == below + 2 * spans.LINE


def test_names_stand_beside_their_bars():
    figure = drawn()
    words = {t["text"]: t for t in found(figure, "text")}
    for name, rect in zip(THREE, found(figure, "rect"), strict=True):
        y = float(words[name]["y"])
        assert float(rect["y"]) < y < float(rect["y"]) + spans.BAR
        assert words[name]["text-anchor"] == "end"
        first = float(words["10"]["x"])
        assert float(words[name]["x"]) == pytest.approx(first - spans.ASIDE)


def test_colours_and_marks():
    figure = drawn(roles={"bb": "query"}, marks={"here": 25})
    fills = [rect["fill"].split(",")[0] for rect in found(figure, "rect")]
    grey = "var(--masked-fill"
    assert fills == [grey, "var(--query-fill", grey]
    dashed = [p for p in found(figure, "path") if "stroke-dasharray" in p]
    (mark,) = dashed
    words = {t["text"]: float(t["x"]) for t in found(figure, "text")}
    assert float(mark["d"][1:].split()[0]) == words["25"] == words["here"]


def test_the_text_says_the_same():
    assert repr(drawn()) == "entries\na: 10 to 30\nbb: 26 to 40\nc: 20 to 28"
    assert 'aria-label="Spans of entries"' in drawn().svg


def test_what_all_share():
    assert spans.common(THREE) == (25.5, 28)
    assert spans.common({"a": (1, 2), "b": (2, 3)}) == (2, 2)
    with pytest.raises(ValueError, match=r"^low=3 must not be above high=2$"):
        spans.common({"a": (1, 2), "b": (3, 4)})


@pytest.mark.parametrize("function", [spans.common, spans.chart])
def test_no_spans_and_spans_upside_down(function):
    rest = {"x_label": "x"} if function != spans.common else {}
    with pytest.raises(ValueError, match=r"^spans must hold at least one$"):
        function({}, **rest)
    with pytest.raises(
        ValueError, match=r"^low=2 of b must not be above high"
    ):
        function({"a": (1, 1), "b": (2, 1)}, **rest)
    with pytest.raises(ValueError, match=r"^role='red' must be one of"):
        spans.chart({"a": (0, 1)}, x_label="x", roles={"a": "red"})
    with pytest.raises(ValueError, match=r"^low=1 must be below high=1$"):
        spans.chart({"a": (1, 1)}, x_label="x", marks={"here": 1})
