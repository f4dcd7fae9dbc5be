"""Changes that are called no faults are still those that they were."""

from pathlib import Path

import pytest

from checkbook.mutate import equivalents, operators
from checkbook.mutate.subject import subject

ROOT = Path(__file__).parents[1]
ENTRIES = equivalents.load(ROOT / "book/equivalents.yml")
FILES = {entry.file for entry in ENTRIES}


def test_the_book_has_or_imports_each_file():
    it = subject(ROOT / "book")
    assert FILES <= {*it.pages, *it.modules}


@pytest.mark.parametrize("file", sorted(FILES))
def test_each_entry_meets_a_change(file):
    find = operators.of_module if file.endswith(".py") else operators.of_page
    mutants = list(find(file, (ROOT / file).read_text("utf8")))
    entries = [entry for entry in ENTRIES if entry.file == file]
    _, excused = equivalents.sift(mutants, entries, ROOT)
    assert excused
