"""What a run may change: a book's pages and the modules they import."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import yaml
from sphinx_external_toc.parsing import parse_toc_yaml

from checkbook import pages as notebooks
from checkbook.fingerprint import Fingerprints, scan
from checkbook.mutate import operators
from checkbook.mutate.judge import Broken
from checkbook.mutate.mutant import Mutant


@dataclass(frozen=True)
class Subject:
    """What is to be mutated, as paths within the tree.

    Args:
        root: the folder in which the book lies.
        book: the book's folder.
        pages: the files that each page imports, by the page's own.
        modules: dotted name of each module that a page imports, by file.
        sources: the folders from which Python imports those.
    """

    root: Path
    book: str
    pages: dict[str, set[str]]
    modules: dict[str, str]
    sources: list[str]

    def mutants(self) -> Iterable[Mutant]:
        """Every mutant of the book and of what it imports."""
        found = sorted((self.root / self.book).rglob("*.bib"))
        sources = [str(path.relative_to(self.root)) for path in found]
        cited = "".join(map(self.text, sources))
        for file in self.pages:
            yield from operators.of_page(file, self.text(file), cited)
        for file in sources:
            yield from operators.of_bibliography(file, self.text(file))
        for file in self.modules:
            yield from operators.of_module(file, self.text(file))

    def text(self, file: str) -> str:
        """The text of a file of the tree."""
        return (self.root / file).read_text("utf8")


def subject(book: Path) -> Subject:
    """What a book consists of, by its configuration and its contents.

    Raises:
        Broken: if a package of the book is not in the book's tree.
    """
    book = book.resolve()
    root = book.parent
    config = yaml.safe_load((book / "_config.yml").read_text("utf8"))
    packages = config["sphinx"]["config"].get("checkbook_packages", [])
    modules, sources = {}, set()
    for package in packages:
        source = Path(find_spec(package).origin).parents[1]
        if not source.is_relative_to(root):
            raise Broken(f"{package} is imported from outside of {root}")
        sources.add(str(source.relative_to(root)))
        modules |= _modules(root, source, package)
    fingerprints = Fingerprints(book, packages, None)
    contents = sorted(parse_toc_yaml(book / "_toc.yml"))
    pages = {
        str(path.relative_to(root)): _imports(root, path, name, fingerprints)
        for name in contents
        if (path := book / f"{name}.md").is_file()
    }
    imported = set().union(*pages.values())
    modules = {f: name for f, name in modules.items() if f in imported}
    return Subject(root, book.name, pages, modules, sorted(sources))


def _modules(root: Path, source: Path, package: str) -> dict[str, str]:
    names = {}
    for path in sorted((source / package).rglob("*.py")):
        parts = path.relative_to(source).with_suffix("").parts
        name = ".".join(parts).removesuffix(".__init__")
        names[str(path.relative_to(root))] = name
    return names


def _imports(
    root: Path, path: Path, name: str, fingerprints: Fingerprints
) -> set[str]:
    """The files of the tree that a page's outputs depend on."""
    text = path.read_text("utf8")
    if not notebooks.is_notebook(text):
        return set()
    found = fingerprints.dependencies(scan(notebooks.read(name, text)))
    return {str(f.relative_to(root)) for f in found if f.is_relative_to(root)}


def choose(
    it: Subject,
    mutants: Iterable[Mutant],
    pages: Sequence[str],
    kinds: Sequence[str],
    modules: Sequence[str],
    imports: bool,
) -> list[Mutant]:
    """The mutants of some pages, modules and operators; of all if none.

    Args:
        it: the book.
        mutants: all there are.
        pages: names of pages to stay on.
        kinds: operators to stay with.
        modules: dotted names of modules to stay in.
        imports: whether to add the modules that those pages import.

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
    if imports:
        files |= set().union(*(it.pages[name] for name in names))
    return [
        m
        for m in mutants
        if (not files or m.file in files)
        and (not kinds or m.operator in kinds)
    ]
