"""The demo model that is kept, and what it is measured by."""

import pytest
import torch
from tokenizers import Tokenizer

from xfmr.demo import artefact, card, scores, training
from xfmr.demo.artefact import FOLDER
from xfmr.demo.heads import heads
from xfmr.demo.model import DEMO, MODES
from xfmr.demo.texts import as_read
from xfmr.train import recipe

FILES = {
    *("recipe.json", "tokenizer.json", "model.safetensors", "curve.csv"),
    *("README.md", "scores.json"),
}


@pytest.fixture(scope="module")
def loaded():
    torch.set_num_threads(1)
    return artefact.load()


@pytest.fixture(scope="module")
def found(loaded):
    return scores.measured(*loaded)


# What is kept ----------------------------------------------------------------


def test_files_are_those_of_their_hashes():
    assert artefact.hashes() == artefact.kept()["hashes"]
    assert {path.name for path in FOLDER.iterdir()} == FILES
    assert artefact.hashes().keys() == FILES - {"scores.json"} | {"prose.txt"}
    assert sum(f.stat().st_size for f in FOLDER.iterdir()) < 2.5e6


def near(found, said):
    """Whether all numbers of two trees are, on any machine."""
    if isinstance(said, dict):
        assert found.keys() == said.keys()
        return all(near(found[name], said[name]) for name in said)
    if isinstance(said, list):
        return all(map(near, found, said))
    # another machine adds in another order
    return found == pytest.approx(said, abs=1e-3)


def test_scores_are_those_of_the_weights(found):
    assert near(found, artefact.kept()["scores"])


def test_scores_are_in_their_bands(found):
    assert artefact.outside(found) == []
    for mode in MODES:
        for each in found["losses"].values():
            assert each[mode]["wrong mask"] > 0.1


def test_the_model_is_the_demo_model(loaded):
    model, tokenizer = loaded
    assert model.config == DEMO
    assert tokenizer.vocab_size == DEMO.vocab_size
    assert not any(p.requires_grad for p in model.parameters())
    assert {p.dtype for p in model.parameters()} == {torch.float32}


def test_tokens_are_those_that_the_recipe_gives(loaded):
    _, tokenizer = loaded
    made = recipe.read(FOLDER / "recipe.json")
    again = training.tokenizer_of(made.vocab_size)
    assert tokenizer.merges == again.merges
    assert tokenizer.vocab == again.vocab
    theirs = Tokenizer.from_file(str(FOLDER / "tokenizer.json"))
    text = as_read(["Ann said red [mask], and “no” — 17 é.", "So it is."])
    assert theirs.encode(text).ids == tokenizer.encode(text)


def test_the_card_is_that_of_the_scores():
    made = recipe.read(FOLDER / "recipe.json")
    text = (FOLDER / "README.md").read_text("utf8")
    assert text == card.text(made, artefact.kept()["scores"])


def test_the_curve_ends_with_the_model():
    rows, said = artefact.curve(), artefact.kept()["scores"]
    made = recipe.read(FOLDER / "recipe.json")
    steps = [*range(made.evaluate_every, made.n_steps, made.evaluate_every)]
    assert [row["step"] for row in rows] == [*steps, made.n_steps]
    assert all(row["tokens"] == row["step"] * made.n_tokens for row in rows)
    # in 32 bits, before the weights were stored in 16
    for kind, modes in said["losses"].items():
        for mode, each in modes.items():
            last = rows[-1][f"{kind}, {mode}"]
            assert last == pytest.approx(each["loss"], abs=0.01)


def test_a_list_is_foretold_and_read_where_it_was_said(loaded):
    model, tokenizer = loaded
    text = as_read(["Ann said red oak tea salt, and Ben heard red oak"])
    tokens = torch.tensor([tokenizer.encode(text)])
    said = model(tokens, "causal")[0, -1].argmax().item()
    assert tokenizer.decode([said]) == " tea"
    read = heads(model, tokens, "causal").weights[:, 0, :, -1]
    place = tokenizer.encode(text).index(said)
    assert read[..., place].max() > 0.3
