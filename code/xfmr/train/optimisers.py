"""Which optimiser moves which weights.

adamw    matrices and tables, with decay; gains and biases, without
muon     the matrices of blocks by Muon, the rest as above
"""

import torch
from torch import nn
from torch.optim import AdamW, Optimizer

from xfmr.train import schedule
from xfmr.train.muon import Muon
from xfmr.train.recipe import Recipe

BETA1 = 0.9


def optimisers(model: nn.Module, recipe: Recipe) -> list[Optimizer]:
    """Those of a recipe; each group remembers its `peak`.

    AdamW is torch's, in one kernel: the same numbers as ours, sooner.
    """
    decay, found = {"weight_decay": recipe.weight_decay}, []
    named = dict(model.named_parameters())
    if recipe.optimiser == "muon":
        inside = [
            named.pop(name)
            for name, p in model.named_parameters()
            if p.ndim == 2 and name.startswith("blocks.")
        ]
        rate = recipe.muon_rate
        groups = [{"params": inside, "peak": rate} | decay]
        # float32: processors without bfloat16 take far longer for it
        found.append(Muon(groups, lr=rate, dtype=torch.float32))
    rate = recipe.learning_rate
    tables = [p for p in named.values() if p.ndim > 1]
    vectors = [p for p in named.values() if p.ndim < 2]
    groups = [
        {"params": tables, "peak": rate} | decay,
        {"params": vectors, "peak": rate, "weight_decay": 0.0},
    ]
    betas = BETA1, recipe.beta2
    return [*found, AdamW(groups, lr=rate, betas=betas, fused=True)]


def factors(recipe: Recipe) -> schedule.Schedule:
    """What learning rates are multiplied by, for each step from 1."""
    n_steps = recipe.n_steps
    named = {
        "n_steps": n_steps,
        "n_warmup": round(recipe.warmup * n_steps),
        "least": recipe.floor,
    }
    if recipe.schedule == "wsd":
        n_fall = min(round(recipe.fall * n_steps), n_steps - named["n_warmup"])
        return schedule.wsd(n_fall=n_fall, **named)
    return {"cosine": schedule.cosine, "linear": schedule.linear}[
        recipe.schedule
    ](**named)
