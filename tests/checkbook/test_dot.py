"""The `dot` of the wheel: what graphviz and Sphinx ask of it."""

import os
import subprocess
import sys
import xml.etree.ElementTree as ET

import graphviz
import pytest

from checkbook import dot

GRAPH = 'digraph { a -> "é" }'


@pytest.fixture
def shim(tmp_path, monkeypatch):
    """No dot on the PATH but the shim, in a folder with a space."""
    env = dot.on_path({"PATH": ""}, tmp_path / "a folder")
    monkeypatch.setenv("PATH", env["PATH"])
    return tmp_path / "a folder" / "dot"


def run(*arguments, text=GRAPH):
    command = [sys.executable, "-m", "checkbook.dot", *map(str, arguments)]
    return subprocess.run(command, input=text.encode(), capture_output=True)


def labels(svg: bytes) -> set[str]:
    spaced = "{http://www.w3.org/2000/svg}text"
    return {text.text for text in ET.fromstring(svg).iter(spaced)}


def test_the_package_graphviz_draws_with_it(shim):
    assert graphviz.version() >= (14,)
    svg = graphviz.Source(GRAPH).pipe("svg")
    assert labels(svg) == {"a", "é"}


def test_it_says_nothing_about_a_good_graph():
    done = run("-Kdot", "-Tsvg")
    assert (done.returncode, done.stderr) == (0, b"")


def test_two_runs_give_the_same_bytes():
    assert run("-Tsvg").stdout == run("-Tsvg").stdout


def test_a_bad_graph_fails_with_a_reason(shim):
    with pytest.raises(graphviz.CalledProcessError, match="syntax error"):
        graphviz.Source("digraph { a -> ").pipe("svg")


@pytest.mark.parametrize("option", ["-Tnothing", "-Knothing", "-n2"])
def test_what_it_does_not_know_fails(option):
    done = run(option)
    assert done.returncode == 1
    assert b"dot: " in done.stderr


def test_sphinx_gets_a_picture_and_a_map(tmp_path):
    png, mapped = tmp_path / "x.png", tmp_path / "x.png.map"
    assert run("-Tpng", f"-o{png}", "-Tcmapx", f"-o{mapped}").returncode == 0
    assert png.read_bytes().startswith(b"\x89PNG")
    assert mapped.read_text().startswith("<map")


def test_a_file_is_drawn_beside_itself(tmp_path):
    source = tmp_path / "graph.gv"
    source.write_text(GRAPH, encoding="utf-8")
    assert run("-Tsvg", "-O", source).returncode == 0
    assert labels((tmp_path / "graph.gv.svg").read_bytes()) == {"a", "é"}


def test_defaults_from_outside_yield_to_the_graph():
    svg = run("-Tsvg", "-Gbgcolor=red", text="digraph { a }").stdout
    assert b'fill="red"' in svg
    own = "digraph { bgcolor=blue; a }"
    assert b'fill="red"' not in run("-Tsvg", "-Gbgcolor=red", text=own).stdout


def test_an_installed_dot_goes_first(tmp_path):
    system = tmp_path / "bin" / "dot"
    system.parent.mkdir()
    system.write_text("#!/bin/sh\n")
    system.chmod(0o755)
    env = {"PATH": str(system.parent)}
    assert dot.on_path(env, tmp_path / "shim") == env
    assert not (tmp_path / "shim").exists()
    assert dot.available(env["PATH"]) == str(system)


def test_the_shim_ignores_modules_that_lie_around(shim, tmp_path):
    (tmp_path / "shlex.py").write_text("raise SystemExit(9)")
    done = subprocess.run(
        [shim, "-V"], cwd=tmp_path, capture_output=True, env=os.environ
    )
    assert done.returncode == 0
    assert b"graphviz version" in done.stderr


def test_neither_graphviz_nor_pygraphviz(tmp_path, monkeypatch):
    monkeypatch.setattr(dot, "find_spec", lambda name: None)
    assert dot.available("") is None
    assert dot.on_path({"PATH": "", "A": "b"}, tmp_path / "shim") == {
        "PATH": "",
        "A": "b",
    }
    assert not (tmp_path / "shim").exists()
