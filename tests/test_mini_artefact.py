"""The mini model that is kept, and what it is measured by."""

import json
import shutil
from dataclasses import replace
from itertools import islice
from math import inf

import pytest
import torch
from transformers import GPT2LMHeadModel

from xfmr import count
from xfmr.mini import artefact, scores, texts
from xfmr.mini.texts import LANGUAGE
from xfmr.train import recipe
from xfmr.train.recipe import Recipe

TOY = Recipe(
    n_layers=2,
    d_model=8,
    n_heads=2,
    context_length=24,
    n_steps=4,
    batch_size=3,
    micro_batch=3,
    evaluate_every=2,
    n_evaluated=2,
)


@pytest.fixture(scope="module")
def model():
    return artefact.load()


# What is kept ----------------------------------------------------------------


def test_files_are_those_of_their_hashes():
    assert artefact.hashes(artefact.FOLDER) == artefact.kept()["hashes"]
    files = {path.name for path in artefact.FOLDER.iterdir()}
    assert files == {*artefact.HASHED, "scores.json"}
    assert sum(f.stat().st_size for f in artefact.FOLDER.iterdir()) < 1e6


def test_scores_are_those_of_the_weights(model):
    torch.set_num_threads(1)
    found, said = scores.measured(model), artefact.kept()["scores"]
    assert found.keys() == said.keys()
    for name, value in said.items():
        # another machine adds in another order
        assert found[name] == pytest.approx(value, abs=1e-4), name


def test_scores_are_in_their_bands(model):
    found = artefact.kept()["scores"]
    assert artefact.outside(found) == []
    gap = found["loss"] - found["floor"]
    assert 0 < gap < artefact.BANDS["above the floor"][1]
    (early, _), (late, _) = found["previous head"], found["induction head"]
    assert early < late


def test_other_weights_have_another_hash_and_other_scores(model, tmp_path):
    shutil.copytree(artefact.FOLDER, tmp_path, dirs_exist_ok=True)
    path = tmp_path / "model.safetensors"
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    changed = {
        name
        for name, value in artefact.hashes(tmp_path).items()
        if value != artefact.kept()["hashes"][name]
    }
    assert changed == {"model.safetensors"}
    other = artefact.load()
    layer, _ = artefact.kept()["scores"]["previous head"]
    other.blocks[layer].attention.w_q.weight.mul_(0.5)
    assert scores.measured(other) != scores.measured(model)


def test_the_transformers_library_reads_the_same_model(model):
    theirs = GPT2LMHeadModel.from_pretrained(artefact.FOLDER).eval()
    tokens = texts.lists(2, 6, seed=0).tokens
    torch.testing.assert_close(theirs(tokens).logits, model(tokens))
    made = recipe.read(artefact.FOLDER / "recipe.json")
    config = made.config(vocab_size=LANGUAGE.vocab_size)
    assert model.config.axes == config.axes
    assert not any(p.requires_grad for p in model.parameters())
    n_kept = sum(p.numel() for p in model.parameters())
    assert count.parameters(config) == n_kept


def test_tokens_are_the_words_of_the_language():
    words = json.loads((artefact.FOLDER / "words.json").read_text("utf8"))
    assert tuple(words) == LANGUAGE.words


def test_the_curve_ends_with_the_model():
    rows, said = artefact.curve(), artefact.kept()["scores"]
    made = recipe.read(artefact.FOLDER / "recipe.json")
    assert [row["step"] for row in rows] == [
        *range(made.evaluate_every, made.n_steps + 1, made.evaluate_every)
    ]
    assert all(row["tokens"] == row["step"] * made.n_tokens for row in rows)
    for name in artefact.FOLLOWED:
        assert rows[-1][name] == pytest.approx(said[name], abs=1e-5)
    assert rows[0]["held_out"] > rows[-1]["held_out"] + 0.5


# Making it -------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "recipe.json").write_text(TOY.text())
    return tmp_path


WIDE = dict.fromkeys(artefact.BANDS, (-inf, inf))


