"""Token files are what safetensors reads, and appear whole or not at all."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import load_file

from xfmr.data import tokens
from xfmr.data.tokens import Encoder, Tokens
from xfmr.tokenizer.bpe import BPE, vocabulary


class Numbers:
    """Whole numbers between spaces are their own ids."""

    def __init__(self, vocab_size):
        self.vocab_size = vocab_size

    def encode(self, text):
        return [*map(int, text.split())]


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    return tmp_path_factory.mktemp("tokens") / "a.tokens"


@given(
    parts=st.lists(st.lists(st.integers(0, 99)), min_size=1).filter(any),
    vocab_size=st.sampled_from([100, 2**16, 2**16 + 1, 2**20]),
)
def test_safetensors_reads_the_same(file, parts, vocab_size):
    texts = [" ".join(map(str, ids)) for ids in parts]
    tokens.write(file, texts, Numbers(vocab_size))
    theirs = load_file(file)
    assert [*theirs] == ["tokens"]
    found = theirs["tokens"]
    assert found.tolist() == [n for ids in parts for n in ids]
    assert found.dtype == (np.uint16 if vocab_size <= 2**16 else np.uint32)
    ours = Tokens(file)
    assert isinstance(ours.ids, np.memmap) and len(ours) == len(found)
    assert ours.ids.dtype == found.dtype
    assert ours.ids.tolist() == found.tolist()
    assert ours.vocab_size == vocab_size
    assert ours.n_bytes == sum(map(len, texts))


def test_the_largest_ids_fit(file):
    for n in (2**16, 2**32):
        tokens.write(file, [f"0 {n - 1}"], Numbers(n))
        assert Tokens(file).ids.tolist() == [0, n - 1]
        assert len(file.read_bytes()) == 512 + 2 * (2 if n == 2**16 else 4)


def test_bytes_of_a_text_are_counted_as_written(file):
    tokenizer = BPE(vocabulary([]), [])
    assert isinstance(tokenizer, Encoder)
    tokens.write(file, ["é", "日本"], tokenizer)
    assert Tokens(file).n_bytes == 2 + 6
    assert tokenizer.decode(Tokens(file).ids.tolist()) == "é日本"


def test_texts_are_not_kept(file):
    seen = []

    def texts():
        for n in range(3):
            # what came before is in the file already
            seen.append(file.with_name("a.tokens.part").stat().st_size)
            yield f"{n} " * 10_000

    tokens.write(file, texts(), Numbers(3))
    assert seen == sorted({*seen}) and seen[-1] > 20_000


def test_what_fails_leaves_the_file_before(file):
    tokens.write(file, ["1 2"], Numbers(9))

    def texts():
        yield "3 4"
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        tokens.write(file, texts(), Numbers(9))
    with pytest.raises(ValueError, match=r"id 9 must be below .*size=9"):
        tokens.write(file, ["3 9"], Numbers(9))
    with pytest.raises(ValueError, match="must have a token: no text is left"):
        tokens.write(file, ["", ""], Numbers(9))
    assert Tokens(file).ids.tolist() == [1, 2]
    assert [path.name for path in file.parent.iterdir()] == ["a.tokens"]


def test_a_folder_is_made_and_a_bad_one_refused(tmp_path):
    tokens.write(tmp_path / "a" / "b" / "c.tokens", ["1"], Numbers(2))
    assert len(Tokens(tmp_path / "a" / "b" / "c.tokens")) == 1
    with pytest.raises(ValueError, match="cannot be written: File exists"):
        below = tmp_path / "a" / "b" / "c.tokens" / "d.tokens"
        tokens.write(below, ["1"], Numbers(2))
    with pytest.raises(ValueError, match="cannot be written: Is a directory"):
        tokens.write(tmp_path / "a", ["1"], Numbers(2))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a"]


def refusal(path):
    with pytest.raises(ValueError) as error:
        Tokens(path)
    message = str(error.value)
    assert "\n" not in message
    return message.replace(str(path), "FILE")


def test_files_that_are_refused(tmp_path):
    path = tmp_path / "a.tokens"
    assert refusal(path) == "FILE cannot be read: No such file or directory"
    tokens.write(path, ["1 2 3"], Numbers(9))
    whole = path.read_bytes()
    path.write_bytes(whole[:-1])
    assert refusal(path) == "FILE must have 518 bytes, not 517"
    path.write_bytes(whole + b"\0")
    assert refusal(path) == "FILE must have 518 bytes, not 519"
    for content in (
        b"",
        b"a text",
        whole[:100],
        whole[:8].ljust(200, b" "),
        _with(whole, tokens={"dtype": "F32", "shape": [3]}),
        _with(whole, tokens={"dtype": "U16", "shape": [3, 1]}),
        _with(whole, tokens=3),
        _with(whole, __metadata__={"n_bytes": "5"}),
        _with(whole, __metadata__={"vocab_size": "x", "n_bytes": "5"}),
    ):
        path.write_bytes(content)
        assert refusal(path) == "FILE is not a file of tokens"


def _with(whole, **changes):
    header = json.loads(whole[8:512]) | changes
    return whole[:8] + json.dumps(header).encode().ljust(504) + whole[512:]
