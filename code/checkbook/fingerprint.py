"""What a page's outputs depend on, as one hash.

Code cells, the expressions of its checks, the files of the package that it
imports (transitively), data files that it names, the pins, the Python
version, and the part of checkbook that runs it. Prose is not in it, nor the
written side of a check: editing those runs nothing.
"""

import ast
import hashlib
import json
import platform
import sys
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import grimp
from nbformat import NotebookNode

from checkbook.pages import Page, tree_of

RUNNERS = ("execute.py", "kernel.py", "pages.py", "store.py", "matplotlibrc")


@dataclass(frozen=True)
class Scan:
    """What a page's source says of what its outputs depend on.

    Args:
        docname: the page.
        cells: its code cells, with what of their options changes a run.
        gaps: the checks to evaluate between them.
        names: modules that the cells import.
        strings: texts in the cells, any of which may name a file.
        runs: whether the page needs a kernel at all.
    """

    docname: str
    cells: list
    gaps: list
    names: frozenset[str]
    strings: frozenset[str]
    runs: bool


def scan(page: Page) -> Scan:
    """What a page says."""
    cells, names, strings = [], set(), set()
    for _, cell in page.code_cells:
        options = _plain(cell.metadata, ("tags", "raises", "timeout"))
        cells.append([cell.source, options])
        _look_through(cell, names, strings)
    return Scan(
        page.docname,
        cells,
        page.gaps(),
        frozenset(names),
        frozenset(strings),
        page.runs,
    )


class Fingerprints:
    """Fingerprints of a book's pages.

    Args:
        book: folder of the book; a page's strings may name files beside it.
        packages: importable packages whose modules are followed.
        pins: file with the exact versions that the book is built with.
    """

    def __init__(self, book: Path, packages: list[str], pins: Path | None):
        self.book = book
        self.packages = packages
        here = Path(__file__).parent
        common = [pins] if pins and pins.exists() else []
        common += [here / name for name in RUNNERS]
        self._common = [_file_hash(path) for path in common]
        self._common += [platform.python_version(), sys.platform]

    @property
    def scanner(self) -> str:
        """What a scan depends on besides the page."""
        return json.dumps([*self._common, _file_hash(Path(__file__))])

    def of(self, page: Scan) -> str:
        """The fingerprint of a page."""
        files = [
            [str(path.name), _file_hash(path)]
            for path in self.dependencies(page)
        ]
        parts = [page.docname, page.cells, page.gaps, files, self._common]
        text = json.dumps(parts, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:24]

    def dependencies(self, page: Scan) -> list[Path]:
        """Files other than itself that a page's outputs depend on."""
        folder = (self.book / page.docname).parent
        found = {
            path
            for text in page.strings
            if 0 < len(text) < 200 and "\n" not in text
            for path in [folder / text]
            if "." in path.name and path.is_file()
        }
        for package in self.packages:
            graph = _graph(package)
            modules = page.names & graph.modules
            if modules:
                found |= _files(package, graph, modules)
        return sorted(found)


def _plain(metadata: NotebookNode, keys: tuple[str, ...]) -> dict:
    return {key: metadata[key] for key in keys if key in metadata}


def _look_through(
    cell: NotebookNode, names: set[str], strings: set[str]
) -> None:
    """Add the modules a cell imports and the strings it holds."""
    tree = tree_of(cell)
    for node in ast.walk(tree) if tree else ():
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
            names |= {f"{node.module}.{a.name}" for a in node.names}
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            strings.add(node.value)


@cache
def _graph(package: str) -> grimp.ImportGraph:
    return grimp.build_graph(package, cache_dir=None)


def _files(package: str, graph, modules: set[str]) -> set[Path]:
    todo, seen = list(modules), set()
    while todo:
        module = todo.pop()
        if module in seen:
            continue
        seen.add(module)
        todo += graph.find_modules_directly_imported_by(module)
        if "." in module:
            todo.append(module.rpartition(".")[0])
    root = _root(package)
    return {_module_file(root, module) for module in seen} | _data(root)


@cache
def _root(package: str) -> Path:
    return Path(find_spec(package).submodule_search_locations[0])


def _module_file(root: Path, module: str) -> Path:
    path = root.parent.joinpath(*module.split("."))
    folder = path / "__init__.py"
    return folder if folder.exists() else path.with_suffix(".py")


@cache
def _data(root: Path) -> frozenset[Path]:
    """Files of a package that are not modules: any module may read them."""
    return frozenset(
        path
        for path in root.rglob("*")
        if path.is_file()
        and path.suffix not in (".py", ".pyc")
        and "__pycache__" not in path.parts
    )


@cache
def _file_hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
