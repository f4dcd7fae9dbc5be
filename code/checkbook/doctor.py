"""What the machine lacks: one line each, before anything is built.

Each line says what is missing, what needs it and how to get it. `missing` is
the first thing every build calls, so it asks the file system and never
imports what it looks for.

| looked for | because |
|---|---|
| Python 3.11 or later | the package is written in it |
| asserts that run | a check that is optimised away passes |
| pinned packages, a kernel | the numbers are those of one environment |
| `dot` | figures of structure |
| disk space, permission | the site is written beside the old one |
"""

import os
import re
import shutil
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from checkbook import dot

PYTHON = (3, 11)
DISK_BYTES = 300 * 10**6  # two sites of a large book, and its records
PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[.*\])?==([^\s;#]+)")


def missing(book: Path) -> list[str]:
    """What stands between this machine and a build of book, a line each."""
    book = Path(book).resolve()
    return [
        *_interpreter(),
        *_folder(book),
        *_packages(book.parent / "requirements.txt"),
        *_kernel(),
        *_dot(book),
    ]


def report(book: Path) -> int:
    """Print what is missing, or what was found; the exit status, 2 or 0."""
    lines = missing(book)
    if lines:
        print(*lines, sep="\n", file=sys.stderr)
        return 2
    version = ".".join(map(str, sys.version_info[:3]))
    parent = Path(book).resolve().parent
    free = shutil.disk_usage(parent).free / 1e9
    print(f"Python    {version}, {sys.executable}")
    if pinned := dict(pins(parent / "requirements.txt")):
        print(f"packages  {len(pinned)}, each at its pinned version")
    print(f"dot       {dot.available() or 'none, and nothing needs it'}")
    print(f"disk      {free:.1f} GB free")
    print("nothing is missing")
    return 0


def _interpreter() -> Iterator[str]:
    if sys.version_info < PYTHON:
        need, have = (".".join(map(str, v[:2])) for v in (PYTHON, _version()))
        yield (
            f"Python {need} or later is missing (this is {have}); checkbook "
            f"needs it: apt-get install python{need}"
        )
    if os.environ.get("PYTHONOPTIMIZE") or sys.flags.optimize:
        yield (
            "asserts are switched off by PYTHONOPTIMIZE or -O; the pages and "
            "their checks need them: unset PYTHONOPTIMIZE"
        )


def _version() -> tuple[int, ...]:
    return tuple(sys.version_info)


def _folder(book: Path) -> Iterator[str]:
    for name in ("_config.yml", "_toc.yml"):
        if not (book / name).is_file():
            yield f"{book / name} is missing; a Jupyter Book needs it"
    parent = book.parent
    if not parent.is_dir():
        return
    target = parent / "_build"
    if not os.access(target if target.exists() else parent, os.W_OK | os.X_OK):
        yield (
            f"permission to write {target} is missing; the site is "
            f"published there: chmod u+w, or copy the book"
        )
    free = shutil.disk_usage(parent).free
    if free < DISK_BYTES:
        yield (
            f"disk space is missing: {free / 1e6:.0f} MB free at {parent}, "
            f"and a build beside the old site needs {DISK_BYTES / 1e6:.0f}"
        )


def _packages(requirements: Path) -> Iterator[str]:
    """Pins that are not met, in one line: one command mends them all."""
    have, wrong = installed(), []
    for name, version in pins(requirements):
        found = have.get(name)
        # a local build, such as torch 2.13.0+cpu, satisfies 2.13.0
        if found is None:
            wrong.append(f"{name} {version}")
        elif version not in (found, found.partition("+")[0]):
            wrong.append(f"{name} {version} (here {found})")
    if wrong:
        names = ", ".join(wrong[:3])
        more = f" and {len(wrong) - 3} more" if len(wrong) > 3 else ""
        yield (
            f"{names}{more} missing; {requirements} pins them: "
            f"{sys.executable} -m pip install -r {requirements}"
        )


def pins(requirements: Path) -> Iterator[tuple[str, str]]:
    """Normalised name and version of each exact pin; follows `-r` lines."""
    if not requirements.is_file():
        return
    for line in requirements.read_text(encoding="utf-8").splitlines():
        if line.startswith("-r "):
            yield from pins(requirements.parent / line[3:].strip())
        elif found := PIN.match(line):
            yield _normal(found[1]), found[2]


def installed() -> dict[str, str]:
    """Version of each installed package, read off the folders' names."""
    versions: dict[str, str] = {}
    for folder in filter(os.path.isdir, map(os.path.abspath, sys.path)):
        for entry in os.listdir(folder):
            stem, dot_, kind = entry.rpartition(".")
            if dot_ and kind in ("dist-info", "egg-info"):
                name, _, version = stem.partition("-")
                versions.setdefault(_normal(name), version)
    return versions


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _kernel() -> Iterator[str]:
    if find_spec("ipykernel") is None:
        yield (
            "the package ipykernel is missing; every page's cells need it: "
            f"{sys.executable} -m pip install ipykernel"
        )


def _dot(book: Path) -> Iterator[str]:
    if dot.available():
        return
    config = book / "_config.yml"
    asks = {
        "sphinx.ext.graphviz": config.is_file()
        and "sphinx.ext.graphviz" in config.read_text(encoding="utf-8"),
        "the package graphviz": find_spec("graphviz") is not None,
    }
    if needs := [name for name, needed in asks.items() if needed]:
        yield (
            f"the program dot is missing; {' and '.join(needs)} "
            f"needs it: apt-get install graphviz, or {sys.executable} -m pip "
            "install pygraphviz"
        )
