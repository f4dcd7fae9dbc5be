"""Each rule at its bounds, on documents that break no other."""

import pytest

from xfmr.data import filters

GOOD = "the cat and that dog have run " * 10  # 70 words


def test_the_numbers_of_a_document():
    text = "The #1 dogs...\n\n - of 3 cats …\n• (And) 42 to\n* to be, x"
    found = filters.measured(text)
    # The #1 dogs... - of 3 cats … • (And) 42 to * to be, x
    assert found == {
        "words": 16,
        "mean word length": (3 + 2 + 7 + 1 + 2 + 1 + 4 + 1) / 16
        + (1 + 5 + 2 + 2 + 1 + 2 + 3 + 1) / 16,
        "hashes a word": 1 / 16,
        "ellipses a word": 2 / 16,
        "lines with a bullet": 3 / 4,
        "lines with an ellipsis": 2 / 4,
        "words with a letter": 9 / 16,
        "stop words": 5,  # the, of, and, to, be
    }


def test_a_good_document_breaks_no_rule():
    assert filters.broken(GOOD) == []


@pytest.mark.parametrize(
    ("rule", "kept", "removed"),
    [
        ("words", "the and " * 25, "the and " * 24 + "then"),
        ("words", "the and " * 50_000, "the and " * 50_000 + "and"),
        ("mean word length", "that of " * 30, "that of " * 30 + "to"),
        (
            "mean word length",
            ("the and " + "abcdefghijk " * 14) * 4,
            ("the and " + "abcdefghijk " * 14) * 4 + "abcdefghijk",
        ),
        ("hashes a word", "#" * 7 + GOOD, "#" * 8 + GOOD),
        ("ellipses a word", "..." * 7 + GOOD, "..." * 8 + GOOD),
        ("ellipses a word", "…" * 7 + GOOD, "…" * 8 + GOOD),
        (
            "lines with a bullet",
            "- these cats and those dogs run\n" * 18 + "the end\n" * 2,
            "- these cats and those dogs run\n" * 19 + "the end\n" * 2,
        ),
        (
            "lines with an ellipsis",
            (GOOD + "...\n") * 3 + (GOOD + "\n") * 7,
            (GOOD + "...\n") * 4 + (GOOD + "\n") * 9,
        ),
        (
            "words with a letter",
            "the and cats run 1234 " * 12,
            "the and cats run 1234 " * 12 + "1234",
        ),
        ("stop words", "cats run the with " * 20, "cats run then with " * 20),
    ],
)
def test_bounds_belong_to_what_is_kept(rule, kept, removed):
    low, high = filters.BOUNDS[rule]
    assert low <= filters.measured(kept)[rule] <= high
    assert filters.broken(kept) == []
    assert filters.broken(removed) == [rule]


def test_every_stop_word_counts_once_whatever_its_case():
    for word in "the be to of and that have with".split():
        text = f"Xyz {word.upper()}, xyz '{word}' xyz " * 20
        assert filters.measured(text)["stop words"] == 1
    assert filters.measured("theta")["stop words"] == 0


def test_no_words_are_too_few():
    found = filters.measured(" \n ")
    assert set(found.values()) == {0}
    assert "words" in filters.broken("")


def test_steps_remove_one_after_the_other():
    short, numbers = "the and", "1234 " * 99 + "the and"
    rows = filters.steps([GOOD, short, numbers, short + " 1 2 3 4 5"])
    assert [row["rule"] for row in rows] == ["all", *filters.BOUNDS]
    assert [row["documents"] for row in rows] == [4, 2, 2, 2, 2, 2, 2, 1, 1]
    assert [row["words"] for row in rows] == [180, *[171] * 6, 70, 70]
