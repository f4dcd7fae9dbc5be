"""A small checkpoint, written without the library whose layout it has."""

import json

import torch
from safetensors.torch import save_file

GPT2 = {
    "model_type": "gpt2",
    "architectures": ["GPT2LMHeadModel"],
    "n_embd": 6,
    "n_head": 2,
    "n_layer": 2,
    "n_inner": 10,
    "n_positions": 7,
    "vocab_size": 11,
    "layer_norm_epsilon": 1e-5,
    "activation_function": "gelu_new",
}
SHAPES = {
    "wte.weight": (11, 6),
    "wpe.weight": (7, 6),
    "ln_f.weight": (6,),
    "ln_f.bias": (6,),
} | {
    f"h.{n}.{name}": shape
    for n in range(2)
    for name, shape in {
        "ln_1.weight": (6,),
        "ln_1.bias": (6,),
        "attn.c_attn.weight": (6, 18),
        "attn.c_attn.bias": (18,),
        "attn.c_proj.weight": (6, 6),
        "attn.c_proj.bias": (6,),
        "ln_2.weight": (6,),
        "ln_2.bias": (6,),
        "mlp.c_fc.weight": (6, 10),
        "mlp.c_fc.bias": (10,),
        "mlp.c_proj.weight": (10, 6),
        "mlp.c_proj.bias": (6,),
    }.items()
}


def checkpoint(path):
    """A GPT-2 as OpenAI's was converted: the stack alone."""
    generator = torch.Generator().manual_seed(0)
    (path / "config.json").write_text(json.dumps(GPT2))
    numbers = {
        name: torch.randn(shape, generator=generator)
        for name, shape in SHAPES.items()
    }
    save_file(numbers, path / "model.safetensors")
    return path
