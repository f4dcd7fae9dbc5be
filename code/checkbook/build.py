"""From a folder of pages to a published site, or to a list of what is wrong.

The work is done beside the published site: Sphinx writes into `_build/work`,
the finished site gets a folder of its own, and one rename makes it the
published one. Whatever goes wrong before that leaves the old site as it was.
"""

import errno
import fcntl
import hashlib
import json
import os
import re
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from checkbook import doctor, dot

PUBLISHED, WRONG, LACKING = 0, 1, 2
INTERRUPTED = 130
WARNING = re.compile(
    r"(?:(?P<path>[^\n:]+\.(?:md|ipynb|rst))(?::(?P<line>\d+))?: )?"
    r"(?:(?:WARNING|ERROR|CRITICAL|SEVERE): )?(?P<message>.*)",
    re.S,
)


@dataclass(frozen=True)
class Paths:
    """Where a book's build keeps its things."""

    book: Path

    @property
    def root(self) -> Path:
        """Everything that a build writes."""
        return self.book.parent / "_build"

    @property
    def published(self) -> Path:
        """The link to the published site."""
        return self.root / "html"

    @property
    def sites(self) -> Path:
        """Finished sites, of which one is published."""
        return self.root / "sites"

    @property
    def work(self) -> Path:
        """Sphinx's own folders."""
        return self.root / "work"

    @property
    def records(self) -> Path:
        """Executed pages."""
        return self.root / "records"

    @property
    def trust(self) -> Path:
        """Hash of what Sphinx pickled, kept outside of `_build`.

        Unpickling runs code. A pickle is read only if this machine wrote it.
        """
        state = (
            os.environ.get("XDG_STATE_HOME") or Path.home() / ".local/state"
        )
        name = hashlib.sha256(str(self.root).encode()).hexdigest()[:32]
        return Path(state) / "checkbook" / name


@dataclass(frozen=True)
class Wrong:
    """One thing that is wrong, and where."""

    path: str
    line: int | None
    message: str

    def __str__(self) -> str:
        """As compilers say it: path, line, message."""
        place = f"{self.path}:{self.line}" if self.line else self.path
        return f"{place}: {self.message}" if place else self.message


class Complaints:
    """A stream for Sphinx's warnings that keeps each with its place."""

    def __init__(self, book: Path):
        self.book, self.found = book, []

    def write(self, text: str) -> None:
        """Take one warning as Sphinx prints it."""
        from checkbook.rules import ANSI

        text = ANSI.sub("", text).strip()
        if not text:
            return
        match = WARNING.fullmatch(text)
        path = match["path"] or ""
        if path:
            path = os.path.relpath(path, self.book.parent)
        line = int(match["line"]) if match["line"] else None
        wrong = Wrong(path, line, match["message"])
        if wrong not in self.found:
            self.found.append(wrong)

    def flush(self) -> None:
        """Do nothing: what is written is kept."""


class Status:
    """A stream for Sphinx's progress: a log, and our lines to the reader."""

    def __init__(self, log):
        self.log = log

    def write(self, text: str) -> None:
        """Log everything; show what tells of pages."""
        self.log.write(text)
        if text.startswith("pages:"):
            print(text, end="" if text.endswith("\n") else "\n", flush=True)

    def flush(self) -> None:
        """Flush the log."""
        self.log.flush()


def settle_environment() -> None:
    """Start Python again if its hash seed or encoding is the machine's."""
    wanted = {"PYTHONHASHSEED": "0", "PYTHONUTF8": "1"}
    if wanted.items() <= os.environ.items():
        return
    os.environ |= wanted
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])


def fix_environment(paths: Paths) -> None:
    """One time zone, one clock, no settings of the machine's owner."""
    os.environ |= {
        "TZ": "UTC",
        "SOURCE_DATE_EPOCH": "0",
        "IPYTHONDIR": str(paths.work / "ipython"),
    }
    os.environ |= dot.on_path(os.environ, paths.root / "bin")
    time.tzset()


