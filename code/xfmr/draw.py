"""Matrices as grids, and products as three grids that meet.

The left factor's columns run into the right factor's rows, and each number
of the result stands in line with the row and the column that made it. Small
matrices show their numbers, large ones their shade.
"""

import base64
import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil

from xfmr import svg
from xfmr.diagram import path
from xfmr.grids import (
    MOST_NUMBERS,
    Grid,
    check_product,
    matrix,
    traced,
    written_sum,
)
from xfmr.svg import DROP, Figure

__all__ = ["levels", "matrix", "path", "picture", "product", "traced"]

# style: lengths in pixels
CELL = 30.0  # a cell with a number, or one of few
SHADED = 220.0  # an axis of many
SMALLEST = 0.375  # one of very many
LETTER = 7.6  # the width of a character
PADDING = 12.0  # round a number
GAP = 10.0  # between grids
LINE = 20.0  # of text
BASE = 15.0  # of the first line
EDGE = 1.0  # around the whole
ASIDE = 6.0  # between a name and its grid
SIZE, SMALL = 14, 13  # of type
HATCH = 6.5
ROUND = 6.0
FRAME, FOLLOWED = "1.5", "2.5"
CIVIDIS = (  # sixteen of matplotlib's colours, from low to high
    "00224e002e6c1e3a6f35456c47516c575d6d666970757575"
    "848279948e77a59c74b7a96ec8b866dbc75aeed649fee838"
)


@dataclass(frozen=True)
class _Placed:
    """A grid with a place: its corner, and the size of its cells."""

    grid: Grid
    x: float
    y: float
    dx: float
    dy: float

    @property
    def right(self) -> float:
        return self.x + self.dx * self.grid.shape[1]

    @property
    def bottom(self) -> float:
        return self.y + self.dy * self.grid.shape[0]

    def box(self, rows: slice, columns: slice) -> tuple[float, ...]:
        """Corner, width and height of some cells."""
        top, below, _ = rows.indices(self.grid.shape[0])
        left, beyond, _ = columns.indices(self.grid.shape[1])
        return (
            self.x + left * self.dx,
            self.y + top * self.dy,
            (beyond - left) * self.dx,
            (below - top) * self.dy,
        )

    def cells(self) -> Iterator[tuple[int, int, tuple[float, ...]]]:
        """Row, column and box of each cell."""
        for i in range(self.grid.shape[0]):
            for j in range(self.grid.shape[1]):
                yield i, j, self.box(slice(i, i + 1), slice(j, j + 1))


ALL = slice(None)


def picture(grid: Grid) -> Figure:
    """One grid, with its title above and the names of its rows and columns."""
    x = _names_width(grid.rows)
    y = (2 if grid.columns else 1) * LINE + EDGE
    placed = _Placed(grid, x, y, _dx(grid), _dy(grid))
    return svg.figure(
        _line(x, BASE, grid.title) + _grid(placed) + _names(placed),
        width=max(placed.right, x + _width(grid.title)) + EDGE,
        height=placed.bottom + EDGE,
        alt=grid.title,
        plain=repr(grid),
    )


def product(
    left: Grid,
    right: Grid,
    result: Grid,
    *,
    at: tuple[int, int] | None = None,
) -> Figure:
    """Three grids of a product, the result in line with what made it.

    Args:
        at: the row and column of one number to follow; its sum is written
            out where the factors show their numbers.

    Raises:
        ValueError: if the inner axes are not the same, or the result is not
            the product of the two.
    """
    check_product(left, right, result)
    a, b, c = trio = _arranged(left, right, result)
    written = written_sum(left, right, result, at) if at else ""
    below = a.bottom + LINE
    body = [
        *map(_grid, trio),
        *map(_names, (a, b)),
        _meeting(a, b),
        _followed(trio, at) if at else "",
        _line(b.x, BASE, right.title),
        _line(a.right, below, left.title, anchor="end"),
        _line(c.x, below, result.title),
        _line(0.0, below + LINE + ASIDE, written),
    ]
    ends = [b.right, *(b.x + _width(g.title) for g in (right, result))]
    return svg.figure(
        "".join(body),
        width=max(*ends, _width(written)) + EDGE,
        height=below + (LINE + ASIDE if written else 0.0) + ASIDE,
        alt=f"{left.title}, times {right.title}, equals {result.title}",
        plain="\n".join(
            [repr(left), "times", repr(right), "equals", repr(result)]
            + [written] * bool(written)
        ),
    )


