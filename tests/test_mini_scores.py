"""Scores, against loops over what they are means of."""

from dataclasses import replace
from math import log

import pytest
import torch

from xfmr.inside import shares
from xfmr.mini import scores, texts
from xfmr.mini.texts import LANGUAGE
from xfmr.models.gpt import GPT
from xfmr.presets import GPT2


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(0)
    config = replace(
        GPT2,
        n_layers=2,
        d_model=8,
        n_heads=2,
        n_kv_heads=2,
        d_head=4,
        d_ff=16,
        vocab_size=LANGUAGE.vocab_size,
        context_length=32,
    )
    made = GPT(config)
    for p in made.parameters():
        torch.nn.init.normal_(p, std=0.5)
    return made.requires_grad_(False)


def test_scores_are_means_of_the_shares_that_they_name(model):
    found = texts.lists(5, 3, seed=1)
    read = shares(model, found.tokens)
    asked = {
        scores.previous: [(2, 1), (3, 2), (4, 3)],
        scores.induction: [(9, 3), (10, 4)],
        scores.repeat: [(9, 2), (10, 3), (11, 4)],
    }
    for score, pairs in asked.items():
        each = torch.stack([read[:, :, :, t, s] for t, s in pairs])
        torch.testing.assert_close(score(read, found), each.mean((0, 2)))


def test_nats_are_those_of_the_right_words(model):
    tokens = texts.lists(3, 4, seed=1).tokens
    shares_of_words = model(tokens).log_softmax(-1)
    found = scores.nats(model, tokens)
    assert found.shape == (3, 14)
    for row, each, said in zip(tokens, found, shares_of_words, strict=True):
        for n in range(14):
            expected = -said[n, row[n + 1]]
            torch.testing.assert_close(each[n], expected)


def test_right_counts_the_places_that_are_asked_for():
    tokens = torch.tensor([[0, 1, 2, 3], [0, 2, 1, 3]])

    def next_number(given):
        following = (given + 1).clamp(max=3)
        return torch.nn.functional.one_hot(following, 4).float()

    assert scores.right(next_number, tokens, slice(1, 4)) == 0.5
    assert scores.right(next_number, tokens, slice(1, 2)) == 0.5
    assert scores.right(next_number, tokens[:1], slice(1, 4)) == 1


def test_the_floor_is_that_of_the_rows():
    rows = LANGUAGE.rows(4, 30, seed=7)
    V = LANGUAGE.vocab_size
    even = lambda tokens: torch.zeros(*tokens.shape, V)
    loss, floor = scores.above_floor(even, n_rows=4, n_tokens=30, seed=7)
    assert loss == pytest.approx(log(V), abs=1e-5)
    least = [sum([*LANGUAGE.surprisals(row)][1:]) for row in rows]
    assert floor == pytest.approx(sum(least) / (4 * 29), abs=1e-5)
    _, large = scores.above_floor(even, n_rows=100, n_tokens=100, seed=7)
    assert large == pytest.approx(LANGUAGE.nats_per_token, abs=0.06)


def test_measured_takes_the_head_that_has_most(model):
    found = scores.measured(model)
    listed = texts.lists(scores.N_TEXTS, scores.N_ITEMS, seed=scores.SEED)
    read = shares(model, listed.tokens)
    for name in ("previous", "induction"):
        table = getattr(scores, name)(read, listed)
        layer, n = found[f"{name} head"]
        assert found[name] == table.max() == table[layer, n]
    assert found["copied"] == scores.right(model, listed.tokens, listed.heard)
    names = texts.two_names(scores.N_TEXTS, seed=scores.SEED)
    predicted = model(names)[:, 13].argmax(-1)
    share = (predicted == names[:, 14]).float().mean().item()
    assert found["names"] == share
    loss, floor = scores.above_floor(
        model, n_rows=scores.N_ROWS, n_tokens=32, seed=scores.SEED
    )
    assert (found["loss"], found["floor"]) == (loss, floor)
