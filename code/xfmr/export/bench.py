"""How long the engine takes in a browser, and a command.

What counts is the processor time of the page, as Chromium tells it: what else
the machine does slows no page. Run it with

    python -m xfmr.export.bench book/widgets/attention CHROMIUM

where `python -m checkbook.browser` says where Chromium is.
"""

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import torch
from playwright.sync_api import CDPSession, Page, sync_playwright

from xfmr.demo.model import Demo
from xfmr.export import scripts, stamp
from xfmr.tokenizer.bpe import BPE, vocabulary

N_TOKENS, N_TURNS, N_WARM, N_APPENDED = 64, 30, 10, 10
LOADED = ("arithmetic", "engine", "weights", "kernel")
ENGINES = {"the kernel": "true", "plain JavaScript": "false"}
BOUNDS = {"the kernel": 12.0, "plain JavaScript": 60.0}  # ms, a whole text
APPENDED_BOUND = 2.0  # ms
MEGABYTES = 2.5  # of weights, tables and kernel
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


def page_of(folder: Path, widgets: Path) -> Path:
    """A page with the engine, for weights that nobody trained."""
    torch.manual_seed(0)
    scripts.write(folder, Demo(), BPE(vocabulary([]), []), cards={})
    addresses = [
        (folder if name in stamp.NAMES else widgets) / f"{name}.js"
        for name in LOADED
    ]
    loads = "".join(
        f'<script src="{path.resolve().as_uri()}"></script>'
        for path in addresses
    )
    page = folder / "bench.html"
    page.write_text(f'<!DOCTYPE html><meta charset="utf-8">{loads}', "utf8")
    return page


def milliseconds(page: Page, session: CDPSession, call: str) -> float:
    """Processor time of the page's own thread while it answers a call."""

    def spent() -> float:
        told = session.send("Performance.getMetrics")["metrics"]
        return {each["name"]: each["value"] for each in told}["TaskDuration"]

    before = spent()
    page.evaluate(call)
    return 1000 * (spent() - before)


def medians(page: Page) -> Iterator[tuple[str, str, float, float]]:
    """What was done, with which engine, its time, and the most it may be."""
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    make = MAKE.format(n_tokens=N_TOKENS, n_appended=N_APPENDED)
    for name, kernel in ENGINES.items():
        page.evaluate(f"({make})({kernel})")
        whole, appended = [], []
        for turn in range(N_WARM + N_TURNS):
            for call, times in (("whole", whole), ("appended", appended)):
                times.append(milliseconds(page, session, f"{call}({turn})"))
        whole, appended = median(whole[N_WARM:]), median(appended[N_WARM:])
        yield f"{N_TOKENS} tokens", name, whole, BOUNDS[name]
        yield "one more", name, appended / N_APPENDED, APPENDED_BOUND


def main(widgets: str, chromium: str) -> int:
    """Print a line for each; 1 if one exceeds its bound."""
    late = False
    print(f"the lab's engine, all maps, ms of processor time, {N_TURNS} turns")
    with (
        tempfile.TemporaryDirectory() as folder,
        sync_playwright() as playwright,
    ):
        path = page_of(Path(folder), Path(widgets))
        carried = sum(
            (path.with_name(f"{name}.js")).stat().st_size
            for name in ("weights", "tables", "kernel")
        )
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--disable-gpu"]
        )
        page = browser.new_page()
        page.goto(path.as_uri())
        for done, name, taken, bound in medians(page):
            late |= taken > bound
            print(f"{done:10}  {name:16}  {taken:6.2f}, at most {bound:g}")
        browser.close()
    megabytes = carried / 1e6
    late |= megabytes > MEGABYTES
    print(f"scripts {megabytes:.2f} MB, at most {MEGABYTES} MB")
    return int(late)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
