"""What a run learns from: a tokenizer, and a text in its tokens.

A source gives its text in two parts, and may be larger than memory: what it
gives is read once for the tokenizer and once for the tokens, which in a folder
are files. The tokenizer learns from the first part alone; with a vocabulary of
256 it has learned nothing, and tokens are bytes.
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Int
from torch import Tensor

from xfmr.data import corpus, tokens
from xfmr.data.language import FULL
from xfmr.tokenizer import files, merges
from xfmr.tokenizer.bpe import BPE
from xfmr.train import checkpoint
from xfmr.train.recipe import Recipe

TOKENIZER = "tokenizer.json"
PARTS = {"train": "train.tokens", "held_out": "held-out.tokens"}
HELD_OUT = 0.1  # of a text that is given as one string
N_CHARACTERS = 2_000_000  # of the synthetic language


@dataclass(frozen=True)
class Source:
    """A text in two parts, each of which can be read again and again.

    Args:
        train: gives the pieces to learn from.
        held_out: gives those to be measured on.
    """

    train: Callable[[], Iterable[str]]
    held_out: Callable[[], Iterable[str]]


def in_file(path: str | Path) -> Source:
    """The text of a file, of which every tenth piece is held out."""
    return Source(
        partial(corpus.learned, path), partial(corpus.held_out, path)
    )


def in_memory(text: str) -> Source:
    """A text whose last tenth is held out."""
    n_train = round(len(text) * (1 - HELD_OUT))
    return Source(lambda: [text[:n_train]], lambda: [text[n_train:]])


def synthetic(n_characters: int = N_CHARACTERS) -> Source:
    """Sentences of the synthetic language, others for either part."""
    n_held_out = round(n_characters * HELD_OUT)
    return Source(
        lambda: [FULL.text(n_characters - n_held_out, seed=0)],
        lambda: [FULL.text(n_held_out, seed=1)],
    )


@dataclass(frozen=True)
class Material:
    """Tokens to learn from, tokens held out, and what made them.

    Args:
        tokenizer: of which the numbers are.
        train: those to learn from.
        held_out: those for evaluation alone.
        token_bytes: how many bytes each token of the vocabulary stands for.
    """

    tokenizer: tokens.Encoder
    train: np.ndarray
    held_out: np.ndarray
    token_bytes: Int[Tensor, "V"]


def bytes_of(tokenizer: BPE) -> Int[Tensor, "V"]:
    """How many bytes each of its tokens stands for."""
    n_tokens = tokenizer.vocab_size
    each = [len(tokenizer.decode_bytes([n])) for n in range(n_tokens)]
    return torch.tensor(each)


def of_source(recipe: Recipe, source: Source) -> Material:
    """A text in tokens, in memory.

    Raises:
        ValueError: if either part has less than a row of tokens, or as its
            reading does.
    """
    tokenizer = merges.train(source.train(), vocab_size=recipe.vocab_size)
    kind = np.min_scalar_type(recipe.vocab_size - 1)
    parts = {}
    for name in PARTS:
        pieces = map(tokenizer.encode, getattr(source, name)())
        parts[name] = np.fromiter(chain.from_iterable(pieces), kind)
    _check(recipe, parts)
    return Material(tokenizer, **parts, token_bytes=bytes_of(tokenizer))


def prepare(recipe: Recipe, source: Source, folder: Path) -> None:
    """Write a text in tokens, and its tokenizer, to files.

    Raises:
        ValueError: as `of_source`, or if the disk does not take them.
    """
    tokenizer = merges.train(source.train(), vocab_size=recipe.vocab_size)
    for name, file in PARTS.items():
        tokens.write(folder / file, getattr(source, name)(), tokenizer)
    text = json.dumps(files.document(tokenizer), ensure_ascii=False)
    checkpoint.write(folder / TOKENIZER, text.encode())
    _check(recipe, vars(load(folder)))


def load(folder: Path) -> Material:
    """What was prepared; tokens stay on the disk until they are read.

    Raises:
        ValueError: if a file is missing or broken.
    """
    tokenizer = files.load(folder / TOKENIZER)
    found = {
        name: tokens.Tokens(folder / file).ids for name, file in PARTS.items()
    }
    return Material(tokenizer, **found, token_bytes=bytes_of(tokenizer))


def _check(recipe: Recipe, parts: dict[str, object]) -> None:
    for name in PARTS:
        if len(parts[name]) <= recipe.context_length:
            raise ValueError(
                f"{name} of {len(parts[name])} tokens must have more than "
                f"context_length={recipe.context_length}"
            )
