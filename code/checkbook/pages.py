"""A page as the build sees it: its cells, and the checks between them.

Checks are found by an over-wide pattern over the source text. A role that
the pattern misses has no result and is reported, so a miss is loud.
"""

import ast
import re
from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property

from myst_nb.core.read import (
    is_myst_markdown_notebook,
    read_myst_markdown_notebook,
)
from nbformat import NotebookNode

ROLES = ("num", "chk", "claim", "answer", "cite-num", "lit")
ROLE = re.compile(
    rf"\{{(?P<role>{'|'.join(ROLES)})\}}"
    r"(?P<tick>`+)(?!`)(?P<text>.+?)(?<!`)(?P=tick)(?!`)",
    re.S,
)
BLOCK = re.compile(
    r"^(?P<fence>`{3,}|:{3,})\{chk\}[^\n]*\n(?P<body>.*?)^(?P=fence)\s*$",
    re.M | re.S,
)
CHECK_OPTION = re.compile(r"^:check:(?P<text>.*)$", re.M)
EVALUATED = ("num", "chk", "claim", "answer")
PREDICATES = ("chk", "claim", "answer")


def collapse(text: str) -> str:
    r"""Text as a table cell or a wrapped line means it: `\|` is `|`."""
    return " ".join(text.replace("\\|", "|").split())


def split(role: str, text: str) -> tuple[str, str]:
    """What a role prints, and what it checks that against.

    Raises:
        ValueError: if the separator or either side is missing.
    """
    text = collapse(text)
    if role == "num":
        printed, mark, against = text.partition("=")
    elif role in PREDICATES:
        printed, mark, against = text.rpartition(";")
    else:
        printed, mark, against = text.partition("|")
    if not (mark and printed.strip() and against.strip()):
        form = {"num": "literal = expression"}
        form |= dict.fromkeys(PREDICATES, "text ; predicate")
        raise ValueError(
            f"{{{role}}}`{text}` must read "
            f"{{{role}}}`{form.get(role, 'value | key')}`"
        )
    return printed.strip(), against.strip()


@dataclass(frozen=True)
class Check:
    """One check of a page, where it stands."""

    role: str
    text: str
    line: int
    gap: int

    @property
    def expression(self) -> str | None:
        """What the kernel evaluates for it, if anything."""
        if self.role not in EVALUATED:
            return None
        try:
            return split(self.role, self.text)[1]
        except ValueError:
            return None  # the role itself reports the malformed text


@dataclass(frozen=True)
class Page:
    """A MyST notebook: its cells with their lines, and its checks."""

    docname: str
    notebook: NotebookNode
    checks: list[Check]

    @cached_property
    def code_cells(self) -> list[tuple[int, NotebookNode]]:
        """The code cells, each with the line of its opening fence."""
        lines = self.notebook.metadata["source_map"]
        return [
            (line, cell)
            for line, cell in zip(lines, self.notebook.cells, strict=True)
            if cell.cell_type == "code"
        ]

    def gaps(self) -> list[list[tuple[str, str]]]:
        """(role, expression) to evaluate before and after each code cell."""
        gaps = [[] for _ in range(len(self.code_cells) + 1)]
        for check in self.checks:
            expression = check.expression
            if expression is not None:
                wanted = (check.role, expression)
                if wanted not in gaps[check.gap]:
                    gaps[check.gap].append(wanted)
        return gaps

    @property
    def runs(self) -> bool:
        """Whether the page needs a kernel at all."""
        return bool(self.code_cells) or any(self.gaps())


def is_notebook(text: str) -> bool:
    """Whether a source file is a page with a kernel."""
    return is_myst_markdown_notebook(text)


def read(docname: str, text: str, config=None) -> Page:
    """The page that a MyST notebook's source text describes."""
    notebook = read_myst_markdown_notebook(
        text, config=config, add_source_map=True
    )
    lines = notebook.metadata["source_map"]
    starts = [
        line
        for line, cell in zip(lines, notebook.cells, strict=True)
        if cell.cell_type == "code"
    ]
    return Page(docname, notebook, find_checks(text, starts))


def tree_of(cell: NotebookNode) -> ast.Module | None:
    """A cell's code as Python's tree, without what only IPython reads.

    None if it does not parse: the kernel says so, with the place.
    """
    try:
        return ast.parse(cell.source)
    except SyntaxError:
        # slow to import, and few cells need it
        from IPython.core.inputtransformer2 import TransformerManager

        try:
            return ast.parse(TransformerManager().transform_cell(cell.source))
        except SyntaxError:
            return None


def find_checks(text: str, starts: list[int]) -> list[Check]:
    """The checks of a source text whose code cells open at these lines."""
    found = []
    for match in ROLE.finditer(text):
        line = text.count("\n", 0, match.start()) + 1
        found.append((match["role"], collapse(match["text"]), line))
    for match in BLOCK.finditer(text):
        line = text.count("\n", 0, match.start()) + 1
        found.append(("chk", block_text(match["body"]), line))
    return [
        Check(role, said, line, bisect_right(starts, line))
        for role, said, line in sorted(found, key=lambda item: item[2])
    ]


def block_text(body: str) -> str:
    """A chk directive's body in the form of the role: `TEX ; predicate`."""
    options = [m["text"] for m in CHECK_OPTION.finditer(body)]
    predicate = " and ".join(f"({o.strip()})" for o in options)
    tex = "\n".join(
        line for line in body.splitlines() if not line.startswith(":")
    )
    return collapse(f"{tex} ; {predicate}")
