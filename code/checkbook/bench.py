"""How long builds take and what pages weigh, each against its bound.

Everything that is compared is measured in one run, turn by turn, and the
median is kept: a machine that slows down slows both sides. Builds are whole
processes, timed from outside, of copies in a folder that is removed.

| group | measured on |
|---|---|
| cold, module, check | made-up pages (`checkbook.sample`) |
| warm, clean, weight | a copy of the book |
"""

import argparse
import filecmp
import json
import os
import platform
import signal
import sys
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from checkbook import sample
from checkbook.copies import BrokenBuild, Copy, copied, seconds_of, settings
from checkbook.store import Store
from checkbook.weights import SCRIPT_DELAY_S, Weight, weigh

PLAIN = "from jupyter_book.cli.main import main; main()"
N_PAGES, PAGE_SECONDS, N_IMPORTING = 8, 5.0, 4
N_CHECKS = 400
ASKED = "the+of+a"  # hardly a section is without one of these


@dataclass(frozen=True)
class Figure:
    """One measured figure.

    Attributes:
        name: what was measured.
        value: the median.
        unit: of value and bound.
        bound: the most it may be; None if nothing bounds it.
        note: how it came about.
    """

    name: str
    value: float
    unit: str
    bound: float | None = None
    note: str = ""

    @property
    def holds(self) -> bool:
        """Whether the figure keeps its bound."""
        return self.bound is None or self.value <= self.bound


# The groups -----------------------------------------------------------------


def cold(book: Path, folder: Path, rounds: int) -> Iterator[Figure]:
    """First builds of the same pages, by us and by plain Jupyter Book."""
    pages = sample.working_pages(
        n_pages=N_PAGES,
        n_importing=N_IMPORTING,
        turns=sample.turns_taking(PAGE_SECONDS),
    )
    ours, plain = [], []
    for turn in range(rounds):
        here = folder / str(turn)
        book = sample.write_sample(here / "plain", pages=pages, plain=True)
        command = [sys.executable, "-c", PLAIN, "build", book]
        path = {"PYTHONPATH": str(here / "plain" / "code")}
        plain.append(seconds_of(command, path))
        ours.append(_sample(here / "ours", pages).build())
    note = f"{N_PAGES} pages of {PAGE_SECONDS:g} s, {os.cpu_count()} cores"
    yield Figure("cold build, plain Jupyter Book", median(plain), "s")
    yield Figure("cold build, checkbook", median(ours), "s", note=note)
    ratio = median(a / b for a, b in zip(ours, plain, strict=True))
    yield Figure("cold build, the second over the first", ratio, "", 0.60)


def _sample(folder: Path, pages: dict[str, str]) -> Copy:
    book = sample.write_sample(folder, pages=pages)
    return Copy(book, str(folder / "code"))


def warm(book: Path, folder: Path, rounds: int) -> Iterator[Figure]:
    """Builds after small changes of the book itself."""
    copy = copied(book, folder / "warm")
    copy.build()
    store, slowest = Store(copy.records), slowest_page(copy)
    page = copy.book / f"{slowest}.md"
    nothing, word, cell, own = [], [], [], []
    for turn in range(rounds):
        nothing.append(copy.build())
        text = page.read_text(encoding="utf-8")
        page.write_text(f"{text}\n{'A' * (turn + 1)}fterwards.\n", "utf-8")
        before = copy.executions()
        word.append(copy.build())
        if ran := copy.ran_since(before):
            raise BrokenBuild(f"a word changed, and {ran} ran")
        page.write_text(with_changed_cell(text, turn), encoding="utf-8")
        cell.append(copy.build())
        if copy.ran_since(before) != {slowest}:
            raise BrokenBuild("a cell changed, and not its page alone ran")
        own.append(store.last_seconds(slowest))
    yield Figure("nothing changed", median(nothing), "s", 2.0)
    yield Figure("one word changed", median(word), "s", 3.0)
    bound, note = median(own) + 4, f"{slowest}, {median(own):.1f} s of its own"
    yield Figure("one cell changed", median(cell), "s", bound, note)


def slowest_page(copy: Copy) -> str:
    """The page whose last run took longest."""
    store = Store(copy.records)
    return max(copy.ran_since(set()), key=lambda name: _took(store, name))


