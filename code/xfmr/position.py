"""Position: how attention, which sees a set, is told an order.

    scheme       what is added, and to what               learned numbers
    learned      a row of a table, to the stream          one row a position
    sinusoidal   a row of a fixed table, to the stream    none
    relative     a number for each bucket of distances,   one a bucket and head
                 to the scores
    ALiBi        a number proportional to the distance,   none
                 to the scores

The fifth, rotary, adds nothing and turns queries and keys: `xfmr.rotary`.
"""

from math import log

import torch
from einops import rearrange
from jaxtyping import Float, Int
from torch import Tensor, nn


def distance(*, n_queries: int, n_keys: int) -> Int[Tensor, "T S"]:
    """How many positions a key stands before its query; below 0, after it.

    The queries are the last T of the S positions.

    Raises:
        ValueError: if T > S, or there is no query.
    """
    if not 1 <= n_queries <= n_keys:
        raise ValueError(f"{n_queries=} must be from 1 to {n_keys=}")
    keys = torch.arange(n_keys)
    return keys[n_keys - n_queries :, None] - keys


def frequencies(
    width: int, *, base: float = 10_000.0
) -> Float[Tensor, "pair"]:
    """The angle by which each pair of coordinates turns at every step.

    The first pair turns by one radian, each further one by less, and one
    beyond the last would turn by 1 / base. Vaswani et al. 2017, section 3.5.

    Raises:
        ValueError: if the width does not divide into pairs.
    """
    n_pairs, left_over = divmod(width, 2)
    if n_pairs < 1 or left_over:
        raise ValueError(f"{width=} must be even and at least 2")
    first = torch.arange(0, width, 2, dtype=torch.float64)
    return base ** (-first / width)


def sinusoids(
    *, n_positions: int, d_model: int, dtype: torch.dtype = torch.float32
) -> Float[Tensor, "T D"]:
    """A row for each position: sine and cosine of every frequency, in turn.

    Vaswani et al. 2017, section 3.5.

    Raises:
        ValueError: if D is odd.
    """
    positions = torch.arange(n_positions, dtype=torch.float64)
    angles = positions[:, None] * frequencies(d_model)
    pairs = torch.stack((angles.sin(), angles.cos()), dim=-1)
    return rearrange(pairs, "T pair two -> T (pair two)").to(dtype)


def sinusoid_shift(
    n_steps: int, *, d_model: int, dtype: torch.dtype = torch.float32
) -> Float[Tensor, "D D"]:
    """The matrix M with row t + n = M row t, for every position t.

    One rotation for each pair of coordinates. That it exists is the reason
    that Vaswani et al. 2017, section 3.5, give for choosing sinusoids.

    Raises:
        ValueError: if D is odd.
    """
    angles = n_steps * frequencies(d_model)
    cosine, sine = angles.cos(), angles.sin()
    rows = torch.stack((cosine, sine, -sine, cosine), dim=-1)
    blocks = rearrange(rows, "pair (i j) -> pair i j", i=2)
    return torch.block_diag(*blocks).to(dtype)


class PositionTable(nn.Module):
    """Rows to add to the first T tokens of a stream.

    Args:
        scheme: `learned` (Devlin et al. 2019, figure 2) or `sinusoidal`.
        context_length: how many rows there are.
        d_model: D.

    Raises:
        ValueError: if the scheme has no table, or D is odd for sinusoids.
    """

    def __init__(self, scheme: str, *, context_length: int, d_model: int):
        super().__init__()
        match scheme:
            case "learned":
                self.weight = nn.Parameter(
                    torch.empty(context_length, d_model)
                )
                nn.init.normal_(self.weight)
            case "sinusoidal":
                rows = sinusoids(n_positions=context_length, d_model=d_model)
                self.register_buffer("weight", rows, persistent=False)
            case _:
                raise ValueError(
                    f"{scheme=} must be 'learned' or 'sinusoidal'"
                )

    def forward(
        self, n_tokens: int, n_before: int = 0
    ) -> Float[Tensor, "T D"]:
        """The rows of so many tokens, the first after `n_before` others.

        Raises:
            ValueError: if the table has fewer rows.
        """
        context_length = len(self.weight)
        if n_before + n_tokens > context_length:
            raise ValueError(
                f"{n_before + n_tokens=} must not exceed {context_length=}"
            )
        return self.weight[n_before : n_before + n_tokens]


