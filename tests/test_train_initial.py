"""Weights before the first step: their spread, and the loss they give."""

from math import log, sqrt

import torch
from torch.nn.functional import cross_entropy

from xfmr.models.gpt import GPT
from xfmr.train.initial import initialise
from xfmr.train.recipe import MINI

CONFIG = MINI.config(vocab_size=256)


def test_spread_of_each_kind():
    model = initialise(GPT(CONFIG), seed=3)
    for name, p in model.named_parameters():
        if name.endswith("gain"):
            assert torch.equal(p, torch.ones_like(p)), name
        elif name.endswith("bias"):
            assert torch.equal(p, torch.zeros_like(p)), name
        else:
            last = ("w_o.weight", "w_out.weight")
            std = 0.02 / sqrt(8) if name.endswith(last) else 0.02
            # 16,384 numbers or more: 1 / sqrt(2 n) is 0.6% at most
            assert abs(p.std().item() / std - 1) < 0.025, name
            assert abs(p.mean().item()) < 0.05 * std, name


def test_the_seed_decides():
    one, same, other = (
        initialise(GPT(CONFIG), seed=seed) for seed in (0, 0, 1)
    )
    parameters = (m.parameters() for m in (one, same, other))
    for a, b, c in zip(*parameters, strict=True):
        assert torch.equal(a, b)
        assert a.ndim == 1 or not torch.equal(a, c)


def test_the_first_loss_is_that_of_knowing_nothing():
    model = initialise(GPT(CONFIG, fused=True), seed=0)
    generator = torch.Generator().manual_seed(0)
    text = torch.randint(256, (4, 129), generator=generator)
    with torch.no_grad():
        logits = model(text[:, :-1])
    loss = cross_entropy(logits.flatten(0, 1), text[:, 1:].flatten())
    assert abs(loss.item() - log(256)) < 0.05
