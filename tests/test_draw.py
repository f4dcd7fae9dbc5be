"""Figures, read back: numbers, places and order are those of the data."""

import base64
import re
import struct
import zlib
from xml.etree import ElementTree

import matplotlib
import numpy as np
import pytest
import torch
from matplotlib.colors import to_hex

from xfmr import draw

SPACE = "{http://www.w3.org/2000/svg}"
TOKENS = ["the", "cat", "sat"]
Q = [[1, 0], [2, -1], [0, 2]]
K = [[1, 1], [0, 2], [-2, 0]]
SCORES = [[1, 0, -2], [1, -2, -4], [2, 4, 0]]


def matrix(values=Q, axes="T H", **options):
    return draw.matrix(
        values, axes, **{"name": "q", "role": "query"} | options
    )


def parts(figure, tag):
    root = ElementTree.fromstring(figure.svg)
    return [
        element.attrib | {"text": element.text}
        for element in root.iter(SPACE + tag)
    ]


def numbers(element, *names):
    return tuple(float(element[name]) for name in names)


def texts(figure):
    return [element["text"] for element in parts(figure, "text")]


@pytest.fixture
def factors():
    q = matrix(rows=TOKENS)
    k = matrix(K, "S H", name="k", role="key-value", rows=TOKENS)
    scores = matrix(SCORES, "T S", name="scores", role="result")
    return q, k.T, scores


def test_a_grid_says_its_numbers_in_their_places():
    figure = draw.picture(matrix(rows=TOKENS, columns=["a", "b"]))
    assert texts(figure) == [
        *("q: T × H = 3 × 2", "1", "0", "2", "-1", "0", "2"),
        *("the", "cat", "sat", "a", "b"),
    ]
    *cells, frame = parts(figure, "rect")
    boxes = [numbers(c, "x", "y", "width", "height") for c in cells]
    x, y, width, height = numbers(frame, "x", "y", "width", "height")
    assert (width, height) == (2 * draw.CELL, 3 * draw.CELL)
    assert boxes == [
        (x + j * draw.CELL, y + i * draw.CELL, draw.CELL, draw.CELL)
        for i in range(3)
        for j in range(2)
    ]
    labels = [numbers(t, "x", "y") for t in parts(figure, "text")]
    for (left, top, w, h), (tx, ty) in zip(boxes, labels[1:7], strict=True):
        assert (tx, top < ty < top + h) == (left + w / 2, True)
    rows, columns = labels[7:10], labels[10:]
    assert [r[0] < x for r in rows] == [True] * 3
    assert np.diff([r[1] for r in rows]).tolist() == [draw.CELL] * 2
    assert [c[0] for c in columns] == [x + draw.CELL / 2, x + draw.CELL * 1.5]
    assert [labels[0][1] < c[1] < y for c in columns] == [True] * 2


def test_a_cell_is_the_stronger_the_larger_its_number():
    cells = parts(draw.picture(matrix()), "rect")[:-1]
    opacity = [float(cell["fill-opacity"]) for cell in cells]
    assert opacity == [0.5, 0, 1, 0.5, 0, 1]
    fills = [cell["fill"].split(",")[0] for cell in cells]
    assert (
        fills
        == ["var(--query-fill"] * 3
        + ["var(--masked-fill"]
        + ["var(--query-fill"] * 2
    )
    zeros = parts(draw.picture(matrix([[0, 0]])), "rect")[:-1]
    assert [float(cell["fill-opacity"]) for cell in zeros] == [0, 0]


@pytest.mark.parametrize("role", ["query", "key-value", "result", "masked"])
def test_colours_are_the_page_s_by_role(role):
    cell, *_, frame = parts(draw.picture(matrix(role=role)), "rect")
    assert cell["fill"].startswith(f"var(--{role}-fill, #")
    assert frame["stroke"].startswith(f"var(--{role}, #")
    root = ElementTree.fromstring(draw.picture(matrix(role=role)).svg)
    assert root.attrib["fill"] == "currentColor"
    assert root.attrib["role"] == "img"
    assert root.attrib["aria-label"] == "q: T × H = 3 × 2"


def test_a_column_is_as_wide_as_its_longest_word():
    narrow, wide, named = (
        numbers(parts(draw.picture(m), "rect")[0], "width")[0]
        for m in (
            matrix([[1, 2]]),
            matrix([[1, 123456]]),
            matrix([[1, 2]], columns=["the", "longest"]),
        )
    )
    assert narrow < wide < named


