"""Tensor parallel: every matrix is cut, and each rank multiplies with a part.

    by columns    w_q, w_k, w_v, w_in    a rank has some heads, some units
    by rows       w_o, w_out             and sums what these add to the stream

So a sublayer needs one sum over the ranks, after its last matrix; backwards,
one for the gradient of what it read. Shoeybi et al. 2019. Torch's
`parallelize_module` cuts the matrices and calls the sums.
"""

import torch
import torch.distributed as dist
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.tensor import Replicate
from torch.distributed.tensor.parallel import (
    ColwiseParallel,
    PrepareModuleInput,
    RowwiseParallel,
    parallelize_module,
)

from xfmr.config import Config
from xfmr.distributed.step import (
    Outcome,
    batch,
    gradients,
    model,
    n_bytes,
    next_token_loss,
)
from xfmr.distributed.traffic import Traffic

PLAN = {
    # once for three matrices, so that their gradients are summed once
    "attention": PrepareModuleInput(
        input_layouts=Replicate(), desired_input_layouts=Replicate()
    ),
    "attention.w_q": ColwiseParallel(),
    "attention.w_k": ColwiseParallel(),
    "attention.w_v": ColwiseParallel(),
    "attention.w_o": RowwiseParallel(),
    "feed_forward.w_in": ColwiseParallel(),
    "feed_forward.w_out": RowwiseParallel(),
}


def step(config: Config, dtype: torch.dtype = torch.float64) -> Outcome:
    """The gradients, their shards put together, and the weights held.

    Raises:
        ValueError: if ranks cannot have equally many key/value heads.
    """
    ranks = dist.get_world_size()
    if config.n_kv_heads % ranks:
        raise ValueError(f"{ranks=} must divide {config.n_kv_heads=}")
    gpt, tokens = model(config, dtype), batch(config)
    mesh = init_device_mesh("cpu", (ranks,))
    for block in gpt.blocks:
        parallelize_module(block, mesh, PLAN)
        block.attention.n_heads //= ranks
        block.attention.n_kv_heads //= ranks
    with Traffic() as traffic:
        next_token_loss(gpt(tokens), tokens).backward()
    held = {"weights": n_bytes(gpt.blocks.parameters())}
    return Outcome(gradients(gpt), traffic.sent, traffic.calls, held=held)
