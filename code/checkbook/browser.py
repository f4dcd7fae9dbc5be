"""A Chromium for the tests of the site: found, or installed.

    python -m checkbook.browser      print where it is; exit 2 if there is none

One on the PATH is taken first; CHROMIUM names another. Otherwise root gets
Debian's package, and everybody else Playwright's own download.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

NAMES = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
)
# Nothing but the page itself may ask the network for anything.
FLAGS = (
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
INSTALL_SECONDS = 600
LACKING = (
    "Chromium is missing; the tests of the site and the weights of pages need "
    "it: apt-get install chromium, or python -m playwright install chromium"
)


class MissingBrowser(Exception):
    """There is no Chromium, and none could be installed."""


def find() -> str | None:
    """The path of a Chromium that is there already, if any."""
    if named := os.environ.get("CHROMIUM"):
        return shutil.which(named)
    on_path = filter(None, map(shutil.which, NAMES))
    return next(on_path, None) or _playwrights_own()


def _playwrights_own() -> str | None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        own = playwright.chromium.executable_path
    return own if Path(own).is_file() else None


def ensure() -> str:
    """The path of a Chromium, installed now if there was none.

    Raises:
        MissingBrowser: with the one line that says how to get it.
    """
    if found := find():
        return found
    if os.environ.get("CHROMIUM"):
        raise MissingBrowser(
            f"CHROMIUM={os.environ['CHROMIUM']} is no program"
        )
    for commands in _installers():
        if all(map(_succeeds, commands)) and (found := find()):
            return found
    raise MissingBrowser(LACKING)


def _installers() -> Iterator[tuple[list[str], ...]]:
    playwright = [sys.executable, "-m", "playwright", "install", "chromium"]
    if os.geteuid() == 0 and shutil.which("apt-get"):
        quiet = ["apt-get", "-qq", "-o", "Dpkg::Use-Pty=0"]
        install = ["install", "-y", "--no-install-recommends"]
        packages = ["chromium", "fonts-liberation"]
        yield [*quiet, "update"], [*quiet, *install, *packages]
        yield ([*playwright, "--with-deps"],)
    else:
        yield (playwright,)


def _succeeds(command: list[str]) -> bool:
    print("+", *command, file=sys.stderr, flush=True)
    env = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    try:
        done = subprocess.run(
            command, env=env, timeout=INSTALL_SECONDS, stdout=sys.stderr
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


@contextmanager
def launched() -> Iterator:
    """A running, headless Chromium, as Playwright's `Browser`.

    Raises:
        MissingBrowser: as `ensure` does.
    """
    from playwright.sync_api import sync_playwright

    program = ensure()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program, args=list(FLAGS)
        )
        try:
            yield browser
        finally:
            browser.close()


def main() -> int:
    """Print where the Chromium is; the exit status, 0 or 2."""
    try:
        print(ensure())
    except MissingBrowser as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
