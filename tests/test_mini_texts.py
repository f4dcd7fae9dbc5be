"""Sentences that are alike, held to the grammar and to their places."""

from math import inf

import pytest
import torch

from xfmr.mini import texts
from xfmr.mini.texts import LANGUAGE


def log_probability(words):
    return LANGUAGE.log_probability(" ".join(words))


def words_of(row):
    return [LANGUAGE.words[n] for n in row]


@pytest.mark.parametrize("n_items", [2, 4, 6, 12])
def test_lists_stand_where_they_are_said_to(n_items):
    found = texts.lists(20, n_items, seed=3)
    assert found.tokens.shape == (20, 2 * n_items + 7)
    for row in found.tokens:
        words = words_of(row)
        assert words[1] == "said" and words[-1] == "."
        assert words[found.said.start - 1] == "said"
        assert words[found.said.stop] == ","
        assert words[found.heard.start - 1] == "heard"
        assert words[found.said] == words[found.heard]
        assert len({*words[found.said]}) == n_items
        assert found.heard.start - found.said.start == found.back
        known = log_probability(words) > -inf
        assert known == (n_items <= 6)  # longer than any of the language
    assert len({tuple(row.tolist()) for row in found.tokens}) > 10
    again = texts.lists(20, n_items, seed=3)
    assert torch.equal(again.tokens, found.tokens)


def test_a_list_of_one_word():
    found = texts.lists(1, 1, seed=0)
    assert torch.equal(
        found.tokens[:, found.said], found.tokens[:, found.heard]
    )
    assert found.tokens.shape == (1, 9)


@pytest.mark.parametrize("n_items", [0, 13])
def test_lists_of_words_that_are_not_there(n_items):
    with pytest.raises(ValueError, match=f"{n_items=} must be from 1 to 12"):
        texts.lists(1, n_items, seed=0)


def test_the_last_name_is_the_other_one():
    rows = texts.two_names(30, seed=5)
    assert len(rows) == 30
    for row in rows:
        words = words_of(row)
        assert words[0] == "when" and log_probability(words) > -inf
        both, again = {words[1], words[3]}, words[texts.GIVER]
        assert both == {again, words[texts.LAST_NAME]}
        assert words[texts.LAST_NAME - 1] == "to"
