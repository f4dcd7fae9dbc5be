"""A toy run, which several tests take: its recipe and its text."""

import resource
from contextlib import contextmanager
from dataclasses import replace
from random import Random

import torch

from xfmr.train.loop import Run
from xfmr.train.material import in_memory, of_source
from xfmr.train.recipe import MINI

TOY = replace(
    MINI,
    n_layers=2,
    d_model=16,
    n_heads=2,
    context_length=8,
    n_steps=8,
    batch_size=6,
    micro_batch=6,
    evaluate_every=4,
    n_evaluated=5,
    checkpoint_every=4,
)
TEXT = " ".join(Random(0).choices("one two three four five".split(), k=400))
SOURCE = in_memory(TEXT)


def toy_run(source=SOURCE, **fields):
    torch.set_num_threads(1)
    recipe = replace(TOY, **fields)
    return Run(recipe, of_source(recipe, source))


def losses(rows):
    return [row["loss"] for row in rows]


def without_times(rows):
    timed = ("tokens_per_second", "mfu")
    return [{k: v for k, v in row.items() if k not in timed} for row in rows]


@contextmanager
def small_files(n_bytes):
    """No file may grow beyond so many bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
