"""Masked tokens: some are hidden in their places, for a model to restore.

Devlin et al. 2019, section 3.1. Of the tokens chosen for prediction,

    8 in 10     are replaced by the mask token
    1 in 10     by a token drawn from the whole vocabulary
    1 in 10     stay as they are

and none of the others is touched.
"""

import torch
from jaxtyping import Bool, Int
from torch import Generator, Tensor

from xfmr.objectives.example import Example

MASKED, REDRAWN = 0.8, 0.1


def masked_text(
    tokens: Int[Tensor, "B T"],
    *,
    mask_token: int,
    vocab_size: int,
    rate: float = 0.15,
    keep: Bool[Tensor, "B T"] | None = None,
    generator: Generator,
) -> tuple[Int[Tensor, "B T"], Bool[Tensor, "B T"]]:
    """The text as a model reads it, and where it has to predict.

    Each token is chosen by a draw of its own, so that their number varies.

    Args:
        rate: the share of tokens that are chosen, in the long run.
        keep: tokens that are never chosen, such as marks of a segment's end.

    Raises:
        ValueError: if the rate is no share, or the mask token no token.
    """
    if not 0 <= rate <= 1:
        raise ValueError(f"{rate=} must be from 0 to 1")
    if not 0 <= mask_token < vocab_size:
        raise ValueError(f"{mask_token=} must be below {vocab_size=}")
    chosen = torch.rand(tokens.shape, generator=generator) < rate
    if keep is not None:
        chosen &= ~keep
    fate = torch.rand(tokens.shape, generator=generator)
    drawn = torch.randint(vocab_size, tokens.shape, generator=generator)
    read = tokens.masked_fill(chosen & (fate < MASKED), mask_token)
    redrawn = chosen & (fate >= MASKED) & (fate < MASKED + REDRAWN)
    return torch.where(redrawn, drawn, read), chosen


def masked(tokens: Int[Tensor, "B T"], **named: object) -> Example:
    """The chosen tokens, each told from the text on both sides of it.

    Args:
        named: what `masked_text` takes.

    Raises:
        ValueError: as `masked_text` does.
    """
    read, chosen = masked_text(tokens, **named)
    T = tokens.shape[1]
    return Example(read, tokens, chosen, torch.ones(T, T, dtype=torch.bool))