def test_hidden_cells_are_hatched_and_empty():
    mask = torch.tensor([[False, True], [False, False], [True, False]])
    figure = draw.picture(matrix(mask=mask))
    assert texts(figure)[1:] == ["1", "2", "-1", "2"]
    *cells, frame = parts(figure, "rect")
    assert len(cells) == 4
    x, y = numbers(frame, "x", "y")
    (hatch,) = parts(figure, "path")
    points = np.array(re.findall(r"[\d.]+", hatch["d"]), dtype=float)
    points = points.reshape(-1, 2, 2)
    width, height = numbers(cells[0], "width", "height")
    columns = np.floor((points.mean(1)[:, 0] - x) / width)
    rows = np.floor((points.mean(1)[:, 1] - y) / height)
    assert {*zip(rows, columns, strict=True)} == {(0, 1), (2, 0)}
    run = points[:, 0] - points[:, 1]
    assert np.allclose(run[:, 0], -run[:, 1], atol=0.02)
    assert (run[:, 0] > 0).all()
    for row, column in ((0, 1), (2, 0)):
        inside = points[(rows == row) & (columns == column)]
        low = np.array([x + column * draw.CELL, y + row * draw.CELL])
        assert (inside >= low - 0.01).all()
        assert (inside <= low + draw.CELL + 0.01).all()
        assert np.ptp(inside[..., 0]) > draw.CELL * 0.7


def test_the_hatch_runs_on_from_cell_to_cell():
    mask = torch.ones(3, 2, dtype=torch.bool)
    (hatch,) = parts(draw.picture(matrix(mask=mask)), "path")
    points = np.array(re.findall(r"[\d.]+", hatch["d"]), dtype=float)
    lines = points.reshape(-1, 2).sum(axis=1) / draw.HATCH
    assert np.allclose(lines, lines.round(), atol=0.01)
    lines = np.unique(lines.round())
    assert (np.diff(lines) == 1).all()


def test_a_product_stands_in_line(factors):
    q, kt, scores = factors
    figure = draw.product(q, kt, scores)
    rects = parts(figure, "rect")
    boxes = [numbers(r, "x", "y", "width", "height") for r in rects]
    a, b, c = boxes[:6], boxes[7:13], boxes[14:23]
    frame_a, frame_b, frame_c = boxes[6], boxes[13], boxes[23]
    assert [box[1] for box in a[::2]] == [box[1] for box in c[::3]]
    assert [box[0] for box in b[:3]] == [box[0] for box in c[:3]]
    assert [box[2] for box in b[:3]] == [box[2] for box in c[:3]]
    assert [box[3] for box in a[::2]] == [box[3] for box in c[::3]]
    assert frame_a[0] + frame_a[2] < frame_c[0]
    assert frame_b[1] + frame_b[3] < frame_c[1]
    assert len(boxes) == 24
    words = texts(figure)
    assert words[:6] == ["1", "0", "2", "-1", "0", "2"]
    assert words[6:12] == ["1", "0", "-2", "1", "2", "0"]
    assert words[12:21] == ["1", "0", "-2", "1", "-2", "-4", "2", "4", "0"]
    assert words[21:27] == TOKENS + TOKENS
    assert words[27:] == [
        *("H = 2", "kᵀ: H × S = 2 × 3", "q: T × H = 3 × 2"),
        "scores: T × S = 3 × 3",
    ]


def test_the_inner_axes_meet(factors):
    figure = draw.product(*factors)
    frames = [r for r in parts(figure, "rect") if r["fill"] == "none"]
    a, b, _ = (numbers(f, "x", "y", "width", "height") for f in frames)
    (line,) = parts(figure, "path")
    x, y, across, *_, corner, _, up = map(
        float, re.findall(r"-?[\d.]+", line["d"])
    )
    assert (x, up) == (a[0], b[1])
    assert b[1] + b[3] < y < a[1]
    assert a[0] + a[2] < across < corner < b[0]


def test_the_inner_axes_leave_room_for_names(factors):
    _, kt, scores = factors
    figure = draw.product(scores, kt.T, matrix(SCORES @ np.array(K), "T H"))
    rects = [r for r in parts(figure, "rect") if r["fill"] == "none"]
    b = numbers(rects[1], "x")[0]
    (line,) = parts(figure, "path")
    corner = float(re.findall(r"-?[\d.]+", line["d"])[-3])
    assert corner < b - 3 * draw.LETTER
    named = draw.product(
        matrix(SCORES, "T S", columns=TOKENS), kt.T,
        matrix(SCORES @ np.array(K), "T H"),
    )  # fmt: skip
    top = min(
        numbers(t, "y")[0]
        for t in parts(named, "text")
        if t["text"] in TOKENS and t["text-anchor"] == "middle"
    )
    (line,) = parts(named, "path")
    assert float(line["d"].split("H")[0].split()[1]) < top - draw.SMALL


