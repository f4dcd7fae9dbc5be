"""Whether anything notices a fault: the build of the pages, or the tests."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from checkbook.mutate.mutant import Mutant
from checkbook.mutate.operators import APART
from checkbook.mutate.processes import Ended, Processes
from checkbook.mutate.tree import Tree, python

BUILD_LIMIT = 900.0  # the build has limits of its own, for each cell
TEST_LIMIT = 30.0  # and twice what all tests take without a fault
NO_TESTS = 5  # pytest's status when it ran nothing


class Broken(Exception):
    """The run says nothing: something other than a fault is wrong."""


@dataclass(frozen=True)
class Commands:
    """What judges: each is called in the root of a tree.

    Args:
        build: a command that ends with 0 if nothing is wrong, 1 if the book
            is, and with another status if the machine is.
        test: pytest, or what ends as it does; test files are appended.
    """

    build: list[str]
    test: list[str]


def commands(book: str) -> Commands:
    """Those of this checkbook, for a book's path within its tree."""
    build = python("-m", "checkbook", "build", book, "--jobs", "1")
    test = python("-m", "pytest", "-x", "-q", "-p", "no:cacheprovider")
    return Commands(build, test)


@dataclass(frozen=True)
class Verdict:
    """What became of a mutant: who noticed it, saying what, in what time."""

    mutant: Mutant
    by: str
    message: str
    seconds: float

    @property
    def killed(self) -> bool:
        """Whether anything noticed."""
        return bool(self.by)


@dataclass
class Judge:
    """Tries faults in one tree.

    Args:
        tree: a private copy that builds without a fault.
        commands: how to build and test it.
        processes: what runs them.
        tests: the test files of each module, by its file.
        limit: seconds that tests may take.
    """

    tree: Tree
    commands: Commands
    processes: Processes
    tests: Mapping[str, Sequence[str]]
    limit: float = BUILD_LIMIT

    def build(self) -> Ended:
        """Build the tree as it stands.

        Raises:
            Broken: if that fails for another reason than a wrong book.
        """
        ended = self._run(self.commands.build, BUILD_LIMIT)
        if ended.status not in (None, 0, 1):
            raise Broken(
                f"the build ended with status {ended.status}:\n"
                f"{tail(ended.output)}"
            )
        return ended

    def test(self, tests: Iterable[str]) -> Ended:
        """Run some test files."""
        return self._run([*self.commands.test, *tests], self.limit)

    def _run(self, command: list[str], limit: float) -> Ended:
        tree = self.tree
        return self.processes.run(
            command, folder=tree.root, env=tree.environment, limit=limit
        )

    def verdict(self, mutant: Mutant) -> Verdict:
        """Try a mutant: by the tests of its module, then by the build.

        The first test file goes alone: it kills most, and soon.
        """
        tests = self.tests.get(mutant.file, [])
        seconds = 0.0
        with self.tree.with_fault(mutant):
            for part in filter(None, (tests[:1], tests[1:])):
                ended = self.test(part)
                seconds += ended.seconds
                if ended.status not in (0, NO_TESTS):
                    return _killed(mutant, "tests", ended, seconds)
            if tests and mutant.operator in APART:
                return Verdict(mutant, "", "", seconds)  # not worth a build
            ended = self.build()
            seconds += ended.seconds
            if ended.status != 0:
                return _killed(mutant, "build", ended, seconds)
            return Verdict(mutant, "", "", seconds)

    def both(self, mutant: Mutant) -> dict[str, bool]:
        """Whether the build, and whether the tests, notice a mutant."""
        tests = self.tests.get(mutant.file, [])
        with self.tree.with_fault(mutant):
            noticed = {"build": self.build().status != 0}
            if tests:
                status = self.test(tests[:1]).status
                noticed["tests"] = status not in (0, NO_TESTS)
            return noticed


def _killed(mutant: Mutant, by: str, ended: Ended, seconds: float) -> Verdict:
    if ended.status is None:
        return Verdict(mutant, f"{by}, out of time", "", seconds)
    return Verdict(mutant, by, reason(ended.output), seconds)


def reason(output: str) -> str:
    """The line of an output that says what failed."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    marks = ("FAILED ", "ERROR ", "E  ")
    failed = [line for line in lines if line.startswith(marks)]
    complaints = [
        line for line in lines if not line.startswith(("pages:", "checkbook:"))
    ]
    return (failed or complaints or lines or [""])[0]


def tail(output: str, lines: int = 15) -> str:
    """The end of an output."""
    return "\n".join(output.strip().splitlines()[-lines:])
