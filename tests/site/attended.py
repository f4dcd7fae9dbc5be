"""The lab as it stands in a page, for a model that its tests make."""

import json
import os
import re
from functools import cache
from pathlib import Path

import torch

from checkbook import site
from tests import lab
from xfmr.demo.model import DEMO
from xfmr.export import golden, tables
from xfmr.export.bench import SCRIPTS
from xfmr.export.golden import Case
from xfmr.export.weights import as_exported
from xfmr.tokenizer import merges
from xfmr.tokenizer.bpe import BPE

from .conftest import SITE

# each a token of its own here, since nothing else would reach markup whole
HOSTILE = ("<b>", "<a/b>", "&lt;", "'\"", "=1+1")
N_HEADS = DEMO.n_heads


@cache
def tokenizer() -> BPE:
    """That of the lab, with tokens that could be taken for markup."""
    learned = lab.tokenizer()
    text = " ".join((lab.ROOT / "README.md").read_text("utf8").split())
    size = learned.vocab_size
    return merges.train([text], vocab_size=size, specials=[lab.MASK, *HOSTILE])


@cache
def exported():
    """The model in float64, as a page has it."""
    return as_exported(lab.model())


def written(folder: Path, faults: dict[str, tuple[str, str]]) -> Path:
    """The page in the shell of the site; scripts have faults, if given."""
    lab.written(folder / "widgets")
    place = folder / "widgets" / "tables.js"
    text = json.dumps(tables.tables(tokenizer()))
    place.write_text(f"window.demoTables = {text};\n", "utf8")
    for name, (right, wrong) in faults.items():
        script = folder / "widgets" / f"{name}.js"
        source = script.read_text("utf8")
        assert source.count(right) == 1
        script.write_text(source.replace(right, wrong), "utf8")
    os.symlink(SITE / "_static", folder / "_static")
    shell = (SITE / "index.html").read_text("utf8")
    shell = re.sub(
        r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", shell
    )
    loads = "".join(
        f'<script defer src="widgets/{name}.js"></script>' for name in SCRIPTS
    )
    article = (
        "<article><section><h1>Lab</h1>"
        '<link rel="stylesheet" href="widgets/lab.css">'
        f'<div class="lab" data-lab></div>{loads}'
        "<h2 id='after'>After</h2></section></article>"
    )
    text = re.sub(
        r"<article.*</article>", lambda _: article, shell, flags=re.DOTALL
    )
    page = folder / "attention.html"
    page.write_text(site.with_policy(text, wasm=True), "utf8")
    return page


def ids_of(text: str) -> list[int]:
    """A text as the page reads it."""
    lines = re.split(r"\r\n|\r|\n", text)
    return tokenizer().encode("".join(f"\n {line}" for line in lines))


def found(ids: list[int], mode: str = "causal", **changes) -> dict:
    """What Python computes, in float64."""
    own = {"causal": "causal", "bidirectional": "full"}[mode]
    case = Case(ids=ids, **{"mode": mode, "mask": own} | changes)
    made = golden.expected(exported(), case)
    return made | {"shares": torch.softmax(made["logits"], -1)}


class Lab:
    """A page that is open, and what tests ask of it."""

    def __init__(self, seen, url: str):
        self.seen, self.page, self.url = seen, seen.page, url

    def fresh(self, address: str = "") -> "Lab":
        """The page as it is for an address, its network off."""
        self.page.context.set_offline(False)
        self.page.goto("about:blank")
        self.page.goto(self.url + address)
        self.page.locator("[data-ready]").wait_for()
        self.page.context.set_offline(True)
        return self

    def settled(self) -> None:
        """After the frame in which the last change is looked at."""
        self.page.evaluate(
            "() => new Promise((done) => requestAnimationFrame(() =>"
            " requestAnimationFrame(done)))"
        )

    def go(self, **said) -> "Lab":
        """Change the address of the open page, as a reader may."""
        self.page.evaluate(
            """async (said) => {
              for (const hash of ["#after", `#${new URLSearchParams(said)}`])
                await new Promise((done) => {
                  if (location.hash === hash) { done(); return; }
                  addEventListener("hashchange", done, { once: true });
                  location.hash = hash;
                });
            }""",
            {k: str(v) for k, v in said.items()},
        )
        self.settled()
        return self

    def saved(self) -> dict[str, str]:
        """What the address says, once it says it."""
        self.page.wait_for_timeout(300)
        return self.page.evaluate(
            "Object.fromEntries(new URLSearchParams(location.hash.slice(1)))"
        )

    def button(self, name: str, **options):
        return self.page.locator(".lab").get_by_role(
            "button", name=name, **options
        )

    def tokens(self):
        return self.page.locator(".lab .token")

    def words(self) -> list[str]:
        return self.page.locator(".lab .token .word").all_inner_texts()

    def pressed(self) -> int:
        """Which token is chosen."""
        return self.tokens().evaluate_all(
            "all => all.findIndex((e) => e.ariaPressed === 'true')"
        )

    def status(self) -> str:
        self.settled()
        return self.page.locator(".lab .said").inner_text()

    def title(self) -> str:
        return self.page.locator(".lab .one .title").inner_text()

    def problems(self) -> str:
        return self.page.locator(".lab .problems").inner_text()

    def copied(self, kind: str) -> str:
        """What a button copies."""
        self.page.evaluate(
            "() => { window.kept = null; lab.copies.copy = async (text) =>"
            " { window.kept = text; return true; } }"
        )
        self.button(f"Copy as {kind}").click()
        self.settled()
        return self.page.evaluate("window.kept")

    def shares(self) -> torch.Tensor:
        """The matrix, as it is copied; what is hidden is 0."""
        lines = self.copied("CSV").splitlines()[1:]
        n = len(lines)
        rows = [
            [float(x or 0) for x in line.rsplit(",", n)[1:]] for line in lines
        ]
        return torch.tensor(rows, dtype=torch.float64)

    def foretold(self) -> list[list[str]]:
        """Words and what is said of each."""
        return self.page.locator(".lab .foretold li").evaluate_all(
            "all => all.map((e) => ['.word', '.share', 'small'].map("
            "(part) => e.querySelector(part)?.textContent ?? ''))"
        )

    def open_all(self) -> "Lab":
        self.page.evaluate(
            "document.querySelectorAll('.lab details')"
            ".forEach((d) => { d.open = true })"
        )
        self.settled()
        return self

    def shape(self) -> dict[str, set[str]]:
        """The kinds of nodes that there are, each with its attributes."""
        found = self.page.evaluate(
            """() => {
              const kinds = {};
              const nodes = document.createNodeIterator(
                document.body, NodeFilter.SHOW_ALL);
              for (let node; (node = nodes.nextNode());)
                (kinds[node.nodeName] ??= []).push(
                  ...node.attributes ? node.getAttributeNames() : []);
              return kinds;
            }"""
        )
        return {name: set(names) for name, names in found.items()}
