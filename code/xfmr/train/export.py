"""A trained GPT as the transformers library would write it.

`config.json` and `model.safetensors`, in GPT-2's names: `xfmr count DIR`,
`xfmr.models.load` and `GPT2LMHeadModel.from_pretrained` read the folder.
"""

import json
from collections.abc import Mapping
from pathlib import Path

from einops import rearrange
from safetensors.torch import save as serialised
from torch import Tensor

from xfmr.config import Config
from xfmr.models.load import WEIGHTS
from xfmr.models.names import gpt2
from xfmr.train import checkpoint

ACTIVATIONS = {"gelu": "gelu", "gelu_tanh": "gelu_new", "relu": "relu"}


def keys(config: Config) -> dict[str, object]:
    """What a config.json says of a GPT.

    Raises:
        ValueError: if its activation has no name there.
    """
    if config.activation not in ACTIVATIONS:
        raise ValueError(
            f"activation={config.activation!r} must be one of {[*ACTIVATIONS]}"
        )
    return {
        "model_type": "gpt2",
        "architectures": ["GPT2LMHeadModel"],
        "vocab_size": config.vocab_size,
        "n_positions": config.context_length,
        "n_embd": config.d_model,
        "n_layer": config.n_layers,
        "n_head": config.n_heads,
        "n_inner": config.d_ff,
        "activation_function": ACTIVATIONS[config.activation],
        "layer_norm_epsilon": config.norm_eps,
        "tie_word_embeddings": True,
        "bos_token_id": None,
        "eos_token_id": None,
    }


def save(config: Config, weights: Mapping[str, Tensor], folder: Path) -> None:
    """Write both files.

    Args:
        weights: the model's tensors under our names.

    Raises:
        ValueError: if the disk does not take them, or as `keys` does.
    """
    tensors = {}
    for name, place in gpt2.places(config, frozenset()).items():
        ours = [weights[each].cpu() for each in place.ours]
        tensors[name] = rearrange(ours, place.pattern).contiguous()
    data = serialised(tensors, {"format": "pt"})
    checkpoint.write(folder / WEIGHTS, data)
    text = json.dumps(keys(config), indent=1) + "\n"
    checkpoint.write(folder / "config.json", text.encode())
