"""The same run in several processes, which torchrun starts.

    torchrun --nproc-per-node 2 -m xfmr train --out DIR ...
    torchrun --nnodes 2 --nproc-per-node 8 --rdzv-backend c10d \
        --rdzv-endpoint HOST:29500 -m xfmr train --out DIR ...

The second on each machine, with a DIR that all of them see. Every process
takes its share of the rows of a step, and torch's engine adds the gradients:
`ddp` keeps the whole model in each process, `fsdp` (FSDP2) a part of each
tensor. The result is that of one process, but for the order of sums.
"""

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.distributed.fsdp import fully_shard
from torch.distributed.tensor import DTensor, distribute_tensor
from torch.nn.parallel import DistributedDataParallel

ENGINES = ("ddp", "fsdp")
CPU = torch.device("cpu")


@dataclass(frozen=True, kw_only=True)
class Ranks:
    """Which of how many processes this one is, and what it computes on.

    Args:
        rank: its number, from 0.
        n_ranks: how many there are.
        device: of its tensors.
        engine: a name of ENGINES.

    Raises:
        ValueError: if there is no such engine.
    """

    rank: int = 0
    n_ranks: int = 1
    device: torch.device = CPU
    engine: str = "ddp"

    def __post_init__(self):
        """Refuse what cannot be run, once and here."""
        if self.engine not in ENGINES:
            raise ValueError(f"engine={self.engine!r} must be in {ENGINES}")

    def shared(self, model: nn.Module) -> nn.Module:
        """What to call in place of the model; its parameters are the same
        objects, or with `fsdp` new ones that hold a part."""
        if self.n_ranks == 1:
            return model
        if self.engine == "ddp":
            return DistributedDataParallel(model)
        for block in model.blocks:
            fully_shard(block)
        # in parts again after every pass, so that a state is one of parts
        return fully_shard(model, reshard_after_forward=True)

    def rows(self, batch_size: int) -> int:
        """How many of the rows of a step this process reads.

        Raises:
            ValueError: if they cannot be shared out evenly.
        """
        if batch_size % self.n_ranks:
            raise ValueError(
                f"{batch_size=} must be a multiple of n_ranks={self.n_ranks}"
            )
        return batch_size // self.n_ranks

    def adding(self, net: nn.Module, last: bool) -> AbstractContextManager:
        """Where a pass runs; after the last one gradients are added up."""
        if self.n_ranks == 1 or (self.engine == "ddp" and last):
            return nullcontext()
        if self.engine == "ddp":
            return net.no_sync()
        net.set_requires_gradient_sync(last)
        return nullcontext()

    def sum(self, number: float | int) -> float | int:
        """The sum of each process's number."""
        if self.n_ranks == 1:
            return number
        x = torch.tensor(number, dtype=torch.float64, device=self.device)
        dist.all_reduce(x)
        return x.item()

    def wait(self) -> None:
        """Until all processes are here."""
        if self.n_ranks > 1:
            dist.barrier()


ALONE = Ranks()


@contextmanager
def joined(engine: str = "ddp") -> Iterator[Ranks]:
    """The processes that torchrun has started, or this one alone.

    On graphics cards they speak by nccl, otherwise by gloo.
    """
    has_card = torch.cuda.is_available()
    local = int(os.environ.get("LOCAL_RANK", 0))
    device = torch.device("cuda", local) if has_card else CPU
    if "RANK" not in os.environ:
        yield Ranks(device=device, engine=engine)
        return
    if has_card:
        torch.cuda.set_device(device)
    dist.init_process_group("nccl" if has_card else "gloo")
    try:
        yield Ranks(
            rank=dist.get_rank(),
            n_ranks=dist.get_world_size(),
            device=device,
            engine=engine,
        )
    finally:
        dist.destroy_process_group()


def whole(x: Tensor) -> Tensor:
    """A tensor that may be in parts, whole in every process."""
    return x.full_tensor() if isinstance(x, DTensor) else x


def like(x: Tensor, other: Tensor) -> Tensor:
    """A whole tensor, in parts where another of its shape is in parts."""
    x = x.to(other.device)
    if isinstance(other, DTensor) and x.shape == other.shape:
        return distribute_tensor(x, other.device_mesh, other.placements)
    return x
