"""The rows of each step: a function of a seed and the step, and of no more.

A step has rows of one length, drawn for it, so that the model reads short
texts and long ones; each begins where a line does and ends where it is full.
Half of them ask for the next token, and half for those that are hidden.
"""

from collections.abc import Iterator
from random import Random
from typing import NamedTuple

import torch
from jaxtyping import Int
from torch import Tensor

from xfmr.demo import texts
from xfmr.objectives.example import Example, causal
from xfmr.objectives.masked import masked
from xfmr.tokenizer.base import Tokenizer

MASK = "[mask]"
LENGTHS = {32: 1, 64: 4, 128: 1}  # tokens of a row, and their odds
PROSE = 0.1  # share of rows that are prose
HIDDEN = 0.2  # of the tokens of a row that is read both ways


class Both(NamedTuple):
    """Rows as either mode reads them."""

    causal: Example
    bidirectional: Example


def both(rows: Int[Tensor, "B S"], tokenizer: Tokenizer, *, seed: int) -> Both:
    """All rows in both modes, a token shorter.

    Args:
        seed: decides what is hidden.
    """
    hidden = masked(
        rows[:, :-1],
        mask_token=tokenizer.specials[MASK],
        vocab_size=tokenizer.vocab_size,
        rate=HIDDEN,
        generator=torch.Generator().manual_seed(seed),
    )
    return Both(causal(rows), hidden)


class Texts:
    """Rows of sentences of the language, and of prose.

    Args:
        tokenizer: with a mask token.
        prose: the sentences of a prose.
        others: words that may stand for those of the language.
    """

    def __init__(
        self, tokenizer: Tokenizer, prose: list[str], others: list[str]
    ):
        self.tokenizer, self.others = tokenizer, others
        lines = [tokenizer.encode(texts.as_read([line])) for line in prose]
        self._prose = torch.tensor([n for line in lines for n in line])
        sizes = torch.tensor([0, *map(len, lines)])
        self._starts = sizes.cumsum(0)[:-1].tolist()

    def prose(self, n_tokens: int, rng: Random) -> list[int]:
        """A row that begins with some sentence of the prose.

        It goes on with the first one after the last.
        """
        start = rng.choice(self._starts)
        places = torch.arange(start, start + n_tokens) % len(self._prose)
        return self._prose[places].tolist()

    def language(self, n_tokens: int, rng: Random) -> list[int]:
        """A row of sentences that nobody has said."""
        said = texts.sentences(self.others, rng.getrandbits(64))
        row: list[int] = []
        while len(row) < n_tokens:
            row += self.tokenizer.encode(texts.as_read([next(said)]))
        return row[:n_tokens]


class Rows:
    """Rows for one step after the other, without end.

    Args:
        texts: what they are taken from.
        n_tokens: tokens of a step, of which a row may have 128.
        seed: decides all.
    """

    def __init__(self, texts: Texts, *, n_tokens: int, seed: int):
        self.texts, self.n_tokens, self.seed = texts, n_tokens, seed
        self.step = 0

    def __iter__(self) -> Iterator[Both]:
        """Steps from where the rows stand."""
        return self

    def __next__(self) -> Both:
        """The rows of the next step, half of them in either mode."""
        rng = Random(f"{self.seed} {self.step}")
        (T,) = rng.choices([*LENGTHS], [*LENGTHS.values()])
        rows = [self._row(T + 1, rng) for _ in range(self.n_tokens // T)]
        found = both(
            torch.tensor(rows), self.texts.tokenizer, seed=rng.getrandbits(63)
        )
        half = len(rows) // 2
        self.step += 1
        return Both(
            _part(found.causal, slice(half)),
            _part(found.bidirectional, slice(half, None)),
        )

    def _row(self, n_tokens: int, rng: Random) -> list[int]:
        if rng.random() < PROSE:
            return self.texts.prose(n_tokens, rng)
        return self.texts.language(n_tokens, rng)

    def state_dict(self) -> dict[str, int]:
        """Where the rows stand, for `load_state_dict`."""
        return {"seed": self.seed, "step": self.step}

    def load_state_dict(self, state: dict[str, int]) -> None:
        """Go on from where others stood.

        Raises:
            ValueError: if they were drawn from another seed.
        """
        if state["seed"] != self.seed:
            raise ValueError(f"seed={self.seed} must be {state['seed']}")
        self.step = state["step"]


def _part(example: Example, which: slice) -> Example:
    """Some rows; they share their mask."""
    return Example(*(x[which] for x in example[:3]), example.mask)
