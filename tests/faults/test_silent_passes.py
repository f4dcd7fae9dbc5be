"""What stock tools let pass in silence: each is said, with its place."""

import pytest

from tests.faults.conftest import Book, cell

NESTED = "def f():\n    raise ValueError('deep')\nf()"
THREAD = (
    "import threading\n"
    "t = threading.Thread(target=lambda: 1 / 0)\nt.start(); t.join()"
)
SWALLOW = "try:\n    assert 1 == 2\nexcept Exception:\n    pass"
RAISES = "tags: [raises-exception]\nraises: ValueError"

PAGES = {
    # name: (text, what is said of it)
    "prose": ("Twelve is 12.", "unchecked number '12'"),
    "words": ("It has twelve heads.", "unchecked number 'twelve'"),
    "table": ("| a |\n|---|\n| 12 |\n", "unchecked number '12'"),
    "formula": ("$3 + 4$", "unchecked number '3'"),
    "inlinecode": ("`n = 12`", "unchecked number '12'"),
    "title": ("## Twelve 12\n", "unchecked number '12'"),
    "rawhtml": ("<b>12</b>\n", "unchecked number '12'"),
    "alt": ("![12 heads](dot.svg)", "unchecked number '12'"),
    "caption": (
        cell(
            "from IPython.display import HTML\nHTML('<b>x</b>')",
            "mystnb:\n  figure:\n    caption: It has 12.",
        ),
        "unchecked number '12'",
    ),
    "wrong": (cell("x = 12") + "{num}`13 = x`", "text says 13"),
    "wrongcaption": (
        cell(
            "from IPython.display import HTML\nHTML('<b>x</b>')",
            "mystnb:\n  figure:\n    caption: It has {num}`12 = 6 + 7`.",
        ),
        "text says 12, the expression gives 13",
    ),
    "wrongtable": (
        "| a |\n|---|\n| {num}`12 = 6 \\| 7` |\n",
        "text says 12, the expression gives 7",
    ),
    "wrongchk": ("{chk}`3 + 4 = 8 ; 3 + 4 == 8`", "does not hold"),
    "wrongblock": (
        "```{chk}\n:check: 3 + 4 == 8\n3 + 4 = 8\n```\n",
        "does not hold",
    ),
    "wrongclaim": ("{claim}`larger ; min(3, 4) > 5`", "does not hold"),
    "wrongword": ("{claim}`larger ; min(3, 4) < 5`", "says >"),
    "verdict": ("No. It is not.", "unchecked answer 'No'"),
    "wronganswer": ("{answer}`Yes ; 3 + 4 == 8`", "the answer is 'Yes', but"),
    "wrongcite": ("{cite-num}`65M \\| knuth1984`", "is not in sourced.yml"),
    "undefined": ("{num}`12 = nothing`", "NameError"),
    "malformed": ("{num}`12`", "must read"),
    "constant": ("{num}`12 = 12`", "repeats the number"),
    "early": ("{num}`12 = x`\n\n" + cell("x = 12"), "NameError"),
    "fence": ("```python\n1 / 0\n```\n", "never run"),
    "skipped": (cell("1 / 0", "tags: [skip-execution]"), "must run"),
    "noraise": (cell("x = 1", RAISES), "raised no exception"),
    "otherraise": (cell("1 / 0", RAISES), "raised ZeroDivisionError"),
    "unnamed": (cell("1 / 0", "tags: [raises-exception]"), "says so twice"),
    "raised": (cell(NESTED), "ValueError: deep"),
    "quit": (cell("quit()"), "quit the kernel"),
    "sysexit": (cell("import sys\nsys.exit()"), "SystemExit"),
    "shell": (cell("!false"), "ended with status 1"),
    "nocommand": (cell("!no-such-command"), "ended with status 127"),
    "thread": (cell(THREAD), "ZeroDivisionError"),
    "swallowed": (cell(SWALLOW), "swallows its failure"),
    "notanumber": (cell("print(float('nan'))"), "holds 'nan'"),
    "infinite": (cell("float('inf')"), "holds 'inf'"),
    "writes": (cell("open('x.txt', 'w')"), "writes into the sources"),
    "makes": (cell("import os\nos.mkdir('x')"), "changes the sources"),
    "long": (cell("print('x ' * 40_000)"), "characters long"),
    "script": (
        cell("from IPython.display import HTML\nHTML('<script>1</script>')"),
        "holds a script",
    ),
    "handler": (
        cell("from IPython.display import HTML\nHTML('<b onclick=\"x\">')"),
        "holds a script",
    ),
    "address": (cell("print(object())"), "memory address"),
    "stderr": (cell("import warnings\nwarnings.warn('x')"), "to stderr"),
    "random": (cell("import random\nrandom.random()"), "no seed"),
    "numpyrandom": (
        cell("import numpy as np\nx = np.random.rand()"),
        "no seed",
    ),
    "generator": (
        cell("import numpy as np\nr = np.random.default_rng()"),
        "no seed",
    ),
    "torchrandom": (cell("import torch\nx = torch.rand(1)"), "without a seed"),
    "glue": ("{glue}`x`", "can go stale"),
    "reference": ("{ref}`nowhere`", "undefined label"),
    "image": ("![an image](missing.png)", "not readable"),
    "citation": ("{cite}`nobody1999`", "nobody1999"),
    "noheader": None,
    "kernel": None,
    "included": ("```{include} part.txt\n```\n", "was never evaluated"),
}


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    book = Book(tmp_path_factory.mktemp("silent"))
    for name, content in PAGES.items():
        if content:
            book.page(name, content[0])
    book.write("dot.svg", "<svg xmlns='http://www.w3.org/2000/svg'/>")
    book.write("part.txt", "{num}`12 = 6 + 6`\n")
    book.page("noheader", cell("1 / 0"), header="")
    header = "---\nfile_format: mystnb\nkernelspec: {name: nokernel}\n---\n\n"
    book.page("kernel", cell("x = 1"), header=header)
    book.page("fine", cell("x = 12") + "{num}`12 = x`")
    return book, book.build()


def test_nothing_is_published(built):
    book, result = built
    assert result.code == 1
    assert not book.published()


@pytest.mark.parametrize("name", [n for n, c in PAGES.items() if c])
def test_said_with_its_place(built, name):
    book, result = built
    said = result.said_of(name)
    assert PAGES[name][1] in said
    line = int(said.split(":")[1])
    text = (book.folder / f"{name}.md").read_text().splitlines()
    assert 1 < line <= len(text)


def test_cells_without_a_header_are_said(built):
    assert "no jupytext header" in built[1].said_of("noheader")


def test_an_unknown_kernel_is_named(built):
    assert "nokernel" in built[1].said_of("kernel")


def test_a_right_page_is_not_accused(built):
    assert built[1].said_of("fine") == ""


def test_the_same_is_said_again(built):
    book, result = built
    again = book.build()
    assert again.code == 1
    assert again.err == result.err
