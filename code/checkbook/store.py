"""Executed pages on disk: outputs and results of checks, each with a hash.

A record is one JSON file, `<records>/<docname>/<fingerprint>.json`. Nothing
is pickled. A record whose content does not match its own hash does not count
as one, so a damaged or edited cache means running the page again.
"""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

import nbformat

from checkbook.files import keep, kept

KEPT = 6  # records a page keeps: a module restored costs no second run


@dataclass(frozen=True)
class Record:
    """One execution of a page.

    Attributes:
        outputs: one list of nbformat outputs per code cell.
        results: per gap between code cells, `[role, expression, value,
            shown, error]` of each check in it.
        seconds: wall time from starting the kernel to the last check.
        check_seconds: the part of it that the checks took.
        peak_bytes: most memory the kernel held.
    """

    outputs: list[list[dict]]
    results: list[list[list]]
    seconds: float
    check_seconds: float
    peak_bytes: int

    def outputs_of(self, cell: int) -> list[nbformat.NotebookNode]:
        """The outputs of a code cell as notebook nodes."""
        return [nbformat.from_dict(output) for output in self.outputs[cell]]


class Store:
    """The records of a book's pages in a folder."""

    def __init__(self, folder: Path):
        self.folder = folder

    def _path(self, docname: str, fingerprint: str) -> Path:
        return self.folder / docname / f"{fingerprint}.json"

    def load(self, docname: str, fingerprint: str) -> Record | None:
        """The page's record, or None if there is none that can be trusted."""
        path = self._path(docname, fingerprint)
        body = kept(path)
        if body is None:
            return None
        try:
            os.utime(path)
            return Record(**json.loads(body))
        except (OSError, ValueError, TypeError):
            return None

    def save(self, docname: str, fingerprint: str, record: Record) -> None:
        """Store a record whole or not at all, and forget the oldest ones."""
        path = self._path(docname, fingerprint)
        keep(path, json.dumps(asdict(record), sort_keys=True))
        records = sorted(
            path.parent.glob("*.json"), key=lambda p: p.stat().st_mtime
        )
        for old in records[:-KEPT]:
            old.unlink()

    def last_seconds(self, docname: str) -> float | None:
        """How long the page ran the last time it ran."""
        records = (self.folder / docname).glob("*.json")
        newest = max(records, key=lambda p: p.stat().st_mtime, default=None)
        record = newest and self.load(docname, newest.stem)
        return record.seconds if record else None
