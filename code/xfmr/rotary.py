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

from math import ceil, floor, log, pi

import torch
from einops import rearrange
from jaxtyping import Float, Int
from torch import Tensor, nn

from xfmr.config import Scaling
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


def slowed(
    speeds: Float[Tensor, "plane"], scaling: Scaling, *, base: float
) -> Float[Tensor, "plane"]:
    """The frequencies that serve a longer text than a model was trained on.

    A plane keeps a share of its speed and has the rest divided by the factor.
    `linear` keeps nothing: Chen et al. 2023, equation 4. `llama3` has the
    share grow with the turns that a plane makes within the original length:
    the code released with Grattafiori et al. 2024. `yarn` has it fall with
    the number of the plane: Peng et al. 2024, section 3.2, and their code,
    which takes whole planes as the ends.
    """
    length, slow, fast = scaling.original_length, scaling.slow, scaling.fast
    match scaling.kind:
        case "linear":
            kept = torch.zeros_like(speeds)
        case "llama3":
            turns = length * speeds / (2 * pi)
            kept = (turns - slow) / (fast - slow)
        case "yarn":
            width, number = 2 * len(speeds), torch.arange(len(speeds))

            def plane_that_makes(turns: float) -> float:
                return width * log(length / (turns * 2 * pi)) / (2 * log(base))

            first = max(floor(plane_that_makes(fast)), 0)
            last = min(ceil(plane_that_makes(slow)), width - 1)
            kept = 1 - (number - first) / max(last - first, 0.001)
    kept = kept.clamp(0, 1)
    return speeds * (kept + (1 - kept) / scaling.factor)


def magnitude(scaling: Scaling | None) -> float:
    """What YaRN multiplies queries and keys by, besides turning them.

    Its softmax has a temperature t with sqrt(1 / t) = 0.1 ln s + 1 for a
    factor s, on queries and keys alike, so that a score has the square. Peng
    et al. 2024, equation 15.
    """
    if scaling is None or scaling.kind != "yarn":
        return 1.0
    return 0.1 * log(scaling.factor) + 1


class Rotary(nn.Module):
    """Turns each plane of a head by its frequency times the position.

    Su et al. 2021, equation 34. Nothing is learned. Angles are computed in
    float64: in float32 they lose a digit for every tenfold of the position.

    Args:
        d_head: H.
        layout: a name of LAYOUTS.
        base: as in `frequencies`; models for longer contexts raise it.
        d_rotary: the first coordinates, which alone are turned; all if None.
        scaling: how the frequencies are changed for longer texts.

    Raises:
        ValueError: if a width is odd, the layout is unknown, or YaRN is to
            scale a head of which a part is not turned.
    """

    def __init__(
        self,
        *,
        d_head: int,
        layout: str = "half",
        base: float = 10_000.0,
        d_rotary: int | None = None,
        scaling: Scaling | None = None,
    ):
        super().__init__()
        self.base, self.scaling = base, scaling
        self.magnitude = magnitude(scaling)
        self.d_head, self.d_rotary = d_head, d_rotary or d_head
        if self.magnitude != 1 and self.d_rotary != d_head:
            raise ValueError(f"{d_rotary=} must be {d_head=} for YaRN")
        pairs = planes(d_head=self.d_rotary, layout=layout)
        # whole numbers, which no cast of the model to bfloat16 can round;
        # a coordinate that is not turned is its own partner, without a sign
        for name, values, unturned in (
            ("plane", torch.arange(len(pairs))[:, None], 0),
            ("partner", pairs.flip(-1), torch.arange(d_head)),
            ("sign", torch.tensor([-1, 1]), 0),
        ):
            by_coordinate = torch.zeros(d_head, dtype=torch.long) + unturned
            by_coordinate[pairs] = values
            self.register_buffer(name, by_coordinate, persistent=False)

    def speeds(self) -> Float[Tensor, "H"]:
        """The angle by which each coordinate turns at every step."""
        speeds = frequencies(self.d_rotary, base=self.base)
        if self.scaling is not None:
            speeds = slowed(speeds, self.scaling, base=self.base)
        by_coordinate = speeds.to(self.plane.device)[self.plane]
        if self.d_rotary == self.d_head:
            return by_coordinate
        return by_coordinate * self.sign.abs()

    def forward(
        self, x: Float[Tensor, "... T H"], n_before: int = 0
    ) -> Float[Tensor, "... T H"]:
        """Turn queries or keys whose first position is `n_before`."""
        if self.magnitude != 1:
            x = x * self.magnitude
        n_positions = n_before + x.shape[-2]
        positions = torch.arange(n_before, n_positions, device=x.device)
        angles = positions[:, None] * self.speeds()
        cosine, sine = angles.cos(), self.sign * angles.sin()
        return x * cosine.to(x) + x[..., self.partner] * sine.to(x)
