"""What predictions cost: the mean loss of the positions that count, in nats.

With `z` for the logarithm of the sum of a position's exponentiated logits,

    cross-entropy    z - logit of the target
    z-loss           z ** 2, times a small weight

The logits of all positions are often the largest tensor of a training step.
`chunked_cross_entropy` never holds more of them than a chunk: it makes them,
takes their loss and their slopes, and lets them go. The slopes of a position
are its probabilities less one at the target, so nothing is computed twice.
"""

import torch
from einops import einsum
from jaxtyping import Bool, Float, Int
from torch import Tensor
from torch.autograd import Function


def cross_entropy(
    logits: Float[Tensor, "B T V"],
    targets: Int[Tensor, "B T"],
    counts: Bool[Tensor, "B T"],
    *,
    z_weight: float = 0.0,
) -> Float[Tensor, ""]:
    """The mean loss, from logits that are there.

    Args:
        z_weight: of the z-loss; 1e-4 in Chowdhery et al. 2022, section 5.

    Raises:
        ValueError: if no position counts.
    """
    _check(counts)
    return _losses(logits[counts], targets[counts], z_weight)[0].mean()


def chunked_cross_entropy(
    x: Float[Tensor, "B T D"],
    weight: Float[Tensor, "V D"],
    targets: Int[Tensor, "B T"],
    counts: Bool[Tensor, "B T"],
    *,
    chunk: int,
    z_weight: float = 0.0,
) -> Float[Tensor, ""]:
    """The same from the last stream, and the table that logits are read with.

    Where the stream or the table is to learn, their slopes are known when the
    loss is. They cannot be differentiated once more.

    Args:
        chunk: positions whose logits are held at once.

    Raises:
        ValueError: if no position counts, or the chunk has none.
    """
    _check(counts)
    if chunk < 1:
        raise ValueError(f"{chunk=} must be at least 1")
    given = x[counts], weight, targets[counts], chunk, z_weight
    return _Chunked.apply(*given, torch.is_grad_enabled())


class _Chunked(Function):
    """The loss of counted positions, `n D`, and its slopes."""

    @staticmethod
    def forward(ctx, x, weight, targets, chunk, z_weight, learns):
        """The mean; what it learns is kept for the way back."""
        total, n = x.new_zeros(()), len(x)
        if learns:
            slopes = torch.empty_like(x), torch.zeros_like(weight)
        for at in range(0, n, chunk):
            here = slice(at, at + chunk)
            logits = einsum(x[here], weight, "n D, V D -> n V")
            losses, z = _losses(logits, targets[here], z_weight)
            total += losses.sum()
            if learns:
                logits.sub_(z[:, None]).exp_()
                logits.mul_(1 + 2 * z_weight * z[:, None])
                logits[torch.arange(len(z)), targets[here]] -= 1
                slopes[0][here] = einsum(logits, weight, "n V, V D -> n D")
                slopes[1].add_(einsum(logits, x[here], "n V, n D -> V D"))
        if learns:
            ctx.n_counted = n
            ctx.save_for_backward(*slopes)
        return total / n

    @staticmethod
    def backward(ctx, slope):
        """Slopes of the stream and the table, and of nothing else."""
        of_x, of_weight = ctx.saved_tensors
        share = slope / ctx.n_counted
        return share * of_x, share * of_weight, None, None, None, None


def _losses(
    logits: Float[Tensor, "n V"], targets: Int[Tensor, "n"], z_weight: float
) -> tuple[Float[Tensor, "n"], Float[Tensor, "n"]]:
    """The loss of each position, and its z."""
    z = logits.logsumexp(dim=-1)
    said = logits.gather(-1, targets[:, None])[:, 0]
    return z - said + z_weight * z.square(), z


def _check(counts: Bool[Tensor, "B T"]) -> None:
    if not counts.any():
        raise ValueError("counts must be true somewhere")
