"""A GPT small enough for a test, with numbers that no start would give it."""

from dataclasses import replace

import torch
from torch import nn

from xfmr.models.gpt import GPT
from xfmr.presets import GPT2

TOY = replace(
    GPT2,
    n_layers=2,
    d_model=16,
    n_heads=4,
    n_kv_heads=4,
    d_head=4,
    d_ff=24,
    vocab_size=11,
    context_length=12,
)


def toy(config=TOY, **named):
    torch.manual_seed(0)
    model = GPT(config, **named)
    for p in model.parameters():
        nn.init.normal_(p, std=0.3)
    return model
