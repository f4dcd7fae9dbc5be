"""What the heads of the demo model computed while it read a text.

From query and key to the share of a value, every step that the lab shows:

    q, k       turned by their positions
    scores     q k^T / sqrt(H), before the mask
    weights    their softmax over what may be read
"""

from math import sqrt
from typing import NamedTuple

import torch
from einops import einsum, rearrange
from jaxtyping import Bool, Float, Int
from torch import Tensor

from xfmr.attention import attention_weights
from xfmr.demo.model import Demo, mask_of
from xfmr.inside import caught


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
) -> Heads:
    """What every head computed of these texts.

    Args:
        mask: as the model's own.

    Raises:
        ValueError: as the model.
    """
    T, N = tokens.shape[1], model.config.n_heads
    if mask is None:
        mask = mask_of(mode, T)
    layers = [f"blocks.{n}.attention" for n in range(len(model.blocks))]
    names = [f"{name}.w_{x}" for name in layers for x in "qkv"]
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
    return Heads(q, k, v, scores, attention_weights(q, k, mask))
