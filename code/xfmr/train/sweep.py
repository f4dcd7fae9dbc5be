"""Sweeps: a run for each combination of values, and a table of what came out.

Each is a run in a folder of its own. What has ended is not run again, and
what was stopped goes on, so a sweep is resumed by the same call. Which
processes or machines share the runs is joblib's matter:

    with joblib.parallel_config(backend="dask"):    # or "ray", "loky", ...
        sweep(MINI, {"learning_rate": [1e-3, 3e-3]}, source, folder)
"""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path

from joblib import Parallel, delayed

from xfmr.train import checkpoint, folder, log, recipe
from xfmr.train.material import Source
from xfmr.train.recipe import Recipe

TABLE = "results.csv"
FOUND = ("loss", "held_out", "bits_per_byte")
Result = dict[str, object]


def sweep(
    base: Recipe,
    grid: Mapping[str, Sequence[object]],
    source: Source,
    out: Path,
) -> list[Result]:
    """The values and losses of each run, the best held-out loss first.

    The same table is in `results.csv` of the folder.

    Args:
        grid: the values of fields of the recipe.

    Raises:
        ValueError: if a recipe cannot be run, or a folder has another run.
    """
    combinations = [
        dict(zip(grid, values, strict=True))
        for values in product(*grid.values())
    ]
    recipes = [replace(base, **values) for values in combinations]
    ends = Parallel()(
        delayed(ended)(made, source, out / _name(values))
        for made, values in zip(recipes, combinations, strict=True)
    )
    results = [
        values | {name: end[name] for name in FOUND}
        for values, end in zip(combinations, ends, strict=True)
    ]
    results.sort(key=lambda result: result["held_out"])
    file = io.StringIO(newline="")
    writer = csv.DictWriter(file, [*grid, *FOUND])
    writer.writeheader()
    writer.writerows(results)
    checkpoint.write(out / TABLE, file.getvalue().encode())
    return results


def ended(made: Recipe, source: Source, where: Path) -> log.Row:
    """The last row of a run, which is begun or gone on with if need be.

    Raises:
        ValueError: if the folder has a run of another recipe.
    """
    if not (where / folder.RECIPE).exists():
        folder.begin(where, made, source)
    if recipe.read(where / folder.RECIPE) != made:
        raise ValueError(f"{where} has a run of another recipe")
    logged = log.rows(where)
    if not logged or logged[-1]["step"] < made.n_steps:
        logged = [*folder.go_on(folder.resumed(where), where)]
    return logged[-1]


def _name(values: Mapping[str, object]) -> str:
    return ",".join(f"{name}={value}" for name, value in values.items())
