"""The language of the mini model, and sentences of it that are alike.

    Ann said red oak tea , and Bob heard red oak tea .
    when Ann and Ben went to the shop , Ann gave a book to Ben .

In a row for each sentence the words differ and their places do not: a number
says where anything stands.
"""

from dataclasses import dataclass
from itertools import islice
from random import Random

import torch
from jaxtyping import Int
from torch import Tensor

from xfmr.data.language import Language

LANGUAGE = Language(
    {"COPY": 3, "NAMES": 1},
    most=12,
    longest=6,
    largest=1,  # of sums, which it does not have
)
BEFORE, BETWEEN = 2, 4  # words before a list, and from there to its copy
GIVER, LAST_NAME = 9, 14  # of two names: who is named again, who must follow


@dataclass(frozen=True)
class Lists:
    """Sentences in which a list is said, and then heard.

    Args:
        tokens: their ids.
        n_items: words of a list.
    """

    tokens: Int[Tensor, "B T"]
    n_items: int

    @property
    def said(self) -> slice:
        """Where the list stands first."""
        return slice(BEFORE, BEFORE + self.n_items)

    @property
    def heard(self) -> slice:
        """Where it stands again."""
        return slice(BEFORE + self.back, BEFORE + self.back + self.n_items)

    @property
    def back(self) -> int:
        """How far it is from a word to the same word before."""
        return self.n_items + BETWEEN


def lists(n_texts: int, n_items: int, *, seed: int) -> Lists:
    """Sentences with lists of one length, which the language may not have.

    Raises:
        ValueError: if there are not so many words.
    """
    names, items = (
        LANGUAGE.grammar.classes[kind] for kind in ("name", "item")
    )
    if not 1 <= n_items <= len(items):
        raise ValueError(f"{n_items=} must be from 1 to {len(items)}")
    rng, rows = Random(seed), []
    for _ in range(n_texts):
        words = " ".join(rng.sample(items, n_items))
        one, other = rng.choices(names, k=2)
        rows.append(f"{one} said {words} , and {other} heard {words} .")
    return Lists(torch.tensor([*map(LANGUAGE.encode, rows)]), n_items)


def two_names(n_texts: int, *, seed: int) -> Int[Tensor, "B T"]:
    """Sentences of one form whose last name is the one not repeated."""
    found = (s for s in LANGUAGE.sentences(seed) if s.startswith("when"))
    rows = [LANGUAGE.encode(s) for s in islice(found, n_texts)]
    return torch.tensor(rows)
