"""Head sharing, drawn: which query reads which keys, and what is kept.

One panel for each way. Query heads stand in a row above the keys and values
that they read, and what is filled is cached. A bar below shows how many
numbers that is for a token, all bars to one scale.
"""

from collections.abc import Sequence

from xfmr import svg
from xfmr.axes import check_sizes, group_size
from xfmr.config import Latent
from xfmr.panels import EACH, ROW
from xfmr.svg import Figure

# style: lengths in pixels
BOX, STEP = 18.0, 24.0  # a head, and from one to the next
LINE = 18.0  # of text
DROP = 34.0  # from a row of boxes to the next
BAR = 10.0
SIZE, SMALL = 14, 13  # of type
WIDEST = 190.0  # what a panel has at least, for its words
KEPT = {
    "fill": svg.colour("key-value-fill"),
    "stroke": svg.colour("key-value"),
}
MADE = {
    "fill": "none",
    "stroke": svg.colour("key-value"),
    "stroke_dasharray": "3 3",
}


def head_sharing(
    n_heads: int,
    n_kv_heads: Sequence[int],
    *,
    d_head: int,
    latent: Latent | None = None,
) -> Figure:
    """A panel for each number of key/value heads, and one for a latent.

    Args:
        n_heads: N.
        n_kv_heads: a K for each panel.
        d_head: H.
        latent: what keys and values are made of in the last panel.

    Raises:
        ValueError: if a K does not divide N, or a size is below one.
    """
    check_sizes(d_head=d_head)
    kept = {}
    for K in n_kv_heads:
        group_size(n_heads=n_heads, n_kv_heads=K)
        kept[f"{K} key/value head{'s' if K > 1 else ''}"] = 2 * K * d_head
    if latent is not None:
        kept["latent"] = latent.d_latent + latent.d_rotary
    counts = [*n_kv_heads] + [None] * (latent is not None)
    pieces = [
        _panel(name, n_heads, K, kept[name], max(kept.values()))
        for name, K in zip(kept, counts, strict=True)
    ]
    inside = "".join(f'<div style="{EACH}">{p.svg}</div>' for p in pieces)
    return Figure(
        f'<div style="{ROW}">{inside}</div>',
        "\n".join(p.plain for p in pieces),
    )


def _panel(name: str, N: int, K: int | None, kept: int, most: int) -> Figure:
    """Queries, what they read, and the bar of what is kept."""
    width = N * STEP
    top, middle = 2 * LINE, 2 * LINE + DROP
    bottom = middle + DROP
    body = [svg.text(0, SIZE, name, font_size=SIZE)]
    body += _boxes(_middles(N, width), top, "query")
    if K is None:
        # made for each head, of one vector that is kept
        body += _links(_middles(N, width), _middles(N, width), top)
        body += _boxes(_middles(N, width), middle, None)
        body += _links(_middles(N, width), [width / 2], middle)
        body += _boxes([width / 2], bottom, "key-value")
    else:
        body += _links(_middles(N, width), _middles(K, width), top)
        body += _boxes(_middles(K, width), middle, "key-value")
    y, words = bottom + DROP, f"{kept:,} numbers a token"
    body += [
        svg.rect(0, y, width * kept / most, BAR, **KEPT),
        svg.text(0, y + BAR + LINE, words, font_size=SMALL),
    ]
    return svg.figure(
        "".join(body),
        width=max(width, WIDEST),
        height=y + BAR + LINE + 6,
        alt=f"{N} query heads, {name}: {words}",
        plain=f"{name}: {words}",
    )


def _middles(n: int, width: float) -> list[float]:
    return [(i + 0.5) * width / n for i in range(n)]


def _boxes(middles: list[float], y: float, role: str | None) -> list[str]:
    """A box at each place; without a role, one that is not kept."""
    paint = MADE
    if role is not None:
        paint = {
            "fill": svg.colour(f"{role}-fill"),
            "stroke": svg.colour(role),
        }
    return [svg.rect(x - BOX / 2, y, BOX, BOX, **paint) for x in middles]


def _links(above: list[float], below: list[float], y: float) -> list[str]:
    """A line from each box of a row to the one that it reads, or to all."""
    share = len(above) // len(below)
    paths = [
        f"M{svg.number(x)} {svg.number(y + BOX)}"
        f"L{svg.number(below[n // share])} {svg.number(y + DROP)}"
        for n, x in enumerate(above)
    ]
    soft = svg.colour("soft")
    return [svg.element("path", d="".join(paths), fill="none", stroke=soft)]
