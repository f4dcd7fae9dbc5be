"""Texts that explain themselves: each follows a rule of its own.

For every token a text has one that follows it, drawn once for the whole text.
Most of the time the next token is that one, otherwise any. Nobody can know the
rule beforehand; who reads the text can, and knows it better the longer it is.
"""

from math import log

import torch
from jaxtyping import Int
from torch import Generator, Tensor


def texts(
    n_texts: int,
    n_tokens: int,
    *,
    vocab_size: int,
    kept: float,
    generator: Generator,
) -> Int[Tensor, "B T"]:
    """Texts of one length, each after its own rule.

    Args:
        vocab_size: V, the tokens; the rule is a permutation of them.
        kept: the probability that a token is the one of the rule. Otherwise
            it is any of the V, that one among them.

    Raises:
        ValueError: if `kept` is no probability.
    """
    _check(kept)

    def any_token() -> Int[Tensor, "B"]:
        return torch.randint(vocab_size, (n_texts,), generator=generator)

    draws = torch.rand(n_texts, vocab_size, generator=generator)
    rule = draws.argsort(dim=-1)
    said = [any_token()]
    for _ in range(n_tokens - 1):
        follows = rule[torch.arange(n_texts), said[-1]]
        is_kept = torch.rand(n_texts, generator=generator) < kept
        said.append(torch.where(is_kept, follows, any_token()))
    return torch.stack(said, dim=1)


def floor(*, vocab_size: int, kept: float) -> float:
    """The loss in nats of a reader who knows the rule: nobody gets below.

    Raises:
        ValueError: if `kept` is no probability.
    """
    _check(kept)
    other = (1 - kept) / vocab_size
    shares = [kept + other] + [other] * (vocab_size - 1)
    return -sum(p * log(p) for p in shares if p)


def _check(kept: float) -> None:
    if not 0 <= kept <= 1:
        raise ValueError(f"{kept=} must be from 0 to 1")
