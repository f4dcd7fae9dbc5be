"""The demo model as it is kept: how it is made, and how it is read back.

    recipe.json          how it is trained; all else follows from it and PROSE
    tokenizer.json       its tokens, which the tokenizers library reads too
    model.safetensors    its weights, in 16 bits each
    curve.csv            losses and scores while it learned
    scores.json          what it can do, and hashes of all other files
    README.md            its card

    model, tokenizer = load()
    tokens = torch.tensor([tokenizer.encode(as_read(["Ann said red oak"]))])
    model(tokens, "causal"), heads(model, tokens, "causal").weights

`make demo-model` makes them all from the first. It can be stopped at any time
and goes on from the last checkpoint. Another machine adds in another order and
ends elsewhere, but with scores in the same bands, or nothing is kept.
"""

import csv
import hashlib
import io
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import torch
from safetensors.torch import load_file, save

from xfmr.demo import card
from xfmr.demo.model import MODES, Demo
from xfmr.demo.scores import measured
from xfmr.demo.texts import PROSE
from xfmr.demo.training import Training, config_of, tokenizer_of
from xfmr.tokenizer import files
from xfmr.tokenizer.bpe import BPE
from xfmr.train import checkpoint, recipe
from xfmr.train.log import Row

FOLDER = Path(__file__).with_name("model")
RECIPE, TOKENIZER = "recipe.json", "tokenizer.json"
WEIGHTS, CURVE, CARD = "model.safetensors", "curve.csv", "README.md"
SCORES = "scores.json"
HASHED = (RECIPE, TOKENIZER, WEIGHTS, CURVE, CARD)
BANDS = {
    "previous": (0.5, 1.0),
    "induction": (0.3, 1.0),
    "names": (0.9, 1.0),
    "focused heads, causal": (4, 16),
    "focused heads, bidirectional": (4, 16),
    # nats per token
    "language, causal": (1.25, 1.5),
    "language, bidirectional": (0.7, 1.05),
    "prose, causal": (3.1, 3.6),
    "prose, bidirectional": (2.2, 2.75),
}


def load(folder: Path = FOLDER) -> tuple[Demo, BPE]:
    """The model that is kept, in float32, and its tokenizer.

    Not to be trained further.
    """
    model = Demo(config_of(recipe.read(folder / RECIPE)))
    weights = load_file(folder / WEIGHTS)
    model.load_state_dict({name: x.float() for name, x in weights.items()})
    return model.requires_grad_(False), files.load(folder / TOKENIZER)


def kept(folder: Path = FOLDER) -> dict[str, dict[str, object]]:
    """What is said of the model: `scores` and `hashes`."""
    return json.loads((folder / SCORES).read_text("utf8"))


def curve(folder: Path = FOLDER) -> list[Row]:
    """A row for each evaluation while it learned."""
    lines = (folder / CURVE).read_text("utf8").splitlines()
    rows = csv.DictReader(lines)
    return [{name: float(x) for name, x in row.items()} for row in rows]


def hashes(folder: Path = FOLDER) -> dict[str, str]:
    """SHA-256 of each file that is not the scores', and of the prose."""
    paths = [*(folder / name for name in HASHED), PROSE]
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in paths
    }


def outside(scores: dict[str, object]) -> list[str]:
    """The bands that scores are not in."""
    found = {
        "previous": card.best(scores, "causal", "previous"),
        "induction": card.best(scores, "causal", "induction"),
        "names": scores["names"],
    }
    for mode in MODES:
        found[f"focused heads, {mode}"] = card.focused(scores, mode)
        for kind, losses in scores["losses"].items():
            found[f"{kind}, {mode}"] = losses[mode]["loss"]
    return [
        f"{name}={found[name]:.4f} must be from {low} to {high}"
        for name, (low, high) in BANDS.items()
        if not low <= found[name] <= high
    ]


def make(work: Path, folder: Path = FOLDER) -> Iterator[Row]:
    """Train the model of a folder's recipe, and put it there; its curve.

    Args:
        work: where checkpoints are; what is there goes on.

    Raises:
        ValueError: if there is no recipe, checkpoints are those of another,
            or as `keep`.
    """
    torch.set_num_threads(1)  # the same additions in the same order
    made = recipe.read(folder / RECIPE)
    run = Training(made, tokenizer_of(made.vocab_size))
    work.mkdir(parents=True, exist_ok=True)
    rows = _restored(run, work)
    yield from rows
    for row in run.evaluations():
        rows.append(row)
        tensors, facts = run.state()
        facts |= {"curve": rows, "recipe": made.text()}
        step = run.n_done
        checkpoint.keep(work, step=step, tensors=tensors, facts=facts)
        yield row
    keep(run, rows, folder)


def _restored(run: Training, work: Path) -> list[Row]:
    """Take up the newest checkpoint, if there is one; its curve."""
    state = checkpoint.load_newest(work)
    if state is None:
        return []
    tensors, facts = state
    if facts["recipe"] != run.recipe.text():
        raise ValueError(f"{work} has checkpoints of another recipe")
    run.restore(tensors, facts)
    return facts["curve"]


def keep(run: Training, rows: list[Row], folder: Path) -> None:
    """Put a model into a folder, with its curve, its scores and its card.

    All scores are those of the weights as they are stored.

    Raises:
        ValueError: if scores are outside their bands, or the disk does not
            take the files; in the first case the folder stays as it was.
    """
    half = {name: x.half() for name, x in run.weights().items()}
    tokenizer = run.material.tokenizer
    model = Demo(run.model.config).requires_grad_(False)
    model.load_state_dict({name: x.float() for name, x in half.items()})
    scores = measured(model, tokenizer)
    if wrong := outside(scores):
        raise ValueError(f"the model is not kept: {'; '.join(wrong)}")
    checkpoint.write(folder / WEIGHTS, save(half, {"format": "pt"}))
    files.save(tokenizer, folder / TOKENIZER)
    checkpoint.write(folder / CURVE, _csv(rows).encode())
    text = card.text(run.recipe, scores)
    checkpoint.write(folder / CARD, text.encode())
    said = {"scores": scores, "hashes": hashes(folder)}
    text = json.dumps(said, indent=1) + "\n"
    checkpoint.write(folder / SCORES, text.encode())


def _csv(rows: list[Row]) -> str:
    written = io.StringIO()
    table = csv.DictWriter(written, [*rows[0]], lineterminator="\n")
    table.writeheader()
    for row in rows:
        table.writerow({name: round(x, 6) for name, x in row.items()})
    return written.getvalue()


def main(work: str, folder: Path = FOLDER) -> None:
    """Make the model, and say how it goes."""
    for row in make(Path(work), folder):
        line = "  ".join(f"{name} {x:.4g}" for name, x in row.items())
        print(line, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
