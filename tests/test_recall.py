"""Texts keep to a rule of their own as often as they say."""

from itertools import pairwise
from math import log

import pytest
import torch

from xfmr.recall import floor, texts


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def made(kept, n_texts=50, n_tokens=201, seed=0):
    return texts(
        n_texts, n_tokens, vocab_size=5, kept=kept, generator=generator(seed)
    )


def test_shape_and_tokens(letters_hold):
    drawn = made(0.5)
    letters_hold(texts, drawn, B=50, T=201)
    assert {*drawn.flatten().tolist()} == {0, 1, 2, 3, 4}


def test_always_kept_it_is_one_permutation_a_text():
    rules = set()
    for text in made(1.0).tolist():
        pairs = {*pairwise(text)}
        assert len(pairs) == len({a for a, _ in pairs})
        assert len(pairs) == len({b for _, b in pairs})
        rules.add(frozenset(pairs))
    assert len(rules) > 20


@pytest.mark.parametrize(("kept", "expected"), [(0.6, 0.68), (0.9, 0.92)])
def test_the_rule_is_kept_as_often_as_asked(kept, expected):
    shares = []
    for text in made(kept, n_texts=200, n_tokens=501):
        counts = torch.zeros(5, 5)
        index = (text[:-1], text[1:])
        counts.index_put_(index, torch.ones(500), accumulate=True)
        shares.append(counts.max(dim=1).values.sum() / 500)
    # of a hundred thousand draws, six standard deviations
    assert abs(torch.stack(shares).mean() - expected) < 0.009


def test_never_kept_all_tokens_are_alike():
    drawn = made(0.0, n_texts=200, n_tokens=501)
    counts = torch.zeros(5, 5)
    index = (drawn[:, :-1].flatten(), drawn[:, 1:].flatten())
    counts.index_put_(index, torch.ones(100_000), accumulate=True)
    assert (counts / 4000 - 1).abs().max() < 0.1


def test_the_same_seed_says_the_same():
    assert torch.equal(made(0.6), made(0.6))
    assert not torch.equal(made(0.6), made(0.6, seed=1))


def test_the_floor_is_the_entropy():
    assert floor(vocab_size=7, kept=0.0) == pytest.approx(log(7))
    assert floor(vocab_size=7, kept=1.0) == 0
    p, q = 0.6 + 0.4 / 4, 0.4 / 4
    expected = -(p * log(p) + 3 * q * log(q))
    assert floor(vocab_size=4, kept=0.6) == pytest.approx(expected)


@pytest.mark.parametrize("kept", [-0.1, 1.1])
def test_no_probability(kept):
    message = rf"^kept={kept} must be from 0 to 1$"
    with pytest.raises(ValueError, match=message):
        floor(vocab_size=4, kept=kept)
    with pytest.raises(ValueError, match=message):
        made(kept)
