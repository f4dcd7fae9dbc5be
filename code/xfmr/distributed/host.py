"""The processes behind `Ranks`: the host, a group's watcher, and its ranks.

    python -m xfmr.distributed.host SOCKET

Over the socket come, for each group, the name of a file where its ranks meet
and the ends of pipes to the caller: the first for the watcher, one for each
rank. The watcher reports (rank, status) of a rank that ends. When the caller
says so or hangs up, it kills those that are left.
"""

import os
import pickle
import signal
import socket
import sys
import traceback
from collections.abc import Callable
from importlib import import_module
from multiprocessing.connection import Connection
from operator import attrgetter
from queue import SimpleQueue
from threading import Lock, Thread, main_thread
from typing import NoReturn

import torch
import torch.distributed as dist

# imported here once, for all ranks
import torch.distributed.fsdp
import torch.distributed.optim
import torch.distributed.pipelining
import torch.distributed.tensor.parallel

LOOK = 0.05  # seconds between two looks at the ranks
MOST = 128  # pipes of a group, and bytes of a file name, at a time
LONGEST = 4096


def serve(requests: socket.socket) -> None:
    """Fork a watcher for each group, until the caller hangs up."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for watchers
    while True:
        store, numbers, *_ = socket.recv_fds(requests, LONGEST, MOST)
        if not numbers:
            return
        if os.fork() == 0:
            requests.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            try:
                _watch(store.decode(), *map(Connection, numbers))
            finally:
                os._exit(0)
        for number in numbers:
            os.close(number)


def _watch(store: str, control: Connection, *ends: Connection) -> None:
    """Fork a rank for each end, and end them all when it is time."""
    pids = {}
    for rank, end in enumerate(ends):
        pid = os.fork()
        if pid == 0:
            for other in (control, *ends[:rank], *ends[rank + 1 :]):
                other.close()
            _rank(end, store, rank, len(ends))
        pids[pid] = rank
    for end in ends:
        end.close()
    try:
        while not control.poll(LOOK):
            for pid, rank in list(pids.items()):
                ended, status = os.waitpid(pid, os.WNOHANG)
                if ended:
                    del pids[pid]
                    control.send((rank, os.waitstatus_to_exitcode(status)))
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        for pid in pids:
            os.waitpid(pid, 0)


def _rank(end: Connection, store: str, rank: int, n_ranks: int) -> NoReturn:
    """Answer calls until the caller is gone."""
    try:
        torch.set_num_threads(1)
        calls, lock = SimpleQueue(), Lock()
        Thread(target=_listen, args=(end, calls, lock), daemon=True).start()

        def join() -> None:
            dist.init_process_group(
                "gloo",
                store=dist.FileStore(store, n_ranks),
                rank=rank,
                world_size=n_ranks,
            )

        _say(end, lock, _answer(join))
        while True:
            module, name, args, named = calls.get()

            def call(module=module, name=name, args=args, named=named):
                function = attrgetter(name)(import_module(module))
                return function(*args, **named)

            _say(end, lock, _answer(call))
    finally:
        os._exit(1)


def _answer(function: Callable[[], object]) -> bytes:
    """The result or the error, ready to be sent."""
    try:
        return pickle.dumps(("result", function()))
    except Exception as error:
        said = f"{type(error).__name__}: {error}"
        return pickle.dumps(("error", f"{said}\n{traceback.format_exc()}"))


def _say(end: Connection, lock: Lock, message: bytes) -> None:
    with lock:
        end.send_bytes(message)


def _listen(end: Connection, calls: SimpleQueue, lock: Lock) -> NoReturn:
    """Pass calls on, say where the rank is if asked, end with the caller."""
    try:
        while True:
            call = end.recv()
            if call is None:
                _say(end, lock, pickle.dumps(("place", _place())))
            else:
                calls.put(call)
    finally:
        os._exit(0)


def _place() -> str:
    """The line that the rank's own thread is at."""
    frame = sys._current_frames()[main_thread().ident]
    code = frame.f_code
    file = os.path.basename(code.co_filename)
    return f"{code.co_qualname} ({file}:{frame.f_lineno})"


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])))
