"""The finished site in a real browser, from plain files, offline."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlparse

import pytest

from checkbook import browser

REPOSITORY = Path(__file__).parents[2]
SITE = Path(os.environ.get("SITE", REPOSITORY / "_build/html")).resolve()
PAGES = sorted(
    path.relative_to(SITE).as_posix() for path in SITE.rglob("*.html")
)
CHAPTERS = [
    page for page in PAGES if (SITE / page).with_suffix(".md").exists()
]
WIDE = {"width": 1280, "height": 800}


@dataclass
class Visit:
    """One open page and what the browser said while it opened."""

    page: object
    messages: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def open(self, name: str) -> "Visit":
        """Go to a page of the site and wait for its formulas."""
        self.page.goto((SITE / name.partition("#")[0]).as_uri())
        if "#" in name:
            self.page.goto(SITE.as_uri() + "/" + name)
        self.page.wait_for_function(
            "!document.querySelector('script[src*=mathjax]')"
            " || [...document.querySelectorAll('.math')].every("
            "m => m.querySelector('mjx-container'))"
        )
        return self

    def open_plain(self, name: str) -> "Visit":
        """Go to a page of the site where no script runs."""
        self.page.goto((SITE / name).as_uri())
        return self

    def loaded(self) -> list[Path]:
        """The files of the site that the page loaded, itself included."""
        return [Path(unquote(urlparse(url).path)) for url in self.requests]


def pytest_generate_tests(metafunc):
    """A test that takes `name`, or the page `opened`, runs on every page."""
    if "name" in metafunc.fixturenames:
        metafunc.parametrize("name", PAGES)
    if "opened" in metafunc.fixturenames:
        metafunc.parametrize("opened", PAGES, indirect=True, scope="module")
    if "chapter" in metafunc.fixturenames:
        metafunc.parametrize("chapter", CHAPTERS)


@pytest.fixture(scope="session")
def chromium():
    assert (SITE / "index.html").is_file(), "no site to test: make book"
    with browser.launched() as running:
        yield running


def visitor(chromium, **settings) -> Visit:
    """A context with these settings, without a network."""
    context = chromium.new_context(**{"viewport": WIDE} | settings)
    context.set_offline(True)
    seen = Visit(context.new_page())
    seen.page.on(
        "console",
        lambda m: seen.messages.append(
            f"{m.type}: {m.text} {m.location['url']}"
        ),
    )
    seen.page.on("pageerror", lambda e: seen.messages.append(str(e)))
    seen.page.on("request", lambda r: seen.requests.append(r.url))
    return seen


@pytest.fixture
def visit(chromium) -> Callable[..., Visit]:
    """Open a context of the test's own."""
    visits = []

    def opened(**settings) -> Visit:
        visits.append(visitor(chromium, **settings))
        return visits[-1]

    yield opened
    for seen in visits:
        seen.page.context.close()


@pytest.fixture(scope="module")
def opened(chromium, request) -> Visit:
    """A page of the site, opened once for all who look and leave it so."""
    seen = visitor(chromium).open(request.param)
    yield seen
    seen.page.context.close()