def test_following_one_number(factors):
    figure = draw.product(*factors, at=(1, 2))
    thick = [
        numbers(r, "x", "y", "width", "height")
        for r in parts(figure, "rect")
        if r.get("stroke") == "currentColor"
    ]
    frames = [
        numbers(r, "x", "y", "width", "height")
        for r in parts(figure, "rect")
        if r["fill"] == "none" and r["stroke"] != "currentColor"
    ]
    (ax, ay, aw, _), (bx, by, _, bh), (cx, cy, cw, _) = frames
    cell = draw.CELL
    dx = cw / 3
    assert thick[0] == pytest.approx((ax, ay + cell, aw, cell))
    assert thick[1] == pytest.approx((bx + 2 * dx, by, dx, bh))
    assert thick[2] == pytest.approx((cx + 2 * dx, cy + cell, dx, cell))
    assert texts(figure)[-1] == "2 · (-2) + (-1) · 0 = -4"
    assert repr(figure).endswith("\n2 · (-2) + (-1) · 0 = -4")
    halves = draw.product(
        matrix([[0.5, 1]]), matrix([[1], [1]], "H S"),
        matrix([[1.5]], "T S"), at=(0, 0),
    )  # fmt: skip
    assert texts(halves)[-1] == "0.50 · 1 + 1.00 · 1 ≈ 1.50"


def test_everything_lies_inside_the_picture(factors):
    many = np.arange(3 * 40.0).reshape(3, 40)
    wide = matrix(many, "T D"), matrix(np.ones((40, 2)), "D H")
    for figure in (
        draw.picture(matrix(rows=TOKENS, columns=["a", "b"])),
        draw.picture(matrix([[1]], name="a long name for a number")),
        draw.product(*factors, at=(0, 0)),
        draw.product(*wide, matrix(many @ np.ones((40, 2)), "T H")),
    ):
        root = ElementTree.fromstring(figure.svg)
        width, height = numbers(root.attrib, "width", "height")
        assert root.attrib["viewBox"] == f"0 0 {width:g} {height:g}"
        for element in root.iter():
            if "x" in element.attrib:
                x, y = numbers(element.attrib, "x", "y")
                w = float(element.attrib.get("width", 0))
                h = float(element.attrib.get("height", 0))
                if element.tag == SPACE + "text":
                    w = len(element.text) * draw.LETTER * 0.9
                    anchor = element.attrib["text-anchor"]
                    x -= {"start": 0, "middle": w / 2, "end": w}[anchor]
                assert -1 < x and x + w < width + 1
                assert 0 < y and y + h < height + 1


def png(href):
    """The pixels of a picture with four bits each, and its palette."""
    data = base64.b64decode(href.removeprefix("data:image/png;base64,"))
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    chunks, at = {}, 8
    while at < len(data):
        (size,) = struct.unpack(">I", data[at : at + 4])
        tag, body = data[at + 4 : at + 8], data[at + 8 : at + 8 + size]
        (check,) = struct.unpack(">I", data[at + 8 + size : at + 12 + size])
        assert check == zlib.crc32(tag + body)
        chunks[tag], at = body, at + 12 + size
    assert [*chunks] == [b"IHDR", b"PLTE", b"IDAT", b"IEND"]
    width, height, *rest = struct.unpack(">IIBBBBB", chunks[b"IHDR"])
    assert rest == [4, 3, 0, 0, 0]
    stride = 1 + (width + 1) // 2
    raw = zlib.decompress(chunks[b"IDAT"])
    assert len(raw) == stride * height
    rows = [raw[n * stride : (n + 1) * stride] for n in range(height)]
    assert {row[0] for row in rows} == {0}
    pixels = [[*map(lambda c: int(c, 16), row[1:].hex())] for row in rows]
    return [row[:width] for row in pixels], chunks[b"PLTE"].hex()


