"""Dials: queries and keys in the planes of a head, as hands on a circle.

A score is a sum over planes, and in each plane it is the product of two
lengths and the cosine of the angle between them. Where hands turn together,
the angle stays, and so does the sum.
"""

from collections.abc import Mapping, Sequence
from math import atan2, cos, hypot, sin

from xfmr import svg
from xfmr.svg import Figure

Points = Sequence[tuple[float, float]]

# style: lengths in pixels
RADIUS, ARC = 54.0, 20.0  # of a circle, and of the arc between its hands
WIDE = 2 * RADIUS + 30.0  # from dial to dial
LINE = 20.0  # of text
HEAD = 9.0  # the length of an arrow's head
SPREAD = 0.4  # between its sides and the hand, in radians
HAND = "2.2"
DASHES = {"query": "none", "key-value": "6 3"}
SIZE, SMALL = 14, 13  # of type


def dials(
    rows: Mapping[str, tuple[Points, Points]], *, planes: Sequence[str]
) -> Figure:
    """A row of dials for each name: a query and a key, plane by plane.

    Under each dial stands its share of the score, beside the name their sum.
    All hands are to one scale.

    Args:
        rows: for each name the points of a query and those of a key.
        planes: a name for each point.

    Raises:
        ValueError: if there is nothing to show, or points lack a name.
    """
    if not rows:
        raise ValueError("rows must hold at least one")
    for name, points in rows.items():
        if {len(p) for p in points} != {len(planes)} or not planes:
            raise ValueError(f"{name} must have points for {planes=}")
    most = max(hypot(*p) for r in rows.values() for ps in r for p in ps)
    scale = RADIUS / (most or 1.0)
    body, plain = [], []
    for n, (name, (query, key)) in enumerate(rows.items()):
        y = n * (2 * RADIUS + 3.5 * LINE)
        shares = [_dot(*pair) for pair in zip(query, key, strict=True)]
        title = f"{name}: score {_written(sum(shares))}"
        body.append(svg.text(0, y + SIZE, title, font_size=SIZE))
        for m, share in enumerate(shares):
            x, words = m * WIDE, f"{planes[m]}: {_written(share)}"
            centre = x + RADIUS + 1, y + LINE + RADIUS + 4
            body += _dial(centre, query[m], key[m], scale)
            below = centre[1] + RADIUS + LINE - 3
            body.append(
                svg.text(
                    centre[0], below, words, anchor="middle", font_size=SMALL
                )
            )
        written = ", ".join(
            f"{p} {_written(s)}" for p, s in zip(planes, shares, strict=True)
        )
        plain.append(f"{title} = {written}")
    return svg.figure(
        "".join(body),
        width=len(planes) * WIDE - (WIDE - 2 * RADIUS) + 2,
        height=len(rows) * (2 * RADIUS + 3.5 * LINE) - LINE / 2,
        alt="Dials: a query and a key in each plane, at several positions",
        plain="\n".join(plain),
    )


def _dial(
    centre: tuple[float, float],
    query: tuple[float, float],
    key: tuple[float, float],
    scale: float,
) -> list[str]:
    """A circle, two hands, and the arc from the key to the query."""
    x, y = centre
    soft = {"fill": "none", "stroke": svg.colour("soft")}
    start, end = (atan2(p[1], p[0]) for p in (key, query))
    turn = atan2(sin(end - start), cos(end - start))  # the short way
    ends = [
        svg.number(v)
        for a in (start, start + turn)
        for v in (x + ARC * cos(a), y - ARC * sin(a))
    ]
    arc = "M{} {}A{r} {r} 0 0 {sweep} {} {}".format(
        *ends, r=svg.number(ARC), sweep=int(turn < 0)
    )
    return [
        svg.element(
            "circle", cx=x, cy=y, r=RADIUS, stroke_opacity="0.45", **soft
        ),
        svg.element("path", d=arc, **soft),
        _hand(centre, key, scale, "key-value"),
        _hand(centre, query, scale, "query"),
    ]


def _hand(
    centre: tuple[float, float],
    point: tuple[float, float],
    scale: float,
    role: str,
) -> str:
    """An arrow from the centre; y points up."""
    x, y = centre
    tip = x + scale * point[0], y - scale * point[1]
    back = atan2(y - tip[1], x - tip[0])
    length = min(HEAD, hypot(tip[0] - x, tip[1] - y))
    sides = [
        (tip[0] + length * cos(a), tip[1] + length * sin(a))
        for a in (back - SPREAD, back + SPREAD)
    ]
    corners = [f"{svg.number(a)} {svg.number(b)}" for a, b in (tip, *sides)]
    ink = svg.colour(role)
    shaft = svg.element(
        "path",
        d=f"M{svg.number(x)} {svg.number(y)}L{corners[0]}",
        stroke=ink,
        stroke_width=HAND,
        stroke_dasharray=DASHES[role],
    )
    head = f"M{'L'.join(corners)}Z"
    return shaft + svg.element("path", d=head, fill=ink)


def _dot(a: tuple[float, float], b: tuple[float, float]) -> float:
    return a[0] * b[0] + a[1] * b[1]


def _written(value: float) -> str:
    text = f"{value:.2f}"
    return text.removeprefix("-") if float(text) == 0 else text
