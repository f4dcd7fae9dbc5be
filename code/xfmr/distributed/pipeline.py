"""Pipeline parallel: every rank has some of the layers.

A rank gives its stream to the next and later takes the gradient of it back.
So that it has something to do meanwhile, the batch is cut into micro-batches,
which follow each other as `xfmr.distributed.schedule` says; torch's engine
does as it says. A table that embeds tokens and scores them stands on the first
rank and on the last, and the two sum its gradient.
"""

import torch
import torch.distributed as dist
from jaxtyping import Shaped
from torch import Tensor, nn
from torch.distributed.pipelining import PipelineStage, Schedule1F1B

from xfmr.config import Config
from xfmr.distributed.schedule import Task
from xfmr.distributed.step import (
    Outcome,
    batch,
    gradients,
    model,
    next_token_loss,
)
from xfmr.distributed.traffic import Traffic
from xfmr.models.gpt import GPT


class Stage(nn.Module):
    """What one rank has of a GPT, under the names of the whole.

    Args:
        gpt: the whole, of which all else is dropped.
        rank: the number of the stage.
        ranks: how many there are.

    Raises:
        ValueError: if there are fewer layers than ranks.
    """

    def __init__(self, gpt: GPT, *, rank: int, ranks: int):
        super().__init__()
        n_layers = len(gpt.blocks)
        if n_layers < ranks:
            raise ValueError(f"{n_layers=} must be at least {ranks=}")
        self.first, self.last = rank == 0, rank == ranks - 1
        cuts = [n_layers * r // ranks for r in (rank, rank + 1)]
        self.layers = range(*cuts)
        self.done: list[Task] = []
        self.gpt = gpt
        for layer in {*range(n_layers)} - {*self.layers}:
            gpt.blocks[layer] = nn.Identity()
        if not self.first:
            gpt.embedding.position = None
        if not self.last:
            gpt.final_norm = None
            if not self.first:
                gpt.embedding = None

    def forward(self, x: Shaped[Tensor, "B T *D"]) -> Tensor:
        """The stream after this stage, or the logits after the last."""
        number = sum(task.kind == "forward" for task in self.done)
        self.done.append(Task("forward", number))
        if self.first:
            x = self.gpt.embedding(x)
        for layer in self.layers:
            x = self.gpt.blocks[layer](x)
        if self.last:
            x = self.gpt.logits(self.gpt.final_norm(x))
        if x.requires_grad:
            x.register_hook(
                lambda _: self.done.append(Task("backward", number))
            )
        return x


def step(
    config: Config, n_batches: int, dtype: torch.dtype = torch.float64
) -> tuple[Outcome, list[Task]]:
    """The gradients of this rank's stage, and its tasks in their order.

    Raises:
        ValueError: if there are fewer layers than ranks, or two at least.
    """
    rank, ranks = dist.get_rank(), dist.get_world_size()
    stage = Stage(model(config, dtype), rank=rank, ranks=ranks)
    tokens = batch(config)
    micro = tokens[: len(tokens) // n_batches]
    stream, logits = (
        torch.empty(*micro.shape, width, dtype=dtype, requires_grad=True)
        for width in (config.d_model, config.vocab_size)
    )
    engine = Schedule1F1B(
        PipelineStage(
            stage,
            rank,
            ranks,
            torch.device("cpu"),
            input_args=micro if stage.first else stream,
            output_args=logits if stage.last else stream,
        ),
        n_batches,
        loss_fn=next_token_loss,
    )
    with Traffic() as traffic:
        if stage.first:
            engine.step(tokens)
        else:
            engine.step(target=tokens if stage.last else None)
    ends = dist.new_group([0, ranks - 1])
    if stage.first or stage.last:
        dist.all_reduce(stage.gpt.embedding.token.weight.grad, group=ends)
    outcome = Outcome(gradients(stage.gpt), traffic.sent, traffic.calls)
    return outcome, stage.done
