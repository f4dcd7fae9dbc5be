"""Rotary positions: a query or key is turned by an angle that its position
sets, so that a score depends on how far the two are apart and on nothing else.

A head's H coordinates are taken as H / 2 planes, and each plane turns at a
speed of its own. Which two coordinates make a plane is a matter of layout:

    half          0 and H/2, 1 and H/2 + 1, ...    Llama in the transformers
                                                   library, GPT-NeoX
    interleaved   0 and 1, 2 and 3, ...            Su et al. 2021, equation 34;
                                                   Llama as released, GPT-J

Weights made for one work with the other once the rows of the query and key
projections are permuted.
"""

import torch
from einops import rearrange
from jaxtyping import Float, Int
from torch import Tensor, nn

from xfmr.position import frequencies

LAYOUTS = {"half": "(two plane)", "interleaved": "(plane two)"}


def planes(*, d_head: int, layout: str) -> Int[Tensor, "plane 2"]:
    """The two coordinates of each plane.

    Raises:
        ValueError: if H is odd, or the layout is unknown.
    """
    if layout not in LAYOUTS:
        raise ValueError(f"{layout=} must be one of {[*LAYOUTS]}")
    n_planes, left_over = divmod(d_head, 2)
    if n_planes < 1 or left_over:
        raise ValueError(f"{d_head=} must be even and at least 2")
    pattern = f"{LAYOUTS[layout]} -> plane two"
    return rearrange(torch.arange(d_head), pattern, two=2)


def relayout(*, d_head: int, old: str, new: str) -> Int[Tensor, "H"]:
    """The permutation that turns a head of the old layout into the new.

    `x[..., relayout(...)]` for queries and keys; for the projections that
    make them, the rows of each head.

    Raises:
        ValueError: as `planes`.
    """
    order = torch.empty(d_head, dtype=torch.long)
    order[planes(d_head=d_head, layout=new)] = planes(
        d_head=d_head, layout=old
    )
    return order


class Rotary(nn.Module):
    """Turns each plane of a head by its frequency times the position.

    Su et al. 2021, equation 34. Nothing is learned. Angles are computed in
    float64: in float32 they lose a digit for every tenfold of the position.

    Args:
        d_head: H.
        layout: a name of LAYOUTS.
        base: as in `frequencies`; models for longer contexts raise it.

    Raises:
        ValueError: if H is odd, or the layout is unknown.
    """

    def __init__(
        self, *, d_head: int, layout: str = "half", base: float = 10_000.0
    ):
        super().__init__()
        self.d_head, self.base = d_head, base
        pairs = planes(d_head=d_head, layout=layout)
        # whole numbers, which no cast of the model to bfloat16 can round
        for name, values in {
            "plane": torch.arange(len(pairs))[:, None],
            "partner": pairs.flip(-1),
            "sign": torch.tensor([-1, 1]),
        }.items():
            by_coordinate = torch.empty(d_head, dtype=torch.long)
            by_coordinate[pairs] = values
            self.register_buffer(name, by_coordinate, persistent=False)

    def forward(
        self, x: Float[Tensor, "... T H"], n_before: int = 0
    ) -> Float[Tensor, "... T H"]:
        """Turn queries or keys whose first position is `n_before`."""
        n_positions = n_before + x.shape[-2]
        positions = torch.arange(n_before, n_positions, device=x.device)
        speeds = frequencies(self.d_head, base=self.base).to(x.device)
        angles = positions[:, None] * speeds[self.plane]
        cosine, sine = angles.cos(), self.sign * angles.sin()
        return x * cosine.to(x) + x[..., self.partner] * sine.to(x)
