"""A run: what it draws, how it judges, what it reports and leaves behind.

Most runs here are judged by a stand-in for the build that notices digits and
nothing else, so that what must survive is known.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from checkbook import fingerprint
from checkbook.mutate import equivalents, main, run
from checkbook.mutate.judge import Broken, Commands, Verdict, reason
from checkbook.mutate.mutant import Edit, mutant
from checkbook.mutate.operators import APART, OPERATORS
from checkbook.mutate.processes import Processes, Stopped
from checkbook.mutate.report import Report
from checkbook.mutate.sample import draw
from checkbook.mutate.subject import choose, subject
from checkbook.mutate.tree import Tree, files_that_test

EXAMPLE = Path(__file__).parents[1] / "example_book"

STAND_IN = """
import importlib, json, pathlib, re, sys
seen = pathlib.Path("_build/seen.json")
files = sorted(pathlib.Path().rglob("*.md")) + sorted(
    pathlib.Path("code").rglob("*.py")
)
digits = {str(f): re.findall("[0-9]", f.read_text()) for f in files}
import abacus.beads, abacus.carrying, abacus.draw
assert abacus.beads.__file__.startswith(str(pathlib.Path().resolve()))
if not seen.exists():
    seen.parent.mkdir(exist_ok=True)
    seen.write_text(json.dumps(digits))
wrong = [f for f, was in json.loads(seen.read_text()).items()
         if digits[f] != was]
print(*wrong, "has other digits")
sys.exit(bool(wrong))
"""


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


BY_DIGITS = Commands(
    build=python(STAND_IN), test=python("raise SystemExit(5)")
)


@pytest.fixture
def book(tmp_path, monkeypatch) -> Path:
    """A copy of the example book whose package is found."""
    root = tmp_path / "a book"
    shutil.copytree(
        EXAMPLE, root, ignore=shutil.ignore_patterns("__pycache__")
    )
    monkeypatch.setenv("PYTHONPATH", str(root / "code"))
    monkeypatch.syspath_prepend(root / "code")
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    monkeypatch.setattr("tempfile.tempdir", None)
    (tmp_path / "tmp").mkdir()
    for name in [m for m in sys.modules if m.split(".")[0] == "abacus"]:
        monkeypatch.delitem(sys.modules, name)
    for cached in (fingerprint._graph, fingerprint._root, fingerprint._data):
        cached.cache_clear()
    return root / "book"


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }


def a_mutant(operator: str, line: int = 1, file: str = "a.md", new="2"):
    text = "a digit 1\n" * 50
    start = 10 * (line - 1) + 8
    return mutant(file, text, operator, Edit(start, start + 1, new))


# ------------------------------------------------------------------ drawing


def many():
    return [
        a_mutant(operator, line, file, operator)
        for operator in ("x", "y", "z")
        for file in ("a.md", "b.md")
        for line in range(1, 20)
    ]


def test_the_same_seed_draws_the_same():
    drawn = draw(many(), 12, seed=3)
    assert drawn == draw(reversed(many()), 12, seed=3)
    assert drawn != draw(many(), 12, seed=4)


def test_a_draw_is_spread_over_operators_files_and_lines():
    drawn = draw(many(), 12, seed=0)
    pairs = [(m.operator, m.file) for m in drawn]
    assert {pairs.count(pair) for pair in pairs} == {2}
    assert len(set(pairs)) == 6
    for pair in set(pairs):
        lines = [m.line for m in drawn if (m.operator, m.file) == pair]
        assert len(set(lines)) == 2


def test_a_draw_ends_with_what_there_is():
    few = [a_mutant("x", line) for line in (1, 2, 3)]
    assert sorted(draw(few, 60, seed=0)) == few
    same = [a_mutant("x"), a_mutant("y")]  # one change, two names
    assert len(draw(same, 60, seed=0)) == 1


# ------------------------------------------------------------------ report


def a_report() -> Report:
    kinds = ["x"] * 3 + ["y"] * 2 + ["prose-word"]
    verdicts = [
        Verdict(a_mutant(kind, n), "build" if n % 2 else "", "said", 1.25)
        for n, kind in enumerate(kinds, 1)
    ]
    excused = [a_mutant("x", 9)]
    return Report(7, verdicts, excused, {"a word more": "survived"}, 61.3)


def test_the_score_leaves_out_what_no_check_can_reach():
    report = a_report()
    assert (report.killed, len(report.scored)) == (3, 5)
    assert report.score == 0.6
    assert [v.mutant.line for v in report.survivors] == [2, 4]
    assert [v.mutant.operator for v in report.apart] == ["prose-word"]
    assert Report(0, []).score == 0.0


def test_the_report_says_what_survived_and_where():
    text = a_report().text()
    assert "survived: a.md:2 x\n    - a digit 1\n    + a digit 2" in text
    assert "x                      2 of   3" in text
    assert "apart, not in the score:\n  prose-word" in text
    assert "equivalent, not tried: 1 x" in text
    assert "control: a word more: survived" in text
    assert text.endswith("3 of 5 killed, score 60.0%; seed 7, 61 s")


def test_the_account_can_be_compared():
    account = json.loads(a_report().json())
    assert account["operators"] == {
        "x": {"killed": 2, "tried": 3},
        "y": {"killed": 1, "tried": 2},
    }
    assert (account["killed"], account["tried"], account["score"]) == (
        3,
        5,
        0.6,
    )
    assert account["mutants"][1]["killed"] is False
    assert account["mutants"][0]["diff"] == "- a digit 1\n+ a digit 2"
    assert account["equivalent"][0]["place"] == "a.md:9"


@pytest.mark.parametrize(
    ("output", "said"),
    [
        (
            "pages: 1 done\nbook/a.md:3: wrong\n    more\ncheckbook: 1",
            "book/a",
        ),
        (
            "..F\nE   assert 1 == 2\nFAILED tests/test_a.py::b - x",
            "E   assert",
        ),
        ("", ""),
    ],
)
def test_the_reason_is_the_line_that_says_what_failed(output, said):
    assert reason(output).startswith(said)


# ---------------------------------------------------------------- equivalents


ENTRY = """
- file: code/abacus/beads.py
  operator: package-constant
  line: "upper_value: int = 5"
  reason: a reason
