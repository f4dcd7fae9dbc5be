"""The scripts beside the pages of a build."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from tests import lab
from xfmr.demo import artefact
from xfmr.export import pages, scripts, stamp


@pytest.fixture
def app(tmp_path, monkeypatch):
    """A build of a book with one script, and a kept model."""
    made = []

    def load():
        made.append(1)
        return lab.model(), lab.tokenizer()

    said, texts = {"scores": {"heads": lab.cards()}}, lab.made()
    monkeypatch.setattr(artefact, "load", load)
    monkeypatch.setattr(artefact, "kept", lambda: said)
    monkeypatch.setattr(scripts, "scripts", lambda *_: texts)
    for name in ("attention/engine.js", "planner/lab.css"):
        path = tmp_path / "book" / "widgets" / name
        path.parent.mkdir(parents=True)
        path.write_text("one")
    return SimpleNamespace(
        srcdir=tmp_path / "book",
        outdir=tmp_path / "html",
        builder=SimpleNamespace(format="html"),
        made=made,
    )


def names(app, folder="attention"):
    return {path.stem for path in (app.outdir / "widgets" / folder).iterdir()}


def test_scripts_are_copied_and_made_once(app):
    pages.finished(app, None)
    assert names(app) == {"engine", *stamp.NAMES}
    assert names(app, "planner") == {"lab"}
    one = Path("widgets", "attention", "engine.js")
    (app.srcdir / one).write_text("two")
    pages.finished(app, None)
    assert (app.outdir / one).read_text() == "two"
    assert len(app.made) == 1


def test_stale_scripts_are_made_again(app):
    pages.finished(app, None)
    weights = app.outdir / "widgets" / "attention" / "weights.js"
    right = weights.read_text()
    weights.write_text(right.replace(stamp.made_of(), "0" * 64))
    pages.finished(app, None)
    assert weights.read_text() == right
    assert len(app.made) == 2


def test_nothing_is_made_of_a_build_that_failed(app):
    pages.finished(app, ValueError())
    app.builder.format = "latex"
    pages.finished(app, None)
    assert not app.outdir.exists()


def test_it_waits_for_the_end_of_the_build():
    connected = {}
    app = SimpleNamespace(connect=connected.__setitem__)
    assert pages.setup(app) == {
        "parallel_read_safe": True,
        "parallel_write_safe": True,
    }
    assert connected == {"build-finished": pages.finished}
