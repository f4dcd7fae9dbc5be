"""Real processes on this machine that compute together: ranks.

    with Ranks(4) as ranks:
        results = ranks.run(function, *args)      one from each rank

Importing torch takes longer than all else. So one process, the host, imports
it once for all groups of a program; for each group it forks a watcher, which
forks the ranks. They find each other through a file, talk over the loopback
interface, and have one thread each.

A call is bounded in time. When a rank raises, dies or does not answer, the
error says which and why, and none of them survives it: the watcher kills the
others, and a rank whose watcher or caller is gone ends by itself.
"""

import atexit
import os
import pickle
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from multiprocessing.connection import Pipe, wait
from signal import Signals
from tempfile import TemporaryDirectory
from types import TracebackType

from xfmr.axes import check_sizes

GRACE = 1.0  # seconds for news that should be on its way
COMMAND = [sys.executable, "-m", "xfmr.distributed.host"]


class RankError(RuntimeError):
    """What a rank met, and which rank it was."""


class Ranks:
    """A group of processes, each with a number from 0, its rank.

    Args:
        n_ranks: how many.
        seconds: how long they may take to start.

    Raises:
        ValueError: if there is not at least one.
        RankError: if they do not start.
    """

    def __init__(self, n_ranks: int, *, seconds: float = 180.0):
        check_sizes(n_ranks=n_ranks)
        self.n_ranks = n_ranks
        self._folder = TemporaryDirectory(prefix="ranks-")
        pairs = [Pipe() for _ in range(n_ranks + 1)]
        self._control, *self._ends = (ours for ours, _ in pairs)
        theirs = [other for _, other in pairs]
        store = f"{self._folder.name}/store"
        _host().fork(store, [end.fileno() for end in theirs])
        for end in theirs:
            end.close()
        self._closed = False
        self._collect("the start", seconds)

    def run(
        self,
        function: Callable | str,
        *args: object,
        seconds: float = 100.0,
        **named: object,
    ) -> list:
        """What the function returns on each rank, in the order of ranks.

        Args:
            function: what all ranks call, or its name, `module:function`. A
                rank imports it by this name, and the caller need not.
            args: what each is given, the same on every rank.
            seconds: how long they may take.
            named: the same by name.

        Raises:
            ValueError: if the function has no name to be imported by, or the
                ranks have ended.
            RankError: if a rank raises, ends or is late. All have ended then.
        """
        if isinstance(function, str):
            module, _, name = function.partition(":")
        else:
            module, name = function.__module__, function.__qualname__
        if module == "__main__" or "<" in name:
            raise ValueError(f"{name=} of {module=} must be importable")
        if self._closed:
            raise ValueError("the ranks have ended")
        call = pickle.dumps((module, name, args, named))  # tensors by value
        for end in self._ends:
            with suppress(BrokenPipeError):  # the watcher says what happened
                end.send_bytes(call)
        return self._collect(name, seconds)

    def close(self) -> None:
        """End all ranks, whatever they are doing."""
        if self._closed:
            return
        self._closed = True
        with suppress(EOFError, ConnectionError):
            self._control.send("end")
            while self._control.poll(GRACE):
                self._control.recv()  # what is left, until it hangs up
        for end in (self._control, *self._ends):
            end.close()
        self._folder.cleanup()

    def __enter__(self) -> "Ranks":
        """The ranks themselves."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End all ranks."""
        self.close()

    def _collect(self, what: str, seconds: float) -> list:
        """One answer from each rank, or an error and an end for all."""
        try:
            return self._answers(what, seconds)
        except BaseException:
            self.close()
            raise

    def _answers(self, what: str, seconds: float) -> list:
        waiting, answers = dict(enumerate(self._ends)), {}
        deadline = time.monotonic() + seconds
        while waiting:
            left = max(0.0, deadline - time.monotonic())
            ready = wait([self._control, *waiting.values()], left)
            if not ready:
                places = ", ".join(map(self._place, waiting))
                raise RankError(f"{what}: no answer in {seconds} s: {places}")
            if self._control in ready:
                raise RankError(f"{what}: {self._end()}")
            for rank in [r for r, end in waiting.items() if end in ready]:
                answers[rank] = self._answer(rank, what)
                del waiting[rank]
        return [answers[rank] for rank in range(self.n_ranks)]

    def _answer(self, rank: int, what: str) -> object:
        try:
            kind, value = self._ends[rank].recv()
        except (EOFError, ConnectionError):
            raise RankError(f"{what}: {self._end()}") from None
        if kind == "result":
            return value
        # its error may be that a rank it talks to has ended
        said = self._end() if self._control.poll(GRACE) else None
        raise RankError(f"{what}: {said or f'rank {rank} raised {value}'}")

    def _end(self) -> str:
        """Which rank has ended, and how, as the watcher says."""
        try:
            rank, status = self._control.recv()
        except (EOFError, ConnectionError):
            return "the watcher of the ranks has ended"
        how = f"with status {status}"
        if status < 0:
            how = f"by {Signals(-status).name}"
        return f"rank {rank} ended {how}"

    def _place(self, rank: int) -> str:
        """Where a rank is at work, as it says itself."""
        end = self._ends[rank]
        end.send(None)
        place = end.recv()[1] if end.poll(GRACE) else "a place it cannot say"
        return f"rank {rank} is at {place}"


class _Host:
    """The process that has imported torch, and that groups are forked from."""

    running: "_Host | None" = None

    def __init__(self):
        self.socket, theirs = socket.socketpair()
        with theirs:
            self.process = subprocess.Popen(
                [*COMMAND, str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                env=_environment(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,  # Ctrl-C is for the caller alone
            )
        atexit.register(self.end)

    def fork(self, store: str, numbers: Sequence[int]) -> None:
        """Start a group: a file to meet at, and the open ends of its pipes."""
        socket.send_fds(self.socket, [store.encode()], numbers)

    def end(self) -> None:
        """End it; groups that are left end with this program."""
        self.socket.close()
        self.process.wait()


def _host() -> _Host:
    if _Host.running is None or _Host.running.process.poll() is not None:
        _Host.running = _Host()
    return _Host.running


def _environment() -> dict[str, str]:
    """One thread, our own path, and no interface but the loopback."""
    names = [name for _, name in socket.if_nameindex()]
    return os.environ | {
        "GLOO_SOCKET_IFNAME": min(n for n in names if n.startswith("lo")),
        "OMP_NUM_THREADS": "1",
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
    }
