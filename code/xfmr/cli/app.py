"""What all commands share: which model is meant, and how they answer.

A command is a function that `app` knows. It takes `Given` and looks it up with
`reading`; it prints a table for people, or with `--json` one object on the
output and nothing else. What is wrong is a ValueError, which becomes one line
on the error output; what the reader should know goes there too.
"""

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from xfmr import zoo
from xfmr.families import Reading, read

app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
CONFIG = "a preset's name, a config.json, or a folder that holds one"
Given = Annotated[str, typer.Argument(metavar="CONFIG", help=CONFIG)]
# A command that is given names alone takes a Context and these, and reads
# `context.args`, so that pydantic need not be imported.
Context = typer.Context.__base__  # what typer passes for a typer.Context
WORDS = {"allow_extra_args": True}
AsJson = Annotated[bool, typer.Option("--json", help="print JSON instead")]


@app.callback()
def commands() -> None:
    """The arithmetic of transformers, from a config.json or a name."""


def reading(given: str) -> Reading:
    """The model that a name, a file or a folder stands for.

    What its file leaves open is said on the error output.

    Raises:
        ValueError: if it stands for none, or its file cannot be counted.
    """
    path = Path(given)
    is_one = path.is_file() or (path / "config.json").is_file()
    is_name = path.name == given and path.suffix != ".json"
    if is_one or not is_name:
        found = read(path)
    else:
        found = zoo.find(given).reading
    for line in found.warnings:
        say(f"{found.config.name}: {line}")
    if found.assumed:
        name, counted = found.config.name, found.counted
        say(f"{name}: no architectures, so {counted} is counted")
    return found


def say(line: str) -> None:
    """Put a line on the error output."""
    print(line, file=sys.stderr)


def put_json(record: object) -> None:
    """Print a record as JSON."""
    print(json.dumps(record, indent=2, ensure_ascii=False))


def put_table(rows: Iterable[Iterable[object]]) -> None:
    """Print rows as aligned columns: whole numbers right, with thousands."""
    texts = [[_text(value) for value in row] for row in rows]
    numeric = [
        any(text and text[0].isdigit() for text in column)
        for column in zip(*texts, strict=True)
    ]
    widths = [max(map(len, column)) for column in zip(*texts, strict=True)]
    for row in texts:
        cells = [
            text.rjust(width) if right else text.ljust(width)
            for text, width, right in zip(row, widths, numeric, strict=True)
        ]
        print("  ".join(cells).rstrip())


def _text(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)