"""


def test_an_entry_excuses_its_line_alone(book):
    it = subject(book)
    (book / "equivalents.yml").write_text(ENTRY)
    entries = equivalents.load(book / "equivalents.yml")
    faults, excused = equivalents.sift(list(it.mutants()), entries, it.root)
    assert {m.before.strip() for m in excused} == {"upper_value: int = 5"}
    assert {m.operator for m in excused} == {"package-constant"}
    assert len(faults) + len(excused) == len(list(it.mutants()))


def test_an_entry_may_name_a_definition(book):
    it = subject(book)
    entries = equivalents.load(book / "equivalents.yml")
    _, excused = equivalents.sift(list(it.mutants()), entries, it.root)
    assert len(excused) == 8
    assert all("STYLE" in m.before for m in excused)
    (book / "equivalents.yml").unlink()
    assert equivalents.load(book / "equivalents.yml") == []


def test_a_definition_may_be_of_several_names(tmp_path):
    path = tmp_path / "module.py"
    path.write_text("A = 1\nB, C = (\n    2,\n    3)\n\ndef d():\n    4\n")
    assert equivalents.definition(path, "A") == (1, 1)
    assert equivalents.definition(path, "C") == (2, 4)
    assert equivalents.definition(path, "d") == (6, 7)
    assert equivalents.definition(path, "e") == (0, -1)


def test_an_entry_may_list_its_places(book):
    it = subject(book)
    entry = ENTRY.replace('"upper_value: int = 5"', "[SOROBAN, SUANPAN]")
    path = book / "equivalents.yml"
    path.write_text(entry.replace("line:", "within:"))
    _, excused = equivalents.sift(
        list(it.mutants()), equivalents.load(path), it.root
    )
    assert {m.before.split(" = ")[0] for m in excused} == {
        "SOROBAN",
        "SUANPAN",
    }


@pytest.mark.parametrize(
    "stale",
    [
        ENTRY.replace("= 5", "= 6"),
        ENTRY.replace("beads.py", "nothing.py"),
        ENTRY.replace("package-constant", "package-logic"),
        ENTRY.replace("line:", "within:"),
        ENTRY.replace("  reason: a reason", ""),
        ENTRY + "  within: STYLE\n",
        ENTRY.replace("line:", "within: [SOROBAN, NOTHING] #"),
        "- nothing\n",
    ],
)
def test_an_entry_goes_stale_loudly(book, stale):
    (book / "equivalents.yml").write_text(stale)
    with pytest.raises(Broken, match="equivalents"):
        run(book, how=BY_DIGITS, say=str)


# ------------------------------------------------------------------ subject


def test_a_book_is_its_pages_and_what_they_import(book):
    (book / "elsewhere.md").write_text("# Not in the contents\n")
    it = subject(book)
    assert list(it.pages) == [
        "book/beads.md",
        "book/carrying.md",
        "book/index.md",
        "book/reference/bibliography.md",
        "book/reference/ledger.md",
    ]
    assert it.modules == {
        "code/abacus/__init__.py": "abacus",
        "code/abacus/beads.py": "abacus.beads",
        "code/abacus/carrying.py": "abacus.carrying",
        "code/abacus/draw.py": "abacus.draw",
    }
    assert it.sources == ["code"]
    assert it.pages["book/carrying.md"] == {
        "code/abacus/__init__.py",
        "code/abacus/carrying.py",
    }
    every = list(it.mutants())
    some = choose(it, every, ["carrying"], [], [], True)
    assert {m.file for m in some} == {
        "book/carrying.md",
        "code/abacus/carrying.py",
    }
    alone = choose(it, every, ["carrying"], [], [], False)
    assert {m.file for m in alone} == {"book/carrying.md"}


def test_a_module_s_tests_are_its_own_and_those_that_import_it(book):
    root = book.parent
    (root / "tests" / "test_a.py").write_text("from abacus import beads\n")
    house = "import abacus.beads\nroot = __file__\n"
    (root / "tests" / "test_house.py").write_text(house)
    (root / "tests" / "site").mkdir()
    opened = root / "tests" / "site" / "test_pages.py"
    opened.write_text("import abacus.beads\n")
    assert files_that_test(root, "abacus.beads", {}) == [
        "tests/test_beads.py",
        "tests/test_a.py",
        "tests/test_draw.py",
    ]
    assert files_that_test(root, "abacus.nothing", {}) == []


def test_a_part_is_tested_through_what_imports_it(book):
    root = book.parent
    modules = subject(book).modules
    part = root / "code" / "abacus" / "carrying.py"
    part.write_text(f"import abacus.rod\n{part.read_text()}")
    (root / "code" / "abacus" / "rod.py").write_text("")
    modules["code/abacus/rod.py"] = "abacus.rod"
    tested = files_that_test(root, "abacus.rod", modules)
    assert tested == ["tests/test_carrying.py"]
    (root / "tests" / "test_draw.py").unlink()
    assert files_that_test(root, "abacus.draw", modules) == []


@pytest.mark.parametrize(
    "wanted",
    [
        {"pages": ["nothing"]},
        {"modules": ["abacus.nothing"]},
        {"kinds": ["nothing"]},
    ],
)
def test_what_does_not_exist_is_an_error(book, wanted):
    with pytest.raises(Broken, match="nothing"):
        run(book, how=BY_DIGITS, say=str, **wanted)


# ------------------------------------------------------------------ runs


def test_what_the_build_cannot_see_survives_and_is_reported(book):
    before = bytes_of(book.parent)
    report = run(
        book,
        n=12,
        seed=1,
        kinds=["digit-prose", "claim-word", "package-arithmetic"],
        how=BY_DIGITS,
        say=str,
    )
    kinds = {v.mutant.operator: v.killed for v in report.verdicts}
    assert kinds == {
        "digit-prose": True,
        "claim-word": False,
        "package-arithmetic": False,  # no test ran
    }
    assert report.score == report.killed / 12 < 1
    assert "claim-word" in report.text()
    assert bytes_of(book.parent) == before
    assert not list((book.parents[1] / "tmp").iterdir())
    assert report.controls["a word more"] == "survived"


def test_faults_that_count_apart_are_tried_apart(book):
    kinds = ["digit-prose", "prose-word"]
    report = run(book, n=10, kinds=kinds, how=BY_DIGITS, say=str)
    assert len(report.scored) == 10
    assert {v.mutant.operator for v in report.apart} == {"prose-word"}
    assert len(report.apart) == 1
    assert set(APART) < set(OPERATORS)


def test_tests_are_asked_first_and_a_failure_names_them(book):
    fails_on = (
        "from abacus.beads import SOROBAN as it\n"
        "assert (it.rods, it.upper, it.lower) == (13, 1, 4)"
    )
    how = Commands(BY_DIGITS.build, python(fails_on))
    report = run(
        book,
        n=12,
        modules=["abacus.beads"],
        kinds=["package-constant"],
        how=how,
        say=str,
    )
    by = {v.mutant.before.partition(" = ")[0]: v.by for v in report.verdicts}
    assert by.pop("SOROBAN") == "tests"
    assert set(by.values()) == {"build"}


def test_a_control_that_is_killed_stops_the_run(book):
    counts = "import re, pathlib as p; t = p.Path('book/beads.md').read_text()"
    code = f"{counts}; raise SystemExit(' indeed ' in t)"
    with pytest.raises(Broken, match="no fault was killed by build"):
        run(
            book, n=2, how=Commands(python(code), []), say=str, pages=["beads"]
        )


def test_a_build_that_never_looks_at_the_package_stops_the_run(book):
    how = Commands(python(""), python("raise SystemExit(5)"))
    with pytest.raises(Broken, match="raises, and build did not notice"):
        run(book, n=2, how=how, say=str, modules=["abacus.draw"])


def test_tests_that_fail_anyway_stop_the_run(book):
    how = Commands(BY_DIGITS.build, python("raise SystemExit(1)"))
    with pytest.raises(Broken, match="before anything is changed"):
        run(book, n=2, how=how, say=str, modules=["abacus.beads"])


def test_a_book_that_does_not_build_stops_the_run(book):
    how = Commands(python("raise SystemExit('it is wrong')"), [])
    with pytest.raises(Broken, match="it is wrong"):
        run(book, n=2, how=how, say=str, pages=["beads"])


def test_a_machine_that_lacks_something_kills_no_mutant(book):
    code = (
        "import pathlib, re\n"
        "text = pathlib.Path('book/beads.md').read_text()\n"
        "wrong = re.search(' 37 | 1.5 | four ', text)\n"
        "raise SystemExit(2 if wrong else 0)"
    )
    how = Commands(python(code), [])
    kinds = ["added-table"]
    with pytest.raises(Broken, match="ended with status 2"):
        run(book, n=2, how=how, say=str, pages=["beads"], kinds=kinds)


def test_a_fault_that_hangs_is_killed_by_time(book, monkeypatch):
    monkeypatch.setattr("checkbook.mutate.judge.BUILD_LIMIT", 5.0)
    digits = re.findall("[0-9]", (book / "beads.md").read_text())
    code = (
        "import pathlib, re, time\n"
        "text = pathlib.Path('book/beads.md').read_text()\n"
        f"if re.findall('[0-9]', text) != {digits}: time.sleep(60)"
    )
    how = Commands(python(code), [])
    kinds = ["digit-formula"]
    report = run(book, n=2, how=how, say=str, pages=["beads"], kinds=kinds)
    assert [v.by for v in report.verdicts] == ["build, out of time"] * 2


# ------------------------------------------------------------------ processes


def alive(word: str) -> list[int]:
    """Processes with a word among their arguments."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if word.encode() in (folder / "cmdline").read_bytes():
                found.append(int(folder.name))
        except OSError:
            continue
    return found


