"""Charts: functions that take data and return a figure.

Lengths and areas are to scale and start from zero; lines stand on axes whose
ticks are round numbers or the data's own.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import ceil, floor, inf, log10

from xfmr import svg
from xfmr.svg import DROP, Figure

Number = float | int

# style: lengths in pixels
WIDTH = 400.0  # of what is to scale
HEIGHT = 480.0  # of areas
CHART = 260.0  # the height of a chart of lines
BAR, BETWEEN = 22.0, 8.0  # a bar, and the space to the next
LETTER = 7.2  # the width of a character
ASIDE = 8.0  # between a thing and its words
LINE = 18.0  # of text
BASE = 13.0  # of the first line
EDGE = 1.0  # around the whole
SIZE, SMALL = 13, 12  # of type
NEXT = 14.0  # from one line of small type to the next, where room is short
LEAST = 11.0  # the height of a strip that has room for words
TICK = 4.0
STROKE = "1.8"
DASHES = ("none", "7 4", "2 3", "9 3 2 3")
MARKS = (  # a mark's path about its middle: disc, square, diamond, triangle
    "m-3.5 0a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0-7 0",
    "m-3 -3h6v6h-6z",
    "m0 -4.5l4.5 4.5l-4.5 4.5l-4.5-4.5z",
    "m0 -4l4 7h-8z",
)
MOST_TICKS = 8


def bars(
    values: Mapping[str, Number],
    *,
    unit: str,
    roles: Mapping[str, str] | None = None,
) -> Figure:
    """One bar for each entry, from zero, with its number at its end.

    Args:
        unit: what the numbers count.
        roles: the colour of entries by name.

    Raises:
        ValueError: if there is nothing to show, or a number is negative.
    """
    _check(values.values())
    x, most = _widest(values) + ASIDE, max(values.values())
    body, ends = [], []
    for n, (name, value) in enumerate(values.items()):
        y = n * (BAR + BETWEEN)
        width = WIDTH * value / most if value else 0.0
        middle, beyond = _middle(y, BAR, SIZE), x + width + ASIDE
        ends.append(beyond + len(_written(value)) * LETTER)
        body += [
            svg.text(x - ASIDE, middle, name, anchor="end", font_size=SIZE),
            svg.rect(x, y, width, BAR, **_paint((roles or {}).get(name))),
            svg.text(beyond, middle, _written(value), font_size=SIZE),
        ]
    return svg.figure(
        "".join(body),
        width=max(ends) + EDGE,
        height=len(values) * (BAR + BETWEEN),
        alt=f"Bars: {unit} by part",
        plain="\n".join(
            f"{name:>{_longest(values)}}  {_written(value)}"
            for name, value in values.items()
        ),
    )


def areas(
    rows: Mapping[str, Mapping[str, Number]],
    *,
    unit: str,
    labels: Mapping[str, str] | None = None,
    roles: Mapping[str, str] | None = None,
) -> Figure:
    """A strip for each row, cut into its parts: every number is an area.

    Args:
        rows: parts by row; all areas are to one scale.
        unit: what the numbers count.
        labels: what to write into parts of that name, where there is room.
        roles: the colour of parts by name.

    Raises:
        ValueError: if there is nothing to show, or a number is negative.
    """
    _check(value for parts in rows.values() for value in parts.values())
    totals = {row: sum(parts.values()) for row, parts in rows.items()}
    written = {row: _written(total) for row, total in totals.items()}
    x, y, body = _widest(rows) + ASIDE, ASIDE, []
    beyond = x + WIDTH + ASIDE
    for row, parts in rows.items():
        height = HEIGHT * totals[row] / sum(totals.values())
        middle = _middle(y, height, SMALL)
        body += [
            svg.text(x - ASIDE, middle, row, anchor="end", font_size=SMALL),
            svg.text(beyond, middle, written[row], font_size=SMALL),
            *_strip(x, y, height, parts, labels or {}, roles or {}),
        ]
        y += height
    return svg.figure(
        "".join(body),
        width=beyond + max(map(len, written.values())) * LETTER,
        height=y + ASIDE,
        alt=f"Areas: {unit} by row and part",
        plain="\n".join(
            f"{row:>{_longest(rows)}}  {written[row]} = "
            + " + ".join(f"{_written(v)} {part}" for part, v in parts.items())
            for row, parts in rows.items()
        ),
    )


def _strip(
    x: float,
    y: float,
    height: float,
    parts: Mapping[str, Number],
    labels: Mapping[str, str],
    roles: Mapping[str, str],
) -> Iterator[str]:
    """The parts of one row, side by side, labelled where there is room."""
    middle = _middle(y, height, SMALL)
    total = sum(parts.values())
    for part, value in parts.items():
        width = WIDTH * value / total if value else 0.0
        yield svg.rect(x, y, width, height, **_paint(roles.get(part)))
        label = labels.get(part, "")
        if label and len(label) * LETTER < width and height > LEAST:
            at = x + width / 2
            yield svg.text(at, middle, label, anchor="middle", font_size=SMALL)
        x += width


def _check(values: Iterable[Number]) -> None:
    numbers = list(values)
    if not numbers or min(numbers) < 0:
        raise ValueError(f"{numbers=} must be there and not negative")


def _middle(y: Number, height: Number, size: int) -> float:
    """The base of a line of type in the middle of a height."""
    return y + height / 2 + size * DROP


def _paint(role: str | None) -> dict[str, str]:
    name = svg.checked_role(role or "masked")
    return {"fill": svg.colour(f"{name}-fill"), "stroke": svg.colour(name)}


def _written(value: Number) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:,.4g}"


def _longest(names: Mapping[str, object]) -> int:
    return max(map(len, names))


def _widest(names: Mapping[str, object]) -> float:
    return _longest(names) * LETTER + ASIDE


def lines(
    x: Sequence[Number],
    series: Mapping[str, Sequence[Number]],
    *,
    x_label: str,
    y_label: str,
    log: str = "",
    roles: Mapping[str, str] | None = None,
) -> Figure:
    """One line for each series over x, named at its right end.

    Names whose lines end close together stand one below the other.

    Args:
        log: the axes that are logarithmic: `x`, `y` or `xy`.
        roles: the colour of series by name.

    Raises:
        ValueError: if a series has another length than x, `log` names
            another axis, or an axis has nothing that it can show.
    """
    for name, values in series.items():
        if len(values) != len(x):
            raise ValueError(f"series {name} must have {len(x)} values")
    if not set(log) <= set("xy"):
        raise ValueError(f"{log=} must name x, y or both")
    ys = [value for values in series.values() for value in values]
    across = _Scale(x, "x" in log, 0.0, WIDTH)
    up = _Scale(ys, "y" in log, CHART, 0.0)
    left = max(len(_written(tick)) for tick in up.ticks) * LETTER + 2 * ASIDE
    body = [_axes(across, up, x_label)]
    heights = _apart([up(values[-1]) for values in series.values()])
    for n, (name, values) in enumerate(series.items()):
        points = [(across(a), up(b)) for a, b in zip(x, values, strict=True)]
        role = (roles or {}).get(name)
        body.append(_curve(n, name, points, heights[n], role))
    inside = svg.element(
        "g",
        "".join(body),
        transform=f"translate({svg.number(left)} {svg.number(2 * LINE)})",
    )
    plain = [f"{y_label} over {x_label}", f"{x_label}: {_list(x)}"]
    plain += [f"{name}: {_list(values)}" for name, values in series.items()]
    return svg.figure(
        svg.text(0, BASE, y_label, font_size=SMALL) + inside,
        width=left + WIDTH + ASIDE + _widest(series),
        height=CHART + 5 * LINE,
        alt=plain[0],
        plain="\n".join(plain),
    )


class _Scale:
    """Where on an axis a number stands.

    Linear axes start at zero unless a number lies below.
    """

    def __init__(
        self, values: Sequence[Number], log: bool, start: float, end: float
    ):
        if not values or (log and min(values) <= 0):
            raise ValueError(f"{values=} must be there, above 0 where {log=}")
        self.log, self.start, self.end = log, start, end
        low = min(values) if log else min(0, *values)
        self.low, self.high = self.place(low), self.place(max(values))
        if self.low == self.high:
            self.high += 1
        distinct = sorted(set(values))
        if log and len(distinct) <= MOST_TICKS:
            self.ticks = distinct
        elif log:
            self.ticks = decades(self.low, self.high)
        else:
            step = round_step(self.high - self.low)
            first, last = ceil(self.low / step), floor(self.high / step)
            self.ticks = multiples(step, first, last)

    def place(self, value: Number) -> float:
        """A number, or its logarithm."""
        return log10(value) if self.log else float(value)

    def __call__(self, value: Number) -> float:
        """The coordinate of a number."""
        share = (self.place(value) - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)


def round_step(extent: Number) -> float:
    """How far apart the ticks of an axis stand: 1, 2 or 5 times 10**n."""
    step = 10.0 ** floor(log10(extent))
    for factor in (0.2, 0.5, 1):
        if extent / (step * factor) < MOST_TICKS:
            return step * factor
    return step * 2


def decades(low: float, high: float) -> list[Number]:
    """The powers of ten between two logarithms.

    Where they are fewer than two, 2 and 5 times powers as well.
    """
    powers = range(floor(low), floor(high) + 1)
    for factors in ((1,), (1, 2, 5)):
        ticks = [f * 10**power for power in powers for f in factors]
        ticks = [tick for tick in ticks if low <= log10(tick) <= high]
        if len(ticks) > 1:
            break
    return ticks


def multiples(step: float, first: int, last: int) -> list[Number]:
    """The multiples of a step from the first to the last, for an axis."""
    exact = [n * step for n in range(first, last + 1)]
    return [int(t) if t == int(t) else t for t in exact]


def _axes(across: _Scale, up: _Scale, label: str) -> str:
    """Two axes with their ticks, the numbers outside."""
    paths, words = [f"M0 0V{CHART:g}H{WIDTH:g}"], []
    for tick in across.ticks:
        paths.append(f"M{svg.number(across(tick))} {CHART:g}v{TICK:g}")
        words.append(
            svg.text(
                across(tick),
                CHART + LINE,
                _written(tick),
                anchor="middle",
                font_size=SMALL,
            )
        )
    for tick in up.ticks:
        paths.append(f"M0 {svg.number(up(tick))}h-{TICK:g}")
        words.append(
            svg.text(
                -ASIDE,
                _middle(up(tick), 0, SMALL),
                _written(tick),
                anchor="end",
                font_size=SMALL,
            )
        )
    below = svg.text(
        WIDTH, CHART + 2 * LINE, label, anchor="end", font_size=SMALL
    )
    axes = svg.element(
        "path", d="".join(paths), fill="none", stroke=svg.colour("soft")
    )
    return axes + "".join(words) + below


def _apart(heights: Sequence[float]) -> list[float]:
    """Heights in which lines of type do not overlap, moved down for it."""
    moved, above = [*heights], -inf
    for n in sorted(range(len(heights)), key=heights.__getitem__):
        moved[n] = above = max(heights[n], above + NEXT)
    return moved


def _curve(
    n: int,
    name: str,
    points: Sequence[tuple[float, float]],
    height: float,
    role: str | None,
) -> str:
    """One line with its marks, and its name at a height where it ends."""
    ink = svg.colour(svg.checked_role(role or "masked"))
    corners = [f"{svg.number(a)} {svg.number(b)}" for a, b in points]
    marks = "".join(f"M{corner}{MARKS[n % len(MARKS)]}" for corner in corners)
    beyond = points[-1][0] + ASIDE
    return (
        svg.element(
            "path",
            d="M" + "L".join(corners),
            fill="none",
            stroke=ink,
            stroke_width=STROKE,
            stroke_dasharray=DASHES[n % len(DASHES)],
        )
        + svg.element("path", d=marks, fill=ink)
        + svg.text(
            beyond, _middle(height, 0, SMALL), name, fill=ink, font_size=SMALL
        )
    )


def _list(values: Sequence[Number]) -> str:
    return ", ".join(map(_written, values))
