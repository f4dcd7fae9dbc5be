"""The step that all schemes must reproduce: one batch, on one process.

Everything is drawn from a seed, so each rank makes the same model and the
same batch by itself and then keeps its part.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from typing import NamedTuple

import torch
from einops import rearrange
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.distributed.tensor import DTensor
from torch.nn.functional import cross_entropy

from xfmr.config import Config
from xfmr.models.gpt import GPT
from xfmr.presets import GPT2

SMALL = replace(
    GPT2,
    name="a small GPT",
    n_layers=4,
    d_model=32,
    n_heads=4,
    n_kv_heads=4,
    d_head=8,
    d_ff=128,
    vocab_size=64,
    context_length=32,
)
RATE = 1e-3  # of the optimiser, where there is one


class Outcome(NamedTuple):
    """What a rank has after the step.

    Args:
        gradients: of all parameters that it knows, by name.
        sent: bytes that it has sent.
        calls: how often it has called each collective.
        weights: after the optimiser's step, where there was one.
        held: bytes that it has held, by what they are.
    """

    gradients: dict[str, Tensor]
    sent: float
    calls: Counter | None = None
    weights: dict[str, Tensor] | None = None
    held: dict[str, int] | None = None


def model(config: Config, dtype: torch.dtype = torch.float64) -> GPT:
    """A GPT whose weights are the same wherever it is made."""
    torch.manual_seed(0)
    return GPT(config).to(dtype)


def batch(config: Config, n_texts: int = 8) -> Int[Tensor, "B T"]:
    """Texts of random tokens, as long as the model can read."""
    generator = torch.Generator().manual_seed(1)
    size = n_texts, config.context_length
    return torch.randint(config.vocab_size, size, generator=generator)


def next_token_loss(
    logits: Float[Tensor, "B part V"],
    tokens: Int[Tensor, "B T"],
    n_before: int = 0,
) -> Float[Tensor, ""]:
    """What some positions add to the mean loss of the tokens that follow.

    Args:
        n_before: how many positions stand before these.
    """
    first = n_before + 1
    targets = tokens[:, first : first + logits.shape[1]]
    scores = rearrange(logits[:, : targets.shape[1]], "B part V -> B V part")
    total = cross_entropy(scores, targets, reduction="sum")
    return total / tokens[:, 1:].numel()


def gradients(module: nn.Module) -> dict[str, Tensor]:
    """A copy of the gradient of every parameter, whole, by name."""
    return {name: _copy(p.grad) for name, p in module.named_parameters()}


def weights(module: nn.Module) -> dict[str, Tensor]:
    """A copy of every parameter, whole, by name."""
    return {name: _copy(p) for name, p in module.named_parameters()}


def _copy(x: Tensor) -> Tensor:
    x = x.full_tensor() if isinstance(x, DTensor) else x
    return x.detach().clone()


def n_bytes(tensors: Iterable[Tensor]) -> int:
    """Bytes of tensors, of shards only what is on this rank."""
    local = [x.to_local() if isinstance(x, DTensor) else x for x in tensors]
    return sum(x.nbytes for x in local)


def whole(config: Config, dtype: torch.dtype = torch.float64) -> Outcome:
    """The step on one process, which sends nothing."""
    gpt, tokens = model(config, dtype), batch(config)
    optimizer = torch.optim.AdamW(gpt.parameters(), lr=RATE)
    next_token_loss(gpt(tokens), tokens).backward()
    optimizer.step()
    return Outcome(gradients(gpt), 0.0, weights=weights(gpt))


def difference(some: dict[str, Tensor], others: dict[str, Tensor]) -> float:
    """The largest difference between two sets of tensors of the same names.

    Raises:
        ValueError: if the names are not the same.
    """
    if some.keys() != others.keys():
        odd = sorted(some.keys() ^ others.keys())
        raise ValueError(f"{odd=} must be in both")
    return max(float((some[n] - others[n]).abs().max()) for n in some)