def test_many_numbers_are_a_picture():
    values = np.arange(-1, 2, 1 / 9)[:27].reshape(3, 9) ** 3
    figure = draw.picture(matrix(values, "T D"))
    (image,) = parts(figure, "image")
    (frame,) = parts(figure, "rect")
    for name in ("x", "y", "width", "height"):
        assert image[name] == frame[name]
    pixels, palette = png(image["href"])
    scaled = 15 * (values + 1) / (values.max() + 1)
    assert pixels == np.round(scaled).tolist()
    cividis = matplotlib.colormaps["cividis"](np.linspace(0, 1, 16))
    assert palette == "".join(to_hex(colour)[1:] for colour in cividis)
    assert texts(figure) == ["q: T × D = 3 × 9"]
    assert repr(matrix(values, "T D")).endswith("\nfrom -1.00 to 6.74")
    assert not matrix(np.ones((8, 9)), "T D").numbered
    assert matrix(np.ones((8, 8)), "T D").numbered
    assert draw.levels([[3.0, 3.0]]) == [[0, 0]]


def test_the_text_form_of_a_product(factors):
    assert repr(draw.product(*factors)).splitlines() == [
        *("q: T × H = 3 × 2", "the  1   0", "cat  2  -1", "sat  0   2"),
        *("times", "kᵀ: H × S = 2 × 3", "the  cat  sat"),
        *("  1    0   -2", "  1    2    0", "equals"),
        *("scores: T × S = 3 × 3", "1   0  -2", "1  -2  -4", "2   4   0"),
    ]


def test_a_wrong_product_is_not_drawn(factors):
    q, kt, scores = factors
    wrong = matrix([[1, 0, -2], [1, -2, -4], [2, 4, 1e-4]], "T S", name="p")
    close = matrix([[1, 0, -2], [1, -2, -4], [2, 4, 1e-7]], "T S", name="p")
    draw.product(q, kt, close)
    for trio, message in (
        ((q, kt, wrong), r"p\[2, 2\] is 0.0001, the product 0"),
        ((q, q, scores), "the inner axes of q.* differ"),
        ((q, matrix(K, "H S"), scores), "the inner axes of q.* differ"),
        ((q, kt, matrix(SCORES, "S T")), "must have the outer axes"),
        ((q, kt, matrix(SCORES[:2], "T S")), "must have the outer axes"),
    ):
        with pytest.raises(ValueError, match=message):
            draw.product(*trio)


def test_figures_show_themselves(factors):
    html = draw.product(*factors)._repr_html_()
    assert html.startswith('<div class="figure"><svg xmlns=')
    assert matrix()._repr_html_() == draw.picture(matrix())._repr_html_()


def places(figure, *names):
    texts = {t["text"]: t for t in parts(figure, "text")}
    found = [numbers(texts[name], "x", "y") for name in names]
    return [
        (pytest.approx(x, abs=0.01), pytest.approx(y, abs=0.01))
        for x, y in found
    ]


def size(figure):
    root = ElementTree.fromstring(figure.svg)
    return pytest.approx(numbers(root.attrib, "width", "height"), abs=0.01)


def frames_of(figure):
    return [
        pytest.approx(numbers(r, "x", "y", "width", "height"), abs=0.01)
        for r in parts(figure, "rect")
        if r["fill"] == "none"
    ]


def middle(y, height, size):
    return y + height / 2 + draw.DROP * size


def test_where_everything_stands_in_a_grid():
    cell, line = draw.CELL, draw.LINE
    m = matrix([[3], [4]], rows=["the", "drank"], columns=["a"])
    figure = draw.picture(m)
    x = 5 * draw.LETTER + 2 * draw.ASIDE
    y = 2 * line + draw.EDGE
    assert frames_of(figure) == [(x, y, cell, 2 * cell)]
    assert places(figure, m.title, "3", "the", "drank", "a") == [
        (x, draw.BASE),
        (x + cell / 2, middle(y, cell, draw.SIZE)),
        (x - draw.ASIDE, middle(y, cell, draw.SMALL)),
        (x - draw.ASIDE, middle(y + cell, cell, draw.SMALL)),
        (x + cell / 2, y - draw.ASIDE),
    ]
    title = len(m.title) * draw.LETTER
    assert size(figure) == (x + title + draw.EDGE, y + 2 * cell + draw.EDGE)
    wide = matrix([[1] * 8])
    figure = draw.picture(wide)
    assert frames_of(figure) == [(draw.EDGE, line + draw.EDGE, 8 * cell, cell)]
    assert size(figure) == (
        8 * cell + 2 * draw.EDGE,
        line + cell + 2 * draw.EDGE,
    )


