"""Questions of a test are found where they stand, and nowhere else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xfmr.data import contamination

LETTERS = st.lists(st.sampled_from("abc"), min_size=1, max_size=12)


@given(
    question=LETTERS, texts=st.lists(LETTERS, max_size=3), n=st.integers(1, 6)
)
def test_shares_are_those_of_a_search_for_each(question, texts, n):
    size = min(n, len(question))
    looked = [question[k : k + size] for k in range(len(question) - size + 1)]
    hits = [
        any(
            text[k : k + size] == run
            for text in texts
            for k in range(len(text))
        )
        for run in looked
    ]
    found = contamination.shares([" ".join(question)], map(" ".join, texts), n)
    assert found == [pytest.approx(sum(hits) / len(hits))]


def test_thirteen_words_in_a_row():
    question = "One two three four five six seven eight nine ten 11 12 13."
    text = "so: one, two three four five six -- seven eight nine ten 11 12 "
    whole, cut = text + "13 more", text + "or 13"
    assert contamination.shares([question], [whole]) == [1]
    assert contamination.shares([question], [cut]) == [0]
    longer = question + " and fourteen"
    assert contamination.shares([longer], [whole]) == [pytest.approx(1 / 3)]


def test_a_run_does_not_reach_over_two_texts():
    assert contamination.shares(["a b"], ["x a", "b x"], 2) == [0]
    assert contamination.shares(["a b", "x a"], ["x a", "b"], 2) == [0, 1]


def test_texts_are_read_once():
    texts = iter(["the cat ran", "a dog"])
    questions = ["Cat ran?", "dog", "a cat"]
    assert contamination.shares(questions, texts, 2) == [1, 1, 0]


def test_questions_without_words():
    with pytest.raises(ValueError, match=r"questions\[1\]='\?' has no words"):
        contamination.shares(["what", "?"], [])
