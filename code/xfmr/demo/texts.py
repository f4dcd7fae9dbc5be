"""What the demo model reads: sentences of the language, and prose.

    Ann said red oak tea, and Bob heard red oak tea.
    When Ann and Ben went to the park, Ann gave a book to Ben.

The language is that of `xfmr.data`, written as people write. In one sentence
of four, names and words of other classes give way to those that a reader may
think of, so that what is learned is to copy and not these words. The prose is
the book's own, as it once was: PROSE is a copy that no edit of a page changes.

Every line stands after a line's end and a space, the first one too. So all
words have a space before them, and a word is one token wherever it stands.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from random import Random

from xfmr.data import corpus
from xfmr.data.language import Language

PROSE = Path(__file__).with_name("prose.txt")
LANGUAGE = Language(
    {"COPY": 8, "NAMES": 5, "AGREEMENT": 1, "SUM": 1},
    most=24,
    longest=8,
    largest=9,
)
OPENED, LOWERED = 0.25, 0.25  # shares of sentences
OPEN = ("item", "place", "thing")  # classes that take any word of the prose
NAMES = (
    "Mary John Alice Bob Tom Jane Paul Anna Peter Lucy Mark Emma Jack Kate "
    "David Sara Luke Ella Adam Ruth Simon Clara Hugo Iris Oscar Julia Felix "
    "Grace Henry Rose James Alan Ada Kurt Emmy Leo Marie Noah Olga Ralph"
).split()
WORD = re.compile(r"(?<= )[a-z]{3,}(?= )")
SENTENCE = re.compile(r"(?<=[.?:]) (?=[A-Z])")


def as_read(lines: Iterable[str]) -> str:
    """Lines as the model reads them."""
    return "".join(f"\n {line}" for line in lines)


def written(words: Iterable[str]) -> str:
    """A sentence of the language as people write it."""
    text = " ".join(words).replace(" ,", ",").replace(" .", ".")
    return text[0].upper() + text[1:]


def prose(pieces: Iterable[str]) -> list[str]:
    """The sentences of a prose, each for a line."""
    paragraphs = [line for text in pieces for line in text.splitlines()]
    return [part for text in paragraphs for part in SENTENCE.split(text)]


def learned_prose() -> list[str]:
    """Those to learn from."""
    return prose(corpus.learned(PROSE))


def held_out_prose() -> list[str]:
    """Those to be measured on."""
    return prose(corpus.held_out(PROSE))


def words_of(lines: Iterable[str]) -> list[str]:
    """The different words of some lines, without marks, in order."""
    return sorted({word for line in lines for word in WORD.findall(line)})


def opened(
    words: Iterable[str], others: list[str], rng: Random
) -> Iterator[str]:
    """A sentence with names and words of its classes changed for others.

    A word that is there twice is changed twice for the same.
    """
    said: dict[str, str] = {}
    for word in words:
        choice = _CLASSES.get(word, ())
        if choice and word not in said:
            left = others if choice == OPEN else NAMES
            new = rng.choice(left)
            while new in said.values():
                new = rng.choice(left)
            said[word] = new
        yield said.get(word, word)


def sentences(others: list[str], seed: int) -> Iterator[str]:
    """Sentences without end, some opened, some without a capital.

    Args:
        others: words that may stand for those of the language.
    """
    rng = Random(seed)
    while True:
        words = LANGUAGE.grammar.sentence(rng)
        if rng.random() < OPENED:
            words = [*opened(words, others, rng)]
        text = written(words)
        # a name keeps its capital
        if rng.random() < LOWERED and words[0].islower():
            text = text[0].lower() + text[1:]
        yield text


def drawn(n_lines: int, seed: int) -> list[str]:
    """So many sentences of the language."""
    return [*islice(sentences(words_of(learned_prose()), seed), n_lines)]


_CLASSES = {
    word: OPEN if kind in OPEN else ("name",)
    for kind in (*OPEN, "name")
    for word in LANGUAGE.grammar.classes[kind]
}
