"""A build after a change leaves what a build from nothing would leave."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parents[1] / "example_book"


def build(book: Path, *options: str) -> subprocess.CompletedProcess:
    """Build a copy of the example."""
    return subprocess.run(
        [sys.executable, "-m", "checkbook", "build", "book", *options],
        cwd=book,
        env=os.environ | {"PYTHONPATH": str(book / "code")},
        capture_output=True,
        text=True,
    )


def built(book: Path, *options: str) -> dict[str, bytes]:
    """The files of the site that a build of the example publishes."""
    done = build(book, *options)
    assert done.returncode == 0, done.stderr
    site = (book / "_build/html").resolve()
    return {
        p.relative_to(site).as_posix(): p.read_bytes()
        for p in site.rglob("*")
        if p.is_file()
    }


@pytest.fixture
def book(tmp_path) -> Path:
    shutil.copytree(EXAMPLE, tmp_path / "example")
    index = tmp_path / "example/book/index.md"
    index.write_text(f"{index.read_text()}\n{{ledger-count}}`all` checks.\n")
    return tmp_path / "example"


def test_incremental_equals_clean(book):
    first = built(book)
    total = int(re.search(rb"(\d+) checks\.", first["index.html"])[1])
    ledger = first["reference/ledger.html"]
    assert ledger.count(b"<tr id=") == total

    page = book / "book/carrying.md"
    text = page.read_text().replace("# Carrying", "# Carrying on")
    page.write_text(f"{text}\nOr {{num}}`222 = carries(2_000)`.\n")
    again = built(book)
    assert f"{total + 1} checks.".encode() in again["index.html"]
    ledger = again["reference/ledger.html"]
    assert ledger.count(b"<tr id=") == total + 1
    assert b"Carrying on" in again["beads.html"], "each page lists the pages"

    assert again == built(book, "--clean")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{ledger-count}`everything`", "'everything' is neither all, nor a"),
        ("[x](https://x.example)<img src='https://x.example/y.png'>", "loads"),
        ("<b onclick='x()'>x</b>", "runs from an attribute"),
    ],
)
def test_refused(book, text, said):
    index = book / "book/index.md"
    index.write_text(f"{index.read_text()}\n{text}\n")
    done = build(book)
    assert done.returncode == 1
    assert said in done.stderr
    assert not (book / "_build/html").exists()
