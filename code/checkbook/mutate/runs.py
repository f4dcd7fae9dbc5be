"""One run: the mutants of a book, drawn, tried and accounted for."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from checkbook.mutate import equivalents
from checkbook.mutate.judge import Broken, Commands, commands
from checkbook.mutate.operators import APART
from checkbook.mutate.report import Report
from checkbook.mutate.sample import draw
from checkbook.mutate.subject import choose, subject
from checkbook.mutate.workshop import Workshop

EQUIVALENTS = "equivalents.yml"


def run(
    book: Path,
    *,
    n: int = 60,
    seed: int = 0,
    pages: Sequence[str] = (),
    kinds: Sequence[str] = (),
    modules: Sequence[str] = (),
    imports: bool = False,
    jobs: int = 2,
    how: Commands | None = None,
    say: Callable[[str], None] = print,
) -> Report:
    """Try n mutants of a book; what became of them.

    Args:
        book: folder of the book; all of its tree lies beside it.
        n: how many that count; a tenth as many of the others are added.
        seed: the same seed draws the same mutants.
        pages: names of pages to stay on, such as `attention/single-head`.
        kinds: operators to stay with.
        modules: dotted names of modules to stay in.
        imports: with pages, whether to add the modules that they import.
        jobs: how many are tried at the same time.
        how: commands that judge; those of checkbook if none are given.
        say: takes a line for each mutant.

    Raises:
        Broken: if the run can say nothing.
    """
    start = time.perf_counter()
    it = subject(book)
    everything = list(it.mutants())
    try:
        entries = equivalents.load(book / EQUIVALENTS)
        faults, excused = equivalents.sift(everything, entries, it.root)
    except ValueError as error:
        raise Broken(str(error)) from None
    chosen = choose(it, faults, pages, kinds, modules, imports)
    drawn = draw((m for m in chosen if m.operator not in APART), n, seed)
    drawn += draw((m for m in chosen if m.operator in APART), n // 10, seed)
    if not drawn:
        raise Broken("there is nothing of the kind to change")
    say(f"{len(drawn)} of {len(chosen)} mutants, {jobs} at a time")
    with Workshop(it, jobs, how or commands(it.book), say) as workshop:
        workshop.prepare(drawn)
        verdicts, controls = workshop.try_all(drawn)
    taken = time.perf_counter() - start
    return Report(seed, verdicts, excused, controls, taken)
