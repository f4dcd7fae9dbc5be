"""The mini model as it is kept: how it is made, and how it is read back.

    recipe.json                       how it is trained; all else follows
    config.json, model.safetensors    the model, as other libraries read it
    words.json                        what its tokens are
    curve.csv                         losses and scores while it learned
    scores.json                       what it can do, and hashes of the above

`make mini-model` makes them all from the first. Another machine adds in
another order and ends elsewhere, with other heads in other places perhaps,
but with scores in the same bands, or nothing is kept.
"""

import csv
import hashlib
import io
import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np
import torch

from xfmr.mini.scores import measured
from xfmr.mini.texts import LANGUAGE
from xfmr.models.gpt import GPT
from xfmr.models.load import WEIGHTS, from_directory
from xfmr.train import checkpoint, export, recipe
from xfmr.train.loop import Row, Run
from xfmr.train.material import Material
from xfmr.train.recipe import Recipe

FOLDER = Path(__file__).with_name("model")
RECIPE, CONFIG, WORDS = "recipe.json", "config.json", "words.json"
CURVE, SCORES = "curve.csv", "scores.json"
HASHED = (RECIPE, CONFIG, WEIGHTS, WORDS, CURVE)
BANDS = {
    "previous": (0.5, 1.0),
    "induction": (0.7, 1.0),
    "copied": (0.99, 1.0),
    "names": (0.99, 1.0),
    "above the floor": (0.0, 0.04),
}
FOLLOWED = ("previous", "induction", "copied")  # while it learns
SEEDS = {"train": 0, "held_out": 1}


def load(folder: Path = FOLDER) -> GPT:
    """The model that is kept, not to be trained further."""
    return from_directory(folder).requires_grad_(False)


def kept(folder: Path = FOLDER) -> dict[str, dict[str, object]]:
    """What is said of the model: `scores` and `hashes`."""
    return json.loads((folder / SCORES).read_text("utf8"))


def curve(folder: Path = FOLDER) -> list[dict[str, float]]:
    """A row for each evaluation while it learned."""
    lines = (folder / CURVE).read_text("utf8").splitlines()
    rows = csv.DictReader(lines)
    return [{name: float(x) for name, x in row.items()} for row in rows]


def hashes(folder: Path) -> dict[str, str]:
    """SHA-256 of each file that is not the scores'."""
    return {
        name: hashlib.sha256((folder / name).read_bytes()).hexdigest()
        for name in HASHED
    }


def outside(scores: dict[str, float | list[int]]) -> list[str]:
    """The bands that scores are not in."""
    gap = scores["loss"] - scores["floor"]
    found = scores | {"above the floor": gap}
    return [
        f"{name}={found[name]:.4f} must be from {low} to {high}"
        for name, (low, high) in BANDS.items()
        if not low <= found[name] <= high
    ]


def material(made: Recipe) -> Material:
    """The language in words: for each step others, none read twice."""
    n_tokens = {
        "train": made.n_steps * made.n_tokens,
        "held_out": made.n_evaluated * made.context_length,
    }
    parts = {
        name: np.fromiter(
            islice(LANGUAGE.tokens(SEEDS[name]), n_tokens[name] + 1), np.uint8
        )
        for name in SEEDS
    }
    n_bytes = [len(word) + 1 for word in LANGUAGE.words]  # and a space
    return Material(LANGUAGE, **parts, token_bytes=torch.tensor(n_bytes))


def trained(run: Run) -> Iterator[Row]:
    """Train to the end; for each evaluation its row, with the scores.

    The loss is the mean over all steps since the row before.
    """
    plain = GPT(run.model.config)  # whose heads can be seen
    since = []
    for row in run.train():
        since.append(row["loss"])
        if "held_out" in row:
            plain.load_state_dict(run.weights())
            scores = measured(plain)
            yield {
                "step": row["step"],
                "tokens": row["tokens"],
                "loss": sum(since) / len(since),
                "held_out": row["held_out"],
            } | {name: scores[name] for name in FOLLOWED}
            since = []


def make(folder: Path = FOLDER) -> Iterator[Row]:
    """Train the model of a folder's recipe, and put it there; its curve.

    Raises:
        ValueError: if there is no recipe, or as `keep`.
    """
    torch.set_num_threads(1)  # the same additions in the same order
    made = recipe.read(folder / RECIPE)
    run = Run(made, material(made))
    rows = []
    for row in trained(run):
        rows.append(row)
        yield row
    keep(run, rows, folder)


def keep(run: Run, rows: list[Row], folder: Path) -> None:
    """Put a model into a folder, with its curve and its scores.

    Raises:
        ValueError: if scores are outside their bands, or the disk does not
            take the files; in the first case the folder stays as it was.
    """
    plain = GPT(run.model.config)
    plain.load_state_dict(run.weights())
    scores = measured(plain)
    if wrong := outside(scores):
        raise ValueError(f"the model is not kept: {'; '.join(wrong)}")
    export.save(run.model.config, run.weights(), folder)
    _write(folder / WORDS, json.dumps(LANGUAGE.words, indent=1) + "\n")
    _write(folder / CURVE, _csv(rows))
    said = {"scores": scores, "hashes": hashes(folder)}
    _write(folder / SCORES, json.dumps(said, indent=1) + "\n")


def _write(path: Path, text: str) -> None:
    checkpoint.write(path, text.encode())


def _csv(rows: list[Row]) -> str:
    written = io.StringIO()
    table = csv.DictWriter(written, [*next(iter(rows))], lineterminator="\n")
    table.writeheader()
    for row in rows:
        table.writerow({name: round(x, 6) for name, x in row.items()})
    return written.getvalue()


def main(folder: Path = FOLDER) -> None:
    """Make the model, and say how it goes."""
    for row in make(folder):
        print("  ".join(f"{name} {x:.4g}" for name, x in row.items()))
    for name, value in kept(folder)["scores"].items():
        print(f"{name}: {value}")


if __name__ == "__main__":
    main()
