"""Commands that end: in time, or killed with everything they started."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

MARK = "CHECKBOOK_MUTATE"  # in the environment of all that we start
GRACE = 5.0  # seconds to end by itself when asked to


class Stopped(Exception):
    """The run was interrupted: no verdict."""


@dataclass(frozen=True)
class Ended:
    """How a command ended: its status, None if it ran out of time."""

    status: int | None
    output: str
    seconds: float


@dataclass
class Processes:
    """Runs commands, and can end them all from another thread."""

    running: set = field(default_factory=set)
    stopping: threading.Event = field(default_factory=threading.Event)
    numbers: Iterator[int] = field(default_factory=count)

    def run(
        self, command: list[str], *, folder: Path, env: dict, limit: float
    ) -> Ended:
        """Run a command to its end, or to its limit in seconds.

        Raises:
            Stopped: if `stop` was called meanwhile.
        """
        if self.stopping.is_set():
            raise Stopped
        log = folder / ".checkbook-output"
        start = time.perf_counter()
        mark = f"{os.getpid()}.{next(self.numbers)};"
        with log.open("w+", encoding="utf8", errors="replace") as output:
            process = subprocess.Popen(
                command,
                cwd=folder,
                env=env | {MARK: mark},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            self.running.add(process)
            try:
                status = process.wait(limit)
            except subprocess.TimeoutExpired:
                status = None
                _end(process)
                sweep(mark)
            finally:
                self.running.discard(process)
            if self.stopping.is_set():
                raise Stopped
            output.seek(0)
            said = output.read()
        return Ended(status, said, time.perf_counter() - start)

    def stop(self) -> None:
        """End every command; those waiting for one get `Stopped`."""
        self.stopping.set()
        for process in list(self.running):
            _end(process)
        sweep(f"{os.getpid()}.")


def _end(process: subprocess.Popen) -> None:
    """Ask a command to end, then insist."""
    _signal_group(process, signal.SIGTERM)
    try:
        process.wait(GRACE)
    except subprocess.TimeoutExpired:
        _signal_group(process, signal.SIGKILL)
        process.wait()


def _signal_group(process: subprocess.Popen, number: int) -> None:
    try:
        os.killpg(process.pid, number)
    except ProcessLookupError:
        pass


def sweep(mark: str) -> None:
    """Kill what a command started and left behind, by the mark it bears."""
    wanted = f"{MARK}={mark}".encode()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            variables = (folder / "environ").read_bytes().split(b"\0")
            if any(variable.startswith(wanted) for variable in variables):
                os.kill(int(folder.name), signal.SIGKILL)
        except OSError:
            continue  # it has ended, or is another user's
