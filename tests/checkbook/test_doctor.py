"""What is missing is said in one line: what, what needs it, how to get it."""

import importlib.metadata
import os
import shutil
import sys
import time
from collections import namedtuple

import pytest

from checkbook import doctor, dot


@pytest.fixture
def book(tmp_path):
    folder = tmp_path / "a project" / "book"
    folder.mkdir(parents=True)
    (folder / "_config.yml").write_text("title: A book\n")
    (folder / "_toc.yml").write_text("format: jb-book\nroot: index\n")
    return folder


def only_line(book) -> str:
    [line] = doctor.missing(book)
    assert "\n" not in line
    return line


def test_nothing_is_missing(book, capsys):
    assert doctor.missing(book) == []
    assert doctor.report(book) == 0
    assert capsys.readouterr().out.endswith("nothing is missing\n")


def test_it_costs_a_build_nothing(book):
    (book.parent / "requirements.txt").write_text("torch==0\n" * 200)
    start = time.process_time()
    doctor.missing(book)
    assert time.process_time() - start < 0.05


def test_report_ends_in_two(book, capsys, monkeypatch):
    monkeypatch.setenv("PYTHONOPTIMIZE", "1")
    assert doctor.report(book) == 2
    told = capsys.readouterr()
    assert "PYTHONOPTIMIZE" in told.err and told.out == ""


def test_python_too_old(book, monkeypatch):
    monkeypatch.setattr(sys, "version_info", (3, 9, 2, "final", 0))
    assert "Python 3.11 or later is missing (this is 3.9)" in only_line(book)


def test_asserts_switched_off(book, monkeypatch):
    monkeypatch.setenv("PYTHONOPTIMIZE", "2")
    assert "unset PYTHONOPTIMIZE" in only_line(book)


@pytest.mark.parametrize("name", ["_config.yml", "_toc.yml"])
def test_no_jupyter_book(book, name):
    (book / name).unlink()
    assert f"{name} is missing" in only_line(book)


def test_full_disk(book, monkeypatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(
        shutil, "disk_usage", lambda path: usage(10**12, 10**12, 7_000_000)
    )
    assert "disk space is missing: 7 MB free" in only_line(book)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_read_only_folder(book):
    book.parent.chmod(0o555)
    assert "permission to write" in only_line(book)
    book.parent.chmod(0o755)


def test_forbidden_folder(book, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    assert "permission to write" in only_line(book)


def test_unmet_pins_are_one_line(book):
    numpy = importlib.metadata.version("numpy")
    (book.parent / "requirements.txt").write_text(
        f"numpy=={numpy}  # met\nNumPy==0.1\nnot-there==1\n"
    )
    line = only_line(book)
    assert f"numpy 0.1 (here {numpy})" in line
    assert "not-there 1" in line
    assert "-m pip install -r" in line


def test_pins_of_included_files_count(book):
    (book.parent / "requirements.txt").write_text("-r more.txt\n")
    (book.parent / "more.txt").write_text("not-there==1\n")
    assert "not-there 1" in only_line(book)


@pytest.mark.parametrize(
    ("here", "met"),
    [("2.13.0+cpu", True), ("2.13.0", True), ("2.13.0.post1", False)],
)
def test_a_local_build_meets_its_pin(book, monkeypatch, here, met):
    (book.parent / "requirements.txt").write_text("torch==2.13.0\n")
    monkeypatch.setattr(doctor, "installed", lambda: {"torch": here})
    assert (doctor.missing(book) == []) is met


def test_installed_agrees_with_importlib():
    found = doctor.installed()
    for package in importlib.metadata.distributions():
        name = doctor._normal(package.metadata["Name"])
        assert found[name] == importlib.metadata.version(name)


def test_no_kernel(book, monkeypatch):
    monkeypatch.setattr(doctor, "find_spec", lambda name: None)
    assert "ipykernel is missing" in only_line(book)


def test_no_dot(book, monkeypatch):
    monkeypatch.setattr(dot, "available", lambda: None)
    line = only_line(book)
    assert "the program dot is missing" in line
    assert "the package graphviz needs it" in line
    assert "apt-get install graphviz" in line


def test_no_dot_and_no_need_of_it(book, monkeypatch):
    monkeypatch.setattr(dot, "available", lambda: None)
    monkeypatch.setattr(
        doctor, "find_spec", lambda name: None if name == "graphviz" else 1
    )
    assert doctor.missing(book) == []
