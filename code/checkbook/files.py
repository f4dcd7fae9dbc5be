"""Files that are whole or not there, and what is kept in them.

keep, kept    a text, with a hash of it and of what it was made from
memo          what is made of many texts
Folder        the files of a folder that takes the place of another
"""

import hashlib
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any


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
        place.unlink(missing_ok=True)  # or its other name would change too
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
    body = kept(path, maker)
    known = {} if body is None else json.loads(body)
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