@contextmanager
def locked(paths: Paths) -> Iterator[None]:
    """Hold the book's lock.

    Raises:
        BlockingIOError: if another build holds it, with that build's word.
    """
    paths.root.mkdir(parents=True, exist_ok=True)
    with open(paths.root / "lock", "a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise BlockingIOError(lock.read().strip()) from None
        lock.truncate(0)
        now = time.strftime("%H:%M:%S UTC", time.gmtime())
        lock.write(f"process {os.getpid()}, since {now}")
        lock.flush()
        yield


def pickles_hash(paths: Paths) -> str:
    """Hash of all that Sphinx would unpickle, and of what reads it."""
    total = hashlib.sha256()
    sources = sorted(Path(__file__).parent.rglob("*.py"))
    doctrees = sorted((paths.work / "doctrees").rglob("*.*"))
    for path in (*sources, *doctrees):
        total.update(str(path.name).encode())
        total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def trusted(paths: Paths) -> bool:
    """Whether Sphinx's state is what the last build on this machine left."""
    try:
        return paths.trust.read_text() == pickles_hash(paths)
    except OSError:
        return False


def build(
    book: Path, *, clean: bool = False, jobs: int = 0, publish: bool = True
) -> int:
    """Build a book and publish it if nothing is wrong.

    Args:
        book: folder with `_config.yml` and `_toc.yml`.
        clean: start from an empty folder, as publishing builds do.
        jobs: pages that run at the same time; 0 means one a core.
        publish: replace the published site when all is well.

    Returns:
        0 published, 1 the book is wrong, 2 the machine lacks something.
    """
    paths = Paths(book.resolve())
    if missing := doctor.missing(paths.book):
        for line in missing:
            complain(line)
        return LACKING
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with locked(paths):
            fix_environment(paths)
            return _build(paths, clean=clean, jobs=jobs, publish=publish)
    except BlockingIOError as error:
        complain(f"another build of this book is running: {error}")
        return LACKING
    except KeyboardInterrupt:
        complain("interrupted; the published site is unchanged")
        return INTERRUPTED
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        if error.errno == errno.ENOSPC:
            reason = "the disk is full"
        place = f": {error.filename}" if error.filename else ""
        complain(f"{reason}{place}; the published site is unchanged")
        return LACKING


def complain(line: str) -> None:
    """One line on standard error."""
    print(f"checkbook: {line}", file=sys.stderr, flush=True)


def _build(paths: Paths, *, clean: bool, jobs: int, publish: bool) -> int:
    start = time.perf_counter()
    mark = inputs_hash(paths)
    if publish and not clean and (said := _unchanged(paths, mark)):
        print(f"checkbook: nothing changed; {said}")
        return PUBLISHED
    if clean:
        shutil.rmtree(paths.work, ignore_errors=True)
        shutil.rmtree(paths.records, ignore_errors=True)
    again = _last_wrong(paths)
    if again is None or not trusted(paths):
        shutil.rmtree(paths.work / "doctrees", ignore_errors=True)
    paths.trust.unlink(missing_ok=True)
    paths.work.mkdir(parents=True, exist_ok=True)
    complaints = Complaints(paths.book)
    app = run_sphinx(paths, complaints, jobs, again or [])
    wrong = list(complaints.found)
    if app is not None and not wrong:
        wrong += finish(app, paths, publish)
    _remember(paths, wrong)
    if app is None or wrong:
        for item in sorted(wrong, key=lambda w: (w.path, w.line or 0)):
            print(item, file=sys.stderr)
        complain(
            f"{len(wrong)} {'thing is' if len(wrong) == 1 else 'things are'} "
            "wrong; nothing is published"
        )
        return WRONG
    checks = sum(map(len, app.env.checkbook_checks.values()))
    said = f"{checks} checks on {len(app.env.found_docs)} pages hold"
    if publish:
        state = [mark, _site_state(paths), said]
        (paths.work / "built.json").write_text(json.dumps(state))
    seconds = time.perf_counter() - start
    verb = "published" if publish else "built"
    print(f"checkbook: {said}; {verb} in {seconds:.1f} s")
    return PUBLISHED


def inputs_hash(paths: Paths) -> str:
    """Hash of everything that a build of the book reads."""
    import yaml

    try:
        config = yaml.safe_load((paths.book / "_config.yml").read_text("utf8"))
        settings = ((config or {}).get("sphinx") or {}).get("config") or {}
    except (yaml.YAMLError, AttributeError):
        settings = {}  # Jupyter Book says what is wrong with it
    roots = [paths.book, Path(__file__).parent]
    for name in settings.get("checkbook_packages", []):
        if spec := find_spec(name):
            roots += map(Path, spec.submodule_search_locations or [])
    pins = paths.book / settings.get("checkbook_pins", "../requirements.txt")
    total = hashlib.sha256(sys.version.encode())
    files = [path for root in roots for path in root.rglob("*")]
    for path in sorted({*files, pins}):
        if path.is_file() and path.suffix != ".pyc":
            total.update(str(path).encode())
            total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def _unchanged(paths: Paths, mark: str) -> str | None:
    """What the last build said, if neither its inputs nor its site changed."""
    try:
        old, site_state, said = json.loads(
            (paths.work / "built.json").read_text()
        )
    except (OSError, ValueError):
        return None
    if old != mark or site_state != _site_state(paths):
        return None
    return said


def _site_state(paths: Paths) -> str:
    total = hashlib.sha256()
    for path in sorted(paths.published.resolve().rglob("*")):
        facts = path.stat()
        total.update(f"{path} {facts.st_size} {facts.st_mtime_ns}".encode())
    return total.hexdigest()


def _last_wrong(paths: Paths) -> list[str] | None:
    """Documents the last build found wrong; None if it had no place."""
    try:
        return json.loads((paths.work / "wrong.json").read_text())
    except (OSError, ValueError):
        return None


def _remember(paths: Paths, wrong: list[Wrong]) -> None:
    """Note what was wrong, so that a repeated build says it again."""
    book = paths.book.name + os.sep
    docnames = sorted({w.path for w in wrong})
    state = None
    if all(d.startswith(book) for d in docnames):
        state = [os.path.splitext(d[len(book) :])[0] for d in docnames]
    (paths.work / "wrong.json").write_text(json.dumps(state))
    paths.trust.parent.mkdir(parents=True, exist_ok=True)
    try:
        paths.trust.write_text(pickles_hash(paths))
    except OSError:
        pass  # the next build starts Sphinx afresh


def run_sphinx(paths: Paths, complaints: Complaints, jobs: int, again):
    """Run Sphinx over the book; the application, or None if it broke off."""
    from sphinx.application import Sphinx
    from sphinx.errors import SphinxError
    from sphinx.util.console import nocolor
    from sphinx.util.docutils import docutils_namespace, patch_docutils

    nocolor()
    try:
        settings = sphinx_settings(paths)
    except (OSError, ValueError) as error:
        complaints.found.append(Wrong("", None, str(error)))
        return None
    settings |= {
        "checkbook_records": str(paths.records),
        "checkbook_jobs": jobs,
        "checkbook_again": again,
    }
    with open(paths.work / "sphinx.log", "w", encoding="utf8") as log:
        try:
            with patch_docutils(), docutils_namespace():
                app = Sphinx(
                    srcdir=paths.book,
                    confdir=None,
                    outdir=paths.work / "html",
                    doctreedir=paths.work / "doctrees",
                    buildername="html",
                    confoverrides=settings,
                    status=Status(log),
                    warning=complaints,
                )
                app.build()
            return app
        except SphinxError as error:
            cause = getattr(error, "orig_exc", None) or error
            if not isinstance(cause, SphinxError | OSError):
                raise
            complaints.found.append(Wrong("", None, str(cause)))
    return None


def sphinx_settings(paths: Paths) -> dict:
    """The configuration that Jupyter Book gives Sphinx, made strict.

    Raises:
        ValueError: if `_config.yml` is not as Jupyter Book wants it.
        FileNotFoundError: if the book has no `_config.yml` or `_toc.yml`.
    """
    import jsonschema
    import yaml
    from jupyter_book.config import get_final_config

    for name in ("_config.yml", "_toc.yml"):
        if not (paths.book / name).is_file():
            raise FileNotFoundError(f"{paths.book.name}/{name} is missing")
    try:
        settings, _ = get_final_config(
            user_yaml=paths.book / "_config.yml",
            cli_config={"latex_individualpages": False},
            sourcedir=paths.book,
            raise_on_invalid=True,
        )
    except (jsonschema.ValidationError, yaml.YAMLError) as error:
        raise ValueError(f"{paths.book.name}/_config.yml: {error}") from None
    settings |= {
        "external_toc_path": str(paths.book / "_toc.yml"),
        "nitpicky": True,
        "nb_execution_mode": "off",
    }
    return settings


def finish(app, paths: Paths, publish: bool) -> list[Wrong]:
    """Make the site whole, and publish it; what is wrong with it."""
    from checkbook import site

    target = paths.sites / f"{time.time_ns():x}"
    messages = site.finish(app, paths.work / "html", target)
    if messages:
        shutil.rmtree(target, ignore_errors=True)
        return [_of_page(app, paths, message) for message in messages]
    if publish:
        site.publish(target, paths.published)
    return []


def _of_page(app, paths: Paths, message: str) -> Wrong:
    """A complaint about a finished page, laid to its source."""
    page, mark, rest = message.partition(".html: ")
    if mark and page in app.env.found_docs:
        source = Path(app.env.doc2path(page)).relative_to(paths.book.parent)
        return Wrong(str(source), None, rest)
    return Wrong("", None, message)
