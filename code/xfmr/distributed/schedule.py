"""Pipelines: which rank works on which micro-batch when.

A rank's order is a list of tasks, forwards and backwards of a micro-batch:

    all at first    every forward, then every backward; Huang et al. 2019
    1F1B            as few forwards as keep the last rank busy, then one of
                    each in turn; Narayanan et al. 2021

Both leave a rank idle for (p - 1) / (m + p - 1) of the time, with p ranks
and m micro-batches. They differ in how many forwards wait for their backward.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from xfmr.axes import check_sizes


class Task(NamedTuple):
    """A pass of one micro-batch through one stage.

    Args:
        kind: `forward` or `backward`.
        batch: the micro-batch, from 0.
    """

    kind: str
    batch: int


class Timed(NamedTuple):
    """A task and when it is at work."""

    task: Task
    start: float
    end: float


Order = list[Task]


def all_at_first(rank: int, *, ranks: int, batches: int) -> Order:
    """A rank's tasks where every backward comes after every forward.

    Raises:
        ValueError: if a size is below one, or there is no such rank.
    """
    _check(rank, ranks, batches)
    return _alternating(batches, batches)


def one_forward_one_backward(rank: int, *, ranks: int, batches: int) -> Order:
    """A rank's tasks in 1F1B.

    Raises:
        ValueError: if a size is below one, or there is no such rank.
    """
    _check(rank, ranks, batches)
    return _alternating(min(ranks - rank, batches), batches)


def _alternating(n_first: int, batches: int) -> Order:
    """So many forwards, then one backward and one forward in turn."""
    tasks = [Task("forward", n) for n in range(n_first)]
    for n in range(batches):
        tasks.append(Task("backward", n))
        if n_first + n < batches:
            tasks.append(Task("forward", n_first + n))
    return tasks


def timed(
    order: Callable[..., Order],
    *,
    ranks: int,
    batches: int,
    backward: float = 2.0,
) -> list[list[Timed]]:
    """When each rank does each of its tasks, if it starts as soon as it can.

    A forward needs that of the rank before, a backward that of the next.

    Args:
        order: of one rank, as `one_forward_one_backward`.
        backward: how long a backward takes, in forwards.

    Raises:
        ValueError: if the ranks wait for each other for ever, or as the
            order does.
    """
    sizes = {"ranks": ranks, "batches": batches}
    left = [order(rank, **sizes) for rank in range(ranks)]
    done: list[list[Timed]] = [[] for _ in range(ranks)]
    ends: dict[tuple[int, Task], float] = {}
    while any(left):
        before = len(ends)
        for rank in range(ranks):
            while left[rank]:
                task = left[rank][0]
                ahead = rank + (1 if task.kind == "backward" else -1)
                if ahead in range(ranks) and (ahead, task) not in ends:
                    break
                free = done[rank][-1].end if done[rank] else 0.0
                start = max(free, ends.get((ahead, task), 0.0))
                long = backward if task.kind == "backward" else 1.0
                ends[rank, task] = start + long
                done[rank].append(Timed(task, start, start + long))
                left[rank].pop(0)
        if len(ends) == before:
            raise ValueError(f"{order=} must let some rank go on")
    return done


def idle(run: Sequence[Sequence[Timed]]) -> float:
    """The share of all ranks' time in which they do nothing: the bubble."""
    whole = max(t.end for tasks in run for t in tasks)
    busy = sum(t.end - t.start for tasks in run for t in tasks)
    return 1 - busy / (whole * len(run))


def bubble(*, ranks: int, batches: int) -> float:
    """The same share by the formula.

    Narayanan et al. 2021, there as a share of the busy time.

    Raises:
        ValueError: if a size is below one.
    """
    check_sizes(ranks=ranks, batches=batches)
    return (ranks - 1) / (batches + ranks - 1)


def waiting(order: Order) -> int:
    """The most micro-batches whose forward still waits for its backward."""
    now = most = 0
    for task in order:
        now += 1 if task.kind == "forward" else -1
        most = max(most, now)
    return most


def _check(rank: int, ranks: int, batches: int) -> None:
    check_sizes(ranks=ranks, batches=batches)
    if rank not in range(ranks):
        raise ValueError(f"{rank=} must be one of {ranks=}")
