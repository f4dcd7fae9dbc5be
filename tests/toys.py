"""Models small enough for a test, with numbers that no start would give."""

from dataclasses import replace

import torch
from torch import nn

from xfmr.models.gpt import GPT
from xfmr.presets import GPT2, LLAMA2_70B

SIZES = {
    "n_layers": 2,
    "d_model": 16,
    "n_heads": 4,
    "n_kv_heads": 4,
    "d_head": 4,
    "d_ff": 24,
    "vocab_size": 11,
}
TOY = replace(GPT2, **SIZES, context_length=12)
SMALL = replace(
    LLAMA2_70B,
    n_layers=3,
    d_model=20,
    n_heads=6,
    n_kv_heads=2,
    d_head=5,
    d_ff=11,
    vocab_size=13,
)


def toy(config=TOY, **named):
    torch.manual_seed(0)
    model = GPT(config, **named)
    for p in model.parameters():
        nn.init.normal_(p, std=0.3)
    return model
