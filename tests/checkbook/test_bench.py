"""Figures keep their bounds or say so; what is timed is what was asked."""

import json

import pytest

from checkbook import bench, copies, sample, weights
from checkbook.store import Record, Store

CONFIG = """\
title: A book
sphinx:
  config:
    checkbook_packages: [abacus]
    checkbook_seconds: seconds.json
"""


@pytest.fixture
def book(tmp_path):
    folder = tmp_path / "project" / "book"
    folder.mkdir(parents=True)
    (folder / "_config.yml").write_text(CONFIG)
    (folder.parent / "_build").mkdir()
    return folder


def test_a_figure_above_its_bound_is_told(capsys, monkeypatch, tmp_path):
    def group(book, folder, rounds):
        yield bench.Figure("quick", 1.0, "s", 2.0)
        yield bench.Figure("slow", 3.0, "s", 2.0, "why")

    monkeypatch.setitem(bench.GROUPS, "these", group)
    out = tmp_path / "figures.json"
    status = bench.run(tmp_path, groups=["these"], rounds=1, json_path=out)
    assert status == 1
    quick, slow = capsys.readouterr().out.splitlines()[-2:]
    assert quick.split() == ["quick", "1", "s", "2", "0.50"]
    assert slow.split()[-3:] == ["TOO", "MUCH", "why"]
    assert [f["holds"] for f in json.loads(out.read_text())] == [True, False]


def test_a_build_that_fails_is_no_figure(capsys, monkeypatch, tmp_path):
    def group(book, folder, rounds):
        command = ["sh", "-c", "echo the reason; exit 3"]
        yield bench.Figure("x", copies.seconds_of(command, {}), "s")

    monkeypatch.setitem(bench.GROUPS, "these", group)
    assert bench.run(tmp_path, groups=["these"], rounds=1, json_path=None) == 1
    assert "the reason" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("value", "text"),
    [(2.0, "2"), (0.543, "0.54"), (31.25, "31.2"), (512.6, "513")],
)
def test_values_are_printed_with_three_digits(value, text):
    assert bench.shown(value) == text


def test_one_comment_changes_the_last_cell():
    one, two = sample.cell("a = 1"), sample.cell("b = 2")
    changed = bench.with_changed_cell(f"{one}text\n\n{two}end\n", 0)
    two = sample.cell("b = 2\n# changed 1")
    assert changed == f"{one}text\n\n{two}end\n"


def test_a_copy_leaves_out_what_was_built(book, tmp_path):
    copy = copies.copied(book, tmp_path / "copy")
    assert (copy.book / "_config.yml").is_file()
    assert not (copy.book.parent / "_build").exists()


def test_trees_differ_in_bytes_and_in_names(tmp_path):
    one, two = tmp_path / "one", tmp_path / "two"
    for folder, text in ((one, "a"), (two, "b")):
        folder.mkdir()
        (folder / "same").write_text("s")
        (folder / "changed").write_text(text)
        (folder / f"only-{text}").write_text("s")
    assert bench.differing(one, two) == {"changed", "only-a", "only-b"}
    assert bench.differing(one, one) == set()


def test_seconds_are_kept_where_the_book_says(book):
    copy = copies.Copy(book, "")
    record = Record([], [], seconds=4.26, check_seconds=0.1, peak_bytes=1)
    Store(copy.records).save("deep/page", "f", record)
    bench.record_seconds(book, copy)
    kept = json.loads((book / "seconds.json").read_text())
    assert kept.pop("measured").count(",") >= 2
    assert kept == {"deep/page": 4.3}


def test_sample_builds_and_a_check_is_priced(tmp_path, monkeypatch):
    monkeypatch.setattr(bench, "N_CHECKS", 50)
    [figure] = bench.check(tmp_path, tmp_path, rounds=1)
    assert figure.unit == "ms"
    with_checks = tmp_path / "check-0-50" / "_build" / "html"
    text = (with_checks / "numbers.html").read_text(encoding="utf-8")
    assert text.count('data-kind="num"') == 50


def test_the_first_working_pages_import_the_package():
    pages = sample.working_pages(n_pages=3, n_importing=1, turns=7)
    assert [sample.PACKAGE in text for text in pages.values()] == [1, 0, 0]
    assert all("range(7)" in text for text in pages.values())


def test_every_byte_but_mathjax_is_weighed(tmp_path):
    (tmp_path / "mathjax").mkdir()
    files = {
        "page.html": "<!doctype html><title>t</title><p>text"
        "<img src='data:,'><script defer src='own.js'></script>"
        "<script defer src='mathjax/all.js'></script>"
        "<link rel='icon' href='data:,'>",
        "own.js": "/* " + "x" * 94 + " */",
        "mathjax/all.js": "/* " + "x" * 994 + " */",
        "late.html": "<!doctype html><title>t</title>"
        "<script src='own.js'></script><p>text<link rel='icon' href='data:,'>",
    }
    files["plain.html"] = (  # all is loaded before there is text to see
        "<!doctype html><title>t</title><link rel='icon' href='data:,'>"
        "<style>@keyframes shown { to { visibility: visible } }"
        "p { visibility: hidden; animation: shown 0s .3s forwards }</style>"
        "<p>text"
    )
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    page, late, plain = weights.weigh(
        tmp_path, ["page.html", "late.html", "plain.html"]
    )
    assert page.script_bytes == 100
    assert page.page_bytes == 100 + len(files["page.html"])
    for early in (page, plain):
        assert early.first_paint_s < weights.SCRIPT_DELAY_S
    assert weights.SCRIPT_DELAY_S <= late.first_paint_s


def test_a_page_may_be_allowed_to_weigh_more():
    found = [
        weights.Weight("a.html", 600_000, 100_000, 0.1),
        weights.Weight("lab/b.html", 3_000_000, 2_000_000, 0.3),
        weights.Weight("search.html?q=a", 500_000, 200_000, 0.2),
    ]

    def figures(allowed):
        return {
            (one.value, one.bound): one.holds
            for one in bench.weighed(found, allowed)
        }

    assert figures({"lab/b": 3500}) == {
        (600, 700): True,
        (200, 250): True,
        (3000, 3500): True,
        (0.3, 2.0): True,
    }
    assert figures({"lab/b": 2999})[3000, 2999] is False
    assert figures({}) == {
        (3000, 700): False,
        (2000, 250): False,
        (0.3, 2.0): True,
    }
    with pytest.raises(
        copies.BrokenBuild, match=r"names no page: \['lab/c'\]"
    ):
        [*bench.weighed(found, {"lab/c": 1})]
