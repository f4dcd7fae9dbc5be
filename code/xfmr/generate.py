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


def column_major(model: nn.Module) -> nn.Module:
    """The model, with the same matrices in another order of memory.

    A layer of torch's keeps the numbers that make one output side by side.
    With many positions that is as good as any order. With one, as in decoding,
    a processor reads its memory faster where the numbers that one input is
    multiplied by stand side by side.
    """
    for p in model.parameters():
        if p.ndim == 2:
            p.data = p.data.T.contiguous().T
    return model
