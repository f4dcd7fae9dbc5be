"""What the heads of the demo model computed while it read a text.

From query and key to the share of a value, every step that the lab shows:

    q, k       turned by their positions
    scores     q k^T / sqrt(H), before the mask
    weights    their softmax over what may be read

An edge is cut by what its score becomes; `xfmr.inside.without` removes whole
heads.
"""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from math import inf, sqrt
from typing import NamedTuple

import torch
from einops import einsum, rearrange
from jaxtyping import Bool, Float, Int
from torch import Tensor

from xfmr.attention import attention_weights
from xfmr.demo.model import Demo, mask_of
from xfmr.inside import caught

Edge = tuple[int, int, int, int]  # layer, head, query, key


class Heads(NamedTuple):
    """All heads of all layers.

    Args:
        q: queries, as they are compared.
        k: keys, as they are compared.
        v: values.
        scores: what the mask has not yet been laid over.
        weights: the share that each query reads of each value.
    """

    q: Float[Tensor, "L B N T H"]
    k: Float[Tensor, "L B N S H"]
    v: Float[Tensor, "L B N S H"]
    scores: Float[Tensor, "L B N T S"]
    weights: Float[Tensor, "L B N T S"]


def heads(
    model: Demo,
    tokens: Int[Tensor, "B T"],
    mode: str,
    mask: Bool[Tensor, "T S"] | None = None,
    *,
    edges: Iterable[Edge] = (),
) -> Heads:
    """What every head computed of these texts.

    Args:
        mask: as the model's own.
        edges: those that are cut.

    Raises:
        ValueError: as the model, and as `bias_of`.
    """
    T, N = tokens.shape[1], model.config.n_heads
    if mask is None:
        mask = mask_of(mode, T)
    layers = [f"blocks.{n}.attention" for n in range(len(model.blocks))]
    names = [f"{name}.w_{x}" for name in layers for x in "qkv"]
    bias = bias_of(model, T, edges)
    with cut(model, bias):
        found = caught(model, tokens, names, mode=mode, mask=mask)
    q, k, v = (
        rearrange(
            [found[f"{name}.w_{x}"] for name in layers],
            "L B T (N H) -> L B N T H",
            N=N,
        )
        for x in "qkv"
    )
    turned = model.blocks[0].attention.rotary
    with torch.no_grad():
        q, k = turned(q), turned(k)
    scores = einsum(q, k, "L B N T H, L B N S H -> L B N T S")
    scores = scores / sqrt(model.config.d_head)
    bias = rearrange(bias, "L N T S -> L 1 N T S").to(q)
    return Heads(q, k, v, scores, attention_weights(q, k, mask, bias))


def bias_of(
    model: Demo, n_tokens: int, edges: Iterable[Edge]
) -> Float[Tensor, "L N T S"]:
    """What to add to the scores of all heads so that edges carry nothing.

    Raises:
        ValueError: if the model or the text has no such edge.
    """
    config = model.config
    whole = config.n_layers, config.n_heads, n_tokens, n_tokens
    bias = torch.zeros(whole)
    for edge in edges:
        if not all(0 <= at < n for at, n in zip(edge, whole, strict=True)):
            raise ValueError(f"{edge=} must be below {whole}")
        bias[edge] = -inf
    return bias


@contextmanager
def cut(model: Demo, bias: Float[Tensor, "L N T S"]) -> Iterator[None]:
    """Inside, the scores of every text have this bias, as of `bias_of`."""
    with ExitStack() as stack:
        for block, of_layer in zip(model.blocks, bias, strict=True):

            def add(_, given, named, of_layer=of_layer):
                return given, named | {"score_bias": of_layer}

            hook = block.attention.register_forward_pre_hook(
                add, with_kwargs=True
            )
            stack.callback(hook.remove)
        yield
