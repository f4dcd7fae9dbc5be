"""From a folder of pages to a published site, or to a list of what is wrong.

The work is done beside the published site: Sphinx writes into `_build/work`,
the finished site gets a folder of its own, and one rename makes it the
published one. Whatever goes wrong before that leaves the old site as it was.
"""

import errno
import os
import shutil
import signal
import sys
import time
from pathlib import Path

from checkbook import doctor, dot, process, state
from checkbook.complaints import Complaints, Status, Wrong, complain
from checkbook.state import Paths

PUBLISHED, WRONG, LACKING = 0, 1, 2
INTERRUPTED = 130


def fix_environment(paths: Paths) -> None:
    """One time zone, one clock, no settings of the machine's owner."""
    os.environ |= {
        "TZ": "UTC",
        "SOURCE_DATE_EPOCH": "0",
        "IPYTHONDIR": str(paths.work / "ipython"),
    }
    os.environ |= dot.on_path(os.environ, paths.root / "bin")
    time.tzset()


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
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    try:
        with state.locked(paths):
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


def _build(paths: Paths, *, clean: bool, jobs: int, publish: bool) -> int:
    start = time.perf_counter()
    mark = state.inputs_hash(paths)
    if publish and not clean and (said := state.unchanged(paths, mark)):
        print(f"checkbook: nothing changed; {said}")
        return PUBLISHED
    if clean:
        shutil.rmtree(paths.work, ignore_errors=True)
        shutil.rmtree(paths.records, ignore_errors=True)
    again = state.last_wrong(paths)
    if again is None or not state.trusted(paths):
        for name in ("doctrees", "html"):
            shutil.rmtree(paths.work / name, ignore_errors=True)
    paths.trust.unlink(missing_ok=True)
    paths.work.mkdir(parents=True, exist_ok=True)
    complaints = Complaints(paths.book)
    app = run_sphinx(paths, complaints, jobs, again or [])
    wrong = list(complaints.found)
    if app is not None and not wrong:
        wrong += finish(app, paths, publish)
    # A label that two pages claim is lost to Sphinx when one gives it up.
    places = {"" if "duplicate" in w.message else w.path for w in wrong}
    state.remember_wrong(paths, places)
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
        state.remember_right(paths, mark, said)
    seconds = time.perf_counter() - start
    verb = "published" if publish else "built"
    print(f"checkbook: {said}; {verb} in {seconds:.1f} s")
    return PUBLISHED


def run_sphinx(paths: Paths, complaints: Complaints, jobs: int, again):
    """Run Sphinx over the book; the application, or None if it broke off."""
    process.lighten()
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
    messages = site.finish(app, paths.work / "html", target, paths.published)
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
