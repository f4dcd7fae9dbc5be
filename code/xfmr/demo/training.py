"""The run of the demo model: each step learns in both modes.

The loss is the mean of two, each a mean of its own tokens: those that come
next, and those that are hidden, which are fewer.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from xfmr.config import Config
from xfmr.demo import scores, texts
from xfmr.demo.model import DEMO, MODES, Demo
from xfmr.demo.rows import MASK, Rows, Texts
from xfmr.objectives.example import Example
from xfmr.tokenizer import merges
from xfmr.tokenizer.bpe import BPE
from xfmr.train.initial import initialise
from xfmr.train.log import Row
from xfmr.train.loop import Run
from xfmr.train.material import Material, bytes_of
from xfmr.train.recipe import Recipe

N_LINES = 20_000  # of the language, for the tokenizer to learn from


def tokenizer_of(vocab_size: int) -> BPE:
    """Tokens that are learned from sentences of both kinds."""
    said = texts.drawn(N_LINES, seed=0), texts.learned_prose()
    return merges.train(
        map(texts.as_read, said), vocab_size=vocab_size, specials=[MASK]
    )


def config_of(recipe: Recipe) -> Config:
    """DEMO in the sizes of a recipe; feed-forward layers have 5/2 D."""
    return replace(
        DEMO,
        n_layers=recipe.n_layers,
        d_model=recipe.d_model,
        n_heads=recipe.n_heads,
        n_kv_heads=recipe.n_heads,
        d_head=recipe.d_model // recipe.n_heads,
        d_ff=5 * recipe.d_model // 2,
        vocab_size=recipe.vocab_size,
        context_length=recipe.context_length,
    )


class Training(Run):
    """A demo model while it learns.

    Args:
        recipe: how; its sizes are those of the model.
        tokenizer: with as many tokens.
    """

    def __init__(self, recipe: Recipe, tokenizer: BPE):
        prose = texts.learned_prose()
        said, held_out = (
            np.array(tokenizer.encode(texts.as_read(lines)))
            for lines in (prose, texts.held_out_prose())
        )
        super().__init__(
            recipe,
            Material(tokenizer, said, held_out, bytes_of(tokenizer)),
            model=initialise(
                Demo(config_of(recipe), fused=True), seed=recipe.seed
            ),
        )
        found = Texts(tokenizer, prose, texts.words_of(prose))
        self.loader = Rows(found, n_tokens=recipe.n_tokens, seed=recipe.seed)
        self._lists = scores.lists(tokenizer)
        self._names = scores.names(tokenizer)
        self._held_out = scores.held_out(tokenizer)

    def backward(self, *examples: Example) -> Tensor:
        """Add the gradients of both modes; the mean of both losses."""
        total = sum(
            scores.loss(self.model, example, mode)
            for mode, example in zip(MODES, examples, strict=True)
        )
        mean = total / len(MODES)
        mean.backward()
        return mean.detach()

    def evaluate(self) -> Row:
        """Held-out losses of both kinds in both modes, and some scores."""
        cards = scores.of_heads(self.model, self._lists, "causal")
        return {
            f"{kind}, {mode}": self._loss(getattr(rows, mode), mode)
            for kind, rows in self._held_out.items()
            for mode in MODES
        } | {
            "previous": cards["previous"].max().item(),
            "induction": cards["induction"].max().item(),
            "copied": scores.copied(self.model, self._lists),
            "names": scores.named(self.model, *self._names),
        }

    @torch.no_grad()
    def _loss(self, example: Example, mode: str) -> float:
        return scores.loss(self.model, example, mode).item()

    def evaluations(self) -> Iterator[Row]:
        """Train to the end; a row for each evaluation.

        The loss is the mean over all steps since the row before.
        """
        since = []
        for row in self.train():
            since.append(row.pop("loss"))
            if "names" in row:
                del row["learning_rate"], row["gradient_norm"]
                first = {name: row.pop(name) for name in ("step", "tokens")}
                yield first | {"loss": sum(since) / len(since)} | row
                since = []
