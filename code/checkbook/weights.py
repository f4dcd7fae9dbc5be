"""What a page of a finished site costs its reader, asked of a real browser.

The site is served from this machine and every answer's bytes are counted,
uncompressed. MathJax is counted apart: it is the same file for all pages and
stays in the browser's cache.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

SCRIPT_DELAY_S = 2.0
# some pages have all that they load before they have been painted
PAINTED = """
() => new Promise((done) => {
  new PerformanceObserver((list) => {
    for (const entry of list.getEntriesByName("first-contentful-paint"))
      done(entry.startTime);
  }).observe({ type: "paint", buffered: true });
  setTimeout(() => done(null), 5000);
})
"""


@dataclass(frozen=True)
class Weight:
    """Bytes that a page made the browser fetch, and when it showed itself.

    Attributes:
        page: the page's path within the site.
        page_bytes: everything but MathJax.
        script_bytes: the part of it that is script.
        first_paint_s: first contentful paint while each script is held back
            for SCRIPT_DELAY_S seconds.
    """

    page: str
    page_bytes: int
    script_bytes: int
    first_paint_s: float


class _Handler(SimpleHTTPRequestHandler):
    """Files of one folder; scripts come late if the server says so."""

    def do_GET(self):
        """Answer, late if it is a script."""
        if self.path.partition("?")[0].endswith(".js"):
            time.sleep(self.server.script_delay_s)
        super().do_GET()

    def log_message(self, *_):
        """Say nothing."""


@contextmanager
def served(site: Path) -> Iterator[ThreadingHTTPServer]:
    """A server of the site's files on a free port of this machine."""
    handler = partial(_Handler, directory=str(site))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.script_delay_s = 0.0
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def weigh(site: Path, pages: list[str]) -> list[Weight]:
    """The weight of each page, which a browser loads as a new reader would.

    Raises:
        MissingBrowser: if there is no Chromium.
    """
    from checkbook.browser import launched

    with served(site) as server, launched() as browser:
        return [_weight(server, browser, page) for page in pages]


def _weight(server: ThreadingHTTPServer, browser, name: str) -> Weight:
    url = f"http://127.0.0.1:{server.server_port}/{name}"
    server.script_delay_s = 0.0
    context = browser.new_context()
    page, answers = context.new_page(), []
    page.on("response", lambda answer: answers.append(answer))
    page.goto(url, wait_until="networkidle")
    sizes = {"all": 0, "script": 0}
    for answer in answers:
        if answer.ok and "/mathjax/" not in answer.url:
            size = len(answer.body())
            sizes["all"] += size
            if answer.request.resource_type == "script":
                sizes["script"] += size
    context.close()
    server.script_delay_s = SCRIPT_DELAY_S
    context = browser.new_context()
    page = context.new_page()
    page.goto(url, wait_until="load")
    painted = page.evaluate(PAINTED)
    context.close()
    painted = float("inf") if painted is None else painted / 1000
    return Weight(name, sizes["all"], sizes["script"], painted)
