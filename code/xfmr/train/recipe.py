"""Recipes: all that decides how a run goes, in one record of plain numbers.

Two runs of one recipe over one text on one machine give the same losses. What
only decides how fast it goes (threads, processes, the device) is no part of
it. A recipe is saved as JSON, and what is read back is checked like the rest.
"""

import json
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path

from xfmr.config import Config
from xfmr.presets import GPT2

OPTIMISERS = ("adamw", "muon")
SCHEDULES = ("cosine", "wsd", "linear")
PRECISIONS = ("fp32", "bf16", "fp16")


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """A run: the model, the tokens of a step, the steps.

    Args:
        n_layers: L.
        d_model: D; heads have D / N coordinates, feed-forward layers 4 D.
        n_heads: N.
        context_length: T, the tokens of a row.
        vocab_size: tokens to learn; the 256 bytes come first.
        n_steps: updates of the weights.
        batch_size: rows of a step, of all processes together.
        micro_batch: rows that go through the model at once, in a process.
        optimiser: a name of OPTIMISERS; `muon` for matrices of the blocks.
        learning_rate: that of AdamW after the warm-up.
        muon_rate: that of Muon.
        beta2: how much of the mean of squares is kept.
        weight_decay: of matrices and tables; vectors have none.
        schedule: a name of SCHEDULES.
        warmup: the share of steps in which the learning rate rises.
        fall: with `wsd`, the share in which it falls.
        floor: what is left of the learning rate at the end, as a share.
        clip: the most that the norm of the gradient may be.
        precision: a name of PRECISIONS, in which matrices are multiplied.
        recompute: whether blocks run again for their backward pass instead
            of keeping what it needs.
        seed: of weights and of the order of rows.
        evaluate_every: steps between two evaluations.
        n_evaluated: rows of the held-out text that are read for one, at most.
        checkpoint_every: steps between two checkpoints.

    Raises:
        ValueError: if a number is out of its range or a name is unknown.
    """

    n_layers: int = 4
    d_model: int = 128
    n_heads: int = 4
    context_length: int = 128
    vocab_size: int = 256
    n_steps: int = 1000
    batch_size: int = 16
    micro_batch: int = 16
    optimiser: str = "adamw"
    learning_rate: float = 3e-3
    muon_rate: float = 2e-2
    beta2: float = 0.95
    weight_decay: float = 0.1
    schedule: str = "cosine"
    warmup: float = 0.1
    fall: float = 0.2
    floor: float = 0.1
    clip: float = 1.0
    precision: str = "fp32"
    recompute: bool = False
    seed: int = 0
    evaluate_every: int = 100
    n_evaluated: int = 128
    checkpoint_every: int = 100

    def __post_init__(self):
        """Refuse what cannot be run, once and here."""
        for field in fields(self):
            value = getattr(self, field.name)
            if type(value) is not field.type:
                raise ValueError(
                    f"{field.name}={value!r} must be of the type "
                    f"{field.type.__name__}"
                )
            if field.type is int and field.name != "seed" and value < 1:
                raise ValueError(f"{field.name}={value} must be at least 1")
        if self.seed < 0:
            raise ValueError(f"seed={self.seed} must not be negative")
        if self.vocab_size < 256:
            raise ValueError(
                f"vocab_size={self.vocab_size} must be at least 256, the bytes"
            )
        if self.d_model % self.n_heads:
            raise ValueError(
                f"n_heads={self.n_heads} must divide d_model={self.d_model}"
            )
        for name, known in {
            "optimiser": OPTIMISERS,
            "schedule": SCHEDULES,
            "precision": PRECISIONS,
        }.items():
            if getattr(self, name) not in known:
                raise ValueError(
                    f"{name}={getattr(self, name)!r} must be one of {known}"
                )
        for name in ("learning_rate", "muon_rate", "clip"):
            if not getattr(self, name) > 0:
                raise ValueError(
                    f"{name}={getattr(self, name)} must be positive"
                )
        if not self.weight_decay >= 0:
            raise ValueError(
                f"weight_decay={self.weight_decay} must not be negative"
            )
        for name in ("beta2", "warmup", "fall", "floor"):
            if not 0 <= getattr(self, name) < 1:
                raise ValueError(
                    f"{name}={getattr(self, name)} must be from 0 to below 1"
                )

    @property
    def n_tokens(self) -> int:
        """Tokens of a step."""
        return self.batch_size * self.context_length

    def config(self, *, vocab_size: int) -> Config:
        """The model, which is a GPT, for a tokenizer of so many tokens."""
        return replace(
            GPT2,
            name="GPT of a recipe",
            source=f"{GPT2.source}, at the recipe's size",
            n_layers=self.n_layers,
            d_model=self.d_model,
            n_heads=self.n_heads,
            n_kv_heads=self.n_heads,
            d_head=self.d_model // self.n_heads,
            d_ff=4 * self.d_model,
            vocab_size=vocab_size,
            context_length=self.context_length,
        )

    def text(self) -> str:
        """The recipe as JSON."""
        return json.dumps(asdict(self), indent=1) + "\n"


MINI = Recipe()
RECIPES = {"mini": MINI}


def read(path: str | Path) -> Recipe:
    """The recipe of a file.

    Raises:
        ValueError: if there is none, or it is not a recipe.
    """
    try:
        found = json.loads(Path(path).read_text("utf8"))
        return Recipe(**found)
    except OSError as error:
        raise ValueError(f"{path}: {error.strerror}") from None
    except (ValueError, TypeError) as error:
        raise ValueError(f"{path} must be a recipe: {error}") from None


def named(name: str, words: list[str]) -> Recipe:
    """The recipe of a name, with other values of fields: `field=value`.

    Raises:
        ValueError: if there is no such recipe or field, or no such value.
    """
    if name not in RECIPES:
        raise ValueError(f"preset={name!r} must be one of {[*RECIPES]}")
    return replace(RECIPES[name], **dict(map(_assigned, words)))


def values_of(name: str, written: str) -> list[object]:
    """The values of a field, written with commas between them.

    Raises:
        ValueError: if there is no such field, or it has no such value.
    """
    return [_assigned(f"{name}={value}")[1] for value in written.split(",")]


def _assigned(word: str) -> tuple[str, object]:
    """A field and its value in the field's type."""
    types = {field.name: field.type for field in fields(Recipe)}
    name, _, written = word.partition("=")
    if name not in types:
        raise ValueError(f"{word!r} must name one of {', '.join(types)}")
    booleans = {"true": True, "false": False}
    kind = types[name]
    try:
        return name, booleans[written] if kind is bool else kind(written)
    except (ValueError, KeyError):
        raise ValueError(
            f"{word!r} must have a value of the type {kind.__name__}"
        ) from None
