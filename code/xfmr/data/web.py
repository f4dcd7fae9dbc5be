"""A small web: pages worth reading, and what stands between them.

The web is not to be had here, so it is made: pages are copied, some of them
with words exchanged, and waste is made of their words. Each document says
what it is, so that it can be counted what a pipeline finds and what it loses.

    page         as given
    copy         a page again, to the letter
    edited       a page again, with some words in the places of others
    stub         the beginning of a page
    menu         a list of short lines
    numbers      a table that has lost its words
    teasers      lines that break off
    tags         words that a hash stands before
    keywords     long words in no order
    codes        what only machines read
"""

import re
from collections.abc import Sequence
from random import Random
from typing import NamedTuple

MOST_EDITED = 12  # words of a page


class Document(NamedTuple):
    """A text, and what it is.

    Args:
        of: the number of the page that it was made of.
    """

    kind: str
    text: str
    of: int


def documents(pages: Sequence[str], seed: int) -> list[Document]:
    """Pages, and one document of another kind for each of them, mixed.

    Of three pages one is copied and one edited; the third is wasted.
    """
    rng = Random(seed)
    found = [Document("page", text, n) for n, text in enumerate(pages)]
    for n, text in enumerate(pages):
        kind = ("copy", "edited", [*WASTE][n // 3 % len(WASTE)])[n % 3]
        made = _made(kind, text, rng)
        found.append(Document(kind, made, n))
    rng.shuffle(found)
    return found


def edited(text: str, n_words: int, rng: Random) -> str:
    """A text in which so many places hold a word from elsewhere in it."""
    parts = re.split(r"(\s+)", text)  # words, and what is between them
    words = parts[::2]
    for at in rng.sample(range(len(words)), n_words):
        others = [word for word in words if word != words[at]]
        parts[2 * at] = rng.choice(others)
    return "".join(parts)


def _made(kind: str, text: str, rng: Random) -> str:
    if kind == "copy":
        return text
    if kind == "edited":
        return edited(text, rng.randint(1, MOST_EDITED), rng)
    return WASTE[kind](text.split(), rng)


def _lines(words: Sequence[str], rng: Random, n: int, form: str) -> str:
    """Twenty lines of n words drawn from those of a page."""
    drawn = (" ".join(rng.choices(words, k=n)) for _ in range(20))
    return "\n".join(form.format(line) for line in drawn)


WASTE = {
    "stub": lambda words, rng: " ".join(words[: rng.randint(8, 40)]),
    "menu": lambda words, rng: _lines(words, rng, 3, "- {}"),
    "numbers": lambda words, rng: " ".join(
        f"{rng.randint(100, 99_999):,}" for _ in range(90)
    ),
    "teasers": lambda words, rng: _lines(words, rng, 12, "{} ..."),
    "tags": lambda words, rng: "#" + " #".join(rng.choices(words, k=60)),
    "keywords": lambda words, rng: " ".join(
        rng.choices([word for word in words if len(word) > 5], k=70)
    ),
    "codes": lambda words, rng: " ".join(
        f"{rng.getrandbits(64):016x}" for _ in range(60)
    ),
}
