"""The Sphinx extension: pages run, roles compare, the lint reads.

Works under `checkbook build` and under a plain `jupyter-book build` alike.
Before reading, pages without a trusted record run in parallel; myst-nb then
takes their outputs from the records instead of running anything itself.
"""

import hashlib
import json
import os
import re
import time
from importlib.util import find_spec
from pathlib import Path

import myst_nb.sphinx_
from myst_nb.core.execute import NotebookClientBase
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.errors import ConfigError
from sphinx.util import logging

import checkbook
from checkbook import ledger, pages, rules, theme
from checkbook.citations import setup_citations
from checkbook.fingerprint import Fingerprints, Scan, scan
from checkbook.lint import Lint
from checkbook.registry import Registry, bibliography
from checkbook.roles import setup_roles
from checkbook.store import Record, Store
from checkbook.verdicts import Checker

LOG = logging.getLogger(__name__)


class Book:
    """A book while it is built: its pages, records and registry."""

    def __init__(self, app: Sphinx):
        self.app = app
        self.folder = Path(app.srcdir)
        config = app.config
        for name in config.checkbook_packages:
            if find_spec(name) is None:
                raise ConfigError(
                    f"_config.yml: checkbook_packages: no package {name!r} "
                    "can be imported here"
                )
        pins = self.folder / config.checkbook_pins
        self.fingerprints = Fingerprints(
            self.folder, config.checkbook_packages, pins
        )
        records = config.checkbook_records or (
            Path(app.outdir).parent / "records"
        )
        self.store = Store(Path(records))
        self.registry = Registry(self.folder / "", {})
        self._pages: dict[str, pages.Page | None] = {}
        self._prints: dict[str, str] = {}
        self.records: dict[str, Record | None] = {}
        self.failed: dict[str, list[tuple[int, str]]] = {}

    def read_registry(self) -> None:
        """Read the bibliography and the registry; warn of what is wrong."""
        files = getattr(self.app.config, "bibtex_bibfiles", None) or []
        years, wrong = bibliography([self.folder / f for f in files])
        for message in wrong:
            LOG.warning("%s", message)
        path = self.folder / self.app.config.checkbook_registry
        try:
            self.registry = Registry(path, years)
        except ValueError as error:
            LOG.warning("%s", error)

    def page(self, docname: str) -> pages.Page | None:
        """The page of a document, or None if it is no notebook."""
        if docname not in self._pages:
            path = Path(self.app.env.doc2path(docname))
            text = self._text(docname, path)
            config = getattr(self.app.env, "myst_config", None)
            self._pages[docname] = (
                pages.read(docname, text, config)
                if path.suffix == ".md" and pages.is_notebook(text)
                else None
            )
        return self._pages[docname]

    def _text(self, docname: str, path: Path) -> str:
        source = path.read_bytes()
        try:
            return source.decode("utf8")
        except UnicodeDecodeError as error:
            line = source.count(b"\n", 0, error.start) + 1
            self.failed[docname] = [(line, "this line is not UTF-8")]
            return source.decode("utf8", "replace")

    def print_of(self, docname: str) -> str:
        """The fingerprint of a document, empty if it runs nothing."""
        if docname not in self._prints:
            found = self.scan_of(docname)
            self._prints[docname] = (
                self.fingerprints.of(found) if found and found.runs else ""
            )
        return self._prints[docname]

    def scan_of(self, docname: str) -> Scan | None:
        """What a document says of its run, from the last build if it can."""
        env = self.app.env
        if not hasattr(env, "checkbook_scans"):
            env.checkbook_scans = {}
        source = Path(env.doc2path(docname)).read_bytes()
        config = getattr(env, "myst_config", None)
        total = hashlib.sha256(f"{config}{self.fingerprints.scanner}".encode())
        total.update(source)
        mark = total.hexdigest()
        if env.checkbook_scans.get(docname, [""])[0] != mark:
            page = self.page(docname)
            env.checkbook_scans[docname] = mark, page and scan(page)
        return env.checkbook_scans[docname][1]

    def record(self, docname: str) -> Record | None:
        """The record of a document's run, if it has one."""
        if docname not in self.records:
            mark = self.print_of(docname)
            self.records[docname] = (
                self.store.load(docname, mark) if mark else None
            )
        return self.records[docname]

    def checker(self, docname: str) -> Checker:
        """What the roles of a document ask."""
        return Checker(
            self.page(docname), self.record(docname), docname in self.failed
        )

    def run(self, docnames: list[str]) -> None:
        """Run the pages that have no record, longest first."""
        stale, cached = [], 0
        for docname in docnames:
            page = self.page(docname)
            if page is None:
                continue
            if page.runs and self.record(docname) is None:
                stale.append(docname)
                continue
            cached += page.runs
            self._report(docname, list(rules.before(page)))
        if stale:
            self._run(stale, cached)

    def _run(self, docnames: list[str], cached: int) -> None:
        from checkbook import execute  # slow to import, and seldom needed

        start = time.perf_counter()
        known = self._measured_seconds()
        slowest = {
            d: self.store.last_seconds(d) or known.get(d, 1e9)
            for d in docnames
        }
        docnames = sorted(docnames, key=lambda d: (-slowest[d], d))

        def done(outcome: execute.Outcome, running: int, left: int) -> None:
            docname = outcome.page.docname
            self.records[docname] = outcome.record
            took = "failed"
            if outcome.record:
                mark = self.print_of(docname)
                self.store.save(docname, mark, outcome.record)
                took = f"{outcome.record.seconds:.1f} s"
            self._report(docname, outcome.failures)
            finished = len(docnames) - running - left
            LOG.info(
                "pages: %d done, %d running, %d waiting, %d cached, "
                "%.0f s | %s %s",
                finished,
                running,
                left,
                cached,
                time.perf_counter() - start,
                docname,
                took,
            )

        execute.run_pages(
            [
                (self.page(d), Path(self.app.env.doc2path(d)).parent)
                for d in docnames
            ],
            jobs=self.app.config.checkbook_jobs or _cores(),
            timeout=self.app.config.nb_execution_timeout,
            sources=self.sources(),
            done=done,
        )

    def _measured_seconds(self) -> dict[str, float]:
        """Seconds by page as the bench recorded them, for a cold build."""
        path = self.folder / (self.app.config.checkbook_seconds or "")
        return json.loads(path.read_text()) if path.is_file() else {}

    def sources(self) -> list[Path]:
        """Folders that no cell may write into."""
        found = [self.folder]
        for name in self.app.config.checkbook_packages:
            spec = find_spec(name)
            found += map(Path, spec.submodule_search_locations or [])
        return found

    def _report(self, docname: str, failures: list[tuple[int, str]]) -> None:
        if failures:
            self.failed[docname] = failures

    def warn_of_failures(self, docname: str) -> None:
        """Say, while a document is read, what went wrong when it ran."""
        for line, message in self.failed.get(docname, ()):
            LOG.warning("%s", message, location=(docname, line))


