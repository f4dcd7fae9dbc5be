"""What a model of the language can do, and which heads read where.

    previous     share read from the word before, over a list as it is said
    induction    share read from the word that followed the same word before
    repeat       share read from the same word before

The last two are asked where a list is heard. Each is a mean over positions
and texts, so a head that reads one place always has the score one; Olsson et
al. 2022.
"""

from collections.abc import Callable

import torch
from einops import reduce
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn.functional import cross_entropy

from xfmr.inside import shares
from xfmr.mini.texts import LANGUAGE, LAST_NAME, Lists, lists, two_names
from xfmr.models.gpt import GPT

Model = Callable[[Tensor], Tensor]  # from tokens to logits
N_TEXTS, N_ITEMS, N_ROWS, SEED = 100, 6, 100, 2  # of `measured`


def read_back(
    read: Float[Tensor, "L B N T S"], places: range, *, back: int
) -> Float[Tensor, "L N"]:
    """The share that each head reads from so many places before.

    Args:
        read: as `shares` finds it.
        places: those that read.
    """
    asking = torch.tensor([*places])
    return reduce(
        read[..., asking, asking - back], "L B N place -> L N", "mean"
    )


def previous(
    read: Float[Tensor, "L B N T S"], texts: Lists
) -> Float[Tensor, "L N"]:
    """How much of a list's words is read from the word before."""
    said = range(texts.said.start, texts.said.stop)
    return read_back(read, said, back=1)


def induction(
    read: Float[Tensor, "L B N T S"], texts: Lists
) -> Float[Tensor, "L N"]:
    """How much is read from what followed the same word; of the last word,
    nothing of the list did."""
    heard = range(texts.heard.start, texts.heard.stop - 1)
    return read_back(read, heard, back=texts.back - 1)


def repeat(
    read: Float[Tensor, "L B N T S"], texts: Lists
) -> Float[Tensor, "L N"]:
    """How much is read from the same word before."""
    heard = range(texts.heard.start, texts.heard.stop)
    return read_back(read, heard, back=texts.back)


@torch.no_grad()
def nats(model: Model, tokens: Int[Tensor, "B T"]) -> Float[Tensor, "B after"]:
    """What each token but the first costs, given those before it."""
    logits = model(tokens)[:, :-1]
    flat = cross_entropy(
        logits.flatten(0, 1), tokens[:, 1:].flatten(), reduction="none"
    )
    return flat.unflatten(0, (len(tokens), -1))


@torch.no_grad()
def right(model: Model, tokens: Int[Tensor, "B T"], places: slice) -> float:
    """The share of the tokens at some places that are the likeliest there."""
    said = model(tokens)[:, :-1].argmax(dim=-1)
    return (said == tokens[:, 1:])[:, _before(places)].float().mean().item()


def _before(places: slice) -> slice:
    """The places where something was predicted."""
    return slice(places.start - 1, places.stop - 1)


def above_floor(
    model: Model, *, n_rows: int, n_tokens: int, seed: int
) -> tuple[float, float]:
    """Mean nats of a token, of the model's and of one who knows the rules.

    Both read rows that begin with a sentence; their first word is given.
    """
    rows = LANGUAGE.rows(n_rows, n_tokens, seed)
    least = [[*LANGUAGE.surprisals(row)][1:] for row in rows]
    return (
        nats(model, torch.tensor(rows)).mean().item(),
        torch.tensor(least).mean().item(),
    )


def measured(model: GPT) -> dict[str, float | list[int]]:
    """All scores of a model, by name.

    A score of heads is that of the one that has most, which is named.
    """
    texts = lists(N_TEXTS, N_ITEMS, seed=SEED)
    read = shares(model, texts.tokens)
    found: dict[str, float | list[int]] = {}
    for name, score in (("previous", previous), ("induction", induction)):
        of_heads = score(read, texts)
        best = int(of_heads.argmax())
        found[name] = of_heads.flatten()[best].item()
        found[f"{name} head"] = [*divmod(best, of_heads.shape[1])]
    names = two_names(N_TEXTS, seed=SEED)
    found["copied"] = right(model, texts.tokens, texts.heard)
    found["names"] = right(model, names, slice(LAST_NAME, LAST_NAME + 1))
    T = model.config.context_length
    found["loss"], found["floor"] = above_floor(
        model, n_rows=N_ROWS, n_tokens=T, seed=SEED
    )
    return found
