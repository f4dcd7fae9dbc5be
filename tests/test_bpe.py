"""Ids are those of the library and of tiktoken's rule; bytes come back."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tokenized import drawn, ids, library, prose
from xfmr.tokenizer import merges
from xfmr.tokenizer.bpe import BPE, vocabulary

TEXT = prose(0, 600)
OURS = {
    name: merges.train([TEXT], vocab_size=500, splitting=name)
    for name in ("gpt2", "words")
}
GREEDY = merges.train([drawn(0, "ab", 400)], vocab_size=330)
GREEDY_OF_THEIRS = library(GREEDY)
SPECIAL = merges.train([TEXT], vocab_size=300, specials=["<|e|>", "<|e|>>"])
THEIRS = {name: library(ours) for name, ours in OURS.items()}
each = pytest.mark.parametrize("name", OURS)
PAIRS = [(b"a", b"b"), (b"c", b"d"), (b"b", b"c")]


def by_token(ranks, word):
    """tiktoken's rule: of all neighbours those that make the first token."""
    parts = [bytes([byte]) for byte in word]
    while True:
        made = [ranks.get(a + b, len(ranks)) for a, b in pairwise(parts)]
        if min(made, default=len(ranks)) == len(ranks):
            return [ranks[part] for part in parts]
        at = made.index(min(made))
        parts[at : at + 2] = [parts[at] + parts[at + 1]]


@each
@given(st.text() | st.text(st.sampled_from("katomirensu é日本'—42x \n")))
def test_ids_are_the_librarys(name, text):
    ours = OURS[name]
    assert ours.encode(text) == ids(THEIRS[name], text)


@each
def test_ids_of_a_long_text_are_the_librarys(name):
    text = prose(7, 5000)
    assert OURS[name].encode(text) == ids(THEIRS[name], text)


@given(st.text("ab", max_size=200))
def test_one_word_is_the_librarys(text):
    assert GREEDY.encode(text) == ids(GREEDY_OF_THEIRS, text)


@given(st.text("ab", max_size=60))
def test_tiktokens_rule(text):
    expected = by_token(GREEDY.vocab, text.encode()) if text else []
    assert GREEDY.encode(text) == expected


@given(st.text(st.sampled_from("katomirensu é日本'—42x "), max_size=30))
def test_tiktokens_rule_word_by_word(text):
    ours = OURS["gpt2"]
    assert ours.encode(text) == [
        number
        for word in ours._words(text)
        for number in by_token(ours.vocab, word.encode())
    ]


def test_the_lowest_rank_goes_first_and_of_places_the_left():
    ours = BPE(vocabulary(PAIRS), PAIRS)
    assert ours.encode("abcd") == [256, 257]
    assert ours.encode("bcd") == [*ours.encode("b"), 257]
    assert ours.encode("bc") == [258]
    late = PAIRS[::-1]
    assert BPE(vocabulary(late), late).encode("abcd") == [64, 256, 67]
    runs = [(b"a", b"a")]
    assert BPE(vocabulary(runs), runs).encode("aaa") == [256, 64]


def test_a_word_of_a_million_letters():
    text = drawn(3, "ab", 100_000)
    assert GREEDY.decode(GREEDY.encode(text)) == text


@each
@given(st.binary())
def test_any_bytes_come_back(name, data):
    ours = OURS[name]
    assert ours.decode_bytes(ours.encode_bytes(data)) == data


@each
@given(st.text())
def test_any_text_comes_back(name, text):
    ours = OURS[name]
    assert ours.decode(ours.encode(text)) == text
    assert ours.encode(text) == ours.encode_bytes(text.encode())


def test_half_a_character_reads_as_unknown():
    ours = OURS["gpt2"]
    assert ours.decode(ours.encode_bytes(b"a\xc3")) == "a\ufffd"


def test_special_tokens_are_found_first():
    theirs = library(SPECIAL)
    for text in ("ka<|e|>to", "<|e|>", "a<|e|>> b<|e|><|e|>", "<|e", ""):
        assert SPECIAL.encode(text) == ids(theirs, text)
        assert SPECIAL.decode(SPECIAL.encode(text)) == text
    assert SPECIAL.encode("<|e|>>") == [299]
    assert OURS["gpt2"].encode("<|e|>") != [298]


def test_what_a_token_is():
    ours = SPECIAL
    assert ours.vocab_size == 300
    assert ours.tokens([256, 298]) == [*ours.tokens([256]), "<|e|>"]
    assert ours.tokens(ours.encode(" é")) == ["ĠÃ©"]


def test_ids_may_be_any():
    vocab = {token: 9 - n for n, token in enumerate([b"ab", b"a", b"b"])}
    rest = [bytes([n]) for n in range(256) if n not in b"ab"]
    vocab |= {token: 10 + n for n, token in enumerate(rest)}
    ours = BPE(vocab, [(b"a", b"b")], specials={"<s>": 0})
    assert ours.encode("abba<s>") == [9, 7, 8, 0]
    assert ours.decode([9, 7, 8, 0]) == "abba<s>"


# What is refused ------------------------------------------------------------


def refusal(**changes):
    given = {"vocab": vocabulary(PAIRS), "merges": PAIRS} | changes
    with pytest.raises(ValueError) as error:
        BPE(given.pop("vocab"), given.pop("merges"), **given)
    return str(error.value)


def test_a_byte_without_an_id():
    vocab = vocabulary(PAIRS)
    del vocab[b"\n"]
    assert refusal(vocab=vocab) == "byte 0x0a must be in the vocabulary"


def test_a_merge_of_what_is_no_token():
    for missing in (b"ab", b"cd"):
        vocab = vocabulary(PAIRS)
        del vocab[missing]
        pairs = [*PAIRS, (b"ab", b"cd")]
        assert refusal(vocab=vocab, merges=pairs).startswith(
            f"{missing} of the merge ("
        )
    pairs = [*PAIRS, (b"ab", b"cd")]
    assert refusal(merges=pairs) == (
        "b'abcd' of the merge (b'ab', b'cd') must be in the vocabulary"
    )


def test_two_tokens_with_one_id():
    own = "each token must have an id of its own from 0 up"
    assert refusal(vocab=vocabulary(PAIRS) | {b"ab": 0}) == own
    assert refusal(vocab=vocabulary(PAIRS) | {b"ab": -1}) == own
    assert refusal(specials={"<x>": 999, "<y>": 999}) == own
    assert refusal(specials={"<s>": 256}) == own


def test_a_special_token_that_is_another():
    assert refusal(specials={"ab": 999}) == (
        "special token 'ab' must have a letter, and the id that it has in "
        "the vocabulary, not 999"
    )
    assert refusal(specials={"": 999}).startswith("special token '' must")


def test_an_unknown_way_to_cut():
    assert refusal(splitting="x").startswith("splitting='x' must be in")


@pytest.mark.parametrize("number", [-1, 259])
def test_an_id_of_no_token(number):
    ours = BPE(vocabulary(PAIRS), PAIRS)
    for of in (ours.decode, ours.decode_bytes, ours.tokens):
        with pytest.raises(
            ValueError, match=rf"^id {number} must be that of one of 259 tok"
        ):
            of([0, number])
