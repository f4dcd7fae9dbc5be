"""`xfmr count`, `compare` and `presets`: parameters, without torch."""

from typing import Annotated

import typer

from xfmr import count, zoo
from xfmr.cli.app import (
    CONFIG,
    AsJson,
    Given,
    app,
    put_json,
    put_table,
    reading,
)
from xfmr.families import Reading

TOTALS = ("total", "non_embedding", "active", "embedding")


def record(found: Reading) -> dict[str, object]:
    """The counts of a model, as `--json` prints them."""
    config = found.config
    parts = count.parts(config)
    return {
        "name": config.name,
        "family": found.family,
        "total": sum(parts.values()),
        "non_embedding": count.non_embedding(config),
        "active": count.active(config),
        "embedding": count.embedding(config),
        "parts": parts,
    }


@app.command("count")
def count_command(config: Given, as_json: AsJson = False) -> None:
    """Count the parameters of a model, part by part."""
    found = reading(config)
    counted = record(found)
    if as_json:
        put_json(counted)
        return
    heads = ", ".join(found.config.heads) or "none"
    print(f"{counted['name']}: {found.family}")
    print(f"counted: {found.counted}, with the heads: {heads}\n")
    rows = [*counted["parts"].items(), ("", "")]
    put_table([*rows, *((_words(key), counted[key]) for key in TOTALS)])


@app.command("compare")
def compare_command(
    configs: Annotated[
        list[str], typer.Argument(metavar="CONFIG...", help=CONFIG)
    ],
    as_json: AsJson = False,
) -> None:
    """Set the parameters of several models side by side."""
    records = [record(reading(config)) for config in configs]
    if as_json:
        put_json(records)
        return
    parts = dict.fromkeys(part for r in records for part in r["parts"])
    put_table(
        [
            ("", *(r["name"] for r in records)),
            *(
                (part, *(r["parts"].get(part, "") for r in records))
                for part in parts
            ),
            ("", *("" for _ in records)),
            *((_words(key), *(r[key] for r in records)) for key in TOTALS),
        ]
    )


@app.command("presets")
def presets_command(as_json: AsJson = False) -> None:
    """List the published models that are known by name."""
    records = []
    for model in zoo.models().values():
        counted = record(model.reading)
        del counted["parts"]
        records.append(
            counted
            | {
                "published": model.published,
                "published_in": model.published_in,
                "sizes_from": model.sizes_from,
                "unconfirmed": [*model.unconfirmed],
                "why": model.why,
            }
        )
    if as_json:
        put_json(records)
        return
    shown = ("name", "family", "total", "non_embedding", "active", "published")
    put_table(
        [
            [_words(key) for key in shown],
            *([r[key] for key in shown] for r in records),
        ]
    )


def _words(key: str) -> str:
    return key.replace("_", "-")
