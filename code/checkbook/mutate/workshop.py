"""Private copies of a tree, in which faults are tried side by side.

Nothing is tried in the book itself. In each copy the book must build and the
tests must pass before anything is changed; a change that is no fault must
survive there, and a module that raises must be noticed by whatever is said to
depend on it.
"""

import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from queue import SimpleQueue
from typing import TypeVar

from checkbook.mutate import prose
from checkbook.mutate.judge import (
    NO_TESTS,
    TEST_LIMIT,
    Broken,
    Commands,
    Judge,
    Verdict,
    tail,
)
from checkbook.mutate.mutant import Edit, Mutant, mutant
from checkbook.mutate.places import read
from checkbook.mutate.processes import Processes
from checkbook.mutate.subject import Subject
from checkbook.mutate.tree import Tree, files_that_test, python

T = TypeVar("T")


class Workshop:
    """Private copies of a tree, each with its judge.

    Args:
        it: what is mutated.
        jobs: how many copies.
        how: the commands that judge.
        say: takes a line for each mutant.
    """

    def __init__(
        self, it: Subject, jobs: int, how: Commands, say: Callable[[str], None]
    ):
        self.it, self.how, self.say = it, how, say
        self.jobs = jobs
        self.processes = Processes()
        self.tests: dict[str, list[str]] = {}
        self.judges: SimpleQueue[Judge] = SimpleQueue()

    def __enter__(self):
        """Make the folder that holds everything."""
        self.home = Path(tempfile.mkdtemp(prefix="checkbook-mutate-"))
        self.pool = ThreadPoolExecutor(self.jobs)
        return self

    def __exit__(self, *_):
        """End what runs, and remove every file."""
        self.processes.stop()
        self.pool.shutdown(cancel_futures=True)
        shutil.rmtree(self.home, ignore_errors=True)

    def prepare(self, drawn: Sequence[Mutant]) -> None:
        """Make the copies and judge them without a fault.

        Raises:
            Broken: if a copy fails as it stands.
        """
        it = self.it
        self.tests |= {
            file: files_that_test(it.root, it.modules[file], it.modules)
            for file in sorted({m.file for m in drawn} & set(it.modules))
        }
        first = self._judge(0, it.root)
        rest = [
            self.pool.submit(self._judge, number, first.tree.root)
            for number in range(1, self.jobs)
        ]
        limit = self._time_tests(first)
        for judge in [first, *(job.result() for job in rest)]:
            judge.limit = limit
            self.judges.put(judge)

    def _judge(self, number: int, source: Path) -> Judge:
        """A new copy that builds."""
        home = self.home / str(number)
        home.mkdir()
        tree = Tree(home, source, self.it.sources)
        judge = Judge(tree, self.how, self.processes, self.tests)
        self._verify(tree)
        ended = judge.build()
        if ended.status != 0:
            raise Broken(
                "the book does not build before anything is changed:\n"
                f"{tail(ended.output)}"
            )
        tree.keep()
        return judge

    def _verify(self, tree: Tree) -> None:
        """Make sure that a copy imports its own modules."""
        packages = sorted(
            {n.partition(".")[0] for n in self.it.modules.values()}
        )
        code = "import sys, importlib.util as u\n"
        code += "for p in sys.argv[1:]: print(u.find_spec(p).origin)"
        ended = self.processes.run(
            python("-c", code, *packages),
            folder=tree.root,
            env=tree.environment,
            limit=TEST_LIMIT,
        )
        for line in ended.output.splitlines():
            if not Path(line).is_relative_to(tree.root):
                raise Broken(f"a copy imports {line}, which is not its own")

    def _time_tests(self, judge: Judge) -> float:
        """Seconds to give to tests, which must pass without a fault."""
        tests = sorted(set().union(*self.tests.values()))
        if not tests:
            return TEST_LIMIT
        ended = judge.test(tests)
        if ended.status == NO_TESTS:
            self.tests.clear()
        elif ended.status != 0:
            raise Broken(
                "the tests fail before anything is changed:\n"
                f"{tail(ended.output)}"
            )
        return TEST_LIMIT + 2 * ended.seconds

    def try_all(
        self, drawn: Sequence[Mutant]
    ) -> tuple[list[Verdict], dict[str, str]]:
        """The verdict on each mutant, in the order given, and the controls.

        Raises:
            Broken: if a control goes wrong.
        """
        order = sorted(drawn, key=lambda m: m.file not in self.it.modules)
        controls = self._controls({m.file for m in drawn})
        jobs = [self.pool.submit(self._try, *c) for c in controls]
        jobs += [self.pool.submit(self._try, _verdict, m) for m in order]
        found, said = {}, {}
        for job in as_completed(jobs):
            result = job.result()
            if isinstance(result, Verdict):
                found[result.mutant] = result
                self.say(f"{len(found)}/{len(drawn)} {_line(result)}")
            else:
                said |= result
        return [found[m] for m in drawn], said

    def _try(self, how: Callable[[Judge, Mutant], T], mutant: Mutant) -> T:
        judge = self.judges.get()
        try:
            return how(judge, mutant)
        finally:
            self.judges.put(judge)

    def _controls(self, files: set[str]) -> Iterator[tuple]:
        """What is tried to judge the run itself, each with how."""
        word = a_word_more(self.it)
        if word:
            yield _survives, word
        importers = {
            file: sum(file in found for found in self.it.pages.values())
            for file in files & set(self.it.modules)
        }
        if importers:
            file = min(sorted(importers), key=importers.get)
            text = self.it.text(file)
            end = Edit(len(text), len(text), "# nothing\n")
            yield _survives, mutant(file, text, "a comment more", end)
            raises = end._replace(new="raise RuntimeError('planted')\n")
            yield _noticed, mutant(file, text, "a module that raises", raises)


def _verdict(judge: Judge, fault: Mutant) -> Verdict:
    return judge.verdict(fault)


def _survives(judge: Judge, control: Mutant) -> dict[str, str]:
    verdict = judge.verdict(control)
    if verdict.killed:
        raise Broken(
            f"a change that is no fault was killed by {verdict.by}: "
            f"{control.place}\n{control.diff()}\n{verdict.message}"
        )
    return {control.operator: "survived"}


def _noticed(judge: Judge, control: Mutant) -> dict[str, str]:
    noticed = judge.both(control)
    missed = [name for name, seen in noticed.items() if not seen]
    if missed:
        raise Broken(
            f"{control.file} raises, and {' and '.join(missed)} did not notice"
        )
    return {control.operator: f"killed by {' and '.join(noticed)}"}


def _line(verdict: Verdict) -> str:
    mark = f"killed by {verdict.by}" if verdict.killed else "survived"
    fault = verdict.mutant
    return f"{fault.place} {fault.operator}: {mark}, {verdict.seconds:.1f} s"


def a_word_more(it: Subject) -> Mutant | None:
    """A change that is no fault: one more word in a sentence of the book."""
    for file in it.pages:
        text = it.text(file)
        for edit in prose.added(read(text), "prose"):
            word = edit._replace(new=" indeed ")
            return mutant(file, text, "a word more", word)
    return None
