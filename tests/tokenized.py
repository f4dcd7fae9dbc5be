"""Tokenizers of the library's that say the same as ours, and texts."""

import json
import random

from tokenizers import Regex, Tokenizer, models, pre_tokenizers, trainers

from xfmr.tokenizer import files
from xfmr.tokenizer.splitting import SPLITTINGS

ALPHABET = pre_tokenizers.ByteLevel.alphabet()


def library(tokenizer):
    """The library's tokenizer that reads what ours writes."""
    return Tokenizer.from_str(json.dumps(files.document(tokenizer)))


def ids(theirs, text):
    return theirs.encode(text, add_special_tokens=False).ids


def cut(splitting):
    """The library's way to cut."""
    if splitting == "gpt2":
        return pre_tokenizers.ByteLevel(add_prefix_space=False)
    pattern = Regex(SPLITTINGS[splitting].library)
    return pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(pattern, "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )


def trained(texts, vocab_size, splitting="gpt2"):
    """What the library learns from the same texts."""
    theirs = Tokenizer(models.BPE())
    theirs.pre_tokenizer = cut(splitting)
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size, initial_alphabet=ALPHABET, show_progress=False
    )
    theirs.train_from_iterator(texts, trainer)
    return theirs


def drawn(seed, letters, n):
    """A text of n letters: few of them make many ties."""
    return "".join(random.Random(seed).choices(letters, k=n))


def prose(seed, n_words):
    """Words of a small language, the frequent ones short."""
    rng = random.Random(seed)
    parts = ["ka", "to", "mi", "ren", "é", "shu", "日本", "'s", "42", "x", "—"]
    words = ["".join(rng.choices(parts, k=1 + n // 30)) for n in range(120)]
    weights = [1 / (1 + n) for n in range(120)]
    spaces = [" "] * 9 + ["  ", ", ", "\n", "\n\n  ", "\t"]
    return "".join(
        word + rng.choice(spaces)
        for word in rng.choices(words, weights, k=n_words)
    )