def test_a_command_out_of_time_leaves_nothing_running(tmp_path):
    word = "left-behind-by-a-test"
    child = f"import time; time.sleep(60) # {word}"
    code = (
        "import signal, subprocess, sys, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        f"subprocess.Popen([sys.executable, '-c', {child!r}],\n"
        "                 start_new_session=True)\n"
        "time.sleep(60)"
    )
    ended = Processes().run(
        python(code), folder=tmp_path, env=dict(os.environ), limit=1
    )
    assert ended.status is None
    time.sleep(0.2)
    assert not alive(word)


def test_nothing_is_started_after_a_stop(tmp_path):
    processes = Processes()
    processes.stop()
    with pytest.raises(Stopped):
        processes.run(python(""), folder=tmp_path, env={}, limit=1)


SLOW_RUN = """
import sys
from checkbook.mutate import main
from checkbook.mutate.judge import Commands
slow = Commands([sys.executable, "-c", "import time; time.sleep(60)"], [])
sys.exit(main([sys.argv[1], "--n", "2", "--page", "beads"], slow))
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_leaves_nothing_behind(book, number):
    before = bytes_of(book.parent)
    temporary = book.parents[1] / "tmp"
    process = subprocess.Popen(
        [sys.executable, "-c", SLOW_RUN, str(book)],
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 60
    while not list(temporary.rglob(".checkbook-output")):
        assert time.monotonic() < deadline and process.poll() is None
        time.sleep(0.1)
    time.sleep(0.5)
    process.send_signal(number)
    _, said = process.communicate(timeout=120)
    assert process.returncode == 130
    assert "nothing is left behind" in said
    assert not list(temporary.iterdir())
    assert bytes_of(book.parent) == before


# ------------------------------------------------------------------ trees


def test_a_tree_is_put_back_as_it_was(book, tmp_path):
    (tmp_path / "home").mkdir()
    tree = Tree(tmp_path / "home", book.parent, ["code"])
    made = tree.root / "_build" / "work"
    made.mkdir(parents=True)
    (made / "state").write_text("kept")
    tree.keep()
    page = tree.root / "book" / "beads.md"
    before, when = page.read_bytes(), page.stat().st_mtime_ns
    edit = Edit(0, 3, "===")
    with tree.with_fault(mutant("book/beads.md", before.decode(), "x", edit)):
        assert page.read_bytes().startswith(b"===")
        (made / "state").write_text("changed")
        (tree.home / "tmp" / "left").write_text("")
    assert page.read_bytes() == before
    assert page.stat().st_mtime_ns == when
    assert (made / "state").read_text() == "kept"
    assert not list((tree.home / "tmp").iterdir())


def test_the_command_line_writes_the_account(book, tmp_path, capsys):
    file = tmp_path / "account.json"
    arguments = [str(book), "--n", "3", "--page", "beads", "--json", str(file)]
    arguments += ["--operator", "digit-prose"]
    assert main(arguments, BY_DIGITS) == 0
    assert "3 of 3 killed, score 100.0%" in capsys.readouterr().out
    assert json.loads(file.read_text())["tried"] == 3
    assert main([str(book), "--page", "nothing", "--page", "beads"]) == 1
    assert "nothing" in capsys.readouterr().err
