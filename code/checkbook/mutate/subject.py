"""What a run may change: a book's pages and the modules they import."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import yaml

from checkbook import pages as notebooks
from checkbook.fingerprint import Fingerprints
from checkbook.mutate import operators
from checkbook.mutate.judge import Broken
from checkbook.mutate.mutant import Mutant


@dataclass(frozen=True)
class Subject:
    """What is to be mutated, as paths within the tree.

    Args:
        root: the folder in which the book lies.
        book: the book's folder.
        pages: its pages.
        modules: dotted name of each module that its pages import, by file.
        sources: the folders from which Python imports those.
    """

    root: Path
    book: str
    pages: list[str]
    modules: dict[str, str]
    sources: list[str]

    def mutants(self) -> Iterable[Mutant]:
        """Every mutant of the book and of what it imports."""
        for file in self.pages:
            yield from operators.of_page(file, self.text(file))
        for path in sorted((self.root / self.book).rglob("*.bib")):
            file = str(path.relative_to(self.root))
            yield from operators.of_bibliography(file, self.text(file))
        for file in self.modules:
            yield from operators.of_module(file, self.text(file))

    def text(self, file: str) -> str:
        """The text of a file of the tree."""
        return (self.root / file).read_text("utf8")


def subject(book: Path) -> Subject:
    """What a book consists of, by its configuration.

    Raises:
        Broken: if a package of the book is not in the book's tree.
    """
    book = book.resolve()
    config = yaml.safe_load((book / "_config.yml").read_text("utf8"))
    packages = config["sphinx"]["config"].get("checkbook_packages", [])
    fingerprints = Fingerprints(book, packages, None)
    files, imported = [], set()
    for path in sorted(book.rglob("*.md")):
        text = path.read_text("utf8")
        if not {"_build", ".ipynb_checkpoints"} & set(path.parts):
            files.append(str(path.relative_to(book.parent)))
        if notebooks.is_notebook(text):
            docname = str(path.relative_to(book).with_suffix(""))
            page = notebooks.read(docname, text)
            imported |= set(fingerprints.dependencies(page))
    modules, sources = _modules(book.parent, packages, imported)
    return Subject(book.parent, book.name, files, modules, sources)


def _modules(
    root: Path, packages: list[str], imported: set[Path]
) -> tuple[dict[str, str], list[str]]:
    modules, sources = {}, set()
    for package in packages:
        source = Path(find_spec(package).origin).parents[1]
        if not source.is_relative_to(root):
            raise Broken(f"{package} is imported from outside of {root}")
        sources.add(str(source.relative_to(root)))
        for path in sorted(imported):
            if path.suffix == ".py" and path.is_relative_to(source / package):
                parts = path.relative_to(source).with_suffix("").parts
                name = ".".join(parts).removesuffix(".__init__")
                modules[str(path.relative_to(root))] = name
    return modules, sorted(sources)


def choose(
    it: Subject,
    mutants: Iterable[Mutant],
    pages: Sequence[str],
    kinds: Sequence[str],
    modules: Sequence[str],
) -> list[Mutant]:
    """The mutants of some pages, modules and operators; of all if none.

    Raises:
        Broken: if one of them does not exist.
    """
    names = {f"{it.book}/{page}.md" for page in pages}
    known = {name: file for file, name in it.modules.items()}
    unknown = (names - set(it.pages)) | (set(modules) - set(known))
    unknown |= set(kinds) - set(operators.OPERATORS)
    if unknown:
        raise Broken(f"not in this book: {', '.join(sorted(unknown))}")
    files = names | {known[name] for name in modules}
    return [
        m
        for m in mutants
        if (not files or m.file in files)
        and (not kinds or m.operator in kinds)
    ]
