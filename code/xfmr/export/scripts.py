"""The scripts of the lab, written into a folder.

Each says in its first line what it was made of, so that scripts that are no
longer what they would be are found without making them again.
"""

import base64
import json
from pathlib import Path

from xfmr.demo.model import Demo
from xfmr.export import golden, kernel, tables, weights
from xfmr.export.stamp import head
from xfmr.tokenizer.bpe import BPE

Card = dict[str, list[list[float]]]  # a number for each head, by score
TEXT = "\n When Ann and Ben went to the park, Ann gave a book to"


def scripts(
    model: Demo, tokenizer: BPE, cards: dict[str, Card]
) -> dict[str, str]:
    """The text of each script, by its name.

    Args:
        cards: the scores of heads, for each mode; `xfmr.demo.scores`.

    Raises:
        ValueError: if the tokenizer has more tokens than the model, or one of
            the two cannot be exported.
    """
    most = model.config.vocab_size
    if tokenizer.vocab_size > most:
        raise ValueError(f"{tokenizer.vocab_size=} must be at most {most}")
    ids = tokenizer.encode(TEXT)
    values = {
        "weights": weights.weights(model),
        "tables": tables.tables(tokenizer),
        "golden": golden.golden(weights.as_exported(model), ids),
        "cards": cards,
        "kernel": base64.b64encode(kernel.wasm()).decode(),
    }
    return {
        name: f"{head()}window.demo{name.title()} = {json.dumps(value)};\n"
        for name, value in values.items()
    }


def write(
    folder: Path, model: Demo, tokenizer: BPE, cards: dict[str, Card]
) -> None:
    """Put the scripts into a folder, which may not be there yet.

    Raises:
        ValueError: as `scripts`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in scripts(model, tokenizer, cards).items():
        (folder / f"{name}.js").write_text(text, "utf8")
