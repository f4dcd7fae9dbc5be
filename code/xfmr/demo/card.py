"""The card of the demo model: what it is, from its recipe and its scores."""

from xfmr.demo.model import MODES
from xfmr.demo.rows import HIDDEN, LENGTHS, PROSE
from xfmr.demo.scores import FOCUSED, N_ITEMS, N_ROWS, N_TEXTS, ROW
from xfmr.train.recipe import Recipe

CARD = """\
# The demo model

A small network that reads in two ways, for the pages of this book's lab. Made
by `make demo-model`; do not edit, all of this is computed.

- Model: {n_layers} layers of {n_heads} heads, a stream of {d_model}, at most
  {context_length} tokens. Rotary positions, RMSNorm, SwiGLU, no biases.
  `xfmr.demo.model` is its code, and `xfmr.demo.artefact.load()` reads it.
- Objective: half of each step's rows foretell the next token (`causal`), and
  half restore the {hidden:.0%} of tokens that are chosen (`bidirectional`,
  with BERT's shares of masked, redrawn and kept ones). Each mode has a row of
  the mode table and a mask of its own.
- Data: {language:.0%} of rows are sentences of the language of
  `xfmr.demo.texts`, drawn anew for each step. {prose:.0%} are this book's own
  prose as `prose.txt` keeps it, nine tenths of it, read again and again.
- Tokens: {vocab_size} of byte-level BPE, learned from the same texts.
- Training: {n_steps} steps of {step_tokens} tokens, {tokens:,} in all, in
  rows of {lengths} tokens; Muon at {muon_rate} for matrices, AdamW at
  {learning_rate} for the rest; one seed, one thread.
- Weights: 16 bits each. All scores are those of the weights as stored.

## Losses

Nats per token on {n_rows} rows of {row} tokens that were not learned from, and
what the mask of the other mode, which was never trained, adds to each.

| text | mode | loss | with the other mask |
|---|---|---|---|
{losses}

## What it can do

| | share of {n_texts} texts |
|---|---|
| foretells the last of two names | {names:.2f} |
| foretells the words of a list of {n_items} as it is heard | {copied:.2f} |
| restores them, one hidden at a time | {restored:.2f} |

## Heads

The share that the best head reads, and the heads whose entropy is below
{focused} of that of an even spread, on lists that are said and heard.

| mode | word before | after the same word | same word | focused heads |
|---|---|---|---|---|
{heads}

## Limits

It knows few sentences and some words of one book. What it says of anything
else shows how it works and is no knowledge. Its heads were measured on lists
alone; where a head reads does not tell what the network makes of it.
"""


def best(scores: dict[str, object], mode: str, name: str) -> float:
    """The most that any head has of a score."""
    return max(max(layer) for layer in scores["heads"][mode][name])


def focused(scores: dict[str, object], mode: str) -> int:
    """How many heads read few places."""
    layers = scores["heads"][mode]["entropy"]
    return sum(each < FOCUSED for layer in layers for each in layer)


def text(recipe: Recipe, scores: dict[str, object]) -> str:
    """The card."""
    rows = [
        f"| {kind} | {mode} | {each['loss']:.3f} | {each['wrong mask']:+.3f} |"
        for kind, modes in scores["losses"].items()
        for mode, each in modes.items()
    ]
    named = ("previous", "induction", "repeat")
    heads = [
        " | ".join(
            [
                f"| {mode}",
                *(f"{best(scores, mode, name):.2f}" for name in named),
                f"{focused(scores, mode)} |",
            ]
        )
        for mode in MODES
    ]
    return CARD.format(
        **vars(recipe),
        **{name: scores[name] for name in ("names", "copied", "restored")},
        step_tokens=recipe.n_tokens,
        tokens=recipe.n_steps * recipe.n_tokens,
        lengths=", ".join(map(str, LENGTHS)),
        hidden=HIDDEN,
        prose=PROSE,
        language=1 - PROSE,
        n_rows=N_ROWS,
        row=ROW,
        n_texts=N_TEXTS,
        n_items=N_ITEMS,
        focused=FOCUSED,
        losses="\n".join(rows),
        heads="\n".join(heads),
    )
