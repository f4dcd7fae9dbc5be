"""What the demo model can do, in either mode, and which heads read where.

    itself       share that a word reads from itself, over a list as it is said
    previous     share read from the word before, over the same
    following    share read from the word after, over the same
    induction    share read from the word that followed the same word before
    repeat       share read from the same word before
    first        share read from the line's end that begins the text
    entropy      of what a head reads, as a share of what is spread evenly

The fourth and the fifth are asked where a list is heard, the last two of all
positions. A head that always reads one place has the score one; Olsson et al.
2022.
"""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

import torch
from einops import einsum, reduce
from jaxtyping import Bool, Float, Int
from torch import Tensor
from torch.nn.functional import cross_entropy

from xfmr.demo import texts
from xfmr.demo.heads import heads
from xfmr.demo.model import MODES, Demo, mask_of
from xfmr.demo.rows import MASK, Both, Texts, both
from xfmr.mini.scores import read_back
from xfmr.objectives.example import Example
from xfmr.tokenizer.base import Tokenizer

Model = Callable[[Tensor, str], Tensor]  # from tokens and a mode to logits
OTHER = {"causal": "bidirectional", "bidirectional": "causal"}
FOCUSED = 0.5  # of the entropy of what is spread evenly
SEED = "held out"
N_TEXTS, N_ITEMS = 100, 6
N_ROWS, ROW = 64, 64  # held-out rows of either kind, and their tokens


@dataclass(frozen=True)
class Lists:
    """Sentences in which a list is said, and then heard; all words tokens.

    Args:
        tokens: their ids.
        said: where the list stands first.
        heard: where it stands again.
    """

    tokens: Int[Tensor, "B T"]
    said: range
    heard: range

    @property
    def back(self) -> int:
        """How far it is from a word to the same word before."""
        return self.heard.start - self.said.start


def lists(tokenizer: Tokenizer) -> Lists:
    """Sentences with lists of one length."""
    rng, rows = Random(SEED), []
    names, items = (
        texts.LANGUAGE.grammar.classes[kind] for kind in ("name", "item")
    )
    for _ in range(N_TEXTS):
        one, other = rng.sample(names, 2)
        words = " ".join(rng.sample(items, N_ITEMS))
        line = f"{one} said {words}, and {other} heard {words}."
        rows.append(tokenizer.encode(texts.as_read([line])))
    said = range(3, 3 + N_ITEMS)  # a line's end, a name, `said`
    heard = range(said.stop + 4, said.stop + 4 + N_ITEMS)
    return Lists(torch.tensor(rows), said, heard)


def names(
    tokenizer: Tokenizer,
) -> tuple[list[Int[Tensor, "1 _"]], Int[Tensor, "B"]]:
    """Sentences of two names up to the last, and that one."""
    rng = Random(SEED)
    beginnings, last = [], []
    while len(last) < N_TEXTS:
        words = texts.LANGUAGE.grammar.sentence(rng)
        if words[0] in ("when", "after"):
            line = texts.as_read([texts.written(words)])
            *read, name, _ = tokenizer.encode(line)
            beginnings.append(torch.tensor([read]))
            last.append(name)
    return beginnings, torch.tensor(last)


# Heads -----------------------------------------------------------------------


def entropy(
    read: Float[Tensor, "L B N T S"], mask: Bool[Tensor, "T S"]
) -> Float[Tensor, "L N"]:
    """Entropy over that of an even spread, where more than one may be read."""
    nats = torch.special.entr(read).sum(dim=-1)
    most = mask.sum(dim=-1).log()
    asking = most > 0
    return reduce(
        nats[..., asking] / most[asking], "L B N place -> L N", "mean"
    )


