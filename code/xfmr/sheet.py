"""The dimension sheet: all tensors of one forward pass, equal layers once.

Layers that repeat the same steps are folded to one, with their number beside
it, and so are the experts of a layer. Each row counts for all of them, so that
every column adds up to the run.
"""

import re
from collections.abc import Iterator
from itertools import groupby

from xfmr.tables import Code, Table, table
from xfmr.trace import Run, Step

# style
LONG = 30  # characters beyond which a tensor is called what made it
LONGEST = 40  # rows that are looked for again

LAYER = re.compile(r"^(?:\w+\.)*?\d+")


def sheet(run: Run, *, caption: str) -> Table:
    """One row for each tensor that a run makes.

    Parameters stand where they are used first, and a tensor that is a view of
    another's memory takes no bytes.
    """
    new, seen = [], set()
    for step in run.steps:
        used = {
            id(t): t.value.numel()
            for t in step.inputs
            if t.kind == "parameter" and id(t) not in seen
        }
        seen |= used.keys()
        new.append(sum(used.values()))
    rows = list(zip(run.steps, new, strict=True))
    return table(
        (
            {
                "tensor": Code(_name(first), _part(first)),
                "made by": first.operation.split()[0],
                "axes": first.result.axes,
                "size": first.result.shape,
                "times": len(alike),
                "bytes": sum(
                    step.result.bytes
                    for step, _ in alike
                    if not step.result.shares
                ),
                "parameters": sum(n for _, n in alike),
                "FLOPs": sum(step.flops for step, _ in alike),
            }
            for alike in _repeated(rows)
            for first, _ in alike[:1]
        ),
        caption=caption,
        total=["bytes", "parameters", "FLOPs"],
    )


def _name(step: Step) -> str:
    name = step.result.name
    return name if len(name) <= LONG else f"{step.operation}(...)"


def _layer(row: tuple[Step, int]) -> str:
    found = LAYER.match(row[0].result.part)
    return found[0] if found else ""


def _part(step: Step) -> str:
    """The part's name, whichever of the layers it stands in."""
    return re.sub(r"\.\d+", "", step.result.part)


def _kind(step: Step) -> tuple:
    """All that a reader sees of a row but its layer's number."""
    return (
        _part(step),
        step.result.name,
        step.operation,
        step.result.axes,
        step.result.shape,
        step.result.shares != "",
        step.flops,
    )


def _repeated(
    rows: list[tuple[Step, int]],
) -> Iterator[list[tuple[Step, int]]]:
    """For each row of a layer, those of the layers that follow and are alike.

    What stands in no layer is alone.
    """
    layers = [(name, list(group)) for name, group in groupby(rows, _layer)]
    alike, first = [], None
    for name, layer in layers:
        kinds = [(_kind(step), n) for step, n in layer]
        if alike and name and first == kinds:
            alike.append(layer)
            continue
        yield from _runs(alike)
        alike, first = [layer], kinds
    yield from _runs(alike)


def _runs(
    layers: list[list[tuple[Step, int]]],
) -> Iterator[list[tuple[Step, int]]]:
    """The rows of layers that are alike, and again those that repeat there.

    Experts are no parts with a number, and each makes the same rows as the
    one before; the parameters of all are those that the first row uses.
    """
    rows = list(zip(*layers, strict=True))
    kinds = [_kind(alike[0][0]) for alike in rows]
    at = 0
    while at < len(rows):
        times = [_times(kinds, at, n) for n in range(1, LONGEST + 1)]
        n = max(range(1, LONGEST + 1), key=lambda n: n * (times[n - 1] - 1))
        end = at + n * times[n - 1]
        for row in range(at, at + n):
            yield [one for alike in rows[row:end:n] for one in alike]
        at = end


def _times(kinds: list[tuple], at: int, n: int) -> int:
    """How often the n rows from there on stand after one another."""
    times = 1
    while kinds[at : at + n] == kinds[at + n * times : at + n * (times + 1)]:
        times += 1
    return times
