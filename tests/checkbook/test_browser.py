"""A Chromium is found, or installed, or asked for in one line."""

import pytest

from checkbook import browser


@pytest.fixture
def bare(monkeypatch):
    """A machine without any browser."""
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(browser, "_playwrights_own", lambda: None)


def program(path):
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return str(path)


def test_one_on_the_path(bare, tmp_path, monkeypatch):
    found = program(tmp_path / "google-chrome")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert browser.ensure() == found


def test_the_environment_names_one(bare, tmp_path, monkeypatch):
    program(tmp_path / "chromium")
    monkeypatch.setenv("PATH", str(tmp_path))
    other = program(tmp_path / "other")
    monkeypatch.setenv("CHROMIUM", other)
    assert browser.ensure() == other
    monkeypatch.setenv("CHROMIUM", str(tmp_path / "none"))
    with pytest.raises(browser.MissingBrowser, match="CHROMIUM"):
        browser.ensure()


def test_an_installer_that_works_is_the_last(bare, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    ran = []

    def succeeds(command):
        ran.append(command)
        if command == ["second"]:
            program(tmp_path / "chromium")
        return command != ["first"]

    steps = iter([(["first"], ["never"]), (["second"],), (["third"],)])
    monkeypatch.setattr(browser, "_installers", lambda: steps)
    monkeypatch.setattr(browser, "_succeeds", succeeds)
    assert browser.ensure() == str(tmp_path / "chromium")
    assert ran == [["first"], ["second"]]


def test_root_asks_debian_first_and_others_playwright(bare, monkeypatch):
    monkeypatch.setattr(browser.shutil, "which", lambda name: name)
    monkeypatch.setattr(browser.os, "geteuid", lambda: 0)
    assert [steps[-1][-1] for steps in browser._installers()] == [
        "fonts-liberation",
        "--with-deps",
    ]
    monkeypatch.setattr(browser.os, "geteuid", lambda: 1000)
    [[command]] = browser._installers()
    assert command[-2:] == ["install", "chromium"]


def test_none_to_be_had(bare, monkeypatch, capsys):
    monkeypatch.setattr(browser, "_succeeds", lambda command: False)
    assert browser.main() == 2
    [line] = capsys.readouterr().err.splitlines()
    assert "apt-get install chromium" in line