def _took(store: Store, docname: str) -> float:
    return store.last_seconds(docname) or 0.0


def with_changed_cell(text: str, turn: int) -> str:
    """The page with a comment more at the end of its last code cell."""
    head, mark, tail = text.rpartition("```{code-cell}")
    body, fence, rest = tail.partition("\n```")
    comment = f"\n# changed {turn + 1}"
    return f"{head}{mark}{body}{comment}{fence}{rest}"


def module(book: Path, folder: Path, rounds: int) -> Iterator[Figure]:
    """One module changed and restored: exactly the importing pages run."""
    pages = sample.working_pages(
        n_pages=N_PAGES, n_importing=N_IMPORTING, turns=1
    )
    importing = {n for n, text in pages.items() if sample.PACKAGE in text}
    copy = _sample(folder / "module", pages)
    copy.build()
    parts = folder / "module" / "code" / sample.PACKAGE / "parts.py"
    old, before = parts.read_text(), copy.executions()
    parts.write_text("WORD = 'after'\n")
    changed = copy.build()
    wrong = copy.ran_since(before) ^ importing
    before = copy.executions()
    parts.write_text(old)
    restored = copy.build()
    again = copy.ran_since(before)
    note = f"{len(importing)} of {len(pages)} pages import it and ran"
    yield Figure("one module changed", changed, "s", note=note)
    yield Figure("  pages that ran and should not, or not", len(wrong), "", 0)
    yield Figure("the module restored", restored, "s")
    yield Figure("  pages that ran", len(again), "", 0)


def check(book: Path, folder: Path, rounds: int) -> Iterator[Figure]:
    """What one checked number adds to a build."""
    extra = []
    for turn in range(rounds):
        took = {}
        for n_checks in (0, N_CHECKS):
            here = folder / f"check-{turn}-{n_checks}"
            pages = sample.counting_page(n_checks)
            took[n_checks] = _sample(here, pages).build()
        extra.append(1000 * (took[N_CHECKS] - took[0]) / N_CHECKS)
    note = f"a page with {N_CHECKS} of them against one with none"
    yield Figure("a checked number", median(extra), "ms", 10.0, note)


def clean(book: Path, folder: Path, rounds: int) -> Iterator[Figure]:
    """Two clean builds, in two folders, byte for byte."""
    one = copied(book, folder / "clean")
    two = copied(book, folder / "clean, in another folder")
    seconds = [one.build("--clean"), two.build("--clean")]
    different = sorted(differing(one.site, two.site))
    record_seconds(book, one)
    yield Figure("the book, a clean build", median(seconds), "s")
    note = ", ".join(different[:3])
    count = len(different)
    yield Figure("files that differ in two builds", count, "", 0, note)


def differing(one: Path, two: Path) -> Iterable[str]:
    """Paths that the two folders do not both have with the same bytes."""
    trees = [
        {p.relative_to(top).as_posix() for p in top.rglob("*") if p.is_file()}
        for top in (one.resolve(), two.resolve())
    ]
    both = trees[0] & trees[1]
    _, changed, failed = filecmp.cmpfiles(one, two, both, shallow=False)
    return {*(trees[0] ^ trees[1]), *changed, *failed}


def record_seconds(book: Path, copy: Copy) -> None:
    """Write down what the pages took, where the book's settings name a file.

    Pages cannot print what they take while they run: two builds would differ.
    """
    name = settings(book).get("checkbook_seconds")
    if not name:
        return
    store = Store(copy.records)
    taken = {d: _took(store, d) for d in sorted(copy.ran_since(set()))}
    facts = {"measured": f"{datetime.now(UTC):%Y-%m-%d}, {machine()}"}
    facts |= {docname: round(took, 1) for docname, took in taken.items()}
    text = json.dumps(facts, indent=2) + "\n"
    (book / name).write_text(text, encoding="utf-8")


def machine() -> str:
    """This machine in a few words."""
    return (
        f"{os.cpu_count()} cores, {platform.machine()}, "
        f"Python {platform.python_version()}"
    )


