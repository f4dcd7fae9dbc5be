"""The common form of an objective: what is read, and what is to be said.

    inputs     the tokens that a model reads
    targets    for each of them, the token that it is to say there
    counts     the positions whose loss counts
    mask       which position may read which

The two objectives that continue a text stand here too. They differ in nothing
but where the continuation starts, and what may be read before it:

    causal     every token after those before it
    prefix     the tokens after a prefix, which is read in both directions
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from jaxtyping import Bool, Int
from torch import Generator, Tensor

from xfmr.mask import prefix_mask


class Example(NamedTuple):
    """Texts as an objective puts them to a model.

    Args:
        inputs: what the model reads.
        targets: what it is to say at each position; anything, where the
            position does not count.
        counts: where its loss counts.
        mask: which positions each may read; if None, itself and all before
            it.
    """

    inputs: Int[Tensor, "B T"]
    targets: Int[Tensor, "B T"]
    counts: Bool[Tensor, "B T"]
    mask: Bool[Tensor, "... T T"] | None

    @property
    def signal(self) -> float:
        """The share of all positions whose loss counts."""
        return self.counts.double().mean().item()


def causal(
    tokens: Int[Tensor, "B S"], *, generator: Generator | None = None
) -> Example:
    """Every token, to be told from those before it.

    Radford et al. 2018, equation 1.

    Args:
        generator: not used, as nothing is drawn.

    Raises:
        ValueError: if there are fewer than two tokens.
    """
    return _shifted(tokens)._replace(mask=None)


def prefix(tokens: Int[Tensor, "B S"], *, generator: Generator) -> Example:
    """The tokens after a prefix, each told from all before it.

    Raffel et al. 2020, section 3.2.1. Each text has a prefix of its own; all
    lengths that leave a token on both sides are alike.

    Raises:
        ValueError: if there are fewer than two tokens.
    """
    example = _shifted(tokens)
    n_texts, n_tokens = tokens.shape
    drawn = torch.randint(1, n_tokens, (n_texts,), generator=generator)
    return _after(example, drawn.tolist())


def joined(
    pairs: Sequence[tuple[Int[Tensor, "_"], Int[Tensor, "_"]]], *, fill: int
) -> Example:
    """Targets that follow their sources, for a model with a single stack.

    The source is read in both directions, and only the target counts. Shorter
    pairs are filled up at their ends, which nothing reads and which does not
    count.

    Args:
        pairs: sources and targets, of which none is empty.
        fill: a token.

    Raises:
        ValueError: if there is no pair, or part of one is empty.
    """
    if not pairs:
        raise ValueError("pairs must hold at least one")
    for source, target in pairs:
        if not len(source) or not len(target):
            raise ValueError(
                f"{len(source)=} and {len(target)=} must be at least 1"
            )
    rows = [torch.cat(pair) for pair in pairs]
    example = _shifted(
        torch.nn.utils.rnn.pad_sequence(
            rows, batch_first=True, padding_value=fill
        )
    )
    ends = torch.tensor([len(row) - 1 for row in rows])
    inside = torch.arange(example.inputs.shape[1]) < ends[:, None]
    example = example._replace(counts=inside)
    return _after(example, [len(source) for source, _ in pairs])


def _shifted(tokens: Int[Tensor, "B S"]) -> Example:
    """Each token asked of the position before it."""
    if tokens.shape[1] < 2:
        raise ValueError(f"{tokens.shape[1]=} must be at least 2")
    counts = torch.ones_like(tokens[:, 1:], dtype=torch.bool)
    return Example(tokens[:, :-1], tokens[:, 1:], counts, None)


def _after(example: Example, prefixes: Sequence[int]) -> Example:
    """Nothing asked within the prefixes, which may be read as a whole."""
    n = example.inputs.shape[1]
    asked = torch.arange(n) + 1 >= torch.tensor(prefixes)[:, None]
    return example._replace(
        counts=example.counts & asked,
        mask=prefix_mask(prefixes, n_queries=n, n_keys=n),
    )
