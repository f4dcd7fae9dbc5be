"""How fast `xfmr train` is beside a plain GPT of torch's own layers.

Both have the same shape and the same weights, read the same rows and move
them by the same optimiser. Steps are taken in turn, and the medians of their
times are compared, on one thread and on two. Run it with
`python -m xfmr.train.bench`.
"""

import sys
import tempfile
import time
from collections.abc import Iterator
from functools import partial
from itertools import islice
from pathlib import Path
from random import Random
from statistics import median

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, gelu
from torch.nn.utils import clip_grad_norm_
from torch.optim import AdamW

from xfmr import count
from xfmr.config import Config
from xfmr.data.loader import Loader
from xfmr.train import folder, material
from xfmr.train.loop import Run
from xfmr.train.optimisers import BETA1
from xfmr.train.parallel import CPU
from xfmr.train.recipe import MINI, Recipe
from xfmr.train.speed import peak_flops, token_flops

LEAST = 0.97  # their time over ours
THREADS = (1, 2)
N_TURNS, N_WARM = 30, 3
N_LETTERS = 50_000


class Plain(nn.Module):
    """A GPT of `nn.TransformerEncoderLayer`, whose attention is fused.

    Args:
        config: of a GPT.
    """

    def __init__(self, config: Config):
        super().__init__()
        D = config.d_model
        self.token = nn.Embedding(config.vocab_size, D)
        self.position = nn.Embedding(config.context_length, D)
        layer = nn.TransformerEncoderLayer(
            D,
            config.n_heads,
            config.d_ff,
            dropout=0.0,
            activation=partial(gelu, approximate="tanh"),
            layer_norm_eps=config.norm_eps,
            batch_first=True,
            norm_first=True,
        )
        self.layers = nn.TransformerEncoder(
            layer,
            config.n_layers,
            norm=nn.LayerNorm(D, eps=config.norm_eps),
            enable_nested_tensor=False,
        )
        T = config.context_length
        mask = nn.Transformer.generate_square_subsequent_mask(T)
        self.register_buffer("mask", mask)

    def forward(self, tokens: Int[Tensor, "B T"]) -> Float[Tensor, "B T V"]:
        """Logits of the token after each."""
        places = torch.arange(tokens.shape[1])
        x = self.token(tokens) + self.position(places)
        x = self.layers(x, mask=self.mask, is_causal=True)
        return x @ self.token.weight.T


def with_weights_of(model: nn.Module) -> Plain:
    """A plain GPT with the weights of one of ours."""
    plain = Plain(model.config)
    ours, theirs = model.state_dict(), plain.state_dict()
    for kind in ("weight", "bias"):
        for n in range(model.config.n_layers):
            block, layer = f"blocks.{n}.", f"layers.layers.{n}."
            qkv = [ours[f"{block}attention.w_{x}.{kind}"] for x in "qkv"]
            theirs[f"{layer}self_attn.in_proj_{kind}"] = torch.cat(qkv)
            for name, own in {
                "self_attn.out_proj": "attention.w_o",
                "linear1": "feed_forward.w_in",
                "linear2": "feed_forward.w_out",
            }.items():
                theirs[f"{layer}{name}.{kind}"] = ours[f"{block}{own}.{kind}"]
            gain = "gain" if kind == "weight" else kind
            for name, own in {
                "norm1": "attention_norm",
                "norm2": "feed_forward_norm",
            }.items():
                theirs[f"{layer}{name}.{kind}"] = ours[f"{block}{own}.{gain}"]
        theirs[f"layers.norm.{kind}"] = ours[f"final_norm.{gain}"]
    for name in ("token", "position"):
        theirs[f"{name}.weight"] = ours[f"embedding.{name}.weight"]
    plain.load_state_dict(theirs)
    return plain


def plain_steps(run: Run, model: Plain) -> Iterator[float]:
    """The losses of a plain loop over the rows that the run reads."""
    recipe = run.recipe
    optimiser = AdamW(
        model.parameters(),
        lr=recipe.learning_rate,
        betas=(BETA1, recipe.beta2),
        weight_decay=recipe.weight_decay,
        fused=True,
    )
    loader = Loader(
        run.material.train,
        batch_size=recipe.batch_size,
        n_tokens=recipe.context_length,
        seed=recipe.seed,
    )
    for tokens, targets in islice(loader, recipe.n_steps):
        optimiser.zero_grad()
        logits = model(tokens)
        loss = cross_entropy(logits.flatten(0, 1), targets.flatten())
        loss.backward()
        clip_grad_norm_(model.parameters(), recipe.clip)
        optimiser.step()
        yield loss.item()


def seconds(*loops: Iterator[object]) -> list[float]:
    """The median time of a step of each loop; they take turns."""
    taken = [[] for _ in loops]
    for turn in range(N_WARM + N_TURNS):
        for times, loop in zip(taken, loops, strict=True):
            start = time.perf_counter()
            next(loop)
            if turn >= N_WARM:
                times.append(time.perf_counter() - start)
    return [median(times) for times in taken]


def compared(recipe: Recipe) -> tuple[float, float]:
    """Seconds of a step of `xfmr train`, and of the plain loop."""
    letters = Random(0).choices("etaoin shrdlu", k=N_LETTERS)
    with tempfile.TemporaryDirectory() as name:
        where = Path(name)
        folder.begin(where, recipe, material.in_memory("".join(letters)))
        run = folder.resumed(where)
        plain = plain_steps(run, with_weights_of(run.model))
        ours, theirs = seconds(folder.go_on(run, where), plain)
    return ours, theirs


def main() -> int:
    """Print a line for each number of threads; 1 if a bound is missed."""
    config = MINI.config(vocab_size=MINI.vocab_size)
    flops = token_flops(config, n_tokens=MINI.context_length)
    print(
        f"training {count.parameters(config):,} parameters, "
        f"{MINI.n_tokens:,} tokens a step: tokens a second of ours, and of a "
        "plain GPT"
    )
    ratios = []
    for n_threads in THREADS:
        torch.set_num_threads(n_threads)
        ours, theirs = compared(MINI)
        ratios.append(theirs / ours)
        speed, other = MINI.n_tokens / ours, MINI.n_tokens / theirs
        peak = peak_flops(CPU)
        print(
            f"{n_threads} threads  {speed:8,.0f}  {other:8,.0f}  ratio "
            f"{ratios[-1]:.3f}  MFU {speed * flops / peak:.0%} of "
            f"{peak / 1e9:.0f} GFLOP/s"
        )
    print(f"smallest ratio {min(ratios):.3f}, at least {LEAST}")
    return int(min(ratios) < LEAST)


if __name__ == "__main__":
    sys.exit(main())
