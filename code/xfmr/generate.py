"""Generation: a model that scores the next token writes a text.

The prompt goes through the model at once; after that each new token goes
alone, and reads those before it in a cache for each layer.
"""

import torch
from jaxtyping import Int
from torch import Tensor, nn

from xfmr.cache import empty_caches


@torch.no_grad()
def greedy(
    model: nn.Module, tokens: Int[Tensor, "B T"], *, n_new: int
) -> Int[Tensor, "B S"]:
    """The tokens, and after them `n_new` of which each scored best.

    Args:
        model: a causal one of `xfmr.models`, which keeps its `config`.
        tokens: prompts of one length.

    Raises:
        ValueError: if `n_new` is below 0, or there is no prompt.
    """
    if n_new < 0 or not tokens.shape[1]:
        raise ValueError(
            f"{n_new=} must be at least 0, after at least 1 of "
            f"{tokens.shape[1]} tokens"
        )
    cache, pieces = empty_caches(model.config), [tokens]
    for _ in range(n_new):
        x = model.stream(pieces[-1], cache)
        pieces.append(model.logits(x[:, -1:]).argmax(-1))
    return torch.cat(pieces, dim=1)
