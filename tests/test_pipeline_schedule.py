"""Schedules against torch's own, the formula of the bubble, and by hand."""

from itertools import pairwise

import pytest

from xfmr.distributed import schedule
from xfmr.distributed.schedule import (
    Task,
    all_at_first,
    one_forward_one_backward,
    timed,
)

BOTH = [all_at_first, one_forward_one_backward]
SIZES = [(1, 1), (1, 4), (2, 2), (4, 8), (3, 7), (5, 2), (8, 64)]


def short(tasks):
    return " ".join(f"{t.kind[0]}{t.batch}" for t in tasks)


def test_orders_by_hand():
    sizes = {"ranks": 3, "batches": 4}
    assert [short(one_forward_one_backward(r, **sizes)) for r in range(3)] == [
        "f0 f1 f2 b0 f3 b1 b2 b3",
        "f0 f1 b0 f2 b1 f3 b2 b3",
        "f0 b0 f1 b1 f2 b2 f3 b3",
    ]
    for rank in range(3):
        order = all_at_first(rank, **sizes)
        assert short(order) == "f0 f1 f2 f3 b0 b1 b2 b3"


@pytest.mark.parametrize(("ranks", "batches"), SIZES)
@pytest.mark.parametrize("order", BOTH)
def test_every_task_once_and_forwards_first(order, ranks, batches):
    for rank in range(ranks):
        tasks = order(rank, ranks=ranks, batches=batches)
        assert sorted(tasks) == sorted(
            Task(kind, n)
            for kind in ("forward", "backward")
            for n in range(batches)
        )
        for n in range(batches):
            forward, backward = Task("forward", n), Task("backward", n)
            assert tasks.index(forward) < tasks.index(backward)


@pytest.mark.parametrize(("ranks", "batches"), SIZES)
@pytest.mark.parametrize("backward", [1.0, 2.0, 2.5])
@pytest.mark.parametrize("order", BOTH)
def test_the_bubble_is_that_of_the_formula(order, ranks, batches, backward):
    run = timed(order, ranks=ranks, batches=batches, backward=backward)
    expected = (ranks - 1) / (batches + ranks - 1)
    assert schedule.bubble(ranks=ranks, batches=batches) == expected
    assert schedule.idle(run) == pytest.approx(expected)
    ends = max(t.end for tasks in run for t in tasks)
    assert ends == (batches + ranks - 1) * (1 + backward)


def test_no_rank_does_two_things_or_starts_too_early():
    run = timed(one_forward_one_backward, ranks=4, batches=6)
    when = {(rank, t.task): t for rank in range(4) for t in run[rank]}
    for rank, tasks in enumerate(run):
        for one, other in pairwise(tasks):
            assert one.end <= other.start
        for task, start, end in tasks:
            assert end - start == {"forward": 1, "backward": 2}[task.kind]
            needed = rank + {"forward": -1, "backward": 1}[task.kind]
            if needed in range(4):
                assert when[needed, task].end <= start


def test_how_many_wait_for_their_backward():
    sizes = {"ranks": 4, "batches": 8}
    for rank in range(4):
        order = one_forward_one_backward(rank, **sizes)
        assert schedule.waiting(order) == 4 - rank
        assert schedule.waiting(all_at_first(rank, **sizes)) == 8
    few = one_forward_one_backward(0, ranks=4, batches=2)
    assert schedule.waiting(few) == 2


def test_ranks_that_wait_for_each_other():
    def stuck(rank, *, ranks, batches):
        kinds = ["backward", "forward"] if rank == 0 else ["forward"]
        return [Task(kind, 0) for kind in kinds]

    with pytest.raises(ValueError, match="must let some rank go on"):
        timed(stuck, ranks=2, batches=1)


@pytest.mark.parametrize("order", BOTH)
def test_sizes(order):
    for rank in (-1, 2):
        with pytest.raises(ValueError, match=f"rank={rank} must be one of"):
            order(rank, ranks=2, batches=1)
    with pytest.raises(ValueError, match="batches=0 must be at least 1"):
        order(0, ranks=2, batches=0)
    with pytest.raises(ValueError, match="ranks=0 must be at least 1"):
        schedule.bubble(ranks=0, batches=1)
