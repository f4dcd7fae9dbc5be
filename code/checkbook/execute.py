"""Running pages: several kernels at once, each page with its checks.

One event loop drives every kernel. After each code cell, one silent request
evaluates the checks that stand before the next one and collects what the
watches of `checkbook.kernel` saw. A page that fails says where and why, and
leaves no record.
"""

import ast
import asyncio
import json
import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from jupyter_client.kernelspec import NoSuchKernel
from nbclient import NotebookClient
from nbclient.exceptions import (
    CellExecutionError,
    CellTimeoutError,
    DeadKernelError,
)
from nbclient.util import ensure_async

from checkbook import rules
from checkbook.pages import Page
from checkbook.store import Record

# seconds for all checks of one gap
CHECK_TIMEOUT = int(os.environ.get("CHECKBOOK_CHECK_TIMEOUT", "60"))
HERE = Path(__file__).parent


@dataclass
class Outcome:
    """What came of a page: a record, or (line, message) of each failure."""

    page: Page
    record: Record | None = None
    failures: list[tuple[int, str]] = field(default_factory=list)


def kernel_environment() -> dict[str, str]:
    """One thread a kernel, and nothing of the machine's own settings."""
    fixed = {
        "OMP_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "PYTHONHASHSEED": "0",
        "PYTHONUTF8": "1",
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
        "SOURCE_DATE_EPOCH": "0",
        "MATPLOTLIBRC": str(HERE / "matplotlibrc"),
        "JUPYTER_PREFER_ENV_PATH": "1",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    }
    return os.environ | fixed


class Client(NotebookClient):
    """A notebook client that knows on which line it is."""

    def __init__(self, page: Page, folder: Path, timeout: int, sources):
        super().__init__(
            page.notebook,
            timeout=timeout,
            resources={"metadata": {"path": str(folder)}},
            shutdown_kernel="immediate",
            record_timing=False,
            coalesce_streams=True,
            extra_arguments=["--HistoryManager.enabled=False"],
        )
        self.shell_timeout_interval = 1
        self.page, self.sources = page, sources
        self.page_timeout = timeout
        self.line, self.where = 1, "starting the kernel"
        self.said = tempfile.TemporaryFile()
        self.sockets = tempfile.TemporaryDirectory(prefix="kernel-")
        self.peak_bytes = 0
        self.results, self.check_seconds = [], 0.0

    async def run(self) -> None:
        """Run every cell and every check.

        Raises:
            PageError: with the line and the cause.
        """
        self.reset_execution_trackers()
        self.km = self.create_kernel_manager()
        # Kernels that start together can be given the same TCP port.
        self.km.transport = "ipc"
        self.km.connection_file = f"{self.sockets.name}/k.json"
        watch = None
        try:
            await self.async_start_new_kernel(
                env=kernel_environment(), stderr=self.said
            )
            await self.async_start_new_kernel_client()
            watch = asyncio.ensure_future(self._watch_memory())
            await self._install()
            await self._cells()
        finally:
            if watch:
                watch.cancel()
            self.process_status = await self._exit_status()
            if self.km is not None:
                await asyncio.shield(self._async_cleanup_kernel())
            self.sockets.cleanup()

    async def _cells(self) -> None:
        gaps = self.page.gaps()
        await self._checks(gaps[0])
        place = 0
        for index, cell in enumerate(self.nb.cells):
            if cell.cell_type != "code":
                continue
            place += 1
            self.line = self.page.code_cells[place - 1][0]
            self.where = f"cell {place}"
            self.timeout = cell.metadata.get("timeout", self.page_timeout)
            await self.async_execute_cell(cell, index, execution_count=place)
            for message in rules.after(cell, cell.outputs):
                raise PageError(self.line, f"{self.where}: {message}")
            await self._checks(gaps[place])

    async def _install(self) -> None:
        call = "__import__('checkbook.kernel').kernel.install"
        await self._ask(f"{call}({[str(s) for s in self.sources]!r})")

    async def _checks(self, wanted: list[tuple[str, str]]) -> None:
        start = time.perf_counter()
        call = "__import__('checkbook.kernel').kernel.evaluate"
        reply = await self._ask(f"{call}({wanted!r}, globals())")
        said = json.loads(reply)
        for problem in said["problems"]:
            raise PageError(self.line, f"{self.where}: {problem}")
        self.results.append(
            [
                [*want, *result]
                for want, result in zip(wanted, said["results"], strict=True)
            ]
        )
        if wanted:
            self.check_seconds += time.perf_counter() - start

    async def _ask(self, expression: str) -> str:
        """The value of an expression, without a trace in the history."""
        request = await ensure_async(
            self.kc.execute(
                "",
                silent=True,
                store_history=False,
                stop_on_error=False,
                user_expressions={"answer": expression},
            )
        )
        try:
            async with asyncio.timeout(CHECK_TIMEOUT):
                reply = await self.async_wait_for_reply(request)
        except TimeoutError:
            raise PageError(
                self.line,
                f"the checks after {self.where} take over {CHECK_TIMEOUT} s",
            ) from None
        answer = reply["content"]["user_expressions"]["answer"]
        if answer["status"] != "ok":
            raise PageError(
                self.line,
                f"{self.where}: {answer['ename']}: {answer['evalue']}",
            )
        return ast.literal_eval(answer["data"]["text/plain"])

    async def _watch_memory(self) -> None:
        pid = self.km.provisioner.pid
        while True:
            self.peak_bytes = max(self.peak_bytes, _peak_bytes(pid))
            await asyncio.sleep(0.25)

    async def _exit_status(self) -> str:
        if self.km is None or self.km.provisioner is None:
            return ""
        process = getattr(self.km.provisioner, "process", None)
        for _ in range(20):
            status = process.poll() if process else None
            if status is not None:
                break
            if not isinstance(sys.exception(), DeadKernelError):
                return ""
            await asyncio.sleep(0.05)
        if status is None:
            return ""
        if status < 0:
            return f" by {signal.Signals(-status).name}"
        return f" with status {status}"

    def last_words(self) -> str:
        """The end of what the kernel's process wrote to stderr."""
        self.said.seek(0)
        lines = self.said.read().decode(errors="replace").splitlines()
        lines = [x for x in lines if x.strip() and "IPKernelApp" not in x]
        return "".join(f"\n    {line}" for line in lines[-6:])


