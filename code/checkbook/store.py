"""Executed pages on disk: outputs and results of checks, each with a hash.

A record is one JSON file, `<records>/<docname>/<fingerprint>.json`. Nothing
is pickled. A record whose content does not match its own hash does not count
as one, so a damaged or edited cache means running the page again.
"""

import hashlib
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import nbformat

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


@dataclass(frozen=True)
class Folder:
    """A folder that is to take the place of another.

    What stands in both with the same bytes gets one file of two names: some
    disks take ten times as long to make a file as to read one.

    Args:
        path: the folder.
        before: the one that it replaces, which may be missing.
    """

    path: Path
    before: Path | None = None

    def put(self, name: str, content: str | bytes) -> None:
        """Write a file, by its place in the folder."""
        place = self.path / name
        place.parent.mkdir(parents=True, exist_ok=True)
        data = content.encode() if isinstance(content, str) else content
        old = self.before and self.before / name
        if old and old.is_file() and old.read_bytes() == data:
            try:
                os.link(old, place)
                return
            except OSError:  # another disk, or one without second names
                pass
        place.write_bytes(data)


@contextmanager
def memo(
    path: Path, make: Callable[[str], Any], source: str
) -> Iterator[Callable[[str], Any]]:
    """Inside, what is made of a text: from a file, or made and put there.

    A file that is damaged, or was left by another version of what makes them,
    counts as empty; what is not asked for again is forgotten.

    Args:
        path: the file.
        make: of a text what JSON can hold.
        source: the path of the Python file that `make` depends on.
    """
    maker = Path(source).read_text("utf8")
    text = kept(path, maker)
    known = {} if text is None else json.loads(text)
    fresh = {}

    def made(text: str) -> Any:
        digest = _digest(text)
        if digest not in fresh:
            is_known = digest in known
            fresh[digest] = known[digest] if is_known else make(text)
        return fresh[digest]

    yield made
    if fresh.keys() != known.keys():
        keep(path, json.dumps(fresh, ensure_ascii=False), maker)


def keep(path: Path, text: str, mark: str = "") -> None:
    """Store a text whole or not at all, with what it was made from."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    partial.write_text(f"{_digest(mark + text)}\n{text}", "utf8")
    partial.replace(path)


def kept(path: Path, mark: str = "") -> str | None:
    """A text that was stored with that mark and is as it was, or None."""
    try:
        digest, _, text = path.read_text("utf8").partition("\n")
    except (OSError, ValueError):
        return None
    return text if digest == _digest(mark + text) else None


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
