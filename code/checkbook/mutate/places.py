"""What stands where on a page: text, checked roles, formulas, cells."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from checkbook.mutate.blocks import Block, blocks
from checkbook.pages import PREDICATES
from checkbook.pages import ROLES as CHECKED

INLINE = re.compile(
    r"(?P<role>\{(?P<name>[\w:.+-]+)\}(?P<tick>`+)(?!`)(?P<body>.+?)"
    r"(?<!`)(?P=tick)(?!`))"
    r"|(?P<math>(?<![\\$])\$(?!\$)(?P<tex>(?:\\.|[^$\\])+)\$)"
    r"|(?P<code>(?P<ticks>`+)(?!`)(?P<said>.+?)(?<!`)(?P=ticks)(?!`))"
    r"|(?P<link>\]\((?P<target>[^)\s]+)[^)]*\))"
    r"|(?P<markup><[^>\n]*>|\{[\w#.= -]+\}|^[ >]*[-*+\d.]+ )",
    re.S | re.M,
)
SEEN = {"role": "body", "math": "tex", "code": "said", "link": "target"}


@dataclass(frozen=True)
class Piece:
    """A stretch of a page of one kind, and the place it stands in.

    Args:
        kind: text, role, math, code or link.
        place: prose, title, table, caption, alt or formula.
        start: first character of what is printed (a link: of its target).
        end: one past its last.
        name: the role that it is, or that checks it.
        outer: start and end with its markup.
        answer: whether it stands in the answer to a question.
    """

    kind: str
    place: str
    start: int
    end: int
    name: str = ""
    outer: tuple[int, int] = (0, 0)
    answer: bool = False


@dataclass(frozen=True)
class Page:
    """A page's text and what stands where in it."""

    text: str
    pieces: list[Piece] = field(default_factory=list)
    cells: list[Block] = field(default_factory=list)

    def said(self, piece: Piece) -> str:
        """The text of a piece."""
        return self.text[piece.start : piece.end]

    def of(self, *kinds: str) -> Iterator[Piece]:
        """Its pieces of some kinds."""
        return (piece for piece in self.pieces if piece.kind in kinds)

    def checked(self, *names: str) -> Iterator[Piece]:
        """What is printed by checked roles of some names, or of any."""
        wanted = names or CHECKED
        return (piece for piece in self.pieces if piece.name in wanted)


def read(text: str) -> Page:
    """The places of a page's source text."""
    page = Page(text)
    for block in blocks(text):
        whole = (block.start, block.end)
        if block.kind in ("cell", "drawing"):
            page.cells.append(block)
        elif block.kind == "target":
            page.pieces.append(Piece("link", "prose", *whole))
        elif block.kind in ("formula", "check"):
            name = "chk" if block.kind == "check" else ""
            page.pieces.append(
                Piece("math", "formula", *whole, name, whole, block.answer)
            )
        else:
            page.pieces.extend(_pieces(text, block))
    return page


def _pieces(text: str, block: Block) -> Iterator[Piece]:
    place, done = block.kind, block.start
    for match in INLINE.finditer(text, block.start, block.end):
        yield Piece("text", place, done, match.start(), answer=block.answer)
        done = match.end()
        kind = next(k for k in (*SEEN, "markup") if match[k] is not None)
        if kind == "markup":
            continue
        start, end = match.span(SEEN[kind])
        name = match["name"] or ""
        if name in CHECKED:
            first, last = printed(name, match["body"])
            start, end = start + first, start + last
        kind = "math" if name == "math" else kind
        yield Piece(kind, place, start, end, name, match.span(), block.answer)
    yield Piece("text", place, done, block.end, answer=block.answer)


def printed(role: str, body: str) -> tuple[int, int]:
    """Start and end of what a checked role prints, within its body."""
    if role in PREDICATES:
        said = body.rpartition(";")[0]
    else:
        said = body.partition("=" if role == "num" else "|")[0]
    said = said.rstrip("\\ \n\t")
    return len(said) - len(said.lstrip()), len(said)
