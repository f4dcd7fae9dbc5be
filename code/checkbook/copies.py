"""Copies of a book that may be changed and built, each build timed."""

import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import yaml

NOT_COPIED = shutil.ignore_patterns(
    ".*", "_build", "__pycache__", "*.egg-info", "node_modules"
)


class BrokenBuild(Exception):
    """A build that was to be timed did not succeed."""


@dataclass(frozen=True)
class Copy:
    """A book that may be changed and built."""

    book: Path
    path: str

    def build(self, *options: str) -> float:
        """Seconds of a build, the start of Python included.

        Raises:
            BrokenBuild: if the build fails.
        """
        command = [sys.executable, "-m", "checkbook", "build", self.book]
        return seconds_of([*command, *options], {"PYTHONPATH": self.path})

    @property
    def site(self) -> Path:
        """The published site."""
        return self.book.parent / "_build" / "html"

    @property
    def records(self) -> Path:
        """What the pages' runs left."""
        return self.book.parent / "_build" / "records"

    def ran_since(self, before: set[Path]) -> set[str]:
        """The pages with records that were not there before."""
        return {
            path.parent.relative_to(self.records).as_posix()
            for path in self.executions() - before
        }

    def executions(self) -> set[Path]:
        """One file for each run of a page that is remembered."""
        return set(self.records.rglob("*.json"))


def seconds_of(command: list, env: dict[str, str]) -> float:
    """Wall time of a command that must succeed.

    Raises:
        BrokenBuild: if it does not, with the end of what it said.
    """
    env = os.environ | env
    env.pop("PYTHONHASHSEED", None)  # set for us, and not for a reader
    start = time.perf_counter()
    done = subprocess.run(
        list(map(str, command)),
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    took = time.perf_counter() - start
    if done.returncode:
        raise BrokenBuild(done.stdout[-2000:])
    return took


def copied(book: Path, folder: Path) -> Copy:
    """A copy of the book with what stands beside it, its packages first."""
    book = book.resolve()
    shutil.copytree(book.parent, folder, ignore=NOT_COPIED)
    roots = {
        folder / Path(spec.origin).parents[1].relative_to(book.parent)
        for name in _packages(book)
        if (spec := find_spec(name))
        and Path(spec.origin).is_relative_to(book.parent)
    }
    path = os.pathsep.join(map(str, sorted(roots)))
    return Copy(folder / book.name, path)


def settings(book: Path) -> dict:
    """What a book's `_config.yml` has for Sphinx."""
    text = (book / "_config.yml").read_text(encoding="utf-8")
    return (yaml.safe_load(text).get("sphinx") or {}).get("config") or {}


def _packages(book: Path) -> list[str]:
    return settings(book).get("checkbook_packages") or []
