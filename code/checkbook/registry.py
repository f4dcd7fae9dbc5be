"""The registry of sourced literals: numbers that the build cannot compute.

One readable YAML file in the book:

    published:                    # what cite-num may print
      "devlin2019, README":       # bibliography key, place in the source
        "110M": BERT-base, as its authors round it
    literals:                     # what lit may print
      "year of Vaswani et al.": "2017"
"""

import re
from pathlib import Path

import yaml

KEY_YEAR = re.compile(r"(\d{4})[a-z]?$")


class Registry:
    """The sourced literals of a book.

    Args:
        path: the YAML file; a book without one has no sourced literals.
        bibliography: years of the bibliography's entries by key.

    Raises:
        ValueError: if the file is not of the form above.
    """

    def __init__(self, path: Path, bibliography: dict[str, str]):
        self.path, self.bibliography = path, bibliography
        self.used: set[tuple[str, str]] = set()
        text = path.read_text("utf8") if path.is_file() else ""
        try:
            data = yaml.safe_load(text) or {}
        except yaml.YAMLError as error:
            raise ValueError(f"{path.name} is not YAML: {error}") from None
        self.published = self._table(data, "published", dict)
        self.literals = self._table(data, "literals", str)
        for key, figures in self.published.items():
            self._check_key(key)
            for figure, what in figures.items():
                if not isinstance(figure, str) or not isinstance(what, str):
                    raise ValueError(
                        f'{path.name}: {key}: write \'"{figure}": what it '
                        "is', the figure in quotes"
                    )

    def _table(self, data: dict, name: str, kind: type) -> dict:
        table = data.get(name) or {}
        if not isinstance(table, dict):
            raise ValueError(f"{self.path.name}: {name} must be a mapping")
        for key, value in table.items():
            if not isinstance(value, kind):
                raise ValueError(
                    f"{self.path.name}: {name}: {key!r} must hold "
                    f"{'quoted text' if kind is str else 'figures'}, "
                    f"not {value!r}"
                )
        return table

    def _check_key(self, key: str) -> None:
        source = key.partition(",")[0].strip()
        if source not in self.bibliography:
            raise ValueError(
                f"{self.path.name}: {key!r}: {source!r} is not in the "
                "bibliography"
            )

    def problem(self, role: str, printed: str, key: str) -> str | None:
        """What is wrong with a cite-num or lit, or None if nothing is."""
        if role == "cite-num":
            known = self.published.get(key)
            if known is None:
                return f"{key!r} is not in {self.path.name}"
            if printed not in known:
                return (
                    f"the text says {printed}, {self.path.name} has "
                    f"{', '.join(known)} under {key!r}"
                )
        else:
            value = self.literals.get(key)
            if value is None:
                return f"the reason {key!r} is not in {self.path.name}"
            if printed != value:
                return (
                    f"the text says {printed}, {self.path.name} has {value} "
                    f"for {key!r}"
                )
        return None

    def what(self, printed: str, key: str) -> str:
        """What a published figure is, in the registry's words."""
        return self.published.get(key, {}).get(printed, "")


def bibliography(paths: list[Path]) -> tuple[dict[str, str], list[str]]:
    """Years by key of BibTeX files, and the keys that contradict theirs.

    A key ends in its entry's year, so that a citation cannot say another.
    """
    from pybtex.database import parse_file
    from pybtex.exceptions import PybtexError

    years, wrong = {}, []
    for path in paths:
        try:
            entries = parse_file(str(path), "bibtex").entries
        except PybtexError as error:
            wrong.append(f"{path.name}: {error}")
            continue
        for key, entry in entries.items():
            year = str(entry.fields.get("year", ""))
            years[key] = year
            match = KEY_YEAR.search(key)
            if match is None or match[1] != year:
                wrong.append(
                    f"{path.name}: the key {key!r} does not end in its "
                    f"year, {year or 'which is missing'}"
                )
    return years, wrong
