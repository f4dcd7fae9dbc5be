"""Mutants that are no faults, each with its reason, in one committed file.

    - file: code/abacus/sums.py
      operator: package-constant
      line: "WIDTH = 80"
      reason: columns of a terminal; no number of the book depends on it

`within: NAME` instead of `line` stands for every line of one definition at
the top level of a module, such as a table of colours. Either may be a list.
What matches no mutant is an error: what it excused has changed.
"""

import ast
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from checkbook.mutate.mutant import Mutant


@dataclass(frozen=True)
class Entry:
    """One line, or one definition, whose mutants of a kind are no faults."""

    file: str
    operator: str
    reason: str
    line: str = ""
    within: str = ""

    def meant(self, mutants: Iterable[Mutant], root: Path) -> list[Mutant]:
        """Those mutants that it excuses."""
        kind = self.file, self.operator
        found = [m for m in mutants if (m.file, m.operator) == kind]
        if self.line:
            return [m for m in found if m.before.strip() == self.line.strip()]
        first, last = definition(root / self.file, self.within)
        return [m for m in found if first <= m.line <= last]


def definition(path: Path, name: str) -> tuple[int, int]:
    """First and last line of what a module defines under a name.

    Nothing has lines 0 to -1.
    """
    for node in ast.parse(path.read_text("utf8")).body:
        targets = getattr(node, "targets", [getattr(node, "target", node)])
        targets = [part for t in targets for part in getattr(t, "elts", [t])]
        names = [getattr(t, "id", getattr(t, "name", None)) for t in targets]
        if name in names:
            return node.lineno, node.end_lineno
    return 0, -1


def load(path: Path) -> list[Entry]:
    """The entries of a file; none if there is no such file.

    Raises:
        ValueError: if an entry is not of the form above.
    """
    if not path.is_file():
        return []
    items = yaml.safe_load(path.read_text("utf8")) or []
    return [entry for item in items for entry in _entries(path.name, item)]


def _entries(name: str, item: dict) -> Iterator[Entry]:
    given = set(item) if isinstance(item, dict) else set()
    places = given & {"line", "within"}
    if given - places != {"file", "operator", "reason"} or len(places) != 1:
        raise ValueError(
            f"{name}: {item!r} must have file, operator, reason, and line or "
            "within"
        )
    [place] = places
    value = item.pop(place)
    for one in value if isinstance(value, list) else [value]:
        yield Entry(**item, **{place: one})


def sift(
    mutants: Sequence[Mutant], entries: Sequence[Entry], root: Path
) -> tuple[list[Mutant], list[Mutant]]:
    """The mutants that are faults, and those that an entry excuses.

    Raises:
        ValueError: if an entry excuses none.
    """
    excused = set()
    for entry in entries:
        meant = entry.meant(mutants, root)
        if not meant:
            place = entry.line or entry.within
            raise ValueError(
                f"{entry.file}: no {entry.operator} mutant is left at "
                f"{place!r}: take its entry out of the equivalents"
            )
        excused.update(meant)
    faults = [m for m in mutants if m not in excused]
    return faults, [m for m in mutants if m in excused]
