"""`xfmr train`, `sample` and `sweep`: from a text to a model that writes."""

from pathlib import Path
from typing import Annotated

import typer

from xfmr.cli.app import AsJson, app, put_json, put_table, say

STOPPED = 130  # what shells say of a process that Ctrl-C has ended
Preset = Annotated[str, typer.Option(help="a recipe: mini")]
Text = Annotated[
    Path | None,
    typer.Option(help="in UTF-8; without it, a synthetic language"),
]
Steps = Annotated[int | None, typer.Option(help="updates of the weights")]
Change = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="FIELD=VALUE", help="of the recipe"),
]


@app.command("train")
def train_command(
    preset: Preset = "mini",
    text: Text = None,
    steps: Steps = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="of a new run")
    ] = None,
    resume: Annotated[
        Path | None, typer.Option(metavar="DIR", help="of a run to go on with")
    ] = None,
    change: Change = None,
    threads: Annotated[
        int | None, typer.Option(help="that compute in each process")
    ] = None,
    engine: Annotated[
        str, typer.Option(help="under torchrun: ddp or fsdp")
    ] = "ddp",
) -> int:
    """Train a model on a text, or go on with a run.

    Under `torchrun --nproc-per-node 2 -m xfmr train ...` several processes
    share the rows of each step.
    """
    if (out is None) == (resume is None):
        raise ValueError("one of --out DIR and --resume DIR must be given")
    if resume is not None and (text or change):
        raise ValueError("--resume takes no --text and no --set")
    import torch

    from xfmr.train import folder, parallel, progress, recipe

    if threads is not None:
        torch.set_num_threads(threads)
    with parallel.joined(engine) as ranks:
        if resume is None:
            made = recipe.named(preset, _words(change, steps))
            if ranks.rank == 0:
                folder.begin(out, made, _source(text))
            ranks.wait()
        where = out or resume
        run = folder.resumed(where, n_steps=steps, ranks=ranks)
        ended = progress.watched(run, where)
    if ended:
        return 0
    if ranks.rank == 0:
        say(f"stopped: xfmr train --resume {where} goes on")
    return STOPPED


def _words(change: list[str] | None, steps: int | None) -> list[str]:
    """What a recipe is to have in place of its own values."""
    return [*(change or []), *([] if steps is None else [f"n_steps={steps}"])]


def _source(path: Path | None) -> object:
    """What to learn from; without a file, the synthetic language."""
    from xfmr.train import material

    return material.synthetic() if path is None else material.in_file(path)


@app.command("sample")
def sample_command(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="of a run")],
    prompt: Annotated[str, typer.Option(help="what the text begins with")],
    tokens: Annotated[int, typer.Option(help="to write")] = 300,
    temperature: Annotated[
        float, typer.Option(help="below 1: the likely is likelier; 0: certain")
    ] = 0.8,
    seed: Annotated[int, typer.Option(help="of what is drawn")] = 0,
) -> None:
    """Let a trained model go on with a text."""
    from xfmr.train import writing

    print(
        writing.written(
            *writing.load(folder),
            prompt,
            n_new=tokens,
            temperature=temperature,
            seed=seed,
        )
    )


@app.command("sweep")
def sweep_command(
    out: Annotated[Path, typer.Option(metavar="DIR", help="of all runs")],
    grid: Annotated[
        list[str],
        typer.Option(metavar="FIELD=VALUE,VALUE", help="what is varied"),
    ],
    preset: Preset = "mini",
    text: Text = None,
    steps: Steps = None,
    change: Change = None,
    jobs: Annotated[int, typer.Option(help="runs at the same time")] = 1,
    as_json: AsJson = False,
) -> None:
    """Train with each combination of values; resumed by the same command."""
    from joblib import parallel_config

    from xfmr.train import recipe
    from xfmr.train.sweep import FOUND, sweep

    varied = {}
    for word in grid:
        name, _, values = word.partition("=")
        varied[name] = recipe.values_of(name, values)
    made = recipe.named(preset, _words(change, steps))
    with parallel_config(n_jobs=jobs):
        results = sweep(made, varied, _source(text), out)
    if as_json:
        put_json(results)
        return
    put_table(
        [
            [*results[0]],
            *(
                [
                    f"{value:.4f}" if name in FOUND else f"{value}"
                    for name, value in result.items()
                ]
                for result in results
            ),
        ]
    )
