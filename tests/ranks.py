"""What tests run in ranks: functions that each rank imports by name."""

import os
import signal
import sys
import time

import torch
import torch.distributed as dist
from jaxtyping import install_import_hook


def check_annotations():
    """What the rank imports of xfmr from now on is checked as here."""
    install_import_hook("xfmr", "beartype.beartype")


def about(word, *, times=1):
    return dist.get_rank(), dist.get_world_size(), word * times


def settings():
    return torch.get_num_threads(), os.environ["OMP_NUM_THREADS"]


def summed(x):
    dist.all_reduce(x)
    return x


def raises_on(rank):
    if dist.get_rank() == rank:
        raise KeyError("missing")
    dist.barrier()


def dies_on(rank, number):
    if dist.get_rank() == rank:
        os.kill(os.getpid(), number)
    dist.barrier()


def exits_on(rank):
    if dist.get_rank() == rank:
        sys.exit(3)


def hangs_on(rank):
    if dist.get_rank() == rank:
        time.sleep(600)
    return "done"


def stops_on(rank):
    if dist.get_rank() == rank:
        os.kill(os.getpid(), signal.SIGSTOP)
    dist.barrier()


def nothing_to_send():
    return lambda: None


def shifted(by):
    from xfmr.distributed import collectives

    ring = collectives.Ring()
    return ring.shift(torch.tensor([ring.rank]), by).item(), ring.sent


def uneven():
    from xfmr.distributed import collectives

    collectives.reduce_scatter(collectives.Ring(), torch.zeros(6))


def of_arange(name):
    from xfmr.distributed import collectives

    ring = collectives.Ring()
    ours, *_ = collectives.THEIRS[name]
    return ours(ring, torch.arange(4) + 10 * ring.rank).tolist()


def with_a_wrong_ring():
    from xfmr.distributed import collectives

    kept = collectives.THEIRS["all-reduce"]
    wrong = (lambda ring, x: x, *kept[1:])
    collectives.THEIRS["all-reduce"] = wrong
    try:
        return collectives.compared("all-reduce", 8)
    finally:
        collectives.THEIRS["all-reduce"] = kept


def written(name, n_numbers):
    """Bytes that our ring and torch hand to the system, and that ours counts.

    Linux counts what a process writes, to whatever it is.
    """
    from xfmr.distributed import collectives

    ours, theirs, power = collectives.THEIRS[name]
    ring, x = collectives.Ring(), torch.ones(n_numbers, dtype=torch.float64)
    out = x.new_empty(int(n_numbers * ring.size**power))
    both = [lambda: ours(ring, x), lambda: theirs(out, x)]
    if name == "all-reduce":
        both[1] = lambda: theirs(out)
    counts = []
    for function in both:
        dist.barrier()
        before = _so_far()
        function()
        counts.append(_so_far() - before)
    return ring.sent, *counts


def _so_far():
    with open("/proc/self/io", encoding="utf8") as file:
        return int(dict(line.split(": ") for line in file)["wchar"])
