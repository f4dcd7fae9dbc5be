"""What is written follows the model's probabilities, and can be repeated."""

from collections import Counter

import pytest
import torch

from tests.trained import SOURCE, toy_run
from xfmr.generate import greedy
from xfmr.train import export, writing
from xfmr.train.material import prepare
from xfmr.train.writing import written


@pytest.fixture(scope="module")
def run():
    found = toy_run(learning_rate=0.03, n_steps=60, evaluate_every=60)
    [*found.train()]
    return found


def text_of(run, prompt, **named):
    return written(run.model, run.material.tokenizer, prompt, **named)


def test_the_best_at_temperature_zero(run):
    ids = torch.tensor([run.material.tokenizer.encode("one")])
    expected = greedy(run.model, ids, n_new=5)[0].tolist()
    found = text_of(run, "one", n_new=5, temperature=0)
    assert found == run.material.tokenizer.decode(expected)


def test_beyond_the_context_the_last_half_is_read_again(run):
    ids = run.material.tokenizer.encode("one tw")  # the context is 8
    for n_read in (6, 7, 8, 4, 5, 6, 7, 8):
        row = torch.tensor([ids[-n_read:]])
        ids.append(int(run.model(row)[0, -1].argmax()))
    found = text_of(run, "one tw", n_new=8, temperature=0)
    assert found == run.material.tokenizer.decode(ids)


def test_a_context_of_one_token_is_the_last_one():
    run = toy_run(context_length=1)
    (last,) = run.material.tokenizer.encode("e")
    best = int(run.model(torch.tensor([[last]]))[0, -1].argmax())
    again = int(run.model(torch.tensor([[best]]))[0, -1].argmax())
    found = text_of(run, "one", n_new=2, temperature=0)
    assert found == "one" + run.material.tokenizer.decode([best, again])


def test_of_a_long_prompt_the_last_tokens_are_read(run):
    prompt = "three four five one two"
    ids = run.material.tokenizer.encode(prompt)
    row = torch.tensor([ids[-8:]])
    best = int(run.model(row)[0, -1].argmax())
    found = text_of(run, prompt, n_new=1, temperature=0)
    assert found == prompt + run.material.tokenizer.decode([best])


def test_letters_are_drawn_as_often_as_they_are_probable(run):
    ids = torch.tensor([run.material.tokenizer.encode("one t")])
    with torch.no_grad():
        shares = (run.model(ids)[0, -1] / 2).softmax(-1)
    drawn = Counter(
        text_of(run, "one t", n_new=1, temperature=2.0, seed=seed)[-1]
        for seed in range(150)
    )
    for letter in "hw":
        (number,) = run.material.tokenizer.encode(letter)
        expected = shares[number].item()
        spread = (expected * (1 - expected) / 150) ** 0.5
        assert abs(drawn[letter] / 150 - expected) < 4 * spread
    assert drawn["h"] > 5


def test_the_seed_decides(run):
    one, same, other = (
        text_of(run, "one", n_new=40, seed=seed) for seed in (3, 3, 4)
    )
    assert one == same != other
    assert one.startswith("one") and len(one.encode()) >= 43
    assert text_of(run, "one", n_new=0) == "one"


def test_from_a_folder(run, tmp_path):
    prepare(run.recipe, SOURCE, tmp_path)
    export.save(run.model.config, run.weights(), tmp_path)
    found = written(*writing.load(tmp_path), "two", n_new=9)
    assert found == text_of(run, "two", n_new=9)


@pytest.mark.parametrize(
    ("named", "message"),
    [
        ({"n_new": -1}, "n_new=-1 must not be negative"),
        (
            {"n_new": 1, "temperature": -0.5},
            "temperature=-0.5 must not be negative",
        ),
    ],
)
def test_numbers_that_are_refused(run, named, message):
    with pytest.raises(ValueError, match=message):
        text_of(run, "one", **named)


def test_no_prompt(run):
    with pytest.raises(ValueError, match="prompt='' must have a token"):
        text_of(run, "", n_new=1)
