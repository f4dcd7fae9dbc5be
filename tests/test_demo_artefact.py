"""Making the demo model: as it was trained, from where it was stopped."""

import json
import shutil
from math import inf

import pytest

from xfmr.demo import artefact, scores, training
from xfmr.demo.model import MODES
from xfmr.train import checkpoint
from xfmr.train.recipe import Recipe

TOY = Recipe(
    n_layers=2,
    d_model=8,
    n_heads=2,
    vocab_size=1024,
    n_steps=4,
    batch_size=2,
    evaluate_every=2,
)


@pytest.fixture(scope="module")
def tokenizer():
    return training.tokenizer_of(TOY.vocab_size)


@pytest.fixture
def folder(tmp_path, tokenizer, monkeypatch):
    known = {TOY.vocab_size: tokenizer}  # which takes a second to make
    monkeypatch.setattr(artefact, "tokenizer_of", known.__getitem__)
    (tmp_path / "recipe.json").write_text(TOY.text())
    return tmp_path


@pytest.fixture
def any_scores(monkeypatch):
    wide = dict.fromkeys(artefact.BANDS, (-inf, inf))
    monkeypatch.setattr(artefact, "BANDS", wide)


def test_what_is_made_is_what_was_trained(folder, any_scores, capsys):
    artefact.main(str(folder / "work"), folder)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[:2] for line in lines] == [
        ["step", "2"],
        ["step", "4"],
    ]
    assert artefact.kept(folder)["hashes"] == artefact.hashes(folder)
    model, tokenizer = artefact.load(folder)
    said = artefact.kept(folder)["scores"]
    assert scores.measured(model, tokenizer) == said
    run = training.Training(TOY, tokenizer)
    rows = [*run.evaluations()]
    for row, read in zip(rows, artefact.curve(folder), strict=True):
        assert read == pytest.approx(row, abs=1e-6)
    for name, p in model.named_parameters():
        assert (p == run.weights()[name].half().float()).all()


def test_a_run_that_was_stopped_goes_on(folder, any_scores, tmp_path):
    work, first = tmp_path / "work", artefact.make(tmp_path / "work", folder)
    begun = next(first)
    first.close()
    assert not (folder / "scores.json").exists()
    rows = [*artefact.make(work, folder)]
    assert rows[0] == begun and [row["step"] for row in rows] == [2, 4]
    made = artefact.hashes(folder)
    shutil.rmtree(work)
    assert [*artefact.make(work, folder)] == rows
    assert artefact.hashes(folder) == made


def test_checkpoints_of_another_recipe_are_refused(folder, tmp_path):
    facts = {"recipe": "another"}
    work = tmp_path / "work"
    work.mkdir()
    checkpoint.keep(work, step=1, tensors={}, facts=facts)
    with pytest.raises(ValueError, match="has checkpoints of another recipe"):
        next(artefact.make(work, folder))


def test_a_model_outside_the_bands_is_not_kept(folder):
    with pytest.raises(ValueError, match=r"is not kept: previous=0\.\d{4} "):
        [*artefact.make(folder / "work", folder)]
    assert {path.name for path in folder.iterdir()} == {"recipe.json", "work"}


SCORES = {
    "names": 0.95,
    "losses": {
        "language": {"causal": {"loss": 1.4}, "bidirectional": {"loss": 0.9}},
        "prose": {"causal": {"loss": 3.3}, "bidirectional": {"loss": 2.5}},
    },
    "heads": {
        mode: {
            "previous": [[0.1, 0.6], [0.7, 0.0]],
            "induction": [[0.0, 0.1], [0.4, 0.2]],
            "entropy": [[0.4, 0.3], [0.2, 0.1], [0.5, 0.9]],
        }
        for mode in MODES
    },
}


def scored(name, value):
    """Scores in all bands, but for one that has this value."""
    said = json.loads(json.dumps(SCORES))
    match name.split(", "):
        case ["names"]:
            said["names"] = value
        case ["previous" | "induction"]:
            said["heads"]["causal"][name] = [[value - 1, value], [value - 2]]
        case ["focused heads", mode]:
            said["heads"][mode]["entropy"] = [[0.49] * value, [0.5, 0.6]]
        case [kind, mode]:
            said["losses"][kind][mode]["loss"] = value
    return said


@pytest.mark.parametrize("name", artefact.BANDS)
def test_each_band_has_two_ends(name):
    low, high = artefact.BANDS[name]
    for value in (low, high):
        assert artefact.outside(scored(name, value)) == []
    for value in (low - 1, high + 1):
        (said,) = artefact.outside(scored(name, value))
        assert said.startswith(f"{name}={value:.4f} must be from {low} to")
