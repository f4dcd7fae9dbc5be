"""What few models have: parts of a configuration with sizes of their own.

    Experts    in place of the feed-forward layer
    Latent     in place of keys and values
    Scaling    of rotary positions

Each is a field of `Config`; what checks their values checks its values too.
"""

from dataclasses import dataclass, fields

SHARES = ("softmax", "sigmoid")
SCALINGS = ("linear", "llama3", "yarn")


@dataclass(frozen=True, kw_only=True)
class Experts:
    """Feed-forward layers of which every token reads a few.

    Args:
        n_experts: E, those that a router chooses among.
        n_active: how many it chooses for a token.
        d_ff: hidden units of each.
        d_ff_shared: hidden units of one more, which every token reads.
        bias: whether the experts' projections add biases.
        router_bias: whether the router does.
        shares: what the router makes of the scores of those that it chooses:
            their `softmax`, or the `sigmoid` of each over the sum of them.
        share_scale: what shares are multiplied by then; 1 if None.
        layers: the layers, from 0, that have experts; all if None.

    Raises:
        ValueError: if a size is below one, more are active than there are, or
            the shares are unknown.
    """

    n_experts: int
    n_active: int
    d_ff: int
    d_ff_shared: int | None = None
    bias: bool = False
    router_bias: bool = False
    shares: str = "softmax"
    share_scale: float | None = None
    layers: tuple[int, ...] | None = None

    def __post_init__(self):
        """Refuse what cannot be built, once and here."""
        check_fields(self)
        check_choice("shares", self.shares, SHARES)
        if self.n_active > self.n_experts:
            raise ValueError(
                f"n_active={self.n_active} must not exceed "
                f"n_experts={self.n_experts}"
            )


@dataclass(frozen=True, kw_only=True)
class Latent:
    """Keys and values made of one short vector, which is all that is cached.

    Liu et al. 2024, section 2.1. A head compares `d_content` coordinates
    that know no position and `d_rotary` that are turned, and reads `d_value`.

    Args:
        d_latent: the vector that keys and values are made of.
        d_query: the vector that queries are made of; D itself if None.
        d_content: coordinates of a head without a position.
        d_rotary: coordinates with one, whose key all heads share.
        d_value: coordinates of a value.

    Raises:
        ValueError: if a size is below one, or `d_rotary` is odd.
    """

    d_latent: int
    d_query: int | None = None
    d_content: int
    d_rotary: int
    d_value: int

    def __post_init__(self):
        """Refuse what cannot be built, once and here."""
        check_fields(self)
        check_even("d_rotary", self.d_rotary)


@dataclass(frozen=True, kw_only=True)
class Scaling:
    """Rotary frequencies changed for texts longer than those trained on.

    Planes that turn at most `slow` times within the original length are
    slowed down by the factor, those that turn at least `fast` times stay, and
    between the two the change is gradual. `linear` slows all of them down.

    Args:
        kind: a name of SCALINGS.
        factor: the new length over the original one.
        original_length: the context that the model was trained on.
        slow: turns; `low_freq_factor` of Llama 3.1, `beta_slow` of YaRN.
        fast: turns; `high_freq_factor` of Llama 3.1, `beta_fast` of YaRN.

    Raises:
        ValueError: if the kind is unknown or lacks what it needs.
    """

    kind: str
    factor: float
    original_length: int | None = None
    slow: float | None = None
    fast: float | None = None

    def __post_init__(self):
        """Refuse what cannot be computed, once and here."""
        check_fields(self)
        check_choice("kind", self.kind, SCALINGS)
        if self.factor < 1:
            raise ValueError(f"factor={self.factor} must be at least 1")
        if self.kind == "linear":
            return
        for name in ("original_length", "slow", "fast"):
            if getattr(self, name) is None:
                raise ValueError(f"kind={self.kind!r} needs {name}")
        if self.slow >= self.fast:
            raise ValueError(
                f"slow={self.slow} must be below fast={self.fast}"
            )


def check_choice(name: str, value: str, known: tuple[str, ...]) -> None:
    """Refuse a name that nobody knows.

    Raises:
        ValueError: if it is not among those known.
    """
    if value not in known:
        raise ValueError(f"{name}={value!r} must be one of {known}")


def check_fields(part: object) -> None:
    """Refuse sizes that nothing can have.

    Raises:
        ValueError: if a whole number among the fields is below one.
    """
    for field in fields(part):
        value = getattr(part, field.name)
        if type(value) is int and value < 1:
            raise ValueError(f"{field.name}={value} must be at least 1")


def check_even(name: str, value: int) -> None:
    """Refuse coordinates that do not come in pairs.

    Raises:
        ValueError: if their number is odd.
    """
    if value % 2:
        raise ValueError(f"{name}={value} must be even")
