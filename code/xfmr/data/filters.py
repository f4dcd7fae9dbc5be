"""Filters: which documents are worth learning from, by rules of thumb.

Rae et al. 2021, appendix A.1, remove a document of the web if one of eight
numbers is out of bounds. Words are what stands between white space.

    words                      50 to 100,000
    mean word length           3 to 10 letters
    hashes a word              at most 0.1
    ellipses a word            at most 0.1
    lines with a bullet        at most 0.9 of them begin with one
    lines with an ellipsis     at most 0.3 of them end with one
    words with a letter        at least 0.8
    stop words                 at least 2 of eight
"""

from collections.abc import Iterable
from math import inf

STOP_WORDS = frozenset("the be to of and that have with".split())
BULLETS = ("•", "-", "*")  # the paper does not say which
ELLIPSES = ("...", "…")
BOUNDS = {
    "words": (50, 100_000),
    "mean word length": (3, 10),
    "hashes a word": (0, 0.1),
    "ellipses a word": (0, 0.1),
    "lines with a bullet": (0, 0.9),
    "lines with an ellipsis": (0, 0.3),
    "words with a letter": (0.8, 1),
    "stop words": (2, inf),
}


def measured(text: str) -> dict[str, float | int]:
    """The eight numbers of a document; a share of nothing is zero."""
    words = text.split()
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    n_words, n_lines = max(1, len(words)), max(1, len(lines))
    known = {word.strip(".,;:!?\"'()").lower() for word in words}
    return {
        "words": len(words),
        "mean word length": sum(map(len, words)) / n_words,
        "hashes a word": text.count("#") / n_words,
        "ellipses a word": sum(map(text.count, ELLIPSES)) / n_words,
        "lines with a bullet": sum(x.startswith(BULLETS) for x in lines)
        / n_lines,
        "lines with an ellipsis": sum(x.endswith(ELLIPSES) for x in lines)
        / n_lines,
        "words with a letter": sum(any(map(str.isalpha, w)) for w in words)
        / n_words,
        "stop words": len(STOP_WORDS & known),
    }


def broken(text: str) -> list[str]:
    """The rules that a document breaks."""
    numbers = measured(text)
    return [
        rule
        for rule, (low, high) in BOUNDS.items()
        if not low <= numbers[rule] <= high
    ]


def steps(texts: Iterable[str]) -> list[dict[str, str | int]]:
    """What is left as one rule after the other takes its documents away.

    A row for each rule, and one before the first: how many documents and
    words there are then.
    """
    left = [(len(text.split()), broken(text)) for text in texts]
    rows = [_row("all", left)]
    for rule in BOUNDS:
        left = [one for one in left if rule not in one[1]]
        rows.append(_row(rule, left))
    return rows


def _row(rule: str, left: list[tuple[int, list[str]]]) -> dict[str, str | int]:
    n_words = sum(words for words, _ in left)
    return {"rule": rule, "documents": len(left), "words": n_words}
