"""muP: a perceptron whose best learning rate does not know its width.

A wider layer adds up more numbers. How its weights begin makes the sum as
large as before; but Adam moves every weight equally far, and what the moved
weights add agrees in sign and grows with the width. So under Adam

               begins with the deviation     learns at
    input      1 / sqrt(fan in)              lr
    hidden     1 / sqrt(fan in)              lr base / width
    output     1 / sqrt(fan in) sqrt(base / width)
                                             lr base / width

and at `base` both ways are one. Yang et al. 2022, table 3, read relative to
a base. Standard parametrisation has the first column without its last factor,
and `lr` everywhere.
"""

from math import sqrt

import torch
from jaxtyping import Float
from torch import Tensor, nn

from xfmr.axes import check_sizes


class Perceptron(nn.Module):
    """Layers of one width between few inputs and few outputs.

    Args:
        width: units of each hidden layer.
        n_hidden: matrices between hidden layers.
        base: the width at which muP is what is standard; standard
            parametrisation at every width if None.

    Raises:
        ValueError: if a size is below one.
    """

    def __init__(
        self,
        *,
        n_inputs: int,
        n_outputs: int,
        width: int,
        n_hidden: int = 1,
        base: int | None = None,
    ):
        super().__init__()
        check_sizes(n_inputs=n_inputs, n_outputs=n_outputs, width=width)
        check_sizes(n_hidden=n_hidden, base=1 if base is None else base)
        self.shrink = 1.0 if base is None else base / width
        self.input = _linear(n_inputs, width)
        self.hidden = nn.ModuleList(
            _linear(width, width) for _ in range(n_hidden)
        )
        self.output = _linear(width, n_outputs, sqrt(self.shrink))

    def forward(
        self, x: Float[Tensor, "case input"]
    ) -> Float[Tensor, "case output"]:
        """The outputs for each case."""
        x = torch.tanh(self.input(x))
        for layer in self.hidden:
            x = torch.tanh(layer(x))
        return self.output(x)

    def groups(self, lr: float) -> list[dict]:
        """All weights in groups for an optimiser, each with its rate."""
        inner = [*self.hidden.parameters(), *self.output.parameters()]
        return [
            {"params": [*self.input.parameters()], "lr": lr},
            {"params": inner, "lr": lr * self.shrink},
        ]


def _linear(n_inputs: int, n_outputs: int, scale: float = 1.0) -> nn.Linear:
    layer = nn.Linear(n_inputs, n_outputs, bias=False)
    nn.init.normal_(layer.weight, std=scale / sqrt(n_inputs))
    return layer
