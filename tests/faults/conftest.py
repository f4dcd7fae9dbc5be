"""Small books that are built in a process of their own."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

HEADER = """\
---
jupytext:
  text_representation: {extension: .md, format_name: myst}
kernelspec: {name: python3, display_name: Python 3}
---

"""
CONFIG = """\
title: A small book
author: nobody
only_build_toc_files: true
execute: {execute_notebooks: "off", timeout: 20}
parse:
  myst_enable_extensions: [amsmath, colon_fence, dollarmath]
bibtex_bibfiles: [references.bib]
sphinx:
  config:
    extensions: [sphinx.ext.mathjax, jupyter_book, myst_nb,
      sphinx_external_toc, sphinx_design, sphinxcontrib.bibtex,
      checkbook.extension]
    html_theme: checkbook
    html_theme_options: {}
    mathjax_path: mathjax/tex-svg.js
    use_jupyterbook_latex: false
    numfig: true
    checkbook_packages: [small]
"""
BIB = "@book{knuth1984, author={Knuth, D}, title={T}, year={1984}}\n"
MODULES = {
    "__init__": "",
    "deep": "SIDE = 3\n",
    "near": "from small.deep import SIDE\n\n\ndef area():\n"
    "    return SIDE * SIDE\n",
    "other": "SIX = 6\n",
}


@dataclass
class Built:
    """What a build printed, and how it ended."""

    code: int
    out: str
    err: str

    @property
    def ran(self) -> set[str]:
        """The pages whose kernels ran."""
        lines = [x for x in self.out.splitlines() if x.startswith("pages:")]
        return {line.split("| ")[1].split()[0] for line in lines}

    def said_of(self, page: str) -> str:
        """The lines on a page, with those that continue them."""
        kept, inside = [], False
        for line in self.err.splitlines():
            if not line.startswith(" "):
                inside = line.startswith(f"book/{page}.md")
            if inside:
                kept.append(line)
        return "\n".join(kept)


class Book:
    """A book in a folder of its own."""

    def __init__(self, folder: Path):
        self.root, self.folder = folder, folder / "book"
        self.folder.mkdir(parents=True)
        self.write("_config.yml", CONFIG)
        self.write("references.bib", BIB)
        self.write("index.md", "# A small book\n\nIts text.\n")
        (folder / "code" / "small").mkdir(parents=True)
        for name, text in MODULES.items():
            (folder / "code" / "small" / f"{name}.py").write_text(text)
        self.chapters: list[str] = []
        self._toc()

    def write(self, name: str, text: str) -> Path:
        """Write a file of the book."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf8")
        return path

    def page(self, name: str, text: str, header: str = HEADER) -> Path:
        """Write a page and enter it in the table of contents."""
        if name not in self.chapters:
            self.chapters.append(name)
            self._toc()
        return self.write(f"{name}.md", f"{header}# Page {name}\n\n{text}")

    def _toc(self) -> None:
        lines = ["format: jb-book", "root: index"]
        if self.chapters:
            lines.append("chapters:")
            lines += [f"  - file: {name}" for name in self.chapters]
        self.write("_toc.yml", "\n".join(lines) + "\n")

    @property
    def command(self) -> list[str]:
        """The command that builds it."""
        return [sys.executable, "-m", "checkbook", "build", str(self.folder)]

    def environment(self, **more: str) -> dict[str, str]:
        """An environment in which its package is found."""
        code = str(self.root / "code")
        return os.environ | {"PYTHONPATH": code, **more}

    def build(self, *options: str, **more: str) -> Built:
        """Build it."""
        done = subprocess.run(
            [*self.command, *options],
            capture_output=True,
            text=True,
            env=self.environment(**more),
            timeout=240,
        )
        return Built(done.returncode, done.stdout, done.stderr)

    def start(self, **more: str) -> subprocess.Popen:
        """Begin to build it, and do not wait."""
        return subprocess.Popen(
            self.command,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=self.environment(**more),
        )

    def published(self) -> str:
        """The published page `index.html`, empty if there is none."""
        path = self.root / "_build" / "html" / "index.html"
        return path.read_text() if path.exists() else ""


@pytest.fixture
def book(tmp_path) -> Book:
    """An empty book."""
    return Book(tmp_path / "a b ü")


@pytest.fixture(scope="module")
def good(tmp_path_factory) -> Book:
    """A book that has been built and published."""
    book = Book(tmp_path_factory.mktemp("good"))
    book.page("one", cell("from small.near import area") + "{num}`9 = area()`")
    book.page("two", cell("from small.other import SIX") + "{num}`6 = SIX`")
    assert book.build().code == 0
    return book


@pytest.fixture
def copy(good, tmp_path) -> Book:
    """A copy of the built book, to be harmed."""
    shutil.copytree(good.root, tmp_path / "copy", symlinks=True)
    twin = Book.__new__(Book)
    twin.root = tmp_path / "copy"
    twin.folder = twin.root / "book"
    twin.chapters = list(good.chapters)
    return twin


def cell(source: str, options: str = "") -> str:
    """A code cell."""
    head = f"---\n{options}\n---\n" if options else ""
    return f"```{{code-cell}} ipython3\n{head}{source}\n```\n\n"