def _arranged(left: Grid, right: Grid, result: Grid) -> tuple[_Placed, ...]:
    """The left factor below, the right one above, the result between."""
    dx, dy = max(_dx(right), _dx(result)), _dy(left)
    width = _dx(left) * left.shape[1]
    x = max(_names_width(left.rows), _width(left.title) - width)
    y = (2 if right.columns else 1) * LINE + EDGE
    beside = GAP + max(_names_width(right.rows), LINE)
    beneath = GAP + LINE * (2 if left.columns else 1)
    a = _Placed(left, x, 0.0, _dx(left), dy)
    b = _Placed(right, a.right + beside, y, dx, _dy(right))
    a = _Placed(left, x, b.bottom + beneath, _dx(left), dy)
    return a, b, _Placed(result, b.x, a.y, dx, dy)


def _dx(grid: Grid) -> float:
    if not grid.numbered:
        return _shaded(grid.shape[1])
    rows, columns = map(range, grid.shape)
    words = [grid.text(i, j) for i in rows for j in columns]
    return max(CELL, max(map(_width, (*words, *grid.columns))) + PADDING)


def _dy(grid: Grid) -> float:
    return _shaded(grid.shape[0])


def _shaded(n: int) -> float:
    """The size of a cell without a number."""
    return CELL if n <= MOST_NUMBERS else max(SHADED / n, SMALLEST)


def _width(words: str) -> float:
    return len(words) * LETTER


def _names_width(names: Sequence[str]) -> float:
    return max(map(_width, names)) + 2 * ASIDE if names else EDGE


def _middle(y: float, height: float, size: float | int) -> float:
    """The base of a line of type in the middle of a height."""
    return y + height / 2 + size * DROP


def _line(x: float, y: float, words: str, anchor: str = "start") -> str:
    if not words:
        return ""
    return svg.text(x, y, words, anchor=anchor, font_size=SIZE)


def _grid(placed: _Placed) -> str:
    """The cells of a grid, with numbers or shaded, and its frame."""
    inside = _numbers if placed.grid.numbered else _shading
    frame = svg.rect(
        *placed.box(ALL, ALL),
        fill="none",
        stroke=svg.colour(placed.grid.role),
        stroke_width=FRAME,
    )
    return inside(placed) + _hatch(placed) + frame


def _numbers(placed: _Placed) -> str:
    """Numbers on the role's colour, or on grey where they are negative.

    The larger they are, the stronger.
    """
    grid, parts = placed.grid, []
    most = max(abs(v) for line in grid.values for v in line) or 1
    for i, j, (x, y, width, height) in placed.cells():
        if not grid.hidden(i, j):
            value = grid.values[i][j]
            role = grid.role if value >= 0 else "masked"
            parts += (
                svg.rect(
                    *(x, y, width, height),
                    fill=svg.colour(f"{role}-fill"),
                    fill_opacity=abs(value) / most,
                ),
                svg.text(
                    x + width / 2,
                    _middle(y, height, SIZE),
                    grid.text(i, j),
                    anchor="middle",
                    font_size=SIZE,
                ),
            )
    return "".join(parts)


def _shading(placed: _Placed) -> str:
    """All numbers as one picture, a pixel each, in cividis."""
    x, y, width, height = placed.box(ALL, ALL)
    sharp = min(placed.dx, placed.dy) >= 1
    return svg.element(
        "image",
        **{"x": x, "y": y, "width": width, "height": height},
        preserveAspectRatio="none",
        href=_png(levels(placed.grid.values)),
        image_rendering="pixelated" if sharp else "auto",
    )


