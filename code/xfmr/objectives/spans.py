"""Spans: runs of tokens cut out of a text, for a model to write.

Raffel et al. 2020, section 3.1.4, by the rule of the authors' code. A mark
stands where a span was; the target has each mark and what was there:

    text      the cat sat on the warm mat
    source    the <0> on the warm <1> <end>
    target    <0> cat sat <1> mat <end>

How many tokens are cut, and in how many spans, follows from the length of the
text alone, so texts of one length make sources of one length.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from jaxtyping import Bool, Int
from torch import Generator, Tensor

from xfmr.objectives.example import Example, joined


class Budget(NamedTuple):
    """What becomes of the tokens of one text.

    Args:
        n_tokens: of the text.
        n_cut: tokens that are cut out.
        n_spans: runs of them.
    """

    n_tokens: int
    n_cut: int
    n_spans: int

    @property
    def n_source(self) -> int:
        """What is left, a mark for each span, and the end."""
        return self.n_tokens - self.n_cut + self.n_spans + 1

    @property
    def n_target(self) -> int:
        """What was cut, a mark for each span, and the end."""
        return self.n_cut + self.n_spans + 1


class Marks(NamedTuple):
    """Tokens that are in no text.

    Args:
        spans: one for each span, in order.
        end: what ends source and target.
    """

    spans: Sequence[int]
    end: int


def budget(n_tokens: int, *, rate: float, mean_length: float) -> Budget:
    """How many tokens are cut out of a text, in how many spans.

    At least one is cut and one is left.

    Args:
        rate: the share of tokens that are cut, before rounding.
        mean_length: tokens of a span, before rounding.

    Raises:
        ValueError: if the rate is no share, a span is shorter than a token,
            or too little is left for spans to be kept apart.
    """
    if not 0 < rate < 1:
        raise ValueError(f"{rate=} must be between 0 and 1")
    if mean_length < 1:
        raise ValueError(f"{mean_length=} must be at least 1")
    if n_tokens < 2:
        raise ValueError(f"{n_tokens=} must be at least 2")
    n_cut = min(max(round(n_tokens * rate), 1), n_tokens - 1)
    n_spans = max(round(n_cut / mean_length), 1)
    if n_spans > n_tokens - n_cut:
        raise ValueError(
            f"{n_spans=} must not exceed the {n_tokens - n_cut} tokens left"
        )
    return Budget(n_tokens, n_cut, n_spans)


def fitting(n_source: int, *, rate: float, mean_length: float) -> Budget:
    """That of the longest text whose source has at most `n_source` tokens.

    Raises:
        ValueError: if there is none, or as `budget` does.
    """
    shape = {"rate": rate, "mean_length": mean_length}
    best = budget(2, **shape)
    if best.n_source > n_source:
        raise ValueError(f"{n_source=} must be at least {best.n_source}")
    while True:
        longer = budget(best.n_tokens + 1, **shape)
        if longer.n_source > n_source:
            return best
        best = longer


def places(of: Budget, *, generator: Generator) -> Bool[Tensor, "T"]:
    """True for each token that is cut.

    What is left and what is cut take turns. The text begins with what is left
    and ends with what is cut: a single span is always its end.
    """
    n_left = of.n_tokens - of.n_cut
    left, cut = (
        _parts(n, of.n_spans, generator=generator) for n in (n_left, of.n_cut)
    )
    lengths = torch.stack([left, cut], dim=1).flatten()
    turns = torch.arange(2 * of.n_spans) % 2 == 1
    return turns.repeat_interleave(lengths)


def cut_out(
    tokens: Int[Tensor, "T"], cut: Bool[Tensor, "T"], marks: Marks
) -> tuple[Int[Tensor, "source"], Int[Tensor, "target"]]:
    """Source and target of a text.

    Args:
        cut: the tokens that are cut; neighbours are one span.

    Raises:
        ValueError: if a mark is in the text, or there are too few of them.
    """
    known = torch.tensor([*marks.spans, marks.end])
    if torch.isin(tokens, known).any():
        raise ValueError(f"{marks=} must not be in the text")
    first = cut.clone()
    first[1:] &= ~cut[:-1]
    n_spans = int(first.sum())
    if n_spans > len(marks.spans):
        raise ValueError(f"{len(marks.spans)=} must be at least {n_spans}")
    shown, end = known[:n_spans], known[-1:]
    source = tokens.masked_scatter(first, shown)[first | ~cut]
    # the first token of a span twice, and then a mark over the first of both
    repeats = 1 + first[cut].long()
    target = tokens[cut].repeat_interleave(repeats)
    at = (repeats.cumsum(0) - repeats)[first[cut]]
    target[at] = shown
    return torch.cat([source, end]), torch.cat([target, end])


def restored(
    source: Int[Tensor, "source"], target: Int[Tensor, "target"], marks: Marks
) -> Int[Tensor, "T"]:
    """The text that was cut into this source and this target."""
    source, target, known = source[:-1], target[:-1], torch.tensor(marks.spans)
    here, there = torch.isin(source, known), torch.isin(target, known)
    starts = torch.cat([there.nonzero()[:, 0], torch.tensor([len(target)])])
    lengths = torch.ones_like(source).masked_scatter(here, starts.diff() - 1)
    text = source.repeat_interleave(lengths)
    hole = here.repeat_interleave(lengths)
    return text.masked_scatter(hole, target[~there])


def spans(
    tokens: Int[Tensor, "B T"],
    *,
    rate: float = 0.15,
    mean_length: float = 3.0,
    marks: Marks,
    generator: Generator,
) -> Example:
    """The spans cut out of each text, after what is left of it.

    Raises:
        ValueError: as `budget` and `cut_out` do.
    """
    size = budget(tokens.shape[1], rate=rate, mean_length=mean_length)
    pairs = [
        cut_out(text, places(size, generator=generator), marks)
        for text in tokens
    ]
    return joined(pairs, fill=marks.end)


def _parts(n: int, n_parts: int, *, generator: Generator) -> Int[Tensor, "n"]:
    """How many of n things each part has, none of them empty.

    All ways to divide them are equally likely.
    """
    at = torch.randperm(n - 1, generator=generator)[: n_parts - 1] + 1
    borders = torch.tensor([0, *sorted(at.tolist()), n])
    return borders.diff()