def test_what_is_made_is_what_was_trained(folder, monkeypatch):
    monkeypatch.setattr(artefact, "BANDS", WIDE)
    torch.set_num_threads(2)
    rows = [*artefact.make(folder)]
    assert torch.get_num_threads() == 1
    assert [row["step"] for row in rows] == [2, 4]
    assert [row["tokens"] for row in rows] == [2 * 72, 4 * 72]
    assert artefact.kept(folder)["hashes"] == artefact.hashes(folder)
    found = scores.measured(artefact.load(folder))
    assert artefact.kept(folder)["scores"] == found
    for row, read in zip(rows, artefact.curve(folder), strict=True):
        assert read == {name: round(x, 6) for name, x in row.items()}
    for name in ("scores.json", "words.json"):
        text = (folder / name).read_text("utf8")
        assert text == json.dumps(json.loads(text), indent=1) + "\n"
    first = artefact.hashes(folder)
    [*artefact.make(folder)]
    assert artefact.hashes(folder) == first


def test_the_loss_of_a_row_is_the_mean_since_the_one_before(folder):
    run = artefact.Run(TOY, artefact.material(TOY))
    each = [row["loss"] for row in run.train()]
    run = artefact.Run(TOY, artefact.material(TOY))
    rows = [*artefact.trained(run)]
    assert rows[0]["loss"] == pytest.approx(sum(each[:2]) / 2)
    assert rows[1]["loss"] == pytest.approx(sum(each[2:]) / 2)


def test_a_model_outside_the_bands_is_not_kept(folder):
    with pytest.raises(ValueError, match=r"is not kept: previous=0\.\d{4} "):
        [*artefact.make(folder)]
    assert [path.name for path in folder.iterdir()] == ["recipe.json"]


BANDS = [  # shares are at most one, and no model is better than the floor
    ("previous", 0.5, 1.0),
    ("induction", 0.7, 1.0),
    ("copied", 0.99, 1.0),
    ("names", 0.99, 1.0),
    ("above the floor", 0.0, 0.04),
]


def test_no_band_is_left_out():
    assert [*artefact.BANDS] == [name for name, _, _ in BANDS]


@pytest.mark.parametrize(("name", "low", "high"), BANDS)
def test_each_band_has_two_ends(name, low, high):
    good = {"loss": 0.02, "floor": 0.0}
    good |= {each: 1.0 for each in artefact.BANDS}
    assert artefact.outside(good) == []
    asked = "loss" if name == "above the floor" else name
    for value in (low, high):
        assert artefact.outside(good | {asked: value}) == []
    for value in (low - 0.001, high + 0.001):
        (said,) = artefact.outside(good | {asked: value})
        assert said.startswith(f"{name}={value:.4f} must be from {low} to")


def test_the_main_program_says_how_it_goes(folder, monkeypatch, capsys):
    monkeypatch.setattr(artefact, "BANDS", WIDE)
    artefact.main(folder)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("step 2  tokens 144  loss ")
    assert any(line.startswith("induction head: [") for line in lines)


def test_material_is_never_read_twice():
    found = artefact.material(TOY)
    assert len(found.train) == 4 * 72 + 1
    assert len(found.held_out) == 2 * 24 + 1
    words = [LANGUAGE.words[n] for n in found.train]
    said = " ".join(words).split(" . ")[0].split()
    assert log_probability([*said, "."]) > -inf
    for seed, part in enumerate([found.train, found.held_out]):
        assert [*part] == [*islice(LANGUAGE.tokens(seed), len(part))]
    n = LANGUAGE.ids["garden"]
    assert found.token_bytes[n] == len("garden ")


def log_probability(words):
    return LANGUAGE.log_probability(" ".join(words))


def test_a_recipe_decides_all(folder):
    other = replace(TOY, seed=1)
    runs = [
        artefact.Run(made, artefact.material(made))
        for made in (TOY, TOY, other)
    ]
    first = [[row["loss"] for row in run.train(2)] for run in runs]
    assert first[0] == first[1] != first[2]
