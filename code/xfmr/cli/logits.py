"""`xfmr logits`: what a checkpoint scores as the next token.

One row of numbers, so that anyone can hold a checkpoint that was loaded here
against the same one in another library.
"""

from typing import Annotated

import typer

from xfmr.cli.app import AsJson, app, put_json, put_table

N_SHOWN = 10


@app.command("logits")
def logits_command(
    folder: Annotated[
        str,
        typer.Argument(metavar="DIR", help="config.json and safetensors"),
    ],
    ids: Annotated[
        str, typer.Option(help="the tokens, as in 3,17,9", metavar="IDS")
    ],
    decoder_ids: Annotated[
        str | None,
        typer.Option(help="those of the decoder, if any", metavar="IDS"),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Score every token of the vocabulary at the last position."""
    from xfmr.models.logits import last_row  # torch, which others do without

    row = last_row(
        folder,
        ids=_numbers("--ids", ids),
        decoder_ids=None
        if decoder_ids is None
        else _numbers("--decoder-ids", decoder_ids),
    )
    if as_json:
        put_json({"logits": row})
        return
    best = sorted(range(len(row)), key=row.__getitem__, reverse=True)
    put_table(
        [("token", "logit"), *((n, f"{row[n]:.4f}") for n in best[:N_SHOWN])]
    )


def _numbers(option: str, listed: str) -> list[int]:
    """The whole numbers of a list with commas.

    Raises:
        ValueError: if it is none.
    """
    parts = [part.strip() for part in listed.split(",")]
    if not all(part.isdecimal() and part.isascii() for part in parts):
        raise ValueError(
            f"{option}={listed!r} must be whole numbers with commas between"
        )
    return [int(part) for part in parts]
