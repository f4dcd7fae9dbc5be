"""A head of the demo model as a drawing, and the address of its live view.

    still    what each token reads of each other, as the build computed it
    seed     the same in a frame that a page can make live

The part of an address behind # says what the lab is to show. Its names are
those of book/widgets/attention/state.js.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from itertools import groupby
from urllib.parse import urlencode

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from xfmr import svg
from xfmr.demo.heads import heads
from xfmr.demo.model import Demo, mask_of
from xfmr.demo.rows import MASK
from xfmr.demo.texts import as_read
from xfmr.draw import CIVIDIS
from xfmr.svg import DROP, Figure
from xfmr.tokenizer.bpe import BPE

# style: lengths in pixels
CELL = 18.0
LETTER = 6.8  # the width of a character
ASIDE = 5.0  # between a name and the grid
SIZE = 12  # of type
EDGE = 1.0
TOOLS = "margin:.8rem 0 0;text-align:center;font:.90625rem var(--sans)"
LEVELS = [f"#{CIVIDIS[n : n + 6]}" for n in range(0, len(CIVIDIS), 6)]


@dataclass(frozen=True, kw_only=True)
class View:
    """What is looked at: one head while it reads a text.

    Args:
        text: as somebody types it.
        layer: from 0.
        head: from 0.
        mode: one of MODES; where it is bidirectional, the query is hidden.
        query: the token that asks; the last one if None.
    """

    text: str
    layer: int
    head: int
    mode: str = "causal"
    query: int | None = None

    @property
    def address(self) -> str:
        """The part behind # of the lab's address."""
        said: dict[str, object] = {"text": self.text}
        if self.mode != "causal":
            said["mode"] = self.mode
        said |= {"layer": self.layer, "head": self.head}
        if self.query is not None:
            said["query"] = self.query
        return urlencode(said)


def shown(token: str) -> str:
    """A token as it is shown: what cannot be seen has a sign."""
    return token.removeprefix(" ").replace("\n", "⏎").replace(" ", "␣") or "␣"


def still(model: Demo, tokenizer: BPE, view: View) -> Figure:
    """The shares of one head, a row for each token that reads.

    Raises:
        ValueError: as the model, or if the text has no such token or the
            model no such head.
    """
    config = model.config
    ids = tokenizer.encode(as_read([view.text]))
    words = [shown(tokenizer.decode([each])) for each in ids]
    T = len(ids)
    query = T - 1 if view.query is None else view.query
    for name, at, most in (
        ("layer", view.layer, config.n_layers),
        ("head", view.head, config.n_heads),
        ("query", query, T),
    ):
        if not 0 <= at < most:
            raise ValueError(f"{name}={at} must be from 0 to {most - 1}")
    if view.mode == "bidirectional":
        ids[query], words[query] = tokenizer.specials[MASK], MASK
    read = heads(model, torch.tensor([ids]), view.mode).weights
    shares = read[view.layer, 0, view.head]
    name = f"layer {view.layer}, head {view.head}"
    return drawn(shares, words, mask_of(view.mode, T), query=query, name=name)


def seed(model: Demo, tokenizer: BPE, view: View, *, lab: str) -> Figure:
    """The same in a frame that embed.js makes live, with a way to the lab.

    Args:
        lab: the address of the lab's page.

    Raises:
        ValueError: as `still`.
    """
    figure = still(model, tokenizer, view)
    address = escape(f"{lab}#{view.address}")
    way = f'<a href="{address}">Open in the lab</a>'
    tools = f'<p class="seed-tools" style="{TOOLS}">{way}</p>'
    frame = f'<div class="seed" data-seed="{escape(view.address)}">'
    return Figure(f"{frame}{figure.svg}{tools}</div>", figure.plain)


def drawn(
    shares: Float[Tensor, "T S"],
    words: Sequence[str],
    mask: Bool[Tensor, "T S"],
    *,
    query: int,
    name: str,
) -> Figure:
    """A matrix of shares, from none (dark) to all (light).

    Args:
        words: the names of rows and of columns.
        mask: false where a row may not read.
        query: the row that is framed.
        name: what it is, for those who do not see it.
    """
    T = len(words)
    edge = max(map(len, words)) * LETTER + 2 * ASIDE
    end = edge + CELL * T
    body = [*_cells(shares, mask, edge), _hatch(mask, edge)]
    for n, word in enumerate(words):
        middle = edge + (n + 0.5) * CELL + SIZE * DROP
        down, across = svg.number(middle), svg.number(edge - ASIDE)
        turned = f"translate({down} {across}) rotate(-90)"
        body += [
            svg.text(edge - ASIDE, middle, word, anchor="end", font_size=SIZE),
            svg.text(0, 0, word, font_size=SIZE, transform=turned),
        ]
    body.append(
        svg.rect(
            *(edge, edge + query * CELL, CELL * T, CELL),
            fill="none",
            stroke=svg.colour("query"),
            stroke_width="2",
        )
    )
    most = shares[query].argmax().item()
    best = f"{words[query]} reads {shares[query, most]:.2f} of {words[most]}"
    return svg.figure(
        "".join(body),
        width=end + EDGE,
        height=end + EDGE,
        alt=f"What each token reads of each other, {name}: {best}",
        plain=f"{name}: {best}",
    )


def _cells(
    shares: Float[Tensor, "T S"], mask: Bool[Tensor, "T S"], edge: float
) -> list[str]:
    """A path for each colour: cells of a row that have the same are one."""
    paths: dict[int, list[str]] = {}
    steps = (shares * (len(LEVELS) - 1)).round().int()
    coded = steps.masked_fill(~mask, -1).tolist()
    for t, row in enumerate(coded):
        s = 0
        for level, run in groupby(row):
            n = len([*run])
            x, y = (svg.number(edge + at * CELL) for at in (s, t))
            wide, high = svg.number(n * CELL), svg.number(CELL)
            if level >= 0:
                line = f"M{x} {y}h{wide}v{high}h-{wide}z"
                paths.setdefault(level, []).append(line)
            s += n
    return [
        svg.element("path", d="".join(lines), fill=LEVELS[level])
        for level, lines in sorted(paths.items())
    ]


def _hatch(mask: Bool[Tensor, "T S"], edge: float) -> str:
    """A diagonal across each cell that may not be read."""
    size = svg.number(CELL)
    lines = [
        f"M{svg.number(edge + s * CELL)} "
        f"{svg.number(edge + (t + 1) * CELL)}l{size} -{size}"
        for t, s in (~mask).nonzero().tolist()
    ]
    stroke = svg.colour("masked")
    return (
        svg.element("path", d="".join(lines), stroke=stroke) if lines else ""
    )