def _cores() -> int:
    return len(os.sched_getaffinity(0))


class RecordedClient(NotebookClientBase):
    """Fills a notebook's outputs from the page's record."""

    record: Record | None = None

    def start_client(self) -> None:
        """Give each code cell the outputs that its run recorded."""
        self.notebook.metadata["language_info"] = {
            "name": "python",
            "pygments_lexer": "ipython3",
        }
        if self.record is None:
            return
        cells = [c for c in self.notebook.cells if c.cell_type == "code"]
        for number, cell in enumerate(cells):
            cell.outputs = self.record.outputs_of(number)
            cell.execution_count = number + 1


def _builder_inited(app: Sphinx) -> None:
    app.checkbook = Book(app)
    app.checkbook.read_registry()

    def create_client(notebook, source, nb_config, logger, read_fmt=None):
        client = RecordedClient(notebook, Path(source), nb_config, logger)
        client.record = app.checkbook.record(app.env.docname)
        return client

    myst_nb.sphinx_.create_client = create_client


def _outdated(
    app: Sphinx, env: BuildEnvironment, added, changed, removed
) -> list[str]:
    """Documents whose outputs have changed, though their text has not."""
    for docname in removed:
        Path(app.outdir, f"{docname}.html").unlink(missing_ok=True)
        getattr(env, "checkbook_scans", {}).pop(docname, None)
    old = getattr(env, "checkbook_marks", {})
    again = set(app.config.checkbook_again)
    return [
        docname
        for docname in sorted(env.found_docs)
        if docname in again or old.get(docname) != _mark(app, docname)
    ]


def _mark(app: Sphinx, docname: str) -> str:
    """What a document's doctree depends on; times of files mislead."""
    env = app.env
    needed = {app.srcdir / name for name in env.dependencies[docname]}
    needed.add(app.checkbook.folder / app.config.checkbook_registry)
    total = hashlib.sha256(app.checkbook.print_of(docname).encode())
    for path in (Path(env.doc2path(docname)), *sorted(needed)):
        total.update(path.read_bytes() if path.is_file() else b"missing")
    return total.hexdigest()


def _updated(app: Sphinx, env: BuildEnvironment) -> None:
    env.checkbook_marks = {d: _mark(app, d) for d in env.found_docs}


def _before_read(app: Sphinx, env: BuildEnvironment, docnames) -> None:
    if not hasattr(env, "checkbook_checks"):
        env.checkbook_checks = {}
    app.checkbook.run(sorted(docnames))


def _source_read(app: Sphinx, docname: str, source: list[str]) -> None:
    app.checkbook.warn_of_failures(docname)
    app.env.checkbook_checks[docname] = []
    path = Path(app.env.doc2path(docname))
    if re.search(r"^\s*[`:]{3,}\{code-cell\}", source[0], re.M) and not (
        path.suffix == ".md" and pages.is_notebook(source[0])
    ):
        LOG.warning(
            "the page has cells but no jupytext header, so they never run",
            location=(docname, 1),
        )


def _purge(app: Sphinx, env: BuildEnvironment, docname: str) -> None:
    getattr(env, "checkbook_checks", {}).pop(docname, None)


def setup(app: Sphinx) -> dict:
    """Register everything with Sphinx."""
    app.add_config_value("checkbook_packages", [], "env")
    app.add_config_value("checkbook_registry", "sourced.yml", "env")
    app.add_config_value("checkbook_pins", "../requirements.txt", "")
    app.add_config_value("checkbook_records", "", "")
    app.add_config_value("checkbook_jobs", 0, "")
    app.add_config_value("checkbook_weights", {}, "")
    app.add_config_value("checkbook_again", [], "")
    if "comments_config" not in app.config:
        # Jupyter Book sets it whether or not its extension is there.
        app.add_config_value("comments_config", {}, "")
    app.connect("config-inited", setup_citations)
    app.connect("builder-inited", _builder_inited)
    app.connect("env-get-outdated", _outdated)
    app.connect("env-before-read-docs", _before_read)
    app.connect("source-read", _source_read)
    app.connect("env-purge-doc", _purge)
    app.connect("env-updated", _updated)
    app.add_transform(Lint)
    setup_roles(app)
    ledger.setup_ledger(app)
    theme.setup_theme(app)
    return {
        "version": checkbook.__version__,
        "env_version": 2,
        "parallel_read_safe": False,
        "parallel_write_safe": True,
    }
