"""A page with the lab's engine, for a model that its tests make."""

import json
import shutil
from dataclasses import replace
from functools import cache
from pathlib import Path

import torch

from checkbook import site
from xfmr.demo.model import DEMO, MODES, Demo
from xfmr.export import scripts
from xfmr.tokenizer import merges
from xfmr.tokenizer.bpe import BPE

ROOT = Path(__file__).parents[1]
WIDGETS = ROOT / "book" / "widgets" / "attention"
TOY = replace(
    DEMO,
    n_layers=2,
    d_model=16,
    n_heads=2,
    n_kv_heads=2,
    d_head=8,
    d_ff=24,
    vocab_size=32,
    context_length=16,
)
LOADED = ("arithmetic", "engine", "tokenizer")
LOADED += ("weights", "tables", "golden", "cards", "kernel")
MASK = "<mask>"


@cache
def model() -> Demo:
    """Random weights, in which heads read as trained ones do: few places."""
    torch.manual_seed(0)
    made = Demo().requires_grad_(False)
    for name, weight in made.named_parameters():
        if name.startswith("embedding"):
            weight.mul_(0.3)
        elif "w_q" in name or "w_k" in name:
            weight.mul_(3)
        elif name.endswith("gain"):
            weight.uniform_(0.5, 1.5)
    return made


def toy() -> Demo:
    """A model of a few numbers."""
    torch.manual_seed(0)
    return Demo(TOY).requires_grad_(False)


@cache
def tokenizer() -> BPE:
    """What is learned of the repository's own words."""
    text = "".join(
        (ROOT / name).read_text("utf8")
        for name in ("README.md", "CONTRIBUTING.md")
    )
    return merges.train([text], vocab_size=DEMO.vocab_size, specials=[MASK])


@cache
def made() -> dict[str, str]:
    """The scripts of both."""
    return scripts.scripts(model(), tokenizer(), cards())


@cache
def cards() -> dict[str, dict[str, list[list[float]]]]:
    """Scores of heads that nobody measured."""
    kinds = ("itself", "previous", "following", "induction", "repeat")
    kinds += ("first", "entropy")
    shares = torch.rand(len(MODES), len(kinds), 4, 4).round(decimals=3)
    return {
        mode: dict(zip(kinds, scores.tolist(), strict=True))
        for mode, scores in zip(MODES, shares, strict=True)
    }


def written(folder: Path, *, wasm: bool = True) -> Path:
    """A page that loads everything, under the policy of the site."""
    shutil.copytree(WIDGETS, folder, dirs_exist_ok=True)
    for name, text in made().items():
        (folder / f"{name}.js").write_text(text, "utf8")
    loads = "".join(f'<script src="{name}.js"></script>' for name in LOADED)
    text = (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
        f"<title>lab</title>{loads}</head><body></body></html>"
    )
    page = folder / "lab.html"
    page.write_text(site.with_policy(text, wasm=wasm), "utf8")
    return page


# All that a run gives, as `xfmr.export.golden.expected` has it.
WHOLE = """
([kernel, given]) => {
  window.engines ??= {};
  const engine = engines[kernel] ??= Engine.create(demoWeights, { kernel });
  const run = engine.run(given.ids, given);
  const heads = (part) => Array.from({ length: engine.config.n_layers },
    (_, layer) => Array.from({ length: engine.config.n_heads },
      (_, head) => [...part(layer, head)]));
  const vectors = (name) => heads((...head) => run.vectors(...head)[name]);
  return JSON.stringify({
    q: vectors("q"), k: vectors("k"), v: vectors("v"),
    scores: vectors("scores"), attention: heads(run.attention),
    stream: Array.from({ length: engine.config.n_layers + 1 },
      (_, layer) => [...run.stream(layer)]),
    logits: [...run.logits],
  });
}
"""


def whole(
    page, given: dict, *, kernel: bool, script: str = WHOLE
) -> dict[str, torch.Tensor]:
    """What the engine of a page makes of a case, in float64."""
    found = json.loads(page.evaluate(script, [kernel, given]))
    return {
        name: torch.tensor(numbers, dtype=torch.float64)
        for name, numbers in found.items()
    }