class PageError(Exception):
    """A page's failure at a line."""

    def __init__(self, line: int, message: str):
        super().__init__(message)
        self.line, self.message = line, message


def _peak_bytes(pid: int) -> int:
    try:
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    except (OSError, ValueError):
        pass
    return 0


async def _run(
    page: Page, folder: Path, timeout: int, sources: list[Path]
) -> Outcome:
    outcome = Outcome(page, failures=list(rules.before(page)))
    if outcome.failures:
        return outcome
    start = time.perf_counter()
    client = Client(page, folder, timeout, sources)
    try:
        await client.run()
    except PageError as error:
        outcome.failures.append((error.line, error.message))
    except NoSuchKernel as error:
        outcome.failures.append((1, f"no kernel is named {error.name!r}"))
    except CellTimeoutError:
        outcome.failures.append(
            (
                client.line,
                f"{client.where} ran longer than {client.timeout} s",
            )
        )
    except CellExecutionError as error:
        outcome.failures.append((client.line, _traceback(client, error)))
    except (DeadKernelError, RuntimeError) as error:
        ended = client.process_status or f" ({error})"
        held = f"{client.peak_bytes / 2**20:,.0f} MiB"
        message = f"{client.where}: the kernel ended{ended}; it held {held}"
        outcome.failures.append((client.line, message + client.last_words()))
    else:
        outcome.record = Record(
            outputs=[cell.outputs for _, cell in page.code_cells],
            results=client.results,
            seconds=time.perf_counter() - start,
            check_seconds=client.check_seconds,
            peak_bytes=client.peak_bytes,
        )
    return outcome


def _traceback(client: Client, error: CellExecutionError) -> str:
    lines = rules.ANSI.sub("", str(error.traceback)).strip().splitlines()
    tail = [line for line in lines if line.strip()][-8:]
    head = f"{client.where} raised {error.ename}: {error.evalue}"
    return "\n    ".join([head.strip(), *tail[:-1]])


def run_pages(
    pages: list[tuple[Page, Path]],
    *,
    jobs: int,
    timeout: int,
    sources: list[Path],
    done: Callable[[Outcome, int, int], None],
) -> None:
    """Run pages in the order given, several at once.

    Args:
        pages: each page with the folder its kernel starts in.
        jobs: kernels at the same time.
        timeout: seconds a cell may take, where it does not say itself.
        sources: folders that no cell may write into.
        done: called after each page with its outcome, and with how many
            pages are running and waiting.
    """

    asyncio.run(_all_pages(pages, jobs, timeout, sources, done))


async def _all_pages(pages, jobs, timeout, sources, done) -> None:
    waiting = list(reversed(pages))
    running, stopped = 0, False

    async def work() -> None:
        nonlocal running
        while waiting:
            page, folder = waiting.pop()
            running += 1
            outcome = await _run(page, folder, timeout, sources)
            running -= 1
            if not stopped:
                done(outcome, running, len(waiting))

    tasks = [asyncio.ensure_future(work()) for _ in range(jobs)]

    def stop() -> None:
        nonlocal stopped
        stopped = True
        waiting.clear()
        for task in tasks:
            task.cancel()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)
    ended = await asyncio.gather(*tasks, return_exceptions=True)
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.remove_signal_handler(number)
    if stopped:
        raise KeyboardInterrupt
    for error in ended:
        if error is not None:
            raise error
