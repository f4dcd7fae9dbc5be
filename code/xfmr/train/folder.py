"""A run in a folder: what it leaves there, and how it goes on.

    recipe.json                         how it goes
    tokenizer.json, *.tokens            what it learns from
    checkpoints/                        the last two, whole
    log.csv, log.jsonl, loss.svg        the curve
    config.json, model.safetensors      the model, as other libraries read it

To begin is to write the first two lines; everything after that is to go on,
from the newest checkpoint or, without one, from the start.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import torch

from xfmr.train import checkpoint, export, log, material, recipe
from xfmr.train.log import Row
from xfmr.train.loop import DTYPES, Run
from xfmr.train.material import Source
from xfmr.train.parallel import ALONE, Ranks
from xfmr.train.recipe import Recipe
from xfmr.train.speed import peak_flops, token_flops

RECIPE, CURVE = "recipe.json", "loss.svg"


def begin(folder: Path, made: Recipe, source: Source) -> None:
    """Make the folder of a new run.

    Raises:
        ValueError: if it has a run, if the text is too short, or if the disk
            does not take it.
    """
    if (folder / RECIPE).exists():
        raise ValueError(f"{folder} has a run: --resume {folder} goes on")
    material.prepare(made, source, folder)
    checkpoint.write(folder / RECIPE, made.text().encode())


def resumed(
    folder: Path, *, n_steps: int | None = None, ranks: Ranks = ALONE
) -> Run:
    """The run of a folder, at its newest checkpoint.

    Args:
        n_steps: another end than its recipe has, on which the learning rate
            depends.

    Raises:
        ValueError: if there is no run, its files are not what they were, or
            as `Run` does.
    """
    made = recipe.read(folder / RECIPE)
    if n_steps is not None:
        made = replace(made, n_steps=n_steps)
    run = Run(made, material.load(folder), ranks=ranks)
    state = checkpoint.load_newest(folder)
    if state is not None:
        run.restore(*state)
    return run


def go_on(
    run: Run, folder: Path, *, stop: Callable[[], bool] = lambda: False
) -> Iterator[Row]:
    """Train to the end, or to the step in which `stop` turns true.

    Each row is that of `Run.train`, with tokens a second and the MFU. At the
    end and wherever the recipe asks for it, the folder gets a checkpoint.

    Raises:
        ValueError: if the disk takes no more; the last checkpoint stays.
    """
    is_first = run.ranks.rank == 0
    kept = None
    if is_first:
        checkpoint.write(folder / RECIPE, run.recipe.text().encode())
        kept = log.Log(folder, step=run.n_done)
    try:
        for row in _timed(run):
            if kept is not None:
                kept.add(row)
            stopped = run.ranks.sum(float(stop())) > 0
            is_last = stopped or run.n_done == run.recipe.n_steps
            if is_last or run.n_done % run.recipe.checkpoint_every == 0:
                _keep(run, folder, is_first)
            if is_last and is_first:
                _draw(folder)
            yield row
            if stopped:
                break
    finally:
        if kept is not None:
            kept.close()


def _timed(run: Run) -> Iterator[Row]:
    """Rows with their speed; the time of an evaluation is not a step's."""
    device, precision = run.ranks.device, run.recipe.precision
    peak = peak_flops(device, DTYPES.get(precision, torch.float32))
    flops = token_flops(
        run.recipe.config(vocab_size=run.material.tokenizer.vocab_size),
        n_tokens=run.recipe.context_length,
    )
    while run.n_done < run.recipe.n_steps:
        start = time.perf_counter()
        row = run.step()
        speed = run.recipe.n_tokens / (time.perf_counter() - start)
        mfu = speed * flops / peak / run.ranks.n_ranks
        yield row | run.due() | {"tokens_per_second": speed, "mfu": mfu}


def _keep(run: Run, folder: Path, is_first: bool) -> None:
    """A checkpoint, the model for others, and the curve."""
    tensors, facts = run.state()
    weights = run.weights()  # parts are joined by all processes or by none
    if is_first:
        step = run.n_done
        checkpoint.keep(folder, step=step, tensors=tensors, facts=facts)
        export.save(run.model.config, weights, folder)
    run.ranks.wait()


def _draw(folder: Path) -> None:
    """The curve, if there has been an evaluation."""
    rows = log.rows(folder)
    if any("held_out" in row for row in rows):
        svg = log.curve(rows).svg
        checkpoint.write(folder / CURVE, svg.encode())
