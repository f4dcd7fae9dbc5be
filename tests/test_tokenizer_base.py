"""Words are made once, and what a tokenizer must say for itself."""

import pickle
import subprocess
import sys
import time

import pytest

from tests.tokenized import prose
from xfmr.tokenizer import base, merges


def test_a_word_is_made_once_and_kept():
    made = []

    def make(word):
        made.append(word)
        return (len(word),)

    kept = base.Kept(make, 2)
    assert [kept[word] for word in ("a", "bb", "a", "ccc", "ccc", "bb")] == [
        *((1,), (2,), (1,), (3,), (3,), (2,))
    ]
    assert made == ["a", "bb", "ccc", "ccc"]
    assert dict(kept) == {"a": (1,), "bb": (2,)}
    assert base.Kept(make).most == base.MOST_KEPT == 2**18


def test_a_tokenizer_can_be_sent_to_another_process():
    text = prose(0, 300)
    ours = merges.train([text], vocab_size=300, specials=["<e>"])
    ids = ours.encode(text)
    sent = pickle.loads(pickle.dumps(ours))
    assert sent.encode(text) == ids
    assert sent.decode(ids) == text


def test_it_encodes_a_megabyte_a_second_when_words_are_kept():
    text = prose(0, 40_000)
    ours = merges.train([text[:20_000]], vocab_size=400)
    ours.encode(text)
    taken = []
    for _ in range(5):
        start = time.process_time()
        ours.encode(text)
        taken.append(time.process_time() - start)
    assert len(text.encode()) / min(taken) > 1e6


@pytest.mark.parametrize("method", ["_words", "_made"])
def test_a_tokenizer_without_a_rule(method):
    with pytest.raises(NotImplementedError):
        getattr(base.Tokenizer({"a": 0}, {}), method)("a")


def test_tokenizers_need_nothing_but_python():
    program = (
        "import sys, xfmr.tokenizer.files, xfmr.tokenizer.pieces\n"
        "assert not {'torch', 'numpy', 'tokenizers', 'regex'} & {*sys.modules}"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


@pytest.mark.parametrize("ids", [{"a": -1, "b": 0}, {"a": 1, "b": 1}])
def test_each_token_has_an_id_of_its_own_from_0_up(ids):
    with pytest.raises(ValueError, match="an id of its own from 0 up"):
        base.Tokenizer(ids, {})
