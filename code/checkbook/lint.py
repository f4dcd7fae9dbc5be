"""No unchecked number: every number of a page's text stands in a role.

Reads the parsed document before anything is generated into it: text, titles,
tables, captions, inline code, formulas, alternative texts, raw HTML. Cells,
their outputs and literal blocks are not text. Number words count from three
up; 0, 1 and 2 may stand in formulas and inline code. A unit such as GB that
follows a checked number belongs into its role, or no check would read it.
"""

import re
from collections.abc import Iterator
from itertools import pairwise

from docutils import nodes
from sphinx.addnodes import index, pending_xref, toctree
from sphinx.transforms import SphinxTransform
from sphinx.util import logging

from checkbook.literals import ONES, POWERS, TENS, UNITS
from checkbook.roles import checked
from checkbook.verdicts import SUBSCRIPT, THOUSANDS

LOG = logging.getLogger(__name__)

SMALL = {"0", "1", "2"}
NUMBER = re.compile(
    r"(?<![\w.])(?<![A-Za-z_]-)\d[\d,]*(?:\.\d+)?|[²³⁴-⁹₀-₉¼½¾⅓⅔⅛]"
)
IDENTIFIER = re.compile(r"\b\w*[A-Z]\w*-\d+\b")
CODE_NUMBER = re.compile(r"(?<![\w.])\d[\d_,]*(?:\.\d+)?(?:e[+-]?\d+)?")
TEX_NUMBER = re.compile(r"(?<![\d.])\d+(?:\.\d+)?")
TEX_NAME = re.compile(r"\\(text|mathrm|operatorname|label|tag)\{[^{}]*\}")
LARGE = [w for w in (*ONES, *TENS, *POWERS, "dozen") if ONES.get(w, 3) > 2]
WORD = re.compile(
    rf"\b({'|'.join(LARGE)})(ty)?(-?fold)?s?\b(?!-)",
    re.I,
)
SCALED = [re.escape(unit) for unit, scale in UNITS.items() if scale != 1]
BEHIND = re.compile(rf"[\s-]({'|'.join(SCALED)})(?![\w/])")
VERDICT = re.compile(r"(Yes|No|Right|Wrong|True|False)(?=[.,:;])")
TAG = re.compile(r"<[^>]*>")

SKIPPED = (
    nodes.literal_block,
    nodes.comment,
    nodes.system_message,
    nodes.substitution_definition,
    nodes.target,
    nodes.docinfo,
    nodes.meta,
    index,
    toctree,
    checked,
)


def in_text(text: str) -> Iterator[str]:
    """Unchecked numbers of running text, as digits or as words.

    So is the verdict that an answer begins with: a number of two values.
    """
    if verdict := VERDICT.match(text):
        yield verdict[0]
    text = IDENTIFIER.sub(" ", text)
    for match in re.finditer(rf"{NUMBER.pattern}|(?i:{WORD.pattern})", text):
        yield match[0]


def in_code(text: str) -> Iterator[str]:
    """Unchecked numbers of inline code."""
    for match in CODE_NUMBER.finditer(text):
        if match[0] not in SMALL:
            yield match[0]


def in_tex(tex: str) -> Iterator[str]:
    """Unchecked numbers of a formula; subscripts are names."""
    tex = THOUSANDS.sub("", SUBSCRIPT.sub(" ", tex))
    for match in TEX_NUMBER.finditer(TEX_NAME.sub(" ", tex)):
        if match[0] not in SMALL:
            yield match[0]
    for text in re.findall(r"\\text\{([^{}]*)\}", tex):
        yield from (m[0] for m in WORD.finditer(text))


def unchecked(node: nodes.Node) -> Iterator[tuple[nodes.Node, str]]:
    """(node, number) for each unchecked number at or below a node."""
    if isinstance(node, nodes.Text):
        yield from ((node.parent, n) for n in in_text(str(node)))
    elif isinstance(node, nodes.math | nodes.math_block):
        if not node.get("checked"):
            yield from ((node, n) for n in in_tex(node.astext()))
    elif isinstance(node, nodes.literal):
        yield from ((node, n) for n in in_code(node.astext()))
    elif isinstance(node, nodes.raw):
        yield from ((node, n) for n in in_text(TAG.sub(" ", node.astext())))
    elif isinstance(node, SKIPPED) or _generated(node):
        return
    else:
        if isinstance(node, nodes.image):
            yield from ((node, n) for n in in_text(node.get("alt", "")))
        for child in node.children:
            yield from unchecked(child)
        for first, second in pairwise(node.children):
            if isinstance(first, checked) and isinstance(second, nodes.Text):
                if unit := BEHIND.match(str(second)):
                    yield node, unit[1]


def _generated(node: nodes.Node) -> bool:
    """Whether a node's text comes from a cell or will come from elsewhere."""
    if isinstance(node, pending_xref):
        return not node.get("refexplicit")
    return isinstance(node, nodes.container) and (
        node.get("nb_element") in ("cell_code_source", "mime_bundle")
    )


class Lint(SphinxTransform):
    """Warns of each unchecked number, with its place."""

    default_priority = 5

    def apply(self, **kwargs) -> None:
        """Read the document as its author wrote it."""
        seen = set()
        for node, number in unchecked(self.document):
            line = _line(node)
            if (line, number) not in seen:
                seen.add((line, number))
                LOG.warning(
                    "%s",
                    _advice(number),
                    location=(self.env.docname, line),
                )


def _advice(found: str) -> str:
    if VERDICT.match(f"{found}."):
        return f"unchecked answer {found!r}: use {{answer}}`{found} ; ...`"
    if found in UNITS:
        return f"unchecked unit {found!r}: write it inside the role before it"
    return f"unchecked number {found!r}: use num, chk, cite-num or lit"


def _line(node: nodes.Node | None) -> int:
    while node is not None and not getattr(node, "line", None):
        node = node.parent
    return node.line if node is not None else 1
