"""What is learned: the library's merges, and those of the textbook."""

import json
from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tokenized import drawn, prose, trained
from xfmr.tokenizer import merges
from xfmr.tokenizer.bpe import vocabulary
from xfmr.tokenizer.splitting import BYTES, LETTERS, read

TEXTS = [
    *(drawn(seed, "ab ", 300) for seed in range(8)),
    *(drawn(seed, "a", 10 * seed) + " aaa" for seed in range(4)),
    *(drawn(seed, "abcde ", 600) for seed in range(8)),
    *(drawn(seed, "ab", 99) + " " + drawn(-1, "ab", 70) for seed in range(4)),
    *(prose(seed, 400) for seed in range(4)),
]


def textbook(words, n_merges):
    """All pairs counted anew for each merge."""
    number = {byte: n for n, byte in enumerate(BYTES)}
    spelled = [([number[byte] for byte in w], n) for w, n in words.items()]
    tokens, learned = [bytes([byte]) for byte in BYTES], []
    while len(learned) < n_merges:
        counts = Counter()
        for word, n in spelled:
            for pair in pairwise(word):
                counts[pair] += n
        if not counts:
            break
        best = min(counts, key=lambda pair: (-counts[pair], pair))
        learned.append((tokens[best[0]], tokens[best[1]]))
        tokens.append(b"".join(learned[-1]))
        for word, _ in spelled:
            for i in range(len(word)):
                if tuple(word[i : i + 2]) == best:
                    word[i : i + 2] = [len(tokens) - 1]
    return learned


@pytest.mark.parametrize("splitting", ["gpt2", "words"])
@pytest.mark.parametrize("n_merges", [5, 40, 400])
def test_merges_and_ids_are_the_librarys(n_merges, splitting):
    for text in TEXTS:
        size = 256 + n_merges
        ours = merges.train([text], vocab_size=size, splitting=splitting)
        theirs = json.loads(trained([text], size, splitting).to_str())["model"]
        vocab = {read(token): n for token, n in theirs["vocab"].items()}
        assert ours.vocab == vocab
        assert ours.merges == [(read(a), read(b)) for a, b in theirs["merges"]]


@given(
    st.dictionaries(
        st.text("ab", min_size=1, max_size=24).map(str.encode),
        st.integers(1, 3),
        max_size=12,
    ),
    st.integers(0, 60),
)
def test_merges_are_the_textbooks(words, n_merges):
    learned = merges.learned(words, n_merges)
    assert learned == textbook(words, n_merges)
    assert len(vocabulary(learned)) == 256 + len(learned)


def test_of_a_tie_the_pair_with_the_smaller_ids():
    # GPT-2's ids: the space, which prints as nothing, comes after letters
    assert merges.learned({b"zb": 1, b"a ": 1, b"az": 1}, 3) == [
        *((b"a", b"z"), (b"a", b" "), (b"z", b"b"))
    ]
    assert merges.learned({b"az": 1, b"zb": 2}, 1) == [(b"z", b"b")]


def test_a_run_is_merged_from_the_left():
    assert merges.learned({b"aaaaa": 1}, 9) == [
        *((b"a", b"a"), (b"aa", b"a"), (b"aa", b"aaa"))
    ]


def test_it_stops_where_all_words_are_one_token():
    assert merges.learned({b"ab": 2, b"c": 9}, 5) == [(b"a", b"b")]
    assert merges.learned({}, 5) == []
    assert merges.train([], vocab_size=300).vocab_size == 256


def test_words_of_all_texts_are_counted_together():
    texts = ["ab ab", "ab\u00e9 ", ""]
    assert merges.counted(texts, "gpt2") == {
        **{b"ab": 1, b" ab": 1, "ab\u00e9".encode(): 1, b" ": 1}
    }
    assert merges.counted([" a b"] * 3, "words") == {b" a": 3, b" b": 3}
    # no word from the end of one to the beginning of the next
    assert merges.counted(["a", "b"], "words") == {b"a": 1, b"b": 1}


def test_half_a_character_is_counted():
    text = b"\xff\xff".decode("utf8", "surrogateescape")
    assert merges.counted([text], "gpt2") == {b"\xff\xff": 1}


def test_special_tokens_have_the_last_ids():
    ours = merges.train(["ab"], vocab_size=300, specials=["<a>", "<b>"])
    assert ours.vocab[b"ab"] == 256
    assert ours.specials == {"<a>": 257, "<b>": 258}
    full = merges.train(["abab"], vocab_size=258, specials=["<a>"])
    assert (full.vocab_size, full.specials) == (258, {"<a>": 257})


@pytest.mark.parametrize("size", [256, 0x110001])
def test_no_room(size):
    with pytest.raises(
        ValueError, match=rf"^vocab_size={size} must be in 257..1114112: bytes"
    ):
        merges.train(["a"], vocab_size=size, specials=["<a>"])


def test_the_least_and_the_most():
    text = ["abab"]
    assert merges.train(text, vocab_size=256).merges == []
    assert merges.train(text, vocab_size=0x110000).vocab[b"abab"] == 257
    assert LETTERS[BYTES[0]] == "!"
