"""Words are those of other engines, and nothing falls between them."""

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Regex, pre_tokenizers

from tests.tokenized import ALPHABET, cut, prose
from xfmr.tokenizer import splitting
from xfmr.tokenizer.splitting import BYTES, LETTERS, SPLITTINGS, read, written

# what was a character long ago, and is one of the same kind still: the
# engines' tables are of different years
SETTLED = [
    c
    for c in map(chr, range(sys.maxunicode + 1))
    if unicodedata.ucd_3_2_0.category(c)
    == unicodedata.category(c)
    not in ("Cn", "Cs")
]
each = pytest.mark.parametrize("name", SPLITTINGS)


def words(name, text):
    return splitting.split(name).pattern.findall(text)


def theirs(name, text):
    pattern = Regex(SPLITTINGS[name].library)
    found = pre_tokenizers.Split(pattern, "isolated").pre_tokenize_str(text)
    return [word for word, _ in found]


@each
@pytest.mark.parametrize("between", ["", " ", "a7_"])
def test_every_character_is_of_the_kind_that_the_library_says(name, between):
    assert len(SETTLED) > 90_000
    text = between.join(SETTLED)
    assert words(name, text) == theirs(name, text)


@each
@given(st.text(st.sampled_from("ab'slve7²½_.! \n\t\x1c\x85\xa0\u3000日é")))
def test_words_are_the_librarys(name, text):
    assert words(name, text) == theirs(name, text)


@each
@given(st.text())
def test_nothing_is_lost(name, text):
    assert "".join(words(name, text)) == text


@each
def test_letters_of_bytes_are_the_librarys(name):
    text = prose(1, 50)
    found = cut(name).pre_tokenize_str(text)
    ours = [written(word.encode()) for word in words(name, text)]
    assert ours == [word for word, _ in found]


def test_words_of_a_sentence():
    assert words("gpt2", "It's 20 cm,  don't\n\n") == [
        *("It", "'s", " 20", " cm", ",", " ", " don", "'t", "\n\n")
    ]
    assert words("words", "It's 20 cm,  don't\n\n") == [
        *("It's", " 20", " cm,", "  ", "don't", "\n\n")
    ]


def test_all_endings():
    for ending in ("s", "t", "re", "ve", "m", "ll", "d"):
        assert words("gpt2", f"x'{ending}x") == ["x", f"'{ending}", "x"]
    assert words("gpt2", "x'n") == ["x", "'", "n"]


def test_what_python_takes_for_white_space_and_unicode_does_not():
    assert "\x1c".isspace()
    assert words("words", "a\x1cb c") == ["a\x1cb", " c"]


def test_bytes_in_the_order_of_their_letters():
    assert sorted(LETTERS.values()) == [LETTERS[byte] for byte in BYTES]
    assert sorted(LETTERS.values()) == sorted(ALPHABET)
    assert sorted(BYTES) == [*range(256)]


@given(st.binary())
def test_letters_can_be_read_again(data):
    assert read(written(data)) == data


def test_letters_of_no_byte():
    with pytest.raises(ValueError, match=r"^token='a b' must be written in"):
        read("a b")


def test_an_unknown_way_to_cut():
    with pytest.raises(
        ValueError, match=r"^splitting='x' must be in \['gpt2', 'words'\]$"
    ):
        splitting.split("x")


def test_neighbours_make_a_range():
    assert splitting.ranges([*"abcxz"]) == "a-cx-xz-z"
    assert splitting.ranges([]) == ""
