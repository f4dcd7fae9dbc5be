"""What a build says: what is wrong and where, and how far it is."""

import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path

ANSI = re.compile(r"\x1b\[[0-9;]*m")
WARNING = re.compile(
    r"(?:(?P<path>[^\n:]+\.(?:md|ipynb|rst))(?::(?P<line>\d+))?: )?"
    r"(?:(?:WARNING|ERROR|CRITICAL|SEVERE): )?(?P<message>.*)",
    re.S,
)


@dataclass(frozen=True)
class Wrong:
    """One thing that is wrong, and where."""

    path: str
    line: int | None
    message: str

    def __str__(self) -> str:
        """As compilers say it: path, line, message."""
        place = f"{self.path}:{self.line}" if self.line else self.path
        return f"{place}: {self.message}" if place else self.message


class Complaints:
    """A stream for Sphinx's warnings that keeps each with its place."""

    def __init__(self, book: Path):
        self.book, self.found = book, []

    def write(self, text: str) -> None:
        """Take one warning as Sphinx prints it."""
        text = ANSI.sub("", text).strip()
        if not text:
            return
        match = WARNING.fullmatch(text)
        path = match["path"] or ""
        if path:
            path = os.path.relpath(path, self.book.parent)
        line = int(match["line"]) if match["line"] else None
        wrong = Wrong(path, line, match["message"])
        if wrong not in self.found:
            self.found.append(wrong)

    def flush(self) -> None:
        """Do nothing: what is written is kept."""


class Status:
    """A stream for Sphinx's progress: a log, and our lines to the reader."""

    def __init__(self, log):
        self.log = log

    def write(self, text: str) -> None:
        """Log everything; show what tells of pages."""
        self.log.write(text)
        if text.startswith("pages:"):
            print(text, end="" if text.endswith("\n") else "\n", flush=True)

    def flush(self) -> None:
        """Flush the log."""
        self.log.flush()


def complain(line: str) -> None:
    """One line on standard error."""
    print(f"checkbook: {line}", file=sys.stderr, flush=True)
