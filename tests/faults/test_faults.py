"""What a build must survive: the site stays, the cause is named."""

import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.faults.conftest import BIB, Book, cell

SLEEP = "import time\ntime.sleep(600)"


def wait_for(path: Path, seconds: float = 60) -> None:
    """Wait until a file exists."""
    end = time.monotonic() + seconds
    while not path.exists():
        assert time.monotonic() < end, f"{path.name} did not appear"
        time.sleep(0.05)


def alive(mark: str) -> list[str]:
    """Processes whose command line or environment holds a mark."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            text = (process / "environ").read_bytes()
            if mark.encode() in text and process.name != str(os.getpid()):
                found.append(process.name)
        except OSError:
            continue
    return found


def test_a_failed_build_leaves_the_site_and_fails_again(copy):
    before = copy.published()
    copy.page("two", cell("1 / 0"))
    first = copy.build()
    assert first.code == 1
    assert "book/two.md:9" in first.err
    assert "ZeroDivisionError" in first.err
    assert copy.published() == before != ""
    second = copy.build()
    assert (second.code, second.err) == (1, first.err)
    copy.page("two", "mended")
    assert copy.build().code == 0


def test_nothing_changed_runs_nothing(copy):
    result = copy.build()
    assert result.code == 0
    assert result.ran == set()


def test_prose_runs_nothing(copy):
    page = copy.folder / "one.md"
    page.write_text(page.read_text() + "\nMore words.\n")
    result = copy.build()
    assert (result.code, result.ran) == (0, set())
    assert "More words" in (copy.root / "_build/html/one.html").read_text()


def test_a_changed_word_is_all_that_is_done_again(copy):
    """Neither the other pages nor their notebooks are made again."""
    # what was copied is not trusted, so the first build makes all of it
    assert copy.build().code == 0
    made = [copy.root / "_build/work" / n for n in ("html", "notebooks")]
    before = {p: p.stat() for m in made for p in m.rglob("*") if p.is_file()}
    copy.write("two.md", (copy.folder / "two.md").read_text() + "\nA word.\n")
    assert copy.build().code == 0
    again = {
        p.name
        for p, old in before.items()
        if p.stat().st_mtime_ns != old.st_mtime_ns
    }
    pages = {name for name in again if name.endswith((".html", ".ipynb"))}
    assert pages - {"index.html", "404.html", "search.html"} == {
        "two.html",
        "two.ipynb",
    }


def test_a_harmed_notebook_is_made_again(copy):
    site = copy.root / "_build/html"
    right = (site / "one.ipynb").read_bytes()
    kept = copy.root / "_build/work/notebooks/one.ipynb"
    kept.write_bytes(kept.read_bytes().replace(b"near", b"fear"))
    copy.write("two.md", (copy.folder / "two.md").read_text() + "\nA word.\n")
    assert copy.build().code == 0
    assert (site / "one.ipynb").read_bytes() == right


def test_a_changed_source_is_set_again(copy):
    text = "# A\n\n{cite}`knuth1984`\n\n```{bibliography}\n```\n"
    copy.write("index.md", text)
    for _ in range(2):
        assert "missing publisher in knuth1984" in copy.build().err
    bib = copy.write("references.bib", BIB.replace("@book", "@misc"))
    assert copy.build().code == 0
    assert "Knuth. T. 1984" in copy.published()
    bib.write_text(bib.read_text().replace("{T}", "{Other}"))
    assert copy.build().code == 0
    assert "Knuth. T. 1984" not in copy.published()
    copy.write("two.md", (copy.folder / "two.md").read_text() + "\nA word.\n")
    assert copy.build().code == 0
    again = copy.published()
    assert "Knuth. Other. 1984" in again
    assert copy.build("--clean").code == 0
    assert copy.published() == again


def test_a_ledger_for_each_part(copy):
    """Each check stands on one ledger, to which its page leads."""
    copy.write("rest.md", "# Rest\n\n```{ledger}\n```\n")
    first = "# First\n\n```{ledger}\n:part: One & all\n```\n"
    copy.write("first.md", first)
    toc = "format: jb-book\nroot: index\nparts:\n"
    for caption, pages in (("One & all", "one"), ("Other", "two rest first")):
        files = "".join(f"\n  - file: {page}" for page in pages.split())
        toc += f"- caption: {caption}\n  chapters:{files}\n"
    copy.write("_toc.yml", toc)
    for options in ((), ("--clean",)):
        assert copy.build(*options).code == 0
        site = copy.root / "_build/html"
        text = {p.stem: p.read_text() for p in site.glob("*.html")}
        rows = {name: text[name].count("<tr id=") for name in text}
        assert {n: r for n, r in rows.items() if r} == {"rest": 1, "first": 1}
        assert '<tr id="two-' in text["rest"]
        link = '<a href="first.html">One &amp; all</a>: 1 check'
        assert link in text["rest"]
        assert 'href="first.html#one-' in text["one"]
        assert 'href="rest.html#two-' in text["two"]
    copy.write("first.md", first.replace("One & all", "No"))
    for _ in range(2):
        done = copy.build()
        assert "no part 'No' in the contents" in done.said_of("first")


def test_a_wrong_digit_runs_nothing_and_fails_twice(copy):
    page = copy.folder / "one.md"
    page.write_text(page.read_text().replace("`9 =", "`8 ="))
    for _ in range(2):
        result = copy.build()
        assert (result.code, result.ran) == (1, set())
        assert "the text says 8, the expression gives 9" in result.err


def test_a_module_runs_the_pages_that_import_it(copy):
    module = copy.root / "code" / "small" / "deep.py"
    old = module.read_text()
    module.write_text("SIDE = 4\n")
    for _ in range(2):
        result = copy.build()
        assert result.code == 1
        assert "the text says 9, the expression gives 16" in result.err
    assert copy.build().ran == set()
    module.write_text(old)
    os.utime(module, (1, 1))
    result = copy.build()
    assert (result.code, result.ran) == (0, set())
    (copy.root / "code/small/other.py").write_text("SIX = 3 + 3\n")
    result = copy.build()
    assert (result.code, result.ran) == (0, {"two"})


def test_a_restored_page_with_an_old_date_is_read_again(copy):
    page = copy.folder / "one.md"
    old = page.read_text()
    page.write_text(old + "\nMore words.\n")
    assert copy.build().code == 0
    page.write_text(old)
    os.utime(page, (1, 1))
    assert copy.build().code == 0
    assert "More words" not in (copy.root / "_build/html/one.html").read_text()


def test_a_label_claimed_twice_can_be_given_up(copy):
    one, two = copy.folder / "one.md", copy.folder / "two.md"
    one.write_text(one.read_text() + "\n(here)=\n## Here\n")
    text = two.read_text()
    two.write_text(text + "\n(here)=\n## There\n")
    result = copy.build()
    assert result.code == 1
    assert "duplicate label here" in result.err
    two.write_text(text + "\n{ref}`here`\n")
    assert copy.build().code == 0


@pytest.mark.parametrize("trusted", [True, False])
def test_a_removed_page_leaves_the_site(copy, trusted):
    copy.chapters.remove("one")
    copy.page("two", "mended")
    copy.write(
        "_toc.yml", "format: jb-book\nroot: index\nchapters:\n  - file: two\n"
    )
    if not trusted:
        (copy.root / "_build/work/doctrees/environment.pickle").unlink()
    assert copy.build().code == 0
    assert (copy.root / "_build/html/two.html").exists()
    assert not (copy.root / "_build/html/one.html").exists()


def test_the_pins_run_everything_again(copy):
    (copy.root / "requirements.txt").write_text("# other pins\n")
    assert copy.build().ran == {"one", "two"}


@pytest.mark.parametrize("harm", ["edited", "truncated", "emptied"])
def test_a_harmed_record_is_run_again(copy, harm):
    (record,) = (copy.root / "_build/records/one").glob("*.json")
    text = record.read_text()
    other = {
        "edited": text.replace('"num", "area()", 9', '"num", "area()", 8'),
        "truncated": text[: len(text) // 2],
        "emptied": "",
    }[harm]
    assert other != text
    record.write_text(other)
    page = copy.folder / "one.md"
    page.write_text(page.read_text() + "\nMore words.\n")
    result = copy.build()
    assert (result.code, result.ran) == (0, {"one"})


PLANT = """
import pickle, sys
class Planted:
    def __reduce__(self):
        return (open, (sys.argv[2], "w"))
