"""What a GPT does inside, seen and changed while it reads.

    shares      where each head reads
    caught      what parts of the model returned
    lens        what the model would predict if it ended earlier
    without     the model with heads that say nothing, or always the same
    replaced    the model with parts that return what they are told

A head is named by its layer and its number, both from 0. Parts are named as
`named_modules` names them. Only a change shows what depends on what: the
first three see what is there, the last two what it is for.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager

import torch
from einops import rearrange
from jaxtyping import Float, Int
from torch import Tensor, nn

from xfmr.attention import attention_weights
from xfmr.mask import causal_mask
from xfmr.models import required
from xfmr.models.gpt import GPT

Head = tuple[int, int]
UNLIKE = {  # what would make of queries and keys other shares than are here
    "qk_norm": None,
    "score_scale": None,
    "score_cap": None,
    "sinks": False,
    "window": None,
}


@torch.no_grad()
def caught(
    model: nn.Module,
    tokens: Int[Tensor, "B T"],
    names: Iterable[str],
    **given: object,
) -> dict[str, Float[Tensor, "..."]]:
    """What parts returned while the model read.

    Args:
        given: what else the model is to be given.

    Raises:
        ValueError: if the model has no part of a name.
    """
    found: dict[str, Tensor] = {}
    with ExitStack() as stack:
        for name in names:

            def keep(_, __, returned, name=name):
                found[name] = returned

            hook = _part(model, name).register_forward_hook(keep)
            stack.callback(hook.remove)
        model(tokens, **given)
    return found


def shares(
    model: GPT, tokens: Int[Tensor, "B T"]
) -> Float[Tensor, "L B N T S"]:
    """Where each head reads: of what it takes, the share from each position.

    Raises:
        ValueError: if heads share keys, or scores are more than products of
            queries and keys.
    """
    config = model.config
    own_keys = {"n_kv_heads": config.n_heads}
    required.check(config, UNLIKE | own_keys)
    layers = [f"blocks.{n}.attention" for n in range(config.n_layers)]
    both = caught(
        model, tokens, [f"{name}.w_{x}" for name in layers for x in "qk"]
    )
    heads = {
        name: rearrange(x, "B T (N H) -> B N T H", N=config.n_heads)
        for name, x in both.items()
    }
    T = tokens.shape[1]
    mask = causal_mask(n_queries=T, n_keys=T)
    found = [
        attention_weights(heads[f"{name}.w_q"], heads[f"{name}.w_k"], mask)
        for name in layers
    ]
    return torch.stack(found)


@torch.no_grad()
def lens(
    model: GPT, tokens: Int[Tensor, "B T"]
) -> Float[Tensor, "depth B T V"]:
    """Logits read off the stream where it enters, and wherever it is added to.

    Two depths a layer, after its attention and at its end, so that the last
    are the model's own; nostalgebraist 2020.

    Raises:
        ValueError: if norms are not before what they are for.
    """
    required.check(model.config, {"norm_order": "pre", "parallel": False})
    blocks = [f"blocks.{n}" for n in range(model.config.n_layers)]
    parts = [f"{name}.attention" for name in blocks]
    found = caught(model, tokens, ["embedding", *blocks, *parts])
    streams = [found["embedding"]]
    for block, attention in zip(blocks, parts, strict=True):
        streams += [streams[-1] + found[attention], found[block]]
    return torch.stack(
        [model.logits(model.final_norm(stream)) for stream in streams]
    )


def means(
    model: GPT, tokens: Int[Tensor, "B T"]
) -> dict[Head, Float[Tensor, "H"]]:
    """What each head reads, on average over all positions of the rows."""
    config = model.config
    found: dict[Head, Tensor] = {}
    with ExitStack() as stack:
        for layer, block in enumerate(model.blocks):

            def keep(_, given, layer=layer):
                heads = rearrange(
                    given[0], "B T (N H) -> N (B T) H", N=config.n_heads
                )
                for n, mean in enumerate(heads.mean(dim=1)):
                    found[layer, n] = mean

            w_o = block.attention.w_o
            stack.callback(w_o.register_forward_pre_hook(keep).remove)
        with torch.no_grad():
            model(tokens)
    return found


@contextmanager
def without(
    model: nn.Module,
    heads: Iterable[Head],
    instead: Mapping[Head, Float[Tensor, "H"]] | None = None,
) -> Iterator[None]:
    """Inside, some heads read nothing, whatever the text is.

    Args:
        model: a GPT, or another model of blocks that has a configuration.
        instead: what each of them has read, always the same; else zeros.

    Raises:
        ValueError: if the model has no such head.
    """
    config = model.config
    with ExitStack() as stack:
        for layer, n in heads:
            if not (0 <= layer < config.n_layers and 0 <= n < config.n_heads):
                raise ValueError(
                    f"head={(layer, n)} must be one of {config.n_layers} "
                    f"layers of {config.n_heads}"
                )
            value = 0.0 if instead is None else instead[layer, n]
            place = slice(n * config.d_head, (n + 1) * config.d_head)

            def say(_, given, place=place, value=value):
                read = given[0].clone()
                read[..., place] = value
                return (read,)

            w_o = model.blocks[layer].attention.w_o
            stack.callback(w_o.register_forward_pre_hook(say).remove)
        yield


@contextmanager
def replaced(
    model: nn.Module, returned: Mapping[str, Float[Tensor, "..."]]
) -> Iterator[None]:
    """Inside, some parts return what they are told, whatever they are given.

    Raises:
        ValueError: if the model has no part of a name.
    """
    with ExitStack() as stack:
        for name, value in returned.items():

            def say(*_, value=value):
                return value

            hook = _part(model, name).register_forward_hook(say)
            stack.callback(hook.remove)
        yield


def _part(model: nn.Module, name: str) -> nn.Module:
    parts = dict(model.named_modules())
    if name not in parts:
        raise ValueError(f"{name=} must be one of {[*parts]}")
    return parts[name]
