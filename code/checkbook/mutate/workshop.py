"""Private copies of a tree, in which faults are tried side by side.

Nothing is tried in the book itself. In each copy the book must build and the
tests must pass before anything is changed; a change that is no fault must
survive there, and a module that raises must be noticed by whatever is said to
depend on it.
"""

import shutil
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from queue import SimpleQueue

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

    def prepare(self, drawn: Sequence[Mutant]) -> dict[str, str]:
        """Make the copies and judge them without a fault.

        Raises:
            Broken: if a copy fails as it stands, or a control goes wrong.
        """
        it = self.it
        files = sorted({m.file for m in drawn} & set(it.modules))
        self.tests |= {
            file: files_that_test(it.root, it.modules[file], it.modules)
            for file in files
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
        return self._controls(files)

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
        if not any(self.tests.values()):
            return TEST_LIMIT
        ended = judge.test(*self.tests)
        if ended.status == NO_TESTS:
            self.tests.clear()
        elif ended.status != 0:
            raise Broken(
                "the tests fail before anything is changed:\n"
                f"{tail(ended.output)}"
            )
        return TEST_LIMIT + 2 * ended.seconds

    def _controls(self, files: list[str]) -> dict[str, str]:
        judge = self.judges.get()
        said = {}
        word = a_word_more(self.it)
        if word:
            said["a word more in prose"] = _survives(judge, word)
        if files:
            text = self.it.text(files[0])
            end = Edit(len(text), len(text), "# nothing\n")
            comment = mutant(files[0], text, "control", end)
            said["a comment more in a module"] = _survives(judge, comment)
            end = end._replace(new="raise RuntimeError('planted')\n")
            noticed = judge.both(mutant(files[0], text, "control", end))
            missed = [name for name, seen in noticed.items() if not seen]
            if missed:
                raise Broken(
                    f"{files[0]} raises, and {' and '.join(missed)} did not "
                    "notice"
                )
            said["a module that raises"] = f"killed by {' and '.join(noticed)}"
        self.judges.put(judge)
        return said

    def try_all(self, drawn: Sequence[Mutant]) -> list[Verdict]:
        """The verdict on each mutant, in the order given."""
        order = sorted(drawn, key=lambda m: m.file not in self.it.modules)
        jobs = {self.pool.submit(self._try, m): m for m in order}
        found = {}
        for number, job in enumerate(as_completed(jobs), 1):
            verdict = job.result()
            found[verdict.mutant] = verdict
            mark = f"killed by {verdict.by}" if verdict.killed else "survived"
            self.say(
                f"{number}/{len(drawn)} {verdict.mutant.place} "
                f"{verdict.mutant.operator}: {mark}, {verdict.seconds:.1f} s"
            )
        return [found[m] for m in drawn]

    def _try(self, mutant: Mutant) -> Verdict:
        judge = self.judges.get()
        try:
            return judge.verdict(mutant)
        finally:
            self.judges.put(judge)


def _survives(judge: Judge, control: Mutant) -> str:
    verdict = judge.verdict(control)
    if verdict.killed:
        raise Broken(
            f"a change that is no fault was killed by {verdict.by}: "
            f"{control.place}\n{control.diff()}\n{verdict.message}"
        )
    return "survived"


def a_word_more(it: Subject) -> Mutant | None:
    """A change that is no fault: one more word in a sentence of the book."""
    for file in it.pages:
        text = it.text(file)
        for edit in prose.added(read(text), "prose"):
            word = edit._replace(new=" indeed ")
            return mutant(file, text, "control", word)
    return None
