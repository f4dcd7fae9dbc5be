"""A page's source as blocks: prose, titles, tables, captions, formulas, cells.

A reader of lines, not a parser of Markdown: it must know where a digit
stands, not what the page means. What it misplaces costs a mutant that does
not build, never one that survives unseen.
"""

import re
from typing import NamedTuple

FENCE = re.compile(
    r"^(?P<indent>[ >]*)(?P<fence>`{3,}|~{3,}|:{3,})"
    r"(?:\{(?P<name>[\w:.+-]+)\})?(?P<argument>[^`\n]*)$"
)
OPTION = re.compile(r"^\s*:(?P<key>[\w-]+):[ \t]*(?P<value>.*)$")
DESCRIPTION = re.compile(
    r"(?P<indent>\s*)(?P<key>caption|alt):\s*(?:[>|][-+]?\s*)?"
)
SILENT = re.compile(r"\s*(%|\+\+\+|\([\w:.-]+\)=\s*$)")
DRAWING = re.compile(r"\b(draw|plot|plt|ax|axes|figure)\.")

VERBATIM = (
    "bibliography code code-block eval-rst image include literalinclude "
    "mermaid raw tableofcontents toctree"
).split()
TITLED = (
    "admonition caution dropdown exercise grid-item-card hint important card "
    "list-table note table tab-item tip topic warning"
).split()
POINTING = "solution solution-start figure literalinclude image".split()
ANSWERS = ("dropdown", "solution")
PLACES = {"list-table": "table", "table": "table", "figure": "caption"}


class Block(NamedTuple):
    """A stretch of text of one kind.

    Args:
        kind: prose, title, table, caption, alt, formula, check (a formula
            with a predicate), cell, drawing (a cell that draws), target.
        start: its first character.
        end: one past its last.
        answer: whether it stands in the answer to a question.
    """

    kind: str
    start: int
    end: int
    answer: bool = False


def blocks(text: str) -> list[Block]:
    """The blocks of a page, in order."""
    scanner = _Scanner(text)
    scanner.scan()
    return scanner.found


class _Scanner:
    """Reads a page line by line; each step returns the row to go on from."""

    def __init__(self, text: str):
        self.text = text
        self.lines = text.splitlines(keepends=True)
        self.starts = [0]
        for line in self.lines:
            self.starts.append(self.starts[-1] + len(line))
        self.found: list[Block] = []
        self.open: list[tuple[str, str]] = []  # fence and directive
        self.in_solution = False

    def scan(self) -> None:
        row = self._yaml_end(0) if self.lines else 0
        while row < len(self.lines):
            row = self._step(row)

    def _add(self, kind: str, start: int, end: int) -> None:
        answer = any(name in ANSWERS for _, name in self.open)
        self.found.append(Block(kind, start, end, answer or self.in_solution))

    def _yaml_end(self, row: int) -> int:
        """The row after a `---` block that starts at row, if one does."""
        if self.lines[row].strip() == "---":
            for last in range(row + 1, len(self.lines)):
                if self.lines[last].strip() == "---":
                    return last + 1
        return row

    def _step(self, row: int) -> int:
        line = self.lines[row].rstrip("\n")
        bare = line.strip(" >")
        if self.open and _closes(bare, self.open[-1][0]):
            self.open.pop()
            return row + 1
        if match := FENCE.match(line):
            return self._fence(row, match)
        if not bare or SILENT.match(line):
            return row + 1
        if bare.startswith("$$"):
            return self._display(row)
        name = self.open[-1][1] if self.open else ""
        table = "table" if bare.startswith("|") else "prose"
        return self._paragraph(row, PLACES.get(name, table))

    def _paragraph(self, row: int, kind: str) -> int:
        last = row + 1
        heading = self.lines[row].lstrip().startswith("#")
        while last < len(self.lines) and not heading:
            bare = self.lines[last].strip(" >\n")
            if not bare or bare.startswith(("$$", "#")):
                break
            if FENCE.match(self.lines[last].rstrip("\n")):
                break
            if kind == "prose" and bare.startswith("|"):
                break
            last += 1
        self._add(kind, self.starts[row], self.starts[last])
        return last

    def _display(self, row: int) -> int:
        start = self.text.index("$$", self.starts[row]) + 2
        end = self.text.find("$$", start)
        end = len(self.text) if end < 0 else end
        self._add("formula", start, end)
        return self.text.count("\n", 0, end) + 1

    def _fence(self, row: int, match: re.Match) -> int:
        name, fence = match["name"] or "", match["fence"]
        self._argument(row, match)
        if name == "code-cell":
            return self._cell(row, fence)
        if name in ("math", "chk"):
            return self._formula(row, fence, name)
        if name in VERBATIM or (not name and fence[0] != ":"):
            close = self._close(row, fence)
            self._options(row + 1, close)
            return close + 1
        if name in ("solution-start", "solution-end"):
            self.in_solution = name == "solution-start"
        self.open.append((fence, name))
        return self._options(row + 1, len(self.lines))

    def _argument(self, row: int, match: re.Match) -> None:
        """Take note of a directive's argument: a title or a target."""
        said = match["argument"]
        start = self.starts[row] + match.start("argument")
        start += len(said) - len(said.lstrip())
        end = start + len(said.strip())
        if start < end and match["name"] in POINTING:
            self._add("target", start, end)
        elif start < end and match["name"] in TITLED:
            self._add("title", start, end)

    def _options(self, row: int, stop: int) -> int:
        """Take note of captions among a directive's options."""
        if row < stop and (after := self._yaml_end(row)) > row:
            self._described(row + 1, after - 1)
            return after
        while row < stop and (match := OPTION.match(self.lines[row])):
            if match["key"] in ("caption", "alt") and match["value"]:
                start, end = match.span("value")
                here = self.starts[row]
                self._add(match["key"], here + start, here + end)
            row += 1
        return row

    def _described(self, row: int, stop: int) -> None:
        while row < stop:
            first, row = row, row + 1
            match = DESCRIPTION.match(self.lines[first])
            if match is None:
                continue
            while row < stop and _deeper(self.lines[row], match["indent"]):
                row += 1
            start = self.starts[first] + match.end()
            self._add(match["key"], start, self.starts[row])

    def _cell(self, row: int, fence: str) -> int:
        close = self._close(row, fence)
        options = self.starts[row]
        start = self.starts[self._options(row + 1, close)]
        end = self.starts[close]
        draws = "figure:" in self.text[options:start] or DRAWING.search(
            self.text[start:end]
        )
        self._add("drawing" if draws else "cell", start, end)
        return close + 1

    def _formula(self, row: int, fence: str, name: str) -> int:
        close = self._close(row, fence)
        start = self.starts[self._options(row + 1, close)]
        kind = "check" if name == "chk" else "formula"
        self._add(kind, start, self.starts[close])
        return close + 1

    def _close(self, row: int, fence: str) -> int:
        """The row of the fence that closes the one at row."""
        for last in range(row + 1, len(self.lines)):
            if _closes(self.lines[last].strip(" >\n"), fence):
                return last
        return len(self.lines)


def _closes(bare: str, fence: str) -> bool:
    return len(bare) >= len(fence) and not bare.strip(fence[0])


def _deeper(line: str, indent: str) -> bool:
    return not line.strip() or line.startswith(indent + " ")
