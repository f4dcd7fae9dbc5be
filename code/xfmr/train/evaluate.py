"""How well a model predicts a text it has not seen.

    nats per token    mean of -ln p(token), the loss that is trained on
    bits per byte     the same total, in bits, over the bytes of the tokens

The second does not depend on how the text was cut into tokens.
"""

from collections.abc import Iterable
from math import log

import torch
from jaxtyping import Int
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from xfmr.data.packing import IGNORED


@torch.no_grad()
def evaluate(
    model: nn.Module,
    batches: Iterable[tuple[Int[Tensor, "_ T"], Int[Tensor, "_ T"]]],
    *,
    token_bytes: Int[Tensor, "V"],
) -> dict[str, float]:
    """The loss over rows of tokens and their targets, in both units.

    Args:
        token_bytes: how many bytes each token stands for.

    Raises:
        ValueError: if there is nothing to predict.
    """
    nats, n_targets, n_bytes = 0.0, 0, 0
    for tokens, targets in batches:
        nats += total(model, tokens, targets).item()
        shown = targets[targets != IGNORED]
        n_targets += len(shown)
        n_bytes += int(token_bytes[shown].sum())
    if not n_bytes:
        raise ValueError(f"{n_bytes=} of the targets must be at least 1")
    return {
        "held_out": nats / n_targets,
        "bits_per_byte": nats / log(2) / n_bytes,
    }


def total(
    model: nn.Module, tokens: Int[Tensor, "B T"], targets: Int[Tensor, "B T"]
) -> Tensor:
    """The sum of all targets' -ln p, in nats."""
    return cross_entropy(
        model(tokens).flatten(0, 1),
        targets.flatten(),
        ignore_index=IGNORED,
        reduction="sum",
    )
