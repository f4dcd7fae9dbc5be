"""How long the lab takes in a browser, what it weighs, and a command.

What counts is the processor time of the page, as Chromium tells it: what else
the machine does slows no page. Of keys it tells the time by the clock until
the frame that shows them, in steps of 8 ms. Run it with

    python -m xfmr.export.bench book/widgets/attention CHROMIUM

where `python -m checkbook.browser` says where Chromium is.
"""

import gzip
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from statistics import median

from playwright.sync_api import CDPSession, Page, sync_playwright

from xfmr.demo import artefact
from xfmr.export import scripts, stamp

N_TOKENS, N_TURNS, N_WARM, N_APPENDED = 64, 30, 10, 10
N_VISITS = 5
REST = 100  # ms between keys
SCRIPTS = ("arithmetic", "engine", "tokenizer", *stamp.NAMES)
SCRIPTS += ("parts", "state", "reading", "matrix", "tokens", "heads", "steps")
SCRIPTS += ("foretold", "copies", "verify", "page")
ENGINES = {"the kernel": "true", "plain JavaScript": "false"}
BOUNDS = {"the kernel": 12.0, "plain JavaScript": 60.0}  # ms, a whole text
APPENDED_BOUND = 2.0  # ms
PAINTED_BOUND = 33.0  # ms, of a key that changes the first token
READY_BOUND = 1000.0  # ms, the whole page
MEGABYTES = {"as they are": 3.5, "compressed": 2.0}
MAKE = """
(kernel) => {{
  const engine = Engine.create(demoWeights, {{ kernel }});
  const maps = (run) => {{
    const {{ n_layers, n_heads }} = engine.config;
    for (let layer = 0; layer < n_layers; layer += 1)
      for (let head = 0; head < n_heads; head += 1) run.attention(layer, head);
  }};
  const text = (turn) => Array.from({{ length: {n_tokens} }},
    (_, n) => (turn + n * 79) % engine.config.vocab_size);
  const settings = {{ mode: "causal", mask: "causal" }};
  window.whole = (turn) => maps(engine.run(text(turn), settings));
  window.appended = (turn) => {{
    const ids = text(turn);
    for (let n = 1; n <= {n_appended}; n += 1)
      engine.run([...ids, ...ids.slice(0, n)], settings);
  }};
}}
"""

FRAME = """
() => new Promise((done) => requestAnimationFrame(() =>
  requestAnimationFrame(done)))
"""
# from a key to the frame that shows what it did, by the browser's own account
OBSERVE = """
() => {
  window.painted = [];
  new PerformanceObserver((list) => {
    for (const { name, duration } of list.getEntries())
      if (name === "input") painted.push(duration);
  }).observe({ type: "event", durationThreshold: 16 });
}
"""


def page_of(folder: Path, widgets: Path) -> Path:
    """A page with the lab and nothing else."""
    cards = artefact.kept()["scores"]["heads"]
    scripts.write(folder, *artefact.load(), cards)
    for path in widgets.iterdir():
        shutil.copyfile(path, folder / path.name)
    loads = "".join(
        f'<script defer src="{name}.js"></script>' for name in SCRIPTS
    )
    page = folder / "lab.html"
    page.write_text(
        '<!DOCTYPE html><meta charset="utf-8">'
        f'<link rel="stylesheet" href="lab.css">{loads}'
        '<div class="lab" data-lab></div>',
        "utf8",
    )
    return page


def megabytes(folder: Path) -> dict[str, float]:
    """All that a page loads."""
    texts = [path.read_bytes() for path in folder.iterdir()]
    return {
        "as they are": sum(map(len, texts)) / 1e6,
        "compressed": sum(len(gzip.compress(x)) for x in texts) / 1e6,
    }


def spent(session: CDPSession) -> float:
    """Milliseconds of processor time of a page since it was opened."""
    told = session.send("Performance.getMetrics")["metrics"]
    found = {each["name"]: each["value"] for each in told}
    return 1000 * found["TaskDuration"]


def milliseconds(session: CDPSession, do: Callable[[], object]) -> float:
    """What is spent while something is done."""
    before = spent(session)
    do()
    return spent(session) - before


Row = tuple[str, str, float, float]


def visits(page: Page, session: CDPSession, address: str) -> Row:
    """What was done, how, its time, and the most it may be."""

    taken = []
    for _ in range(N_VISITS):
        page.goto(address)
        page.locator("[data-ready]").wait_for()
        taken.append(spent(session))
    return "ready", "the page", median(taken), READY_BOUND


def keys(page: Page) -> Iterator[Row]:
    """A letter after the last word, and before the first, so that all is read
    again."""
    # a line's end comes before it
    page.locator("#lab-text").fill(" ".join(["the"] * (N_TOKENS - 1)))
    page.evaluate(FRAME)
    if page.locator(".token").count() != N_TOKENS:
        raise ValueError(f"the text must be {N_TOKENS} tokens")
    page.evaluate(OBSERVE)
    for where, place in (("last", "End"), ("first", "Home")):
        page.evaluate("painted.length = 0")
        for _ in range(N_WARM + N_TURNS):
            for key in (place, "a", "Backspace"):
                page.keyboard.press(key)
                page.wait_for_timeout(REST)
        taken = median(page.evaluate("painted")[2 * N_WARM :])
        yield "a key", f"at the {where}", taken, PAINTED_BOUND


def medians(page: Page, session: CDPSession) -> Iterator[Row]:
    """The same of the engine alone."""
    make = MAKE.format(n_tokens=N_TOKENS, n_appended=N_APPENDED)
    for name, kernel in ENGINES.items():
        page.evaluate(f"({make})({kernel})")
        whole, appended = [], []
        for turn in range(N_WARM + N_TURNS):
            for call, times in (("whole", whole), ("appended", appended)):
                ask = partial(page.evaluate, f"{call}({turn})")
                times.append(milliseconds(session, ask))
        whole, appended = median(whole[N_WARM:]), median(appended[N_WARM:])
        yield f"{N_TOKENS} tokens", name, whole, BOUNDS[name]
        yield "one more", name, appended / N_APPENDED, APPENDED_BOUND


def rows(path: Path, chromium: str) -> Iterator[Row]:
    """All that is timed."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--disable-gpu"]
        )
        page = browser.new_page()
        session = page.context.new_cdp_session(page)
        session.send("Performance.enable", {"timeDomain": "threadTicks"})
        yield visits(page, session, path.as_uri())
        yield from keys(page)
        yield from medians(page, session)
        browser.close()


def main(widgets: str, chromium: str) -> int:
    """Print a line for each; 1 if one exceeds its bound."""
    late = False
    print(f"the lab, ms of processor time, medians of {N_TURNS}")
    with tempfile.TemporaryDirectory() as folder:
        path = page_of(Path(folder), Path(widgets))
        for done, name, taken, bound in rows(path, chromium):
            late |= taken > bound
            print(f"{done:10}  {name:16}  {taken:6.2f}, at most {bound:g}")
        for how, size in megabytes(path.parent).items():
            bound = MEGABYTES[how]
            late |= size > bound
            print(f"all files, {how}: {size:.2f} MB, at most {bound:g}")
    return int(late)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
