"""Expected uses are those of all spellings; likelihood does not fall."""

from collections import Counter
from math import exp, fsum, isclose, log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.test_unigram import score, spellings
from tests.tokenized import ids, library, prose
from xfmr.tokenizer import pieces
from xfmr.tokenizer.pieces import expected, train
from xfmr.tokenizer.unigram import words

SCORES = {"a": -2.0, "b": -2.5, "ab": -3.0, "ba": -3.5, "aba": -4.0}
TEXT = prose(3, 300)


def enumerated(counts, scores):
    """Uses of each piece and log likelihood, spelling by spelling."""
    uses, total = Counter(), 0.0
    for word, n in counts.items():
        found = [s for s in spellings(word) if {*s} <= scores.keys()]
        each = [exp(score(s, scores, 0.0)) for s in found]
        whole = fsum(each)
        for s, probability in zip(found, each, strict=True):
            for piece in s:
                uses[piece] += n * probability / whole
        total += n * log(whole)
    return uses, total


@given(
    st.dictionaries(
        st.text("ab", min_size=1, max_size=8), st.integers(1, 9), min_size=1
    )
)
def test_expected_uses_are_those_of_all_spellings(counts):
    uses, total = expected(counts, SCORES)
    by_hand, likelihood = enumerated(counts, SCORES)
    assert uses.keys() == SCORES.keys()
    for piece in SCORES:
        assert isclose(uses[piece], by_hand[piece], abs_tol=1e-9)
    assert isclose(total, likelihood)


def test_every_letter_is_used_once():
    counts = {"abab": 3, "bba": 2}
    uses, _ = expected(counts, SCORES)
    assert isclose(sum(len(x) * n for x, n in uses.items()), 3 * 4 + 2 * 3)


def test_a_long_word_does_not_underflow():
    uses, total = expected({"ab" * 2000: 1}, SCORES)
    assert isclose(sum(len(x) * n for x, n in uses.items()), 4000)
    assert total < -4000


def test_a_round_does_not_lower_the_likelihood():
    counts = Counter(words(TEXT))
    letters = {letter for word in counts for letter in word}
    scores = pieces._first(counts, letters, 200)
    before = expected(counts, scores)[1]
    for _ in range(4):
        uses, now = expected(counts, scores)
        assert now >= before - 1e-9 * abs(before)
        before = now
        shares = sum(uses.values())
        scores = {x: log(n / shares) for x, n in uses.items() if n > 1e-12}


@pytest.mark.parametrize("vocab_size", [20, 40, 90])
def test_what_is_learned_is_the_librarys_to_read(vocab_size):
    ours = train([TEXT], vocab_size=vocab_size + 12, specials=["<e>"])
    text = "<e>" + prose(4, 300)
    assert ours.encode(text) == ids(library(ours), text)
    assert ours.decode(ours.encode(TEXT)) == TEXT
    assert 0 < ours.vocab_size <= vocab_size + 12
    assert ours.pieces[0] == ("<unk>", 0.0)
    assert ours.specials == {"<e>": ours.vocab_size - 1}
    shares = [exp(s) for _, s in ours.pieces[1:]]
    assert isclose(sum(shares), 1)
    assert shares == sorted(shares, reverse=True)


def test_more_pieces_make_fewer_tokens():
    lengths = [
        len(train([TEXT], vocab_size=n).encode(TEXT)) for n in (40, 60, 120)
    ]
    assert lengths == sorted(lengths, reverse=True)
    assert lengths[2] < lengths[0]


def test_words_that_recur_become_pieces():
    text = " ".join(["hello", "world", "hello"] * 20)
    ours = train([text], vocab_size=12)
    assert ours.vocab_size <= 12
    assert {"▁hello", "▁world"} <= {piece for piece, _ in ours.pieces}
    assert len(ours.encode(text)) == 60


def test_texts_are_counted_together_and_apart():
    apart = train(["ab", "ab"], vocab_size=9)
    assert apart.pieces == train(["ab ab"], vocab_size=9).pieces
    assert all("b▁" not in piece for piece, _ in apart.pieces)


def test_the_first_pieces_cover_most_letters():
    counts = {"abab": 3, "ab": 1}
    first = pieces._first(counts, {"a", "b"}, 2)
    # ab: 7 uses of 2 letters; abab: 3 of 4; aba, bab: 3 of 3; ba: 3 of 2
    assert {*first} == {"a", "b", "ab", "abab"}
    total = 7 + 7 + 7 + 3
    assert isclose(first["ab"], log(7 / total))
    assert isclose(first["abab"], log(3 / total))
    once = pieces._first({"ab": 1}, {"a", "b"}, 9)
    assert {*once} == {"a", "b"}
    assert pieces.LONGEST == 16
    runs = pieces._first({"c" * 18: 1}, {"c"}, 99)
    assert max(map(len, runs)) == 16


def test_a_rare_piece_goes_and_a_rare_letter_stays():
    uses = {"a": 0.1, "ab": 0.4, "b": 2.0, "ba": 0.5}
    scores = pieces._maximised(uses, {"a", "b"})
    assert scores.keys() == {"a", "b", "ba"}
    assert isclose(scores["b"], log(2.0 / 3.0))
    assert isclose(scores["a"], log(0.5 / 3.0)) and scores["ba"] == scores["a"]


def test_the_piece_goes_that_is_missed_least():
    scores = {"a": -1.0, "b": -1.0, "ab": -1.9, "ba": -1.5}
    counts = {"ab": 5, "ba": 5}
    kept = pieces._pruned(counts, scores, {"a", "b"}, 3)
    assert kept == {"a": -1.0, "b": -1.0, "ba": -1.5}
    # of many a quarter goes at a time
    names = [f"{x}{y}" for x in "abcd" for y in "abcd"]
    many = dict.fromkeys("abcd", -3.0) | dict.fromkeys(names, -4.0)
    kept = pieces._pruned(dict.fromkeys(names, 1), many, {*"abcd"}, 5)
    assert len(kept) == 15 == int(0.75 * len(many))


@pytest.mark.parametrize(("size", "texts"), [(4, ["ab"]), (9, []), (9, [""])])
def test_no_room_for_the_letters(size, texts):
    n = 3 if texts == ["ab"] else 0
    with pytest.raises(
        ValueError, match=rf"^vocab_size={size} must have room for {n} lett"
    ):
        train(texts, vocab_size=size, specials=["<e>"])


def test_room_for_the_letters_alone():
    ours = train(["ab"], vocab_size=5, specials=["<e>"])
    assert {piece for piece, _ in ours.pieces} == {"<unk>", *"▁ab"}
    assert ours.vocab_size == 5


def test_rounds_and_shares(monkeypatch):
    assert (pieces.FIRST, pieces.KEPT) == (4, 0.75)
    assert (pieces.ROUNDS, pieces.LEAST) == (2, 0.5)
    asked, rounds = [], []
    first, count = pieces._first, pieces.expected
    monkeypatch.setattr(
        pieces, "_first", lambda *x: asked.append(x[2]) or first(*x)
    )
    monkeypatch.setattr(
        pieces, "expected", lambda *x: rounds.append(len(x[1])) or count(*x)
    )
    train([TEXT], vocab_size=41, specials=["<e>"])
    assert asked == [4 * 39]
    # two rounds, one more to see what is missed, and again with fewer
    assert rounds[0] >= rounds[1] >= rounds[2] > rounds[3]
    assert len(rounds) % 3 == 2