def levels(values: Sequence[Sequence[float]]) -> list[list[int]]:
    """Each number as one of sixteen steps from the smallest to the largest."""
    flat = [v for line in values for v in line]
    low, high = min(flat), max(flat)
    scale = 15 / ((high - low) or 1)
    return [[round((v - low) * scale) for v in line] for line in values]


def _png(rows: Sequence[Sequence[int]]) -> str:
    """A picture of four bits a pixel, as an address that holds it all."""
    end = "0" * (len(rows[0]) % 2)
    lines = ["00" + "".join(map("{:x}".format, row)) + end for row in rows]
    head = struct.pack(">IIBBBBB", len(rows[0]), len(rows), 4, 3, 0, 0, 0)
    chunks = (
        (b"IHDR", head),
        (b"PLTE", bytes.fromhex(CIVIDIS)),
        (b"IDAT", zlib.compress(bytes.fromhex("".join(lines)), 9)),
        (b"IEND", b""),
    )
    data = b"\x89PNG\r\n\x1a\n"
    for tag, body in chunks:
        size, check = len(body), zlib.crc32(tag + body)
        data += struct.pack(">I", size) + tag + body + struct.pack(">I", check)
    return "data:image/png;base64," + base64.b64encode(data).decode()


def _hatch(placed: _Placed) -> str:
    """Diagonals across every hidden cell."""
    lines = [
        line
        for i, j, box in placed.cells()
        if placed.grid.hidden(i, j)
        for line in _diagonals(*box)
    ]
    stroke = svg.colour("masked")
    return (
        svg.element("path", d="".join(lines), stroke=stroke) if lines else ""
    )


def _diagonals(
    x: float, y: float, width: float, height: float
) -> Iterator[str]:
    """Lines that run on from each cell into the next."""
    first = HATCH - (x + y) % HATCH
    for n in range(ceil((width + height - first) / HATCH)):
        step = first + n * HATCH
        upper = x + min(step, width), y + max(step - width, 0.0)
        lower = x + max(step - height, 0.0), y + min(step, height)
        yield "M{} {}L{} {}".format(*map(svg.number, upper + lower))


def _names(placed: _Placed) -> str:
    """Names of rows to the left of a grid, of columns above it."""
    rows = [
        svg.text(
            placed.x - ASIDE,
            _middle(placed.y + i * placed.dy, placed.dy, SMALL),
            name,
            anchor="end",
            font_size=SMALL,
        )
        for i, name in enumerate(placed.grid.rows)
    ]
    columns = [
        svg.text(
            placed.x + (j + 0.5) * placed.dx,
            placed.y - ASIDE,
            name,
            anchor="middle",
            font_size=SMALL,
        )
        for j, name in enumerate(placed.grid.columns)
    ]
    return "".join(rows + columns)


def _meeting(a: _Placed, b: _Placed) -> str:
    """A line from the left's columns round the corner to the right's rows."""
    y = a.y - GAP - (LINE if a.grid.columns else 0.0)
    x = b.x - GAP - (_names_width(b.grid.rows) if b.grid.rows else 0.0)
    corner = map(svg.number, (a.x, y, x - ROUND, x, y, x, y - ROUND, b.y))
    path = svg.element(
        "path",
        d="M{} {}H{}Q{} {} {} {}V{}".format(*corner),
        fill="none",
        stroke=svg.colour("soft"),
    )
    words = f"{a.grid.axes[1]} = {a.grid.shape[1]:,}"
    fill = svg.colour("soft")
    return path + svg.text(
        x - ASIDE, y - ASIDE, words, anchor="end", font_size=SMALL, fill=fill
    )


def _followed(trio: Sequence[_Placed], at: tuple[int, int]) -> str:
    """Frames round a row, a column, and the number they make."""
    row, column = (slice(n, n + 1) for n in at)
    a, b, c = trio
    boxes = a.box(row, ALL), b.box(ALL, column), c.box(row, column)
    style = {"stroke": svg.INK, "stroke_width": FOLLOWED}
    return "".join(svg.rect(*box, fill="none", **style) for box in boxes)
