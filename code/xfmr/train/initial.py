"""What the weights of a model are before the first step.

    matrices and tables          normal, 0.02
    w_o and w_out                0.02 / sqrt(2 L): 2 L sums add to the stream
    gains, biases                one, zero

The logits are then small, and the first loss is close to ln V.
"""

from math import sqrt

import torch
from torch import nn

STD = 0.02
WRITES = ("w_o.weight", "w_out.weight")


@torch.no_grad()
def initialise(model: nn.Module, *, seed: int) -> nn.Module:
    """The model with new weights; Radford et al. 2019, section 2.3.

    Args:
        model: one of `xfmr.models`, which keeps its `config`.
    """
    generator = torch.Generator().manual_seed(seed)
    written = STD / sqrt(2 * model.config.n_layers)
    for name, p in model.named_parameters():
        if p.ndim > 1:
            std = written if name.endswith(WRITES) else STD
            p.copy_(torch.normal(0.0, std, p.shape, generator=generator))
        elif name.endswith("bias"):
            p.zero_()
    return model
