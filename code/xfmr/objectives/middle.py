"""Fill in the middle: a part of the text is moved to its end.

Bavarian et al. 2022, section 3. A causal model that has learned from such
texts writes what stands between two others. With P, S and M for what is
before, after and between, and three marks:

    PSM    <before> P <after> S <between> M <end>
    SPM    <before> <after> S <between> P M <end>

Both are read in one direction, and every token counts. The second is the
first of an empty P, so that one rule restores both.
"""

from typing import NamedTuple

import torch
from jaxtyping import Int
from torch import Generator, Tensor

from xfmr.objectives.example import Example, causal


class Marks(NamedTuple):
    """Tokens that are in no text: one before each part, and one at the end."""

    before: int
    after: int
    between: int
    end: int


def moved(
    tokens: Int[Tensor, "T"],
    start: int,
    stop: int,
    marks: Marks,
    *,
    suffix_first: bool = False,
) -> Int[Tensor, "S"]:
    """The text with the tokens from `start` to `stop` at its end.

    Args:
        suffix_first: whether what is before them stands there with them, as
            in SPM.

    Raises:
        ValueError: if a mark is in the text, or the two places are not in it
            in this order.
    """
    if torch.isin(tokens, torch.tensor(marks)).any():
        raise ValueError(f"{marks=} must not be in the text")
    if not 0 <= start <= stop <= len(tokens):
        raise ValueError(
            f"{start=} and {stop=} must be in order, up to {len(tokens)}"
        )
    if suffix_first:
        start = 0
    before, after, between, end = (tokens.new_tensor([m]) for m in marks)
    parts = [before, tokens[:start], after, tokens[stop:]]
    return torch.cat([*parts, between, tokens[start:stop], end])


def restored(tokens: Int[Tensor, "S"], marks: Marks) -> Int[Tensor, "T"]:
    """The text of which this was made, in either order."""
    after, between = (
        int((tokens == mark).nonzero()[0, 0])
        for mark in (marks.after, marks.between)
    )
    middle = tokens[between + 1 : -1]
    return torch.cat([tokens[1:after], middle, tokens[after + 1 : between]])


def middle(
    tokens: Int[Tensor, "B T"],
    *,
    rate: float = 0.5,
    suffix_first: float = 0.5,
    marks: Marks,
    generator: Generator,
) -> Example:
    """Texts of which some have their middle at the end.

    The middle lies between two places drawn from all there are. A text that
    stays as it is ends with the end mark, and is filled up with it, which does
    not count.

    Args:
        rate: the probability of a text that its middle is moved.
        suffix_first: that of one that is moved to be written as SPM.

    Raises:
        ValueError: if a probability is none, or as `moved` does.
    """
    for name, share in {"rate": rate, "suffix_first": suffix_first}.items():
        if not 0 <= share <= 1:
            raise ValueError(f"{name}={share} must be from 0 to 1")
    n_texts, n_tokens = tokens.shape
    chance = torch.rand(n_texts, 2, generator=generator)
    ends = torch.randint(n_tokens + 1, (n_texts, 2), generator=generator)
    rows = torch.full((n_texts, n_tokens + len(marks)), marks.end)
    counts = torch.ones_like(rows[:, 1:], dtype=torch.bool)
    for n, text in enumerate(tokens):
        is_moved, is_first = (
            chance[n] < torch.tensor([rate, suffix_first])
        ).tolist()
        if is_moved:
            start, stop = sorted(ends[n].tolist())
            rows[n] = moved(text, start, stop, marks, suffix_first=is_first)
        else:
            rows[n, :n_tokens] = text
            counts[n, n_tokens:] = False
    return causal(rows)._replace(counts=counts)
