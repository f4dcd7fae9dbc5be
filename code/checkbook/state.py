"""What a build keeps from one run to the next, and what of it is trusted.

    _build/html       link to the published site, one of _build/sites
    _build/records    executed pages, each with its hash
    _build/work       Sphinx's folders, and what the last build found

Sphinx pickles what it has read, and unpickling runs code. Its state is used
again only if its hash is the one that the last build left outside `_build`.
"""

import fcntl
import hashlib
import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path


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
        """Hash of what Sphinx pickled, kept outside of `_build`."""
        state = (
            os.environ.get("XDG_STATE_HOME") or Path.home() / ".local/state"
        )
        name = hashlib.sha256(str(self.root).encode()).hexdigest()[:32]
        return Path(state) / "checkbook" / name


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


def unchanged(paths: Paths, mark: str) -> str | None:
    """What the last build said, if neither its inputs nor its site changed."""
    try:
        old, published, said = json.loads(
            (paths.work / "built.json").read_text()
        )
    except (OSError, ValueError):
        return None
    if old != mark or published != site_state(paths):
        return None
    return said


def site_state(paths: Paths) -> str:
    """Hash of names, sizes and times of the published files."""
    total = hashlib.sha256()
    for path in sorted(paths.published.resolve().rglob("*")):
        facts = path.stat()
        total.update(f"{path} {facts.st_size} {facts.st_mtime_ns}".encode())
    return total.hexdigest()


def last_wrong(paths: Paths) -> list[str] | None:
    """Documents the last build found wrong; None if it had no place."""
    try:
        return json.loads((paths.work / "wrong.json").read_text())
    except (OSError, ValueError):
        return None


def remember_wrong(paths: Paths, places: set[str]) -> None:
    """Note where something was wrong, so that a repeated build says it.

    Args:
        paths: the book's.
        places: files of the book, relative to its parent; "" for none.
    """
    book = paths.book.name + os.sep
    docnames = sorted(places)
    state = None
    if all(d.startswith(book) for d in docnames):
        state = [os.path.splitext(d[len(book) :])[0] for d in docnames]
    (paths.work / "wrong.json").write_text(json.dumps(state))
    paths.trust.parent.mkdir(parents=True, exist_ok=True)
    try:
        paths.trust.write_text(pickles_hash(paths))
    except OSError:
        pass  # the next build starts Sphinx afresh


def remember_right(paths: Paths, mark: str, said: str) -> None:
    """Note what was built from what, so that a repeated build does nothing."""
    state = [mark, site_state(paths), said]
    (paths.work / "built.json").write_text(json.dumps(state))
