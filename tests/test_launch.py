"""Ranks: what they return, and how they end when one of them fails."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from tests import ranks as called
from xfmr.distributed import launch
from xfmr.distributed.launch import RankError, Ranks

GONE = 5.0  # seconds within which all processes must have ended


def alive(pid):
    """Whether a process is there and not a zombie that nobody has reaped."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{pid}/stat")
    return not stat.exists() or stat.read_text().split()[2] != "Z"


def assert_all_end(pids):
    until = time.monotonic() + GONE
    while any(map(alive, pids)):
        assert time.monotonic() < until, [p for p in pids if alive(p)]
        time.sleep(0.02)


@pytest.fixture
def group():
    with Ranks(3) as ranks:
        ranks.run(called.settings)  # so that none is still importing
        yield ranks, [*ranks.run(os.getpid), ranks.run(os.getppid)[0]]


def test_a_result_from_each_rank_in_their_order(group):
    ranks, pids = group
    assert ranks.run(called.about, "ab", times=2) == [
        (rank, 3, "abab") for rank in range(3)
    ]
    assert ranks.run("tests.ranks:about", "c") == [
        (rank, 3, "c") for rank in range(3)
    ]
    assert len({*pids, os.getpid()}) == 5
    assert ranks.run(called.settings) == [(1, "1")] * 3
    for result in ranks.run(called.summed, torch.tensor([1.5, 2.0])):
        assert result.tolist() == [4.5, 6.0]
    ranks.close()
    assert_all_end(pids)
    ranks.close()  # once more does nothing
    with pytest.raises(ValueError, match="have ended"):
        ranks.run(os.getpid)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            (called.raises_on, 1),
            r"raises_on: rank 1 raised KeyError: 'missing'",
        ),
        (
            ("xfmr.distributed.failure:killed", 2),
            r"killed: rank 2 ended by SIGKILL",
        ),
        (
            (called.dies_on, 1, signal.SIGTERM),
            r"dies_on: rank 1 ended by SIGTERM",
        ),
        ((called.exits_on, 0), r"exits_on: rank 0 ended with status 1"),
        (
            ("tests.ranks:missing",),
            r"missing: rank \d raised AttributeError: .*'missing'",
        ),
        (
            (called.nothing_to_send,),
            r"rank \d raised (\w+Error|AttributeError)",
        ),
    ],
    ids=["raises", "killed", "dies", "exits", "no such function", "no result"],
)
def test_a_rank_that_fails_ends_them_all(group, call, message):
    ranks, pids = group
    started = time.monotonic()
    with pytest.raises(RankError, match=message):
        ranks.run(*call)
    assert time.monotonic() - started < 10
    assert_all_end(pids)
    with pytest.raises(ValueError, match="have ended"):
        ranks.run(os.getpid)


def test_the_error_of_a_rank_shows_where_it_was_raised(group):
    ranks, _ = group
    with pytest.raises(RankError, match=r'ranks.py", line \d+, in rai'):
        ranks.run(called.raises_on, 0)


def test_a_rank_that_hangs_says_where_and_ends_with_the_others(group):
    ranks, pids = group
    message = (
        r"hangs_on: no answer in 0.5 s: "
        r"rank 1 is at hangs_on \(ranks.py:\d+\)$"
    )
    with pytest.raises(RankError, match=message):
        ranks.run(called.hangs_on, 1, seconds=0.5)
    assert_all_end(pids)


def test_a_rank_that_is_stopped_ends_too(group):
    ranks, pids = group
    message = r"rank 0 is at a place it cannot say, rank 1 is at .*barrier"
    with pytest.raises(RankError, match=message):
        ranks.run(called.stops_on, 0, seconds=0.5)
    assert_all_end(pids)


def test_ranks_end_when_their_watcher_does(group):
    ranks, pids = group
    os.kill(pids[-1], signal.SIGKILL)
    with pytest.raises(RankError, match="the watcher of the ranks has ended"):
        ranks.run(called.hangs_on, 1)
    assert_all_end(pids)


CALLER = """
import os, sys, time
from xfmr.distributed.launch import Ranks
ranks = Ranks(2)
print(*ranks.run(os.getpid), ranks.run(os.getppid)[0], flush=True)
time.sleep(600)
"""


def test_ranks_end_when_their_caller_is_killed():
    caller = subprocess.Popen(
        [sys.executable, "-c", CALLER], stdout=subprocess.PIPE, text=True
    )
    with caller:
        pids = [int(word) for word in caller.stdout.readline().split()]
        assert len(pids) == 3 and all(map(alive, pids))
        caller.kill()
    assert_all_end(pids)


def test_ranks_that_do_not_start_in_time(monkeypatch):
    ends = []  # held open by one who never answers

    def fork(store, theirs):
        ends.extend(map(os.dup, theirs))

    monkeypatch.setattr(launch, "_host", lambda: SimpleNamespace(fork=fork))
    with pytest.raises(RankError, match=r"the start: no answer in 0\.1 s"):
        Ranks(1, seconds=0.1)
    for end in ends:
        os.close(end)


def test_a_function_needs_a_name():
    with Ranks(1) as ranks:
        with pytest.raises(ValueError, match=r"<lambda>.*must be importable"):
            ranks.run(lambda: None)
        called.about.__module__, kept = "__main__", called.about.__module__
        with pytest.raises(ValueError, match=r"__main__.*must be importable"):
            ranks.run(called.about)
        called.about.__module__ = kept
        assert ranks.run(called.about, "a") == [(0, 1, "a")]


def test_there_is_at_least_one_rank():
    with pytest.raises(ValueError, match="n_ranks=0 must be at least 1"):
        Ranks(0)