def test_where_everything_stands_in_a_product():
    cell, line, gap = draw.CELL, draw.LINE, draw.GAP
    a = matrix([[1, 2, 3, 4, 5, 6]], "T S", name="a", columns=list("uvwxyz"))
    b = matrix([[1], [0], [0], [0], [0], [0]], "S H", name="b", rows=["r"] * 6)
    c = matrix([[1]], "T H", name="c")
    figure = draw.product(a, b, c, at=(0, 0))
    names = draw.LETTER + 2 * draw.ASIDE
    bx = draw.EDGE + 6 * cell + gap + max(names, line)
    by = line + draw.EDGE
    ay = by + 6 * cell + gap + 2 * line
    assert frames_of(figure)[:3] == [
        (draw.EDGE, ay, 6 * cell, cell),
        (bx, by, cell, 6 * cell),
        (bx, ay, cell, cell),
    ]
    below, written = ay + cell + line, texts(figure)[-1]
    assert places(figure, b.title, a.title, c.title, written) == [
        (bx, draw.BASE),
        (draw.EDGE + 6 * cell, below),
        (bx, below),
        (0, below + line + draw.ASIDE),
    ]
    x, y = bx - gap - names, ay - gap - line
    assert places(figure, "S = 6") == [(x - draw.ASIDE, y - draw.ASIDE)]
    (path,) = parts(figure, "path")
    r = draw.ROUND
    assert path["d"] == "M{} {}H{}Q{} {} {} {}V{}".format(
        *map(draw.svg.number, (draw.EDGE, y, x - r, x, y, x, y - r, by))
    )
    wide = max(bx + len(b.title) * draw.LETTER, len(written) * draw.LETTER)
    assert size(figure) == (
        wide + draw.EDGE,
        below + line + 2 * draw.ASIDE,
    )


def test_a_narrow_left_factor_leaves_room_for_its_title():
    figure = draw.product(
        matrix([[1]], "T S", name="a"),
        matrix([[1, 1]], "S H", name="b", columns=["u", "v"]),
        matrix([[1, 1]], "T H", name="c"),
    )
    title = len("a: T × S = 1 × 1") * draw.LETTER
    (ax, ay, *_), (bx, by, *_), _ = (
        numbers(r, "x", "y", "width", "height")
        for r in parts(figure, "rect")
        if r["fill"] == "none"
    )
    assert ax + draw.CELL == pytest.approx(title, abs=0.01)
    assert bx == pytest.approx(title + draw.GAP + draw.LINE, abs=0.01)
    assert by == pytest.approx(2 * draw.LINE + draw.EDGE)
    assert ay == pytest.approx(by + draw.CELL + draw.GAP + draw.LINE)
    (path,) = parts(figure, "path")
    corner = re.findall(r"Q([\d.]+) ([\d.]+)", path["d"])[0]
    assert corner == (
        draw.svg.number(bx - draw.GAP),
        draw.svg.number(ay - draw.GAP),
    )
    assert size(figure) == (
        bx + len("b: S × H = 1 × 2") * draw.LETTER + draw.EDGE,
        ay + draw.CELL + draw.LINE + draw.ASIDE,
    )


@pytest.mark.parametrize(
    ("n", "extent"),
    [
        (3, 3 * draw.CELL),
        (8, 8 * draw.CELL),
        (9, draw.SHADED),
        (64, draw.SHADED),
        (1000, 1000 * draw.SMALLEST),
    ],
)
def test_long_axes_are_cut_short(n, extent):
    other = np.arange(9.0 * n).reshape(n, 9)
    for values, axis in ((other, 3), (other.T, 2)):
        (frame,) = frames_of(draw.picture(matrix(values)))
        assert frame.expected[axis] == pytest.approx(extent, abs=0.02)


def test_pixels_are_sharp_where_they_are_whole():
    for n, how in ((9, "pixelated"), (220, "pixelated"), (221, "auto")):
        (image,) = parts(draw.picture(matrix(np.ones((9, n)))), "image")
        assert image["image-rendering"] == how
        (image,) = parts(draw.picture(matrix(np.ones((n, 9)))), "image")
        assert image["image-rendering"] == how
        assert image["preserveAspectRatio"] == "none"


def test_columns_are_as_wide_as_the_widest_of_two():
    wide = len("100000") * draw.LETTER + draw.PADDING
    for right, result in (([[100000]], [[100000]]), ([[1]], [[100000]])):
        left = [[result[0][0] / right[0][0]]]
        figure = draw.product(
            matrix(left, "T S"), matrix(right, "S H"), matrix(result, "T H")
        )
        _, b, c = frames_of(figure)
        assert b.expected[2] == c.expected[2]
        assert b.expected[2] == pytest.approx(wide, abs=0.01)
    tiny = matrix([[100000]], "S H"), matrix([[1]], "T H")
    figure = draw.product(matrix([[1e-5]], "T S"), *tiny)
    assert frames_of(figure)[2].expected[2] == pytest.approx(wide, abs=0.01)
