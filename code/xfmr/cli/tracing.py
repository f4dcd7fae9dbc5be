"""`xfmr trace`: every tensor of a forward pass, followed on `meta`.

The models are those of this book. `MODELS` says which family each of them
builds; a family that has none can be counted and not followed.
"""

from importlib import import_module
from operator import attrgetter
from typing import Annotated

import typer

from xfmr.cli.app import AsJson, Given, app, put_json, reading, say
from xfmr.config import Config
from xfmr.families import Reading

MODELS = {
    **dict.fromkeys(("bert", "distilbert", "roberta"), "bert.Bert"),
    **dict.fromkeys(("openai-gpt", "gpt2", "opt"), "gpt.GPT"),
    "transformer": "transformer.Transformer",
    "t5": "t5.T5",
    **dict.fromkeys(
        (
            *("gpt_neox", "llama", "mistral", "mixtral", "gemma", "gemma2"),
            *("gemma3_text", "qwen2", "qwen3", "qwen3_moe", "phi3", "olmo2"),
            "deepseek_v3",
        ),
        "llama.Llama",
    ),
}
# what a model here leaves out that no size depends on
LEFT_OUT = {
    "deepseek_v3": "routers here choose among all experts, not within groups"
}
# calls that are one row each, wherever a model makes them
FOLDED = {
    "norm": ("LayerNorm.forward", "RMSNorm.forward"),
    "feedforward": ("gelu", "gelu_tanh", "silu"),
    "position": ("distance",),
    "mask": ("causal_mask",),
}


@app.command("trace")
def trace_command(
    config: Given,
    tokens: Annotated[
        int, typer.Option(min=1, help="the length of each sequence")
    ] = 128,
    batch: Annotated[int, typer.Option(min=1, help="sequences")] = 1,
    as_json: AsJson = False,
) -> None:
    """Follow a forward pass and list every tensor that it makes."""
    found = reading(config)
    made = dimensions(found, n_tokens=tokens, batch_size=batch)
    if found.family in LEFT_OUT:
        say(f"{found.config.name}: {LEFT_OUT[found.family]}")
    if not as_json:
        print(made)
        return
    rows = [
        {
            "tensor": str(tensor),
            "part": tensor.where,
            "made_by": by,
            "axes": axes,
            "size": [*size],
            **{"times": n, "bytes": b, "parameters": p, "flops": flops},
        }
        for tensor, by, axes, size, n, b, p, flops in made.rows
    ]
    totals = ("bytes", "parameters", "flops")
    put_json(
        {
            "name": found.config.name,
            "tokens": tokens,
            "batch": batch,
            "tensors": rows,
            **{name: sum(row[name] for row in rows) for name in totals},
        }
    )


def dimensions(found: Reading, *, n_tokens: int, batch_size: int) -> object:
    """The dimension sheet of a forward pass.

    Raises:
        ValueError: if the family has no model here, if the configuration is
            not one that the model can have, or if the text is too long.
    """
    if found.family not in MODELS:
        raise ValueError(
            f"{found.family} can be counted and not yet followed: models are "
            f"here for {', '.join(MODELS)}"
        )
    # not above, since torch takes as long as all other commands together
    import torch

    from xfmr import source
    from xfmr.fold import folded
    from xfmr.sheet import sheet
    from xfmr.trace import follow

    config = found.config
    longest = config.context_length
    if config.position == "learned" and n_tokens > longest:
        raise ValueError(
            f"tokens={n_tokens} must not exceed the {longest} positions of "
            f"{config.name}"
        )
    with torch.device("meta"):
        text = torch.zeros(batch_size, n_tokens, dtype=torch.long)
        texts = [text] if config.n_decoder_layers is None else [text] * 2
        model = model_of(found.family, config, n_tokens)
        run = follow(model, *texts, sizes=_sizes(config))
    at = {step.result.where for step in run.steps}
    called = [f for f in _functions() if source.places(f) & at]
    return sheet(
        folded(run, *called),
        caption=f"{config.name}: {batch_size:,} x {n_tokens:,} tokens, four "
        "bytes a number; equal layers once",
    )


def model_of(family: str, config: Config, n_tokens: int) -> object:
    """The model of a family, long enough for a text."""
    module, name = MODELS[family].split(".")
    build = getattr(import_module(f"xfmr.models.{module}"), name)
    if config.position == "sinusoidal":
        return build(config, context_length=n_tokens)
    return build(config)


def _sizes(config: Config) -> dict[str, int]:
    """What letters of tensors stand for; no tensor has an axis of layers."""
    sizes = {x: size for x, size in config.axes.items() if x != "L"}
    if config.latent is not None:  # what is turned is a part of a head
        sizes["H"] = config.latent.d_rotary
    return sizes


def _functions() -> list[object]:
    return [
        attrgetter(name)(import_module(f"xfmr.{module}"))
        for module, names in FOLDED.items()
        for name in names
    ]
