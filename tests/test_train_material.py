"""Texts as tokens: in memory, in files, from one text or another."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from tests.trained import SOURCE, TOY
from xfmr.data import corpus
from xfmr.data.language import FULL
from xfmr.train.material import (
    N_CHARACTERS,
    Source,
    bytes_of,
    in_file,
    in_memory,
    load,
    of_source,
    prepare,
    synthetic,
)


def test_a_text_whose_last_tenth_is_held_out():
    source = in_memory("é" * 85 + "x" * 15)
    assert source.train() == ["é" * 85 + "x" * 5]
    assert source.held_out() == ["x" * 10]


def test_the_pieces_of_a_file(tmp_path):
    path = tmp_path / "text.txt"
    path.write_text("".join(f"line {n}\n" for n in range(200)))
    source = in_file(path)
    for _ in range(2):
        assert [*source.train()] == [*corpus.learned(path)]
        assert [*source.held_out()] == [*corpus.held_out(path)]


def test_sentences_of_which_others_are_held_out():
    source = synthetic(5000)
    assert source.train() == [FULL.text(4500, seed=0)]
    assert source.held_out() == [FULL.text(500, seed=1)]
    assert N_CHARACTERS == 2_000_000


def test_tokens_are_bytes_at_first():
    found = of_source(TOY, in_memory("é" * 90 + "x" * 10))
    assert found.train.dtype == np.uint8
    assert (
        found.tokenizer.decode_bytes(found.train.tolist())
        == ("é" * 90).encode()
    )
    assert found.tokenizer.decode(found.held_out.tolist()) == "x" * 10
    assert found.token_bytes.tolist() == [1] * 256


def test_a_vocabulary_is_learned_from_the_first_part_alone():
    source = Source(lambda: ["abab " * 50, "ab"], lambda: ["cdcd " * 9])
    recipe = replace(TOY, vocab_size=300)
    found = of_source(recipe, source)
    assert found.train.dtype == np.uint16
    vocab = found.tokenizer.vocab
    assert b"ab" in vocab and b"cd" not in vocab
    lengths = {n: len(token) for token, n in vocab.items()}
    expected = [lengths[n] for n in range(len(vocab))]
    assert found.token_bytes.tolist() == expected
    assert torch.equal(bytes_of(found.tokenizer), found.token_bytes)
    text = found.tokenizer.decode(found.train.tolist())
    assert text == "abab " * 50 + "ab"


@pytest.mark.parametrize("vocab_size", [256, 300])
def test_in_files_it_is_the_same(tmp_path, vocab_size):
    recipe = replace(TOY, vocab_size=vocab_size)
    found = of_source(recipe, SOURCE)
    prepare(recipe, SOURCE, tmp_path)
    again = load(tmp_path)
    assert isinstance(again.train, np.memmap)
    for name in ("train", "held_out"):
        assert np.array_equal(getattr(again, name), getattr(found, name))
    assert again.tokenizer.vocab == found.tokenizer.vocab
    assert torch.equal(again.token_bytes, found.token_bytes)


@pytest.mark.parametrize(
    ("n_train", "n_held_out", "message"),
    [
        (8, 9, "train of 8 tokens must have more than context_length=8"),
        (9, 8, "held_out of 8 tokens must have more than context_length=8"),
    ],
)
def test_texts_that_are_too_short(tmp_path, n_train, n_held_out, message):
    source = Source(lambda: ["x" * n_train], lambda: ["x" * n_held_out])
    with pytest.raises(ValueError, match=message):
        of_source(TOY, source)
    with pytest.raises(ValueError, match=message):
        prepare(TOY, source, tmp_path)


def test_a_part_without_a_piece():
    source = Source(lambda: ["x" * 9], lambda: [])
    with pytest.raises(ValueError, match=r"^held_out of 0 tokens must have"):
        of_source(TOY, source)


def test_texts_that_are_long_enough():
    source = Source(lambda: ["x" * 9], lambda: ["x" * 9])
    assert len(of_source(TOY, source).train) == 9


def test_files_that_are_missing(tmp_path):
    with pytest.raises(ValueError, match=r"tokenizer\.json cannot be read"):
        load(tmp_path)
    prepare(TOY, SOURCE, tmp_path)
    (tmp_path / "train.tokens").unlink()
    with pytest.raises(ValueError, match=r"train\.tokens cannot be read"):
        load(tmp_path)
