"""`xfmr flops` and `memory`: what a model costs, without torch."""

from typing import Annotated

import typer

from xfmr import activations, compute, count, memory
from xfmr.cli.app import AsJson, Given, app, put_json, put_table, reading
from xfmr.config import Config

Tokens = Annotated[
    int, typer.Option(help="the length of a text; with two stacks, of both")
]


def work(config: Config, *, n_tokens: int, causal: bool) -> dict[str, object]:
    """The FLOPs of one text, as `--json` prints them.

    A token's are those of a forward pass; two stacks read twice as many.
    """
    lengths = {"n_tokens": n_tokens, "causal": causal}
    parts = compute.flops(config, **lengths)
    forward = sum(parts.values())
    n_stacks = 1 if config.n_decoder_layers is None else 2
    each, rest = divmod(forward, n_stacks * n_tokens)
    return {
        "name": config.name,
        "tokens": n_tokens,
        "forward": forward,
        "training": compute.training_flops(config, **lengths),
        "per_token": forward / (n_stacks * n_tokens) if rest else each,
        "attention_share": parts["attention"] / forward,
        "parts": parts,
    }


@app.command("flops")
def flops_command(
    config: Given,
    tokens: Tokens,
    causal: Annotated[
        bool, typer.Option("--causal", help="count what a query may read")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Count the FLOPs of matrix products, logits included."""
    found = work(reading(config).config, n_tokens=tokens, causal=causal)
    if as_json:
        put_json(found)
        return
    scores = "what each query may read" if causal else "the full square"
    print(f"{found['name']}: a text of {tokens:,} tokens")
    print(f"counted: 2 for a multiplication and addition; scores: {scores}\n")
    share = found["attention_share"]
    put_table(
        [
            *found["parts"].items(),
            ("", ""),
            *((key, found[key]) for key in ("forward", "training")),
            ("forward, per token", round(found["per_token"])),
            ("attention's share", f"{share:.1%}"),
        ]
    )


def bytes_of_training(
    config: Config,
    *,
    n_tokens: int,
    batch_size: int,
    dtype: str,
    zero: int,
    ranks: int,
    recompute: str,
) -> dict[str, object]:
    """The bytes of training and of decoding, as `--json` prints them."""
    size = {"bytes_per_number": memory.bytes_of(dtype)}
    states = memory.training_bytes(
        count.parameters(config), dtype=dtype, zero=zero, ranks=ranks
    )
    kept = activations.activation_bytes(
        config,
        n_tokens=n_tokens,
        batch_size=batch_size,
        recompute=recompute,
        dropout=activations.has_dropout(config),
        **size,
    )
    cache = per_token = 0
    if "lm" in config.heads:
        cache = memory.kv_cache_bytes(config, n_tokens=n_tokens, **size)
        # a token more, before any window is full
        source = None if config.n_decoder_layers is None else 1
        one, two = (
            memory.kv_cache_bytes(config, n_tokens=n, n_source=source, **size)
            for n in (1, 2)
        )
        per_token = two - one
    return {
        "name": config.name,
        **states,
        "activations": kept,
        "kv_cache": batch_size * cache,
        "kv_bytes_per_token": per_token,
        "activation_formula": activation_formula(
            config, dtype=dtype, recompute=recompute
        ),
    }


def activation_formula(config: Config, *, dtype: str, recompute: str) -> str:
    """By which formula activations are counted, and what it leaves out.

    In the letters of Korthikanti et al. 2022: s tokens, b texts, h the width,
    a the heads. Their constants, 34 and 5, are those of GPT in two bytes.
    """
    size = {"bytes_per_number": memory.bytes_of(dtype)}
    kept = activations.activations(
        config, n_tokens=1, dropout=activations.has_dropout(config), **size
    )
    scores, rest = kept.pop("scores"), sum(kept.values())
    each = rest / config.n_layers / config.d_model
    square = scores / config.n_layers / config.n_heads
    added = "" if recompute == "selective" else f" + {square:g} a s / h"
    formula = f"s b h ({each:.4g}{added}) a layer"
    if recompute == "full":
        formula = f"s b h {size['bytes_per_number']} a layer, what it reads"
    elif config.n_decoder_layers is not None:
        formula = "what products, norms, activations and softmax read or make"
    dropped = "with" if activations.has_dropout(config) else "without"
    return (
        f"{formula}, {dropped} dropout (Korthikanti et al. 2022, equation 1, "
        "for this model's layers). Left out: statistics of norms, embeddings, "
        "logits, and what is gathered or recomputed for a moment."
    )


@app.command("memory")
def memory_command(
    config: Given,
    tokens: Tokens,
    batch: Annotated[int, typer.Option(help="texts at a time")] = 1,
    dtype: Annotated[
        str, typer.Option(help=f"of numbers: {', '.join(memory.BYTES)}")
    ] = "bf16",
    zero: Annotated[int, typer.Option(help="the stage of ZeRO")] = 0,
    ranks: Annotated[int, typer.Option(help="that share out states")] = 1,
    recompute: Annotated[
        str, typer.Option(help=", ".join(compute.RECOMPUTE))
    ] = "none",
    as_json: AsJson = False,
) -> None:
    """Count the bytes of training on one rank, and of decoding's cache."""
    found = reading(config).config
    counted = bytes_of_training(
        found,
        n_tokens=tokens,
        batch_size=batch,
        dtype=dtype,
        zero=zero,
        ranks=ranks,
        recompute=recompute,
    )
    if as_json:
        put_json(counted)
        return
    formula = counted.pop("activation_formula")
    print(f"{counted.pop('name')}: {batch:,} of {tokens:,} tokens, {dtype}")
    print(f"activations: {formula}\n")
    put_table(
        [
            (key.replace("_", "-"), n, f"{n / count.GIB:,.2f} GiB")
            for key, n in counted.items()
        ]
    )
