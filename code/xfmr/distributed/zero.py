"""ZeRO: data parallel, and nothing held twice that one rank could hold.

    stage 1    states of the optimiser are shared out
    stage 2    gradients too: each is summed where its states are
    stage 3    weights too: gathered for a layer, and dropped after it

Rajbhandari et al. 2020. The first is torch's
`ZeroRedundancyOptimizer` beside data parallel, the others are `fully_shard`.
"""

import torch
from torch import Tensor, nn
from torch.distributed.fsdp import fully_shard
from torch.nn.parallel import DistributedDataParallel
from torch.optim import Optimizer

from xfmr.config import Config
from xfmr.distributed.data import part
from xfmr.distributed.step import (
    RATE,
    Outcome,
    batch,
    gradients,
    model,
    n_bytes,
    next_token_loss,
    weights,
)
from xfmr.distributed.traffic import Traffic


def step(
    config: Config, stage: int, dtype: torch.dtype = torch.float64
) -> Outcome:
    """The gradients, the weights after a step of AdamW, and what was held.

    Weights are measured when the forward pass has ended, gradients before the
    optimiser and its states after it.

    Raises:
        ValueError: if there is no such stage, or as `part` does.
    """
    if stage not in range(4):
        raise ValueError(f"{stage=} must be 0, 1, 2 or 3")
    gpt, tokens = model(config, dtype), part(batch(config))
    run = _sharded(gpt, stage) if stage > 1 else DistributedDataParallel(gpt)
    parameters = [*gpt.parameters()]
    optimizer = _optimizer(parameters, stage)
    with Traffic() as traffic:
        loss = next_token_loss(run(tokens), tokens)
        held = {"weights": n_bytes(gpt.parameters())}
        loss.backward()
        held["gradients"] = n_bytes(p.grad for p in gpt.parameters())
        optimizer.step()
    inner = optimizer.optim if stage == 1 else optimizer
    states = [x for kept in inner.state.values() for x in kept.values()]
    held["optimizer"] = n_bytes(x for x in states if x.dim())
    return Outcome(
        gradients(gpt), traffic.sent, traffic.calls, weights(gpt), held
    )


def _sharded(gpt: nn.Module, stage: int) -> nn.Module:
    """Each block gathers its weights by itself, what is left does together."""
    for part_of in (*gpt.blocks, gpt):
        fully_shard(part_of, reshard_after_forward=stage == 3)
    return gpt


def _optimizer(parameters: list[Tensor], stage: int) -> Optimizer:
    if stage != 1:
        return torch.optim.AdamW(parameters, lr=RATE)
    # its module warns of itself wherever it is imported; ranks have it
    from torch.distributed.optim import ZeroRedundancyOptimizer

    return ZeroRedundancyOptimizer(parameters, torch.optim.AdamW, lr=RATE)