def alibi_slopes(n_heads: int) -> Float[Tensor, "N"]:
    """How much each head takes off a score for every position of distance.

    With N a power of two, a geometric sequence that ends at 2^-8; the heads
    beyond a power of two take every other slope of twice as many. Press et
    al. 2022, section 3, and the authors' code.

    Raises:
        ValueError: if there is no head.
    """
    if n_heads < 1:
        raise ValueError(f"{n_heads=} must be at least 1")
    whole = 2 ** (n_heads.bit_length() - 1)
    shares = [n / whole for n in range(1, whole + 1)]
    shares += [n / (2 * whole) for n in range(1, 2 * (n_heads - whole), 2)]
    return 2 ** (-8 * torch.tensor(shares))


def alibi(
    *, n_heads: int, n_queries: int, n_keys: int
) -> Float[Tensor, "N T S"]:
    """A bias of the scores that grows with distance: -slope |t - s|.

    Press et al. 2022, section 3, who have a causal mask; without one it is
    the same on both sides.

    Raises:
        ValueError: if T > S, or there is no head.
    """
    steps = distance(n_queries=n_queries, n_keys=n_keys).abs()
    return -rearrange(alibi_slopes(n_heads), "N -> N 1 1") * steps


def relative_buckets(
    distances: Int[Tensor, "..."],
    *,
    n_buckets: int,
    max_distance: int,
    bidirectional: bool,
) -> Int[Tensor, "..."]:
    """The bucket of each distance, as `distance` counts it.

    The nearer half of the buckets hold one distance each; the others grow
    geometrically up to `max_distance`, and the last holds all beyond. Each
    direction has half of the buckets, or else keys after the query count as
    the query's own position. Raffel et al. 2020, section 2.1, and the
    authors' code.

    Raises:
        ValueError: if a direction has fewer than two buckets, the directions
            have not the same number, or `max_distance` is among the near.
    """
    n_each, n_near = _bucket_counts(n_buckets, max_distance, bidirectional)
    steps = distances.abs() if bidirectional else distances.clamp(min=0)
    ratio = steps.clamp(min=n_near).double() / n_near
    share = ratio.log() / log(max_distance / n_near)
    far = n_near + (share * (n_each - n_near)).long()
    bucket = torch.where(steps < n_near, steps, far.clamp(max=n_each - 1))
    is_after = distances < 0
    return bucket + n_each * is_after if bidirectional else bucket


def _bucket_counts(
    n_buckets: int, max_distance: int, bidirectional: bool
) -> tuple[int, int]:
    """The buckets of a direction, and how many hold a single distance."""
    n_directions = 2 if bidirectional else 1
    n_each = n_buckets // n_directions
    if n_each < 2 or n_buckets % n_directions:
        raise ValueError(
            f"{n_buckets=} must be at least 2 for each of {n_directions=}, "
            "and the same"
        )
    n_near = n_each // 2
    if max_distance <= n_near:
        raise ValueError(f"{max_distance=} must exceed {n_near=}")
    return n_each, n_near


class RelativeBias(nn.Module):
    """A learned bias of the scores for each head and bucket of distances.

    Raffel et al. 2020, section 2.1. All layers share it.

    Args:
        n_heads: N.
        n_buckets: rows of the table.
        max_distance: from here on, all distances share the last bucket.
        bidirectional: whether keys after the query have buckets too.

    Raises:
        ValueError: as `relative_buckets`.
    """

    def __init__(
        self,
        *,
        n_heads: int,
        n_buckets: int,
        max_distance: int,
        bidirectional: bool,
    ):
        super().__init__()
        self.settings = {
            "n_buckets": n_buckets,
            "max_distance": max_distance,
            "bidirectional": bidirectional,
        }
        _bucket_counts(**self.settings)
        self.table = nn.Embedding(n_buckets, n_heads)

    def forward(
        self, *, n_queries: int, n_keys: int
    ) -> Float[Tensor, "N T S"]:
        """The bias of every pair of positions, to add to scaled scores."""
        steps = distance(n_queries=n_queries, n_keys=n_keys)
        biases = self.table(relative_buckets(steps, **self.settings))
        return rearrange(biases, "T S N -> N T S")
