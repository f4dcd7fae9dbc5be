"""A run as it is watched: a bar with its speed, a line for each evaluation."""

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tqdm import tqdm

from xfmr import count
from xfmr.train import folder
from xfmr.train.log import Row
from xfmr.train.loop import Run

SIGNALS = (signal.SIGINT, signal.SIGTERM)


def watched(run: Run, where: Path) -> bool:
    """Train a folder's run to its end; whether it came so far.

    The bar is seen by a person alone, the lines go to the output. Of several
    processes only the first shows anything.

    Raises:
        ValueError: if the disk takes no more.
    """
    is_first = run.ranks.rank == 0
    if is_first:
        n_parameters = count.parameters(run.model.config)
        print(
            f"{n_parameters:,} parameters, {run.recipe.n_tokens:,} tokens a "
            f"step, {len(run.material.train):,} tokens to learn from"
        )
    with stoppable() as stop:
        bar = tqdm(
            folder.go_on(run, where, stop=stop),
            initial=run.n_done,
            total=run.recipe.n_steps,
            disable=None if is_first else True,  # None: unless it is seen
            unit="step",
        )
        for row in bar:
            loss = f"loss {row['loss']:.3f}, {_speed(row)}"
            bar.set_postfix_str(loss, refresh=False)
            if is_first and "held_out" in row:
                bar.write(_evaluation(row), file=sys.stdout)
    return run.n_done == run.recipe.n_steps


def _speed(row: Row) -> str:
    return f"{row['tokens_per_second']:,.0f} tokens/s, MFU {row['mfu']:.0%}"


def _evaluation(row: Row) -> str:
    return (
        f"step {row['step']:6,}  loss {row['loss']:.4f}  held out "
        f"{row['held_out']:.4f} nats a token, "
        f"{row['bits_per_byte']:.4f} bits a byte  {_speed(row)}"
    )


@contextmanager
def stoppable() -> Iterator[Callable[[], bool]]:
    """Tells whether somebody has pressed Ctrl-C or asked the process to end.

    Inside, neither ends it at once: the step in hand comes first.
    """
    asked = []
    before = {
        number: signal.signal(number, lambda *_: asked.append(True))
        for number in SIGNALS
    }
    try:
        yield lambda: bool(asked)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
