"""The kinds of fault, by name, and every mutant they make of a book.

An operator that no check can reach by design is listed in APART: its mutants
are run and reported, and do not enter the score.
"""

import re
from collections.abc import Callable, Iterator

from checkbook.mutate import code as python
from checkbook.mutate import prose
from checkbook.mutate.code import Code, parses
from checkbook.mutate.mutant import Edit, Mutant, mutant
from checkbook.mutate.places import Page, read

TEXT: dict[str, Callable[[Page], Iterator[Edit]]] = {
    "digit-prose": lambda page: prose.digits(page, "prose", "title"),
    "digit-table": lambda page: prose.digits(page, "table"),
    "digit-caption": lambda page: prose.digits(page, "caption"),
    "digit-formula": prose.formula_digits,
    "added-prose": lambda page: prose.added(page, "prose"),
    "added-table": lambda page: prose.added(page, "table"),
    "added-caption": lambda page: prose.added(page, "caption", "alt"),
    "added-title": lambda page: prose.added(page, "title"),
    "added-formula": prose.added_in_formula,
    "number-word": prose.number_words,
    "answer-key": prose.answers,
    "plain-literal": prose.plain,
    "unit": prose.units,
    "claim-word": prose.claim_words,
    "citation-year": prose.citation_years,
    "reference-target": prose.references,
    "free-digit": prose.free_digits,
    "identifier": prose.identifiers,
    "prose-word": prose.prose_words,
}
MODULE: dict[str, Callable[[Code], Iterator[Edit]]] = {
    "package-constant": python.numbers,
    "package-arithmetic": python.arithmetic,
    "package-comparison": python.comparisons,
    "package-logic": python.truths,
    "package-extreme": python.extremes,
    "package-axes": python.axes,
    "tolerance": python.tolerances,
    "seed": python.seeds,
}
APART = {
    "tolerance": "a wider tolerance or a looser guard is no wrong number",
    "seed": "what is true for one seed alone is better not said",
    "free-digit": "0, 1 and 2 need no check in formulas and code",
    "identifier": "a digit in a name is no number",
    "other-source": "another entry of the bibliography may be meant",
    "prose-word": "a word of running prose is not checked",
}
OPERATORS = tuple(
    sorted([*TEXT, *MODULE, "cell-constant", "figure-data", "other-source"])
)


def of_page(file: str, text: str, sources: str = "") -> Iterator[Mutant]:
    """Every mutant of a page's text and of its cells.

    Args:
        file: the page's path within the tree.
        text: its text.
        sources: the bibliographies that it may cite from.
    """
    page = read(text)
    for name, find in TEXT.items():
        for edit in find(page):
            made = edit.apply(text)
            if made != text:
                kind = name
                if name == "citation-year" and _cited(made, edit) in sources:
                    kind = "other-source"
                yield mutant(file, text, kind, edit)
    yield from _of_cells(file, page)


def _cited(made: str, edit: Edit) -> str:
    """The start of the entry that a text cites after an edit of its key."""
    end = edit.start + len(edit.new)
    key = re.search(r"[\w-]*$", made[:end])[0]
    return f"{{{key}"


def _of_cells(file: str, page: Page) -> Iterator[Mutant]:
    sources = [(c, page.text[c.start : c.end]) for c in page.cells]
    cells = [(c, Code(s)) for c, s in sources if parses(s)]
    known = sorted({n for _, code in cells for n in python.assigned(code)})
    for cell, code in cells:
        draws = cell.kind == "drawing"
        data = "figure-data" if draws else "cell-constant"
        found = [(data, edit) for edit in python.numbers(code)]
        found += [("tolerance", edit) for edit in python.tolerances(code)]
        found += [("seed", edit) for edit in python.seeds(code)]
        if draws:
            found += [(data, edit) for edit in python.names(code, known)]
        for name, (start, end, new) in found:
            edit = Edit(cell.start + start, cell.start + end, new)
            yield mutant(file, page.text, name, edit)


def of_module(file: str, text: str) -> Iterator[Mutant]:
    """Every mutant of a module of the package."""
    code = Code(text)
    for name, find in MODULE.items():
        for edit in find(code):
            if edit.apply(text) != text:
                yield mutant(file, text, name, edit)


def of_bibliography(file: str, text: str) -> Iterator[Mutant]:
    """Every mutant of a BibTeX file."""
    for edit in prose.bibliography_years(text):
        yield mutant(file, text, "citation-year", edit)
