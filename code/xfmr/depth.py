"""What depth does to a stack of blocks before anything has been learned.

On the way up the stream may grow with each layer that adds to it; on the way
back the gradient may shrink. Both are measured on random inputs and random
targets, with weights of the variance that Glorot & Bengio 2010 propose.
"""

from collections.abc import Iterable
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Generator, Tensor, nn
from torch.nn.functional import cross_entropy

from xfmr.block import EncoderBlock
from xfmr.config import Config
from xfmr.norm import norm_of


class Profile(NamedTuple):
    """Root mean squares over several draws of the weights.

    Args:
        stream: the size of a coordinate, on entering and after each block.
        gradients: the norm of the gradient of each block's last matrix.
    """

    stream: tuple[float, ...]
    gradients: tuple[float, ...]


def profile(
    config: Config,
    *,
    n_tokens: int,
    seeds: Iterable[int],
    residual_gain: float = 1.0,
) -> Profile:
    """The stream and the gradients of the stack that a configuration fixes.

    Args:
        seeds: one for each draw of weights, inputs and targets.
        residual_gain: what the matrices that write to the stream are
            multiplied by.

    Raises:
        ValueError: if there are no seeds.
    """
    draws = [_draw(config, n_tokens, seed, residual_gain) for seed in seeds]
    if not draws:
        raise ValueError("seeds must hold at least one")
    streams, gradients = zip(*draws, strict=True)
    return Profile(_mean_square_root(streams), _mean_square_root(gradients))


def _mean_square_root(rows: Iterable[list[float]]) -> tuple[float, ...]:
    table = torch.tensor([*rows], dtype=torch.float64)
    return tuple(table.square().mean(dim=0).sqrt().tolist())


def _draw(
    config: Config, n_tokens: int, seed: int, residual_gain: float
) -> tuple[list[float], list[float]]:
    """One stack, one text, one loss: the stream and the gradients."""
    generator = Generator().manual_seed(seed)
    blocks = _blocks(config, generator, residual_gain)
    x, read = (
        torch.randn(n, config.d_model, generator=generator).double()
        for n in (n_tokens, config.vocab_size)
    )
    targets = torch.randint(
        config.vocab_size, (n_tokens,), generator=generator
    )
    stream = [x[None]]
    for block in blocks:
        stream.append(block(stream[-1]))
    last = stream[-1]
    if config.norm_order != "post":
        last = norm_of(config, config.d_model)(last)
    logits = last[0] @ read.T / config.d_model**0.5
    cross_entropy(logits, targets).backward()
    matrices = [block.feed_forward.w_out.weight for block in blocks]
    return (
        [_size(value) for value in stream],
        [matrix.grad.norm().item() for matrix in matrices],
    )


def _size(x: Float[Tensor, "..."]) -> float:
    return x.square().mean().sqrt().item()


def _blocks(
    config: Config, generator: Generator, residual_gain: float
) -> nn.ModuleList:
    """Blocks in float64; gains are 1 and biases 0."""
    with torch.device("meta"):
        blocks = [EncoderBlock(config) for _ in range(config.n_layers)]
    stack = nn.ModuleList(blocks).to_empty(device="cpu").double()
    for name, weight in stack.named_parameters():
        if weight.ndim == 2:
            gain = residual_gain if name.split(".")[-2] in OUTPUTS else 1.0
            nn.init.xavier_normal_(weight, gain, generator)
        else:
            nn.init.constant_(weight, name.endswith("gain"))
    return stack


OUTPUTS = ("w_o", "w_out")  # the matrices that write to the stream
