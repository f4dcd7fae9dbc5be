"""`xfmr count`, `compare` and `presets`: parameters, without torch."""

from xfmr import count, zoo
from xfmr.cli.app import (
    CONFIG,
    WORDS,
    AsJson,
    Context,
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


@app.command(
    "count", context_settings=WORDS, options_metavar="CONFIG [OPTIONS]"
)
def count_command(context: Context, as_json: AsJson = False) -> None:
    """Count the parameters of a model, part by part.

    CONFIG is a preset's name, a config.json, or a folder that holds one.
    """
    if len(context.args) != 1:
        raise ValueError(f"count takes one CONFIG: {CONFIG}")
    found = reading(context.args[0])
    counted = record(found)
    if as_json:
        put_json(counted)
        return
    heads = ", ".join(found.config.heads) or "none"
    print(f"{counted['name']}: {found.family}")
    print(f"counted: {found.counted}, with the heads: {heads}\n")
    rows = [*counted["parts"].items(), ("", "")]
    put_table([*rows, *((_words(key), counted[key]) for key in TOTALS)])


@app.command(
    "compare", context_settings=WORDS, options_metavar="CONFIG... [OPTIONS]"
)
def compare_command(context: Context, as_json: AsJson = False) -> None:
    """Set the parameters of several models side by side.

    CONFIG is a preset's name, a config.json, or a folder that holds one.
    """
    if not context.args:
        raise ValueError(f"compare takes a CONFIG or more: {CONFIG}")
    records = [record(reading(config)) for config in context.args]
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