def weight(book: Path, folder: Path, rounds: int) -> Iterator[Figure]:
    """The heaviest page, and the one that shows itself last."""
    copy = copied(book, folder / "weight")
    copy.build()
    site = copy.site.resolve()
    names = [p.relative_to(site).as_posix() for p in site.rglob("*.html")]
    pages = sorted(n for n in names if not n.startswith("_"))
    found = weigh(site, [*pages, f"search.html?q={ASKED}"])
    yield from weighed(found, settings(book).get("checkbook_weights") or {})


def weighed(
    found: Iterable[Weight], allowed: dict[str, float]
) -> Iterator[Figure]:
    """Figures of what pages weigh.

    Args:
        allowed: kB of those pages that may weigh more than others.

    Raises:
        BrokenBuild: if one of those is not among them.
    """
    own, others = {}, []
    for page in found:
        name = page.page.removesuffix(".html")
        if name in allowed:
            own[name] = page
        else:
            others.append(page)
    heavy = max(others, key=lambda w: w.page_bytes)
    script = max(others, key=lambda w: w.script_bytes)
    late = max([*others, *own.values()], key=lambda w: w.first_paint_s)
    yield Figure(
        "heaviest page", heavy.page_bytes / 1000, "kB", 700, heavy.page
    )
    yield Figure(
        "  most script", script.script_bytes / 1000, "kB", 250, script.page
    )
    if absent := sorted(allowed.keys() - own):
        raise BrokenBuild(f"checkbook_weights names no page: {absent}")
    for name, most in allowed.items():
        size = own[name].page_bytes / 1000
        yield Figure("a page that may weigh more", size, "kB", most, name)
    note = f"{late.page}, scripts held back {SCRIPT_DELAY_S:g} s"
    yield Figure(
        "last first paint", late.first_paint_s, "s", SCRIPT_DELAY_S, note
    )


GROUPS = {g.__name__: g for g in (cold, warm, module, check, clean, weight)}


# The table ------------------------------------------------------------------


def row(figure: Figure) -> str:
    """A line of the table."""
    bound, ratio = "", ""
    if figure.bound is not None:
        bound = shown(figure.bound)
        ratio = f"{figure.value / figure.bound:.2f}" if figure.bound else ""
    note = figure.note if figure.holds else f"TOO MUCH  {figure.note}"
    return (
        f"{figure.name:<38}{shown(figure.value):>8} {figure.unit:<3}"
        f"{bound:>7}{ratio:>7}  {note}"
    ).rstrip()


def shown(value: float) -> str:
    """Whole numbers as they are, others with three or more digits."""
    if float(value).is_integer() or value >= 100:
        return f"{value:.0f}"
    return f"{value:.2f}" if value < 10 else f"{value:.1f}"


def main(arguments: list[str]) -> int:
    """The command line of `checkbook bench`; the exit status."""
    parser = argparse.ArgumentParser(
        prog="checkbook bench", description="Time builds and weigh pages."
    )
    parser.add_argument("book", type=Path)
    parser.add_argument(
        "--only", nargs="+", choices=GROUPS, default=list(GROUPS)
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path, help="write the figures there")
    options = parser.parse_args(arguments)
    # An ended run removes its folder, as an interrupted one does.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        return run(
            options.book.resolve(),
            groups=options.only,
            rounds=options.rounds,
            json_path=options.json,
        )
    except KeyboardInterrupt:
        return 130


def run(
    book: Path,
    *,
    groups: list[str],
    rounds: int,
    json_path: Path | None,
) -> int:
    """Measure and print; the exit status, 1 if a bound is broken."""
    print(f"{machine()}; medians of {rounds}")
    print(f"{'':<38}{'':>8} {'':<3}{'bound':>7}{'ratio':>7}")
    figures = []
    with tempfile.TemporaryDirectory(prefix="bench ") as folder:
        for name in groups:
            try:
                found = GROUPS[name](book, Path(folder) / name, rounds)
                for figure in found:
                    print(row(figure), flush=True)
                    figures.append(figure)
            except BrokenBuild as error:
                print(f"{name}: {error}", file=sys.stderr)
                return 1
    if json_path:
        rows = [asdict(f) | {"holds": f.holds} for f in figures]
        json_path.write_text(json.dumps(rows, indent=2) + "\n")
    return 0 if all(f.holds for f in figures) else 1
