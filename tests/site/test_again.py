"""A build after a change leaves what a build from nothing would leave."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parents[1] / "example_book"


def built(book: Path, *options: str) -> dict[str, bytes]:
    """Build a copy of the example; the files of its site."""
    code = str(book / "code")
    done = subprocess.run(
        [sys.executable, "-m", "checkbook", "build", "book", *options],
        cwd=book,
        env=os.environ | {"PYTHONPATH": code},
        capture_output=True,
        text=True,
    )
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
