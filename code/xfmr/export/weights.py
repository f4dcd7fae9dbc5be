"""The weights of the demo model in two bytes a number.

Eight bits with a scale for each row would be half as large, but not enough:
where heads read a single token, scores are large, and what is lost there
moves shares by more than CLOSE. With float16 they stay.

All low bytes stand before all high ones, which are much alike: a server that
compresses the script makes it smaller so.

What a page runs is the exported model, `as_exported`: all that is compared
with it is computed from these numbers and no others.
"""

import base64
import copy

import torch
from torch import Tensor

from xfmr.demo.model import Demo
from xfmr.export.kernel import COLUMNS

CLOSE = 0.01  # what an attention weight may change
WIDTHS = ("vocab_size", "d_model", "d_head", "d_ff", "context_length")
SAID = (*WIDTHS, "n_layers", "n_heads", "rotary_base", "norm_eps")


def as_exported(model: Demo) -> Demo:
    """The model that a page runs, in float64.

    Raises:
        ValueError: if a weight is too large for float16, or no number.
    """
    made = copy.deepcopy(model).double().requires_grad_(False)
    for name, weight in made.named_parameters():
        weight.copy_(_halves(name, weight))
    return made


def weights(model: Demo) -> dict[str, object]:
    """What the engine reads: configuration, shapes and numbers.

    Raises:
        ValueError: as `as_exported`, or if a width is no multiple of COLUMNS.
    """
    config = model.config
    for width in WIDTHS:
        if getattr(config, width) % COLUMNS:
            raise ValueError(
                f"{width}={getattr(config, width)} must be a multiple of "
                f"{COLUMNS}"
            )
    named = dict(model.named_parameters())
    parts = [_halves(name, w).numpy().tobytes() for name, w in named.items()]
    data = b"".join(parts)
    return {
        "config": {name: getattr(config, name) for name in SAID},
        "shapes": {name: [*w.shape] for name, w in named.items()},
        "data": base64.b64encode(data[::2] + data[1::2]).decode(),
    }


def _halves(name: str, weight: Tensor) -> Tensor:
    found = weight.detach().to(torch.float16)
    if not found.isfinite().all():
        raise ValueError(f"weights of {name} must fit float16")
    return found