open(sys.argv[1], "wb").write(pickle.dumps(Planted()))
"""


@pytest.mark.parametrize("name", ["environment.pickle", "one.doctree"])
def test_a_planted_pickle_is_not_read(copy, tmp_path, name):
    trap = tmp_path / "trap"
    target = copy.root / "_build" / "work" / "doctrees" / name
    assert target.exists()
    subprocess.run(
        [sys.executable, "-c", PLANT, str(target), str(trap)], check=True
    )
    page = copy.folder / "two.md"
    page.write_text(page.read_text() + "\nMore words.\n")
    assert copy.build().code == 0
    assert not trap.exists()


@pytest.mark.parametrize("name", ["environment.pickle", "one.doctree"])
def test_a_truncated_pickle_is_made_again(copy, name):
    target = copy.root / "_build" / "work" / "doctrees" / name
    target.write_bytes(target.read_bytes()[:100])
    page = copy.folder / "two.md"
    page.write_text(page.read_text() + "\nMore words.\n")
    assert copy.build().code == 0


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("import os\nos._exit(3)", "the kernel ended with status 3"),
        ("import ctypes\nctypes.string_at(0)", "the kernel ended by SIGSEGV"),
        (
            "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)",
            "the kernel ended by SIGKILL",
        ),
    ],
)
def test_a_dead_kernel_is_named(book, source, message):
    book.page("one", cell("x = 1") + cell(source))
    result = book.build()
    assert result.code == 1
    assert "book/one.md:13: cell 2" in result.err
    assert message in result.err
    assert "MiB" in result.err


def test_a_hanging_cell_is_named_and_leaves_no_process(book):
    swallow = (
        "import signal, time\n"
        "signal.signal(signal.SIGINT, signal.SIG_IGN)\ntime.sleep(600)"
    )
    book.page("one", cell(swallow, "timeout: 2"))
    result = book.build(MARK="hanging-cell")
    assert result.code == 1
    assert "book/one.md:9: cell 1 ran longer than 2 s" in result.err
    assert alive("MARK=hanging-cell") == []


def test_a_hanging_check_is_named(book):
    book.page("one", cell(SLEEP.replace("600", "0")) + "{num}`3 = hang()`")
    book.write(
        "one.md",
        (book.folder / "one.md")
        .read_text()
        .replace("time.sleep(0)", "def hang():\n    time.sleep(600)"),
    )
    result = book.build(CHECKBOOK_CHECK_TIMEOUT="2")
    assert result.code == 1
    assert "the checks after cell 1 take over 2 s" in result.err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_build_leaves_the_site(copy, number):
    before = copy.published()
    flag = copy.root / "started"
    copy.page("two", cell(f"open({str(flag)!r}, 'w').close()\n{SLEEP}"))
    process = copy.start(MARK=f"interrupted-{number}")
    wait_for(flag)
    process.send_signal(number)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "interrupted; the published site is unchanged" in err
    assert alive(f"MARK=interrupted-{number}") == []
    assert copy.published() == before != ""
    copy.page("two", "mended")
    assert copy.build().code == 0


def test_a_killed_build_leaves_the_site(copy):
    before = copy.published()
    flag = copy.root / "started"
    copy.page("two", cell(f"open({str(flag)!r}, 'w').close()\n{SLEEP}"))
    process = copy.start(MARK="killed-build")
    wait_for(flag)
    process.kill()
    process.communicate(timeout=30)
    assert copy.published() == before != ""
    end = time.monotonic() + 20
    while alive("MARK=killed-build") and time.monotonic() < end:
        time.sleep(0.2)
    assert alive("MARK=killed-build") == []
    copy.page("two", "mended")
    assert copy.build().code == 0


def test_a_second_build_says_who_holds_the_lock(copy):
    flag = copy.root / "started"
    copy.page("two", cell(f"open({str(flag)!r}, 'w').close()\n{SLEEP}"))
    process = copy.start()
    try:
        wait_for(flag)
        second = copy.build()
        assert second.code == 2
        assert f"process {process.pid}" in second.err
        assert len(second.err.splitlines()) == 1
    finally:
        process.terminate()
        process.communicate(timeout=30)


def test_a_full_disk_leaves_the_site(copy):
    """A limit on the size of files stands for a disk without room."""
    before = copy.published()
    page = copy.folder / "one.md"
    page.write_text(page.read_text() + "\nMore words.\n")

    def no_room() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))

    done = subprocess.run(
        copy.command,
        capture_output=True,
        text=True,
        env=copy.environment(),
        preexec_fn=no_room,
        timeout=120,
    )
    # Sphinx warns where it copies, and breaks off where it writes.
    assert done.returncode in (1, 2)
    assert "File too large" in done.stderr
    assert "Traceback" not in done.stderr
    assert copy.published() == before != ""
    assert copy.build().code == 0


def test_optimised_python_is_refused(book):
    result = book.build(PYTHONOPTIMIZE="1")
    assert result.code == 2
    assert "PYTHONOPTIMIZE" in result.err
    assert len(result.err.splitlines()) == 1


def test_an_ascii_locale_changes_nothing(book):
    book.page("one", cell("x = 'ü'\nprint(x)") + "Grün, {num}`8 = 4 + 4`.")
    assert book.build(LC_ALL="C", PYTHONUTF8="0").code == 0
    assert "Grün" in (book.root / "_build/html/one.html").read_text("utf8")


def test_a_latin_1_page_is_named(book):
    page = book.page("one", "text\n")
    page.write_bytes(page.read_bytes() + "Gr\xfcn".encode("latin-1"))
    result = book.build()
    assert result.code == 1
    assert "one.md" in result.err
    assert "UTF-8" in result.err
    assert "Traceback" not in result.err


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("_config.yml", "title: [", "_config.yml"),
        ("_config.yml", "execute: {timeout: x}", "timeout"),
        ("_toc.yml", "root: [", "_toc.yml"),
        ("_toc.yml", "format: jb-book\nroot: nowhere", "nowhere"),
        (
            "references.bib",
            "@book{knuth1985, author={K}, title={T}, year={1984}}",
            "does not end in its year",
        ),
        ("references.bib", BIB + BIB, "repeated bibliography entry"),
        ("sourced.yml", "literals: 3", "must be a mapping"),
    ],
)
def test_a_broken_file_of_the_book_is_named(book, name, text, message):
    book.write(name, text)
    result = book.build()
    assert result.code == 1
    assert message in result.err
    assert "Traceback" not in result.err


def test_a_missing_package_is_named(book):
    config = (book.folder / "_config.yml").read_text()
    book.write("_config.yml", config.replace("[small]", "[smaller]"))
    result = book.build()
    assert result.code == 1
    assert "no package 'smaller' can be imported" in result.err
    assert "Traceback" not in result.err


def test_a_missing_module_is_named(book):
    book.page("one", cell("x = 1") + cell("import nosuchmodule"))
    result = book.build()
    assert result.code == 1
    assert "book/one.md:13: cell 2 raised ModuleNotFoundError" in result.err


def test_no_book(tmp_path):
    command = [sys.executable, "-m", "checkbook", "build"]
    for folder in (tmp_path / "nowhere", tmp_path):
        done = subprocess.run(
            [*command, str(folder)], capture_output=True, text=True
        )
        assert done.returncode == 2
        lines = done.stderr.splitlines()
        assert lines
        assert all(line.startswith("checkbook: ") for line in lines)


def test_a_read_only_source_tree_builds(book):
    book.page("one", cell("x = 8") + "{num}`8 = x`")
    (book.root / "_build").mkdir()
    for path in (*book.folder.rglob("*"), book.folder):
        path.chmod(0o555 if path.is_dir() else 0o444)
    assert book.build().code == 0


def test_two_clean_builds_are_the_same_bytes(copy):
    def site() -> dict[str, bytes]:
        root = (copy.root / "_build" / "html").resolve()
        files = [p for p in root.rglob("*") if p.is_file()]
        return {str(p.relative_to(root)): p.read_bytes() for p in files}

    assert copy.build("--clean").code == 0
    first = site()
    assert copy.build("--clean").code == 0
    assert site() == first != {}


def test_a_page_is_not_run_for_another(tmp_path):
    """Twin pages keep records of their own."""
    book = Book(tmp_path)
    text = cell("x = 8") + "{num}`8 = x`"
    book.page("one", text)
    book.page("two", text.replace("Page one", "Page two"))
    result = book.build()
    assert (result.code, result.ran) == (0, {"one", "two"})
