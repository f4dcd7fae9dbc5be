"""The scripts of the lab, written into a folder.

Each says in its first line what it was made of: a hash of the model's numbers,
of the tokenizer, and of the code of this package, so that scripts that are no
longer what they would be are found without making them again.
"""

import base64
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

from xfmr.demo.model import Demo
from xfmr.export import golden, kernel, tables, weights
from xfmr.tokenizer.bpe import BPE
from xfmr.tokenizer.files import document

HEAD = "/* made by xfmr.export of {made_of} */\n"


def scripts(model: Demo, tokenizer: BPE, ids: Sequence[int]) -> dict[str, str]:
    """The text of each script, by its name.

    Args:
        ids: the text of the golden cases.

    Raises:
        ValueError: if the tokenizer is not the model's, or one of the two
            cannot be exported.
    """
    V = model.config.vocab_size
    if tokenizer.vocab_size > V:
        raise ValueError(f"{tokenizer.vocab_size=} must be at most {V}")
    head = HEAD.format(made_of=made_of(model, tokenizer))
    values = {
        "weights": weights.weights(model),
        "tables": tables.tables(tokenizer),
        "golden": golden.golden(weights.as_exported(model), ids),
        "kernel": base64.b64encode(kernel.wasm()).decode(),
    }
    return {
        name: f"{head}window.demo{name.title()} = {json.dumps(value)};\n"
        for name, value in values.items()
    }


def made_of(model: Demo, tokenizer: BPE) -> str:
    """A hash of all that decides what the scripts say."""
    total = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        total.update(path.read_bytes())
    for name, weight in model.named_parameters():
        total.update(name.encode())
        total.update(weight.detach().numpy().tobytes())
    total.update(json.dumps(document(tokenizer), sort_keys=True).encode())
    return total.hexdigest()


def write(folder: Path, made: dict[str, str]) -> None:
    """Put scripts into a folder, which may not be there yet."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in made.items():
        (folder / f"{name}.js").write_text(text, "utf8")
