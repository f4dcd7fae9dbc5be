"""Data parallel: every rank has the whole model, and texts of its own.

Each makes the gradients of its texts. The mean of these over the ranks is
the gradient of all texts, if every rank has as many; torch sums them while
the backward pass is still at work. Li et al. 2020.
"""

import torch
import torch.distributed as dist
from jaxtyping import Int
from torch import Tensor
from torch.nn.parallel import DistributedDataParallel

from xfmr.config import Config
from xfmr.distributed.step import (
    Outcome,
    batch,
    gradients,
    model,
    next_token_loss,
)
from xfmr.distributed.traffic import Traffic


def part(tokens: Int[Tensor, "B T"]) -> Int[Tensor, "b T"]:
    """This rank's texts of a batch.

    Raises:
        ValueError: if ranks cannot have equally many.
    """
    ranks = dist.get_world_size()
    if len(tokens) % ranks:
        raise ValueError(f"{len(tokens)=} must be a multiple of {ranks=}")
    return tokens.chunk(ranks)[dist.get_rank()]


def step(config: Config, dtype: torch.dtype = torch.float64) -> Outcome:
    """The gradients on this rank once all have been summed.

    Raises:
        ValueError: as `part` does.
    """
    gpt = DistributedDataParallel(model(config, dtype))
    tokens = part(batch(config))
    with Traffic() as traffic:
        next_token_loss(gpt(tokens), tokens).backward()
    return Outcome(gradients(gpt.module), traffic.sent, traffic.calls)
