"""What changes a page's fingerprint, and what does not."""

import sys

import pytest

from checkbook import fingerprint, pages
from tests.checkbook.test_pages import HEADER

PAGE = (
    HEADER
    + """\
Prose {num}`9 = area()`.

```{code-cell} ipython3
from boxes.near import area
name = "table.csv"
```
"""
)


@pytest.fixture
def book(tmp_path, monkeypatch):
    package = tmp_path / "code" / "boxes"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "deep.py").write_text("SIDE = 3\n")
    (package / "near.py").write_text("from boxes.deep import SIDE\n")
    (package / "other.py").write_text("SIX = 6\n")
    (package / "data.json").write_text("{}")
    (tmp_path / "book").mkdir()
    (tmp_path / "book" / "table.csv").write_text("1\n")
    (tmp_path / "pins.txt").write_text("x==1\n")
    monkeypatch.syspath_prepend(str(tmp_path / "code"))
    yield tmp_path
    for name in [n for n in sys.modules if n.startswith("boxes")]:
        del sys.modules[name]


def mark(root, text=PAGE, docname="page") -> str:
    for name in ("_graph", "_root", "_data", "_file_hash"):
        getattr(fingerprint, name).cache_clear()
    prints = fingerprint.Fingerprints(
        root / "book", ["boxes"], root / "pins.txt"
    )
    return prints.of(fingerprint.scan(pages.read(docname, text)))


@pytest.mark.parametrize(
    ("old", "new"),
    [("Prose", "Other prose"), ("9 =", "8 ="), ("area()`.", "area()`. More.")],
)
def test_prose_and_literals_do_not_count(book, old, new):
    assert mark(book, PAGE.replace(old, new)) == mark(book)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("area()`", "area(1)`"),
        ('"table.csv"', '"other.csv"'),
        ("ipython3\n", "ipython3\n:tags: [raises-exception]\n"),
    ],
)
def test_cells_and_expressions_count(book, old, new):
    assert mark(book, PAGE.replace(old, new)) != mark(book)


def test_a_twin_has_another(book):
    assert mark(book, docname="twin") != mark(book)


@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("code/boxes/near.py", True),
        ("code/boxes/deep.py", True),
        ("code/boxes/__init__.py", True),
        ("code/boxes/data.json", True),
        ("code/boxes/other.py", False),
        ("book/table.csv", True),
        ("pins.txt", True),
    ],
)
def test_files(book, name, counts):
    before = mark(book)
    path = book / name
    path.write_text(path.read_text() + "# changed\n")
    assert (mark(book) != before) == counts
