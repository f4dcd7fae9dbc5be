"""Greedy matches are the library's, and a word is known whole or not."""

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import pre_tokenizers

from tests.tokenized import drawn, ids, library
from xfmr.tokenizer.wordpiece import WordPiece

PIECES = ["[UNK]", *"abcé日.,", *("##" + x for x in "abc日"), "ab", "abc"]
PIECES += ["##bc", "##bca", "##cab", "##ab", "[SEP]"]
VOCAB = {piece: n for n, piece in enumerate(PIECES)}
OURS = WordPiece(VOCAB, specials={"[SEP]": VOCAB["[SEP]"]})
THEIRS = library(OURS)
SETTLED = [
    c
    for c in map(chr, range(sys.maxunicode + 1))
    if unicodedata.ucd_3_2_0.category(c)
    == unicodedata.category(c)
    not in ("Cn", "Cs")
]


def tokens(text):
    return OURS.tokens(OURS.encode(text))


@given(st.text(st.sampled_from("aaabbbccé日.,! \n#[SEP]"), max_size=40))
def test_ids_are_the_librarys(text):
    assert OURS.encode(text) == ids(THEIRS, text)


def test_ids_of_long_texts_are_the_librarys():
    for seed in range(20):
        text = drawn(seed, "abc" * 5 + "日é., ", 500)
        assert OURS.encode(text) == ids(THEIRS, text)


@pytest.mark.parametrize("between", ["", "a"])
def test_words_are_the_librarys(between):
    text = between.join(SETTLED)
    found = pre_tokenizers.BertPreTokenizer().pre_tokenize_str(text)
    assert OURS._words(text) == [word for word, _ in found]


def test_the_longest_beginning_and_so_on():
    assert tokens("abcab") == ["abc", "##ab"]
    assert tokens("bcab") == ["b", "##cab"]
    # greedy: `ab`, `##cab` would be better, had it not taken `abc` first
    assert tokens("abcabca") == ["abc", "##ab", "##c", "##a"]
    assert tokens("a, ab.") == ["a", ",", "ab", "."]


def test_a_word_is_unknown_as_a_whole():
    assert tokens("abé é") == ["[UNK]", "é"]


@pytest.mark.parametrize("n", [100, 101])
def test_a_long_word_is_unknown(n):
    text = "a" * n
    assert OURS.encode(text) == ids(THEIRS, text)
    assert (len(OURS.encode(text)) == 1) == (n > 100)


def test_it_is_read_with_spaces_between_words():
    assert OURS.decode(OURS.encode("abcab\n b,")) == "abcab b ,"
    assert OURS.decode(OURS.encode("x[SEP]a")) == "[UNK] [SEP] a"


def test_the_unknown_token_may_have_another_name():
    ours = WordPiece({"?": 0, "a": 1}, unknown="?")
    assert ours.encode("a b") == [1, 0] == ids(library(ours), "a b")


def test_an_unknown_token_without_an_id():
    with pytest.raises(
        ValueError, match=r"^unknown='\[UNK\]' must be in the vocab$"
    ):
        WordPiece({"a": 0})
    with pytest.raises(ValueError, match=r"^unknown='b' must be"):
        WordPiece({"a": 0}, unknown="b")


def test_ids_that_clash():
    with pytest.raises(ValueError, match=r"^each token must have an id"):
        WordPiece({"[UNK]": 0, "a": 0})
    with pytest.raises(ValueError, match=r"^special token 'a' must have"):
        WordPiece({"[UNK]": 0, "a": 1}, specials={"a": 2})


def test_an_id_of_no_token():
    with pytest.raises(ValueError, match=rf"^id 99 must .* {len(PIECES)} "):
        OURS.decode([99])
