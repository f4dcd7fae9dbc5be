"""Viterbi's spelling is the best of all, and the library's."""

from itertools import combinations, pairwise
from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tokenized import drawn, ids, library
from xfmr.tokenizer.unigram import PENALTY, Unigram, spelled, words

SCORES = {
    **{"<unk>": 0.0, "▁": -2.5, "a": -2.0, "b": -2.25, "c": -3.0},
    **{"ab": -3.5, "bc": -4.0, "abc": -6.0, "▁a": -3.0, "cab": -4.5},
    **{"ba": -4.25, "aa": -4.0, "▁ab": -6.5, "é": -5.0, "日日": -7.0},
}
OURS = Unigram([*SCORES.items()])
THEIRS = library(OURS)
LETTERS = st.sampled_from("aaabbbccé日x▁ \n")


def spellings(word):
    """All ways to cut a word."""
    for n in range(len(word)):
        for cuts in combinations(range(1, len(word)), n):
            ends = (0, *cuts, len(word))
            yield [word[a:b] for a, b in pairwise(ends)]


def score(pieces, scores, unknown):
    return sum(
        scores.get(piece, unknown if len(piece) == 1 else -inf)
        for piece in pieces
    )


@given(st.text("abc日x", min_size=1, max_size=9))
def test_no_spelling_is_better(word):
    best = max(score(s, SCORES, -20.0) for s in spellings(word))
    found = spelled(word, SCORES, longest=3, unknown=-20.0)
    assert "".join(found) == word
    assert score(found, SCORES, -20.0) == best


@given(
    st.dictionaries(
        st.text("ab", min_size=2, max_size=4),
        st.integers(-60, -1).map(float),
        max_size=12,
    ),
    st.text("ab", min_size=1, max_size=10),
)
def test_no_spelling_is_better_for_other_pieces(pieces, word):
    scores = {"a": -9.0, "b": -11.0} | pieces
    best = max(score(s, scores, -inf) for s in spellings(word))
    assert score(spelled(word, scores, longest=4), scores, -inf) == best


@given(st.text(LETTERS, max_size=40))
def test_ids_are_the_librarys(text):
    assert OURS.encode(text) == ids(THEIRS, text)


@given(st.text())
def test_ids_of_any_text_are_the_librarys(text):
    assert OURS.encode(text) == ids(THEIRS, text)


def test_ids_of_long_texts_are_the_librarys():
    for seed in range(20):
        text = drawn(seed, "abcabcab x日", 500)
        assert OURS.encode(text) == ids(THEIRS, text)


def test_of_equals_the_longer_end():
    scores = {"a": -1.0, "aa": -2.0}
    assert spelled("aaa", scores, longest=2) == ["a", "aa"]
    ours = Unigram([("<unk>", 0.0), ("▁", -1.0), *scores.items()])
    assert ours.tokens(ours.encode("aaa")) == ["▁", "a", "aa"]
    assert library(ours).encode("aaa").tokens == ["▁", "a", "aa"]


def test_longer_pieces_are_not_looked_for():
    scores = {"a": -5.0, "aaa": -1.0}
    assert spelled("aaa", scores, longest=3) == ["aaa"]
    assert spelled("aaa", scores, longest=2) == ["a", "a", "a"]


def test_an_unknown_letter_costs_ten_more_than_the_rarest_piece():
    assert PENALTY == 10.0
    pieces = [("<unk>", 0.0), ("▁", 0.0), ("a", -1.0), ("xx", -21.5)]
    assert Unigram(pieces).encode("xx") == [1, 3]
    pieces[3] = ("xx", -60.0)
    assert Unigram(pieces).encode("xx") == [1, 3]
    # two unknown letters and a piece of two: which is dearer shows the price
    pieces += [("ax", -12.5)]
    assert Unigram(pieces).encode("ax") == [1, 4]


def test_unknown_letters_beside_each_other_are_one():
    assert OURS.encode("xyz") == [1, 0]
    assert OURS.encode("xaz x") == [*OURS.encode("x"), 2, 0, 1, 0]
    assert OURS.tokens(OURS.encode("aa")) == ["▁a", "a"]


def test_words_begin_with_a_blank():
    assert words("") == []
    assert words("a b") == ["▁a", "▁b"]
    assert words("  a\nb ") == ["▁", "▁a\nb", "▁"]
    assert words("▁a") == ["▁a"]


@given(st.text("abcé "))
def test_what_is_known_comes_back(text):
    assert OURS.decode(OURS.encode(text)) in (text, text.removeprefix(" "))
    assert OURS.decode(OURS.encode("a" + text)) == "a" + text


def test_special_tokens():
    ours = Unigram([*SCORES.items()], specials={"<e>": len(SCORES), "ab": 5})
    theirs = library(ours)
    for text in ("a<e>ba", "ab<e>abc", "<e>", " <e> "):
        assert ours.encode(text) == ids(theirs, text)
    assert ours.vocab_size == len(SCORES) + 1
    assert ours.decode(ours.encode("a<e>b")) == "a<e> b"


def test_the_unknown_piece_may_stand_anywhere():
    pieces = [("▁", -1.0), ("a", -2.0), ("?", -3.0)]
    ours = Unigram(pieces, unknown_id=2)
    assert ours.encode("ax") == [0, 1, 2] == ids(library(ours), "ax")


# What is refused ------------------------------------------------------------


def refusal(pieces, **named):
    with pytest.raises(ValueError) as error:
        Unigram(pieces, **named)
    return str(error.value)


def test_pieces_that_are_none():
    two = "pieces must differ and have a letter"
    assert refusal([("a", 0.0), ("a", 0.0), ("b", 0.0)]) == two
    assert refusal([("a", 0.0), ("", 0.0)]) == two
    assert refusal([("a", -inf)]) == "scores of pieces must be finite"


@pytest.mark.parametrize("number", [-1, 2])
def test_an_unknown_piece_that_is_none(number):
    assert refusal([("a", 0.0), ("b", 0.0)], unknown_id=number) == (
        f"unknown_id={number} must be in 0..1"
    )


def test_a_special_token_after_a_gap():
    assert refusal([("a", 0.0)], specials={"<e>": 2}) == (
        "specials={'<e>': 2} must be pieces or have the ids after them"
    )


def test_an_id_of_no_token():
    with pytest.raises(ValueError, match=rf"^id 99 must .* {len(SCORES)} "):
        OURS.decode([99])
