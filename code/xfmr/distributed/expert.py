"""Expert parallel: every rank has some of the experts, and its own tokens.

A token's experts may stand on any rank. So each choice travels: rows are put
in the order of their experts, every rank gets those that are for it, works on
them and sends them back. How many there are is not known before the router
has chosen, and is told first. Lepikhin et al. 2021.
"""

from dataclasses import replace

import torch
import torch.distributed as dist
from einops import rearrange
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.distributed._functional_collectives import all_to_all_single

from xfmr.config import Config, Experts
from xfmr.distributed.step import SMALL, Outcome, gradients
from xfmr.distributed.traffic import Traffic
from xfmr.moe import Mixture

SMALL_MIXTURE = replace(
    SMALL,
    name="a small mixture",
    experts=Experts(n_experts=8, n_active=2, d_ff=64),
    gated=True,
)


class SharedOut(nn.Module):
    """A mixture of which this rank has E / R experts, and the router.

    Args:
        mixture: the whole, whose other experts are dropped.

    Raises:
        ValueError: if ranks cannot have equally many experts.
    """

    def __init__(self, mixture: Mixture):
        super().__init__()
        self.rank, self.ranks = dist.get_rank(), dist.get_world_size()
        n_experts, ranks = mixture.n_experts, self.ranks
        if n_experts % ranks:
            raise ValueError(f"{ranks=} must divide {n_experts=}")
        self.n_own = n_experts // ranks
        first = self.rank * self.n_own
        for name in ("w_in", "b_in", "w_gate", "b_gate", "w_out", "b_out"):
            stacked = getattr(mixture, name)
            if stacked is not None:
                own = stacked[first : first + self.n_own].detach().clone()
                setattr(mixture, name, nn.Parameter(own))
        self.mixture = mixture

    def forward(self, x: Float[Tensor, "BT D"]) -> Float[Tensor, "BT D"]:
        """What the experts of this rank's tokens make of them."""
        shares, chosen = self.mixture.router(x)
        by_choice = rearrange(chosen, "BT choice -> (BT choice)")
        order = by_choice.argsort()
        readers = order // chosen.shape[-1]
        n_each = by_choice.bincount(minlength=self.n_own * self.ranks)
        n_sent, n_got, per_expert = self._announced(n_each)
        arrived = _exchanged(x[readers], n_got, n_sent)
        made = [
            self.mixture.expert(n % self.n_own, rows)
            for n, rows in enumerate(arrived.split(per_expert))
        ]
        back = _exchanged(torch.cat(made), n_sent, n_got)
        weight = rearrange(shares, "BT choice -> (BT choice)")[order]
        return torch.zeros_like(x).index_add(
            0, readers, back * weight[:, None]
        )

    def _announced(
        self, n_each: Int[Tensor, "E"]
    ) -> tuple[list[int], list[int], list[int]]:
        """Rows for each rank, rows from each, and these by expert too."""
        told = torch.empty_like(n_each)
        dist.all_to_all_single(told, n_each)
        n_sent, n_got = (
            rearrange(n, "(rank own) -> rank own", own=self.n_own).sum(dim=1)
            for n in (n_each, told)
        )
        return n_sent.tolist(), n_got.tolist(), told.tolist()


def _exchanged(
    rows: Float[Tensor, "out D"], n_got: list[int], n_sent: list[int]
) -> Float[Tensor, "got D"]:
    return all_to_all_single(rows, n_got, n_sent, dist.group.WORLD)


def whole(config: Config, n_tokens: int = 64) -> Outcome:
    """The gradients on one process, as `input` that of the tokens too.

    As `output` comes what it makes of them.
    """
    mixture, x, d_y = drawn(config, n_tokens)
    y = mixture(x[None])[0]
    y.backward(d_y)
    ends = {"input": x.grad, "output": y.detach()}
    return Outcome(gradients(mixture) | ends, 0.0)


def step(config: Config, n_tokens: int = 64) -> Outcome:
    """The same from all ranks together, each with a part of the tokens.

    Raises:
        ValueError: as `SharedOut` does.
    """
    mixture, x, d_y = drawn(config, n_tokens)
    shared = SharedOut(mixture)
    own, d_own = (
        t.detach().chunk(shared.ranks)[shared.rank] for t in (x, d_y)
    )
    own.requires_grad_()
    with Traffic() as traffic:
        y = shared(own)
        y.backward(d_own)
    found = gradients(mixture)
    for name, gradient in found.items():
        if name.startswith("router"):
            dist.all_reduce(gradient)
        else:
            found[name] = _gathered(gradient)
    found["input"] = _gathered(own.grad)
    found["output"] = _gathered(y.detach())
    return Outcome(found, traffic.sent, traffic.calls)


def drawn(config: Config, n_tokens: int) -> tuple[Mixture, Tensor, Tensor]:
    """A mixture, tokens, and the gradient of what is made of them."""
    torch.manual_seed(0)
    mixture = Mixture(config).double()
    x, d_y = torch.randn(2, n_tokens, config.d_model, dtype=torch.float64)
    return mixture, x.requires_grad_(), d_y


def _gathered(x: Float[Tensor, "piece ..."]) -> Float[Tensor, "whole ..."]:
    pieces = [torch.empty_like(x) for _ in range(dist.get_world_size())]
    dist.all_gather(pieces, x)
    return torch.cat(pieces)
