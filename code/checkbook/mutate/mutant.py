"""One wrong thing: a replacement of some characters of one file."""

from dataclasses import dataclass
from typing import NamedTuple


class Edit(NamedTuple):
    """The characters from start to end of a text become new."""

    start: int
    end: int
    new: str

    def apply(self, text: str) -> str:
        """The text after the replacement."""
        return text[: self.start] + self.new + text[self.end :]


@dataclass(frozen=True, order=True)
class Mutant:
    """An edit of a file, by the operator that made it.

    Args:
        file: path within the tree.
        edit: what is replaced.
        operator: name of the kind of fault.
        line: number of the first line that changes.
        before: the lines that change, as they stand.
        after: the same lines with the fault in them.
    """

    file: str
    edit: Edit
    operator: str
    line: int
    before: str
    after: str

    @property
    def place(self) -> str:
        """File and line."""
        return f"{self.file}:{self.line}"

    def diff(self) -> str:
        """The lines that change, before and after."""
        old = [f"- {line.strip()}" for line in self.before.splitlines()]
        new = [f"+ {line.strip()}" for line in self.after.splitlines()]
        return "\n".join(old + new)


def mutant(file: str, text: str, operator: str, edit: Edit) -> Mutant:
    """The mutant that an edit of a file's text makes."""
    first = text.rfind("\n", 0, edit.start) + 1
    last = text.find("\n", edit.end)
    last = len(text) if last < 0 else last
    before = text[first:last]
    after = text[first : edit.start] + edit.new + text[edit.end : last]
    line = text.count("\n", 0, first) + 1
    return Mutant(file, edit, operator, line, before, after)