def of_heads(
    model: Demo, found: Lists, mode: str
) -> dict[str, Float[Tensor, "L N"]]:
    """Each score of each head, while lists are read."""
    read = heads(model, found.tokens, mode).weights
    heard, back = found.heard, found.back
    # the last word has nothing of the list after it
    asking = range(heard.start, heard.stop - 1)
    return {
        "itself": read_back(read, found.said, back=0),
        "previous": read_back(read, found.said, back=1),
        "following": read_back(read, found.said, back=-1),
        "induction": read_back(read, asking, back=back - 1),
        "repeat": read_back(read, heard, back=back),
        "first": reduce(read[..., 1:, 0], "L B N place -> L N", "mean"),
        "entropy": entropy(read, mask_of(mode, found.tokens.shape[1])),
    }


# What it says ----------------------------------------------------------------


def loss(
    model: Demo,
    example: Example,
    mode: str,
    mask: Bool[Tensor, "T T"] | None = None,
) -> Float[Tensor, ""]:
    """Mean nats of the tokens that count."""
    # logits take a fifth of the time, and most hidden tokens are not asked for
    x = model.stream(example.inputs, mode, mask)[example.counts]
    table = model.embedding.token.weight
    logits = einsum(x, table, "asked D, V D -> asked V")
    return cross_entropy(logits, example.targets[example.counts])


def held_out(tokenizer: Tokenizer) -> dict[str, Both]:
    """Rows of the language and of prose that were not learned from."""
    rng = Random(SEED)
    others = texts.words_of(texts.learned_prose())
    found = Texts(tokenizer, texts.held_out_prose(), others)
    return {
        kind: both(
            torch.tensor([row(ROW + 1, rng) for _ in range(N_ROWS)]),
            tokenizer,
            seed=0,
        )
        for kind, row in (
            ("language", found.language),
            ("prose", found.prose),
        )
    }


@torch.no_grad()
def losses(
    model: Demo, rows: dict[str, Both]
) -> dict[str, dict[str, dict[str, float]]]:
    """For each kind of text and each mode the loss, and what the mask of the
    other mode would add to it."""
    found = {}
    for kind, examples in rows.items():
        found[kind] = {}
        for mode in MODES:
            example = getattr(examples, mode)
            other = mask_of(OTHER[mode], example.inputs.shape[1])
            own = loss(model, example, mode).item()
            wrong = loss(model, example, mode, other).item()
            found[kind][mode] = {"loss": own, "wrong mask": wrong - own}
    return found


@torch.no_grad()
def copied(model: Model, found: Lists) -> float:
    """The share of a list's words that the model foretells as it is heard."""
    logits = model(found.tokens, "causal")
    places = torch.tensor([*found.heard])
    said = logits[:, places - 1].argmax(dim=-1)
    return (said == found.tokens[:, places]).float().mean().item()


@torch.no_grad()
def restored(model: Model, found: Lists, tokenizer: Tokenizer) -> float:
    """The share of a list's words that it restores where they are heard."""
    right = []
    for place in found.heard:
        hidden = found.tokens.clone()
        hidden[:, place] = tokenizer.specials[MASK]
        said = model(hidden, "bidirectional")[:, place].argmax(dim=-1)
        right.append(said == found.tokens[:, place])
    return torch.stack(right).float().mean().item()


@torch.no_grad()
def named(
    model: Model, beginnings: list[Int[Tensor, "1 _"]], last: Int[Tensor, "B"]
) -> float:
    """The share of sentences whose last name the model foretells."""
    said = [model(read, "causal")[0, -1].argmax() for read in beginnings]
    return (torch.stack(said) == last).float().mean().item()


def measured(model: Demo, tokenizer: Tokenizer) -> dict[str, object]:
    """All scores of a model, by name."""
    found = lists(tokenizer)
    cards = {mode: of_heads(model, found, mode) for mode in MODES}
    return {
        "losses": losses(model, held_out(tokenizer)),
        "names": named(model, *names(tokenizer)),
        "copied": copied(model, found),
        "restored": restored(model, found, tokenizer),
        "heads": {
            mode: {name: x.tolist() for name, x in card.items()}
            for mode, card in cards.items()
        },
    }
