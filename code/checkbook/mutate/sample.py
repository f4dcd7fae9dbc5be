"""Which mutants a run tries: the same ones for the same seed."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from random import Random

from checkbook.mutate.mutant import Mutant


def draw(mutants: Iterable[Mutant], n: int, seed: int) -> list[Mutant]:
    """Up to n mutants, spread over operators, then files, then lines.

    Operators take turns; within one, its files take turns; within a file,
    no line is taken again before every other was.
    """
    random = Random(seed)
    strata = defaultdict(lambda: defaultdict(list))
    for mutant in sorted(set(mutants)):
        strata[mutant.operator][mutant.file].append(mutant)
    queues = [_in_turn(_file_queues(f, random)) for f in strata.values()]
    random.shuffle(queues)
    drawn, seen = [], set()
    for mutant in _in_turn(queues):
        change = mutant.file, mutant.edit  # two operators may agree on one
        if len(drawn) < n and change not in seen:
            seen.add(change)
            drawn.append(mutant)
    return drawn


def _file_queues(
    files: dict[str, list[Mutant]], random: Random
) -> list[Iterator[Mutant]]:
    queues = [_lines_in_turn(mutants, random) for mutants in files.values()]
    random.shuffle(queues)
    return queues


def _lines_in_turn(mutants: list[Mutant], random: Random) -> Iterator[Mutant]:
    lines = defaultdict(list)
    for mutant in mutants:
        lines[mutant.line].append(mutant)
    for line in lines.values():
        random.shuffle(line)
    queues = [iter(line) for line in lines.values()]
    random.shuffle(queues)
    return _in_turn(queues)


def _in_turn(queues: list[Iterator[Mutant]]) -> Iterator[Mutant]:
    """One of each queue, round after round, until all are empty."""
    queues = list(map(iter, queues))
    while queues:
        left = []
        for queue in queues:
            for mutant in queue:
                yield mutant
                left.append(queue)
                break
        queues = left
