"""A private copy of a book and its code, in which faults are tried."""

import ast
import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache, cached_property
from pathlib import Path

from checkbook import dot
from checkbook.mutate.mutant import Mutant

LEFT_OUT = shutil.ignore_patterns(
    "_build", ".*", "__pycache__", "*.egg-info", "node_modules"
)


class Tree:
    """A copy of a book's whole tree, put back as it was after each fault.

    Args:
        home: an empty folder of its own; nothing is written outside of it.
        source: the tree to copy: the folder in which the book lies.
        sources: folders within it from which Python imports.
    """

    def __init__(self, home: Path, source: Path, sources: list[str]):
        self.home, self.root = home, home / "tree"
        self.sources = [self.root / name for name in sources]
        shutil.copytree(source, self.root, ignore=LEFT_OUT, symlinks=True)
        records = source / "_build" / "records"
        if records.is_dir():
            shutil.copytree(records, self.root / "_build" / "records")
        for folder in (self.root / "_build", home / "state", home / "tmp"):
            folder.mkdir(exist_ok=True)

    @cached_property
    def environment(self) -> dict[str, str]:
        """Variables that make a command read and write here alone.

        Bytecode is neither read nor written: a fault of the same length in
        the same second would otherwise run as the module before it.
        """
        paths = [str(path) for path in self.sources]
        if os.environ.get("PYTHONPATH"):
            paths.append(os.environ["PYTHONPATH"])
        return dot.on_path(os.environ, self.home / "bin") | {
            "PYTHONPATH": os.pathsep.join(paths),
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONHASHSEED": "0",
            "OMP_NUM_THREADS": "1",
            "TMPDIR": str(self.home / "tmp"),
            "XDG_STATE_HOME": str(self.home / "state"),
            "JUPYTER_RUNTIME_DIR": str(self.home / "tmp"),
        }

    def keep(self) -> None:
        """Remember what the build has made so far as what to go back to."""
        for name, folder in self._made.items():
            shutil.rmtree(folder / "sites", ignore_errors=True)
            kept = self.home / "kept" / name
            shutil.copytree(folder, kept, symlinks=True)

    @property
    def _made(self) -> dict[str, Path]:
        return {"build": self.root / "_build", "state": self.home / "state"}

    def reset(self) -> None:
        """Go back to what `keep` remembered."""
        for name, folder in self._made.items():
            shutil.rmtree(folder, ignore_errors=True)
            shutil.copytree(self.home / "kept" / name, folder, symlinks=True)
        shutil.rmtree(self.home / "tmp", ignore_errors=True)
        (self.home / "tmp").mkdir()
        shutil.rmtree(self.root / ".hypothesis", ignore_errors=True)

    @contextmanager
    def with_fault(self, mutant: Mutant) -> Iterator[None]:
        """The tree with one fault in it, then without."""
        path = self.root / mutant.file
        original, times = path.read_bytes(), path.stat()
        path.write_bytes(mutant.edit.apply(original.decode()).encode())
        try:
            yield
        finally:
            path.write_bytes(original)
            os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
            self.reset()


def files_that_test(
    root: Path, module: str, modules: Mapping[str, str]
) -> list[str]:
    """The test files of a module: its own, then those that import it.

    A part that no test names is tested through what imports it. Files that
    read the tree itself are left out: they judge how it is written, and
    would take any fault for a fault of style. So are those of `tests/site`,
    which open what is published: of a mutant, nothing is.

    Args:
        root: the folder in which tests and modules lie.
        module: dotted name.
        modules: dotted name of every module, by its file.
    """
    tests = [
        path
        for path in sorted((root / "tests").rglob("test_*.py"))
        if "__file__" not in path.read_text("utf8")
        and root / "tests" / "site" not in path.parents
    ]
    asked, known = {module}, set()
    while asked:
        own = {f"test_{name.rpartition('.')[2]}.py" for name in asked}
        found = [p for p in tests if p.name in own or asked & _imports(p)]
        if found:
            found.sort(key=lambda path: (path.name not in own, path.parts))
            return [str(path.relative_to(root)) for path in found]
        known |= asked
        files = [f for f in modules if asked & _imports(root / f)]
        asked = {modules[file] for file in files} - known
    return []


@cache
def _imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= {node.module} | names
    return found


def python(*arguments: str) -> list[str]:
    """A command of this Python."""
    return [sys.executable, *arguments]
