"""The tokenizer's tables, and the characters that are letters and numbers.

A browser's classes of characters are those of another version of Unicode than
Python's, so that both are sent along; a half of a pair is none.
"""

import re
import sys
from functools import cache

from xfmr.tokenizer.bpe import BPE, vocabulary
from xfmr.tokenizer.splitting import BYTES, LETTER, NUMBER, SPACE, ranges


@cache
def classes() -> dict[str, str]:
    """The insides of classes of a pattern, by what they hold."""
    codes = [*range(0xD800), *range(0xE000, sys.maxunicode + 1)]
    every = "".join(map(chr, codes))
    return {
        "letter": ranges(re.findall(LETTER, every)),
        "number": ranges(re.findall(NUMBER, every)),
        "space": SPACE,
    }


def tables(tokenizer: BPE) -> dict[str, object]:
    """What the page's tokenizer reads.

    Raises:
        ValueError: if it splits otherwise than GPT-2's, or its ids are not
            those that a training gives.
    """
    if tokenizer.splitting != "gpt2":
        raise ValueError(f"splitting={tokenizer.splitting!r} must be 'gpt2'")
    if tokenizer.vocab != vocabulary(tokenizer.merges):
        raise ValueError("vocab must have the ids of the merges' order")
    ids = tokenizer.vocab
    return {
        "bytes": [*BYTES],
        "merges": [[ids[one], ids[other]] for one, other in tokenizer.merges],
        "specials": [*map(list, tokenizer.specials.items())],
        "classes": classes(),
    }
