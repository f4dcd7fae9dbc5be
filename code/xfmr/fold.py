"""Runs with whole calls as single steps, where what is inside is known.

A norm is nine operations, and a GELU five. Folded, each is one step that has
their FLOPs and their parameters, and the tensors in between are left out. So
can whole parts of a model be, until it is a page.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import groupby

from xfmr import source
from xfmr.trace import Run, Step, Traced


def folded(run: Run, *functions: Callable) -> Run:
    """The run with each call of these functions as a single step.

    The step is called what the function is called; `Layer.forward` is `Layer`.

    Raises:
        ValueError: if the run calls one of them nowhere, or reads a tensor
            from inside a call after it.
    """
    places = {_name(f): source.places(f) for f in functions}

    def call(step: Step) -> tuple[str, str]:
        at, part = step.result.where, step.result.part
        return next(
            (n for n, lines in places.items() if at in lines), ""
        ), part

    return _folded(run, call, list(places))


def folded_parts(run: Run, names: Mapping[str, str]) -> Run:
    """The run with each part of a model as a single step, all inside it too.

    Args:
        names: for what a part is called where it stands, such as `attention`,
            what its step is called.

    Raises:
        ValueError: if nothing runs in one of them, or a tensor from inside is
            read after it.
    """

    def call(step: Step) -> tuple[str, str]:
        words = step.result.part.split(".")
        at = next((n for n, word in enumerate(words) if word in names), None)
        if at is None:
            return "", ""
        return names[words[at]], ".".join(words[: at + 1])

    return _folded(run, call, list(names.values()))


def _folded(
    run: Run, call: Callable[[Step], tuple[str, str]], names: list[str]
) -> Run:
    """The run with steps that follow each other in one call as one."""
    steps, gone, called = [], set(), set()
    for (name, _), group in groupby(run.steps, call):
        inside = list(group)
        if name:
            called.add(name)
            gone |= {id(step.result) for step in inside[:-1]}
            inside = [_one(name, inside)]
        steps += inside
    if missing := [name for name in names if name not in called]:
        raise ValueError(f"names={missing} must be called in the run")
    for step in steps:
        if read := [t.name for t in step.inputs if id(t) in gone]:
            raise ValueError(f"inputs={read} must not be inside a call")
    kept = tuple(t for t in run.tensors if id(t) not in gone)
    return replace(run, tensors=kept, steps=tuple(steps))


def _name(function: Callable) -> str:
    return function.__qualname__.removesuffix(".forward").split(".")[-1]


def _one(name: str, steps: list[Step]) -> Step:
    """One step for several that follow each other."""
    return Step(
        operation=name,
        inputs=tuple(_read(steps)),
        result=steps[-1].result,
        flops=sum(step.flops for step in steps),
        parameters=sum(step.parameters for step in steps),
    )


def _read(steps: list[Step]) -> Iterator[Traced]:
    """What the steps read and none of them made, each once."""
    seen = {id(step.result) for step in steps}
    for step in steps:
        for tensor in step.inputs:
            if id(tensor) not in seen:
                seen.add(id(tensor))
                yield tensor
