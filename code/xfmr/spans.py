"""Spans: what each of several measurements leaves open, on one axis.

A number that was rounded is an interval of numbers. Where the intervals of
several overlap, one number explains them all.
"""

from collections.abc import Mapping, Sequence
from math import ceil, floor

from xfmr import plot, svg
from xfmr.svg import DROP, Figure

Number = float | int

# style: lengths in pixels
WIDTH = 400.0
BAR, BETWEEN = 14.0, 10.0
LETTER = 7.2  # the width of a character
ASIDE = 8.0
LINE = 18.0
BASE = 13.0
SIZE = 12
TICK = 4.0


def common(spans: Mapping[str, Sequence[Number]]) -> tuple:
    """The lower and the upper end of what all spans share.

    Raises:
        ValueError: if there are none, or they share nothing.
    """
    _check(spans)
    low = max(a for a, _ in spans.values())
    high = min(b for _, b in spans.values())
    if low > high:
        raise ValueError(f"{low=} must not be above {high=}")
    return low, high


def chart(
    spans: Mapping[str, Sequence[Number]],
    *,
    x_label: str,
    roles: Mapping[str, str] | None = None,
    marks: Mapping[str, Number] | None = None,
) -> Figure:
    """One bar for each span, from its lower to its upper end.

    The axis runs between round numbers that have all spans and marks within.

    Args:
        roles: the colour of spans by name.
        marks: numbers that a dashed line shows, by what stands above it.

    Raises:
        ValueError: if there are no spans, one is upside down, or all spans
            and marks are one number.
    """
    _check(spans)
    ends = [end for span in spans.values() for end in span]
    ticks = _ticks([*ends, *(marks or {}).values()])
    x = max(map(len, spans)) * LETTER + 2 * ASIDE
    scale = WIDTH / (ticks[-1] - ticks[0])
    top, below = LINE, LINE + len(spans) * (BAR + BETWEEN)

    def at(value: Number) -> float:
        return x + (value - ticks[0]) * scale

    body = [_axis([(at(t), f"{t:,}") for t in ticks], below, x_label)]
    for n, (name, (low, high)) in enumerate(spans.items()):
        y = top + n * (BAR + BETWEEN) + BETWEEN / 2
        role = svg.checked_role((roles or {}).get(name, "masked"))
        body += [
            _words(x - ASIDE, y + BAR / 2 + SIZE * DROP, name, "end"),
            svg.rect(
                at(low),
                y,
                at(high) - at(low),
                BAR,
                fill=svg.colour(f"{role}-fill"),
                stroke=svg.colour(role),
            ),
        ]
    for name, value in (marks or {}).items():
        body += [
            _words(at(value), BASE, name, "middle"),
            svg.element(
                "path",
                d=f"M{svg.number(at(value))} {top:g}V{below:g}",
                stroke=svg.INK,
                stroke_dasharray="5 4",
            ),
        ]
    plain = [
        f"{name}: {low:,.0f} to {high:,.0f}"
        for name, (low, high) in (spans.items())
    ]
    return svg.figure(
        "".join(body),
        width=x + WIDTH + 4 * ASIDE,
        height=below + 2 * LINE + ASIDE,
        alt=f"Spans of {x_label}",
        plain="\n".join([x_label, *plain]),
    )


def _check(spans: Mapping[str, Sequence[Number]]) -> None:
    if not spans:
        raise ValueError("spans must hold at least one")
    for name, (low, high) in spans.items():
        if low > high:
            raise ValueError(f"{low=} of {name} must not be above {high=}")


def _ticks(shown: Sequence[Number]) -> list[Number]:
    low, high = min(shown), max(shown)
    if low == high:
        raise ValueError(f"{low=} must be below {high=}")
    step = plot.round_step(high - low)
    return plot.multiples(step, floor(low / step), ceil(high / step))


def _words(x: float, y: float, content: str, anchor: str) -> str:
    return svg.text(x, y, content, anchor=anchor, font_size=SIZE)


def _axis(ticks: list[tuple[float, str]], y: float, label: str) -> str:
    """A line with its numbers below, and what they count."""
    first, last = ticks[0][0], ticks[-1][0]
    path = f"M{svg.number(first)} {y:g}H{svg.number(last)}"
    path += "".join(f"M{svg.number(x)} {y:g}v{TICK:g}" for x, _ in ticks)
    words = [_words(x, y + LINE, text, "middle") for x, text in ticks]
    return "".join(
        [
            svg.element(
                "path", d=path, fill="none", stroke=svg.colour("soft")
            ),
            *words,
            _words(last, y + 2 * LINE, label, "end"),
        ]
    )
