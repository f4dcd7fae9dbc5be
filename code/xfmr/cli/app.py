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
    help="The arithmetic of transformers, from a config.json or a name.",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
CONFIG = "a preset's name, a config.json, or a folder that holds one"
Given = Annotated[str, typer.Argument(metavar="CONFIG", help=CONFIG)]
AsJson = Annotated[bool, typer.Option("--json", help="print JSON instead")]


def reading(given: str) -> Reading:
    """The model that a name, a file or a folder stands for.

    What its file leaves open is said on the error output.

    Raises:
        ValueError: if it stands for none, or its file cannot be counted.
    """
    path = Path(given)
    if path.is_file() or (path / "config.json").is_file():
        found = read(path)
    elif path.name != given or path.suffix == ".json" or path.is_dir():
        found = read(path)
    else:
        found = zoo.find(given).reading
    for line in found.warnings:
        say(f"{found.config.name}: {line}")
    if found.assumed:
        say(f"{found.config.name}: no architectures, so {found.counted}")
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
