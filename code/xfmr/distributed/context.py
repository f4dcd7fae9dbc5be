"""Context parallel: every rank has a part of each text.

All of a layer treats positions alone but its attention, whose queries read
keys of other ranks. These travel: in each step a rank reads the keys that it
has and gives them to the next, until they have been all round. What is read
from one block after another is put together by the account of `xfmr.flash`,

    log_total    the logarithm of the sum of exp(score)
    read         what was read, in shares of that sum

so that no rank ever has all keys, let alone all scores. Backwards the keys
travel again, and their gradients with them, home. Liu et al. 2023.
"""

import torch
import torch.distributed as dist
from einops import einsum, rearrange, reduce
from jaxtyping import Float
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from xfmr.attention import Attention
from xfmr.config import Config
from xfmr.distributed.collectives import Ring
from xfmr.distributed.step import (
    Outcome,
    batch,
    gradients,
    model,
    next_token_loss,
)
from xfmr.flash import tile_gradients, tile_scores
from xfmr.mask import causal_mask


class RingAttention(torch.autograd.Function):
    """Causal attention of this rank's queries to the keys of all."""

    @staticmethod
    def forward(
        ctx,
        ring: Ring,
        q: Float[Tensor, "B N T H"],
        k: Float[Tensor, "B N T H"],
        v: Float[Tensor, "B N T H"],
    ) -> Float[Tensor, "B N T H"]:
        """What is read, block after block."""
        read, log_total = _block(q, k, v, _hidden(q))
        passing = torch.stack([k, v])
        for step in range(1, ring.size):
            passing = ring.shift(passing)
            if step <= ring.rank:  # else these keys come later in the text
                other, other_total = _block(q, *passing, None)
                total = torch.logaddexp(log_total, other_total)
                read = read * (log_total - total).exp()
                read = read + other * (other_total - total).exp()
                log_total = total
        ctx.save_for_backward(q, k, v, read, log_total)
        ctx.ring = ring
        return read

    @staticmethod
    @once_differentiable
    def backward(
        ctx, d_read: Float[Tensor, "B N T H"]
    ) -> tuple[Tensor | None, ...]:
        """The gradients of q, and of k and v when they have come home."""
        q, k, v, read, log_total = ctx.saved_tensors
        ring, own = ctx.ring, _hidden(q)
        dots = reduce(d_read * read, "B N T H -> B N T 1", "sum")
        passing, d_q = torch.stack([k, v]), torch.zeros_like(q)
        d_passing = torch.zeros_like(passing)
        for step in range(ring.size):
            if step:
                passing = ring.shift(passing)
                d_passing = ring.shift(d_passing)
            if step <= ring.rank:
                hidden = None if step else own
                d_tile, *d_keys = tile_gradients(
                    q, d_read, log_total, dots, *passing, hidden
                )
                d_q, d_passing = d_q + d_tile, d_passing + torch.stack(d_keys)
        d_k, d_v = ring.shift(d_passing)
        return None, d_q, d_k, d_v


def _block(
    q: Float[Tensor, "B N T H"],
    k: Float[Tensor, "B N T H"],
    v: Float[Tensor, "B N T H"],
    hidden: Tensor | None,
) -> tuple[Float[Tensor, "B N T H"], Float[Tensor, "B N T 1"]]:
    """What queries read from one block, and the account of their softmax."""
    scores = tile_scores(q, k, hidden)
    log_total = scores.logsumexp(dim=-1, keepdim=True)
    shares = (scores - log_total).exp()
    return einsum(shares, v, "B N T S, B N S H -> B N T H"), log_total


def _hidden(q: Float[Tensor, "B N T H"]) -> Tensor:
    """Which keys of its own block a query may not read."""
    T = q.shape[-2]
    return ~causal_mask(n_queries=T, n_keys=T)


class Travelling(nn.Module):
    """A layer of attention whose keys go round.

    Args:
        attention: whose projections it has.
        ring: the ranks that have parts of the same texts.

    Raises:
        ValueError: if several query heads share a key/value head.
    """

    def __init__(self, attention: Attention, ring: Ring):
        super().__init__()
        if attention.n_kv_heads != attention.n_heads:
            raise ValueError(
                f"n_kv_heads={attention.n_kv_heads} must be "
                f"n_heads={attention.n_heads}"
            )
        self.attention, self.ring = attention, ring

    def forward(
        self, x: Float[Tensor, "B T D"], **_: None
    ) -> Float[Tensor, "B T D"]:
        """What each position of this rank has read from the whole text."""
        own = self.attention
        q, k, v = (
            rearrange(w(x), "B T (N H) -> B N T H", N=own.n_heads)
            for w in (own.w_q, own.w_k, own.w_v)
        )
        read = RingAttention.apply(self.ring, q, k, v)
        return own.w_o(rearrange(read, "B N T H -> B T (N H)"))


def step(config: Config, dtype: torch.dtype = torch.float64) -> Outcome:
    """The gradients, summed over the ranks, and what attention has sent.

    Raises:
        ValueError: if ranks cannot have equally many positions, or as
            `Travelling` does.
    """
    ring, gpt, tokens = Ring(), model(config, dtype), batch(config)
    if tokens.shape[1] % ring.size:
        raise ValueError(
            f"{tokens.shape[1]=} must be a multiple of {ring.size=}"
        )
    names = [name for name, _ in gpt.named_parameters()]
    for block in gpt.blocks:
        block.attention = Travelling(block.attention, ring)
    parts = tokens.tensor_split(ring.size, dim=1)
    own, n_before = parts[ring.rank], parts[0].shape[1] * ring.rank
    x = gpt.embedding(own, n_before=n_before)
    for block in gpt.blocks:
        x = block(x)
    logits = gpt.logits(gpt.final_norm(x))
    next_token_loss(logits, tokens, n_before).backward()
    found = dict(zip(names, gradients(gpt).values(), strict=True))
    for gradient in found.values():
        dist.all_reduce(gradient)
    return Outcome(found, ring.sent)
