"""Contamination: which questions of a test stand in what was learned from.

A run of thirteen words that a question shares with the training text was
hardly written twice (Brown et al. 2020, appendix C). Case and punctuation do
not count. The test is small and is kept; the text is read once and is not.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import chain

RUN = 13  # words, the most that Brown et al. 2020 compare
WORD = re.compile(r"\w+")


def words(text: str) -> list[str]:
    """A text's words in small letters, without what stands between them."""
    return WORD.findall(text.lower())


def runs(found: Sequence[str], n_words: int) -> list[tuple[str, ...]]:
    """All runs of so many words, in order."""
    last = len(found) - n_words + 1
    return [tuple(found[at : at + n_words]) for at in range(last)]


def shares(
    questions: Sequence[str], texts: Iterable[str], n_words: int = RUN
) -> list[float]:
    """For each question the share of its runs that stand in the texts.

    A question of fewer words is one run. Texts are compared each for itself.

    Args:
        questions: of the test.
        texts: what a model learns from; they are read once.
        n_words: the words of a run.

    Raises:
        ValueError: if a question has no words.
    """
    asked = []
    for number, question in enumerate(questions):
        found = words(question)
        if not found:
            raise ValueError(f"questions[{number}]={question!r} has no words")
        asked.append(runs(found, min(n_words, len(found))))
    wanted = defaultdict(set)
    for run in chain.from_iterable(asked):
        wanted[len(run)].add(run)
    seen: set[tuple[str, ...]] = set()
    for text in texts:
        found = words(text)
        for length, some in wanted.items():
            seen |= some.intersection(runs(found, length))
    return [sum(run in seen for run in each) / len(each) for each in asked]
