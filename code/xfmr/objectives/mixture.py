"""The mixture of denoisers: several kinds of cut, each with its own token.

Tay et al. 2022, section 3.1 and table 1. One function cuts spans, and three
numbers say how: their mean length, the share of the text, and whether there
is a single one.

    R    regular       short spans, little of the text
    S    sequential    a single span, which is the end of the text
    X    extreme       long spans, or much of the text

The first token of the source says which kind it is.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import torch
from jaxtyping import Int
from torch import Generator, Tensor

from xfmr.objectives.example import Example, joined
from xfmr.objectives.spans import Budget, Marks, budget, cut_out, places


class Denoiser(NamedTuple):
    """One kind of cut.

    Args:
        mode: its letter.
        rate: the share of tokens that are cut.
        mean_length: tokens of a span; all that are cut, if None.
    """

    mode: str
    rate: float
    mean_length: float | None

    def budget(self, n_tokens: int) -> Budget:
        """What it cuts out of a text.

        Raises:
            ValueError: as that of `spans` does.
        """
        length = self.mean_length
        if length is None:
            length = float(n_tokens)
        return budget(n_tokens, rate=self.rate, mean_length=length)


UL2 = (
    Denoiser("R", 0.15, 3.0),
    Denoiser("R", 0.15, 8.0),
    Denoiser("S", 0.25, None),
    Denoiser("X", 0.5, 3.0),
    Denoiser("X", 0.5, 8.0),
    Denoiser("X", 0.15, 64.0),
    Denoiser("X", 0.5, 64.0),
)


def mixture(
    tokens: Int[Tensor, "B T"],
    *,
    denoisers: Sequence[Denoiser] = UL2,
    modes: Mapping[str, int],
    marks: Marks,
    generator: Generator,
) -> Example:
    """Each text cut by one of the denoisers, all of them equally likely.

    Args:
        modes: the token that stands for each letter, in no text.

    Raises:
        ValueError: if a denoiser's mode has no token, or as `spans` does.
    """
    for denoiser in denoisers:
        if denoiser.mode not in modes:
            raise ValueError(f"{denoiser.mode=} must be one of {[*modes]}")
    sizes = [denoiser.budget(tokens.shape[1]) for denoiser in denoisers]
    drawn = torch.randint(len(sizes), (len(tokens),), generator=generator)
    pairs = []
    for text, n in zip(tokens, drawn.tolist(), strict=True):
        cut = places(sizes[n], generator=generator)
        source, target = cut_out(text, cut, marks)
        mode = torch.tensor([modes[denoisers[n].mode]])
        pairs.append((torch.cat([mode, source]), target))
    return joined(pairs, fill=marks.end)
