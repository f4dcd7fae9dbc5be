"""Schedules: what the learning rate is multiplied by at each step.

All rise to one along a line. Then

    cosine    fall along half a wave of the cosine          Loshchilov and
                                                            Hutter 2017
    linear    fall along a line
    wsd       stay at one, and fall in the last steps only  Hu et al. 2024

to a least factor, and stay there. Steps count from 0. A schedule is a
function of the step, such as torch's `LambdaLR` takes.
"""

from collections.abc import Callable
from math import cos, pi, sqrt

Schedule = Callable[[int], float]

FALLS = {
    "linear": lambda share: 1 - share,
    "cosine": lambda share: (1 + cos(pi * share)) / 2,
    "1-sqrt": lambda share: 1 - sqrt(share),
}


def cosine(*, n_steps: int, n_warmup: int = 0, least: float = 0.0) -> Schedule:
    """Half a wave from the end of the warm-up to the last step.

    Raises:
        ValueError: if steps are negative, the warm-up is longer than all, or
            `least` is not from 0 to 1.
    """
    return _falling("cosine", n_steps, n_warmup, least)


def linear(*, n_steps: int, n_warmup: int = 0, least: float = 0.0) -> Schedule:
    """A line from the end of the warm-up to the last step.

    Raises:
        ValueError: as `cosine` does.
    """
    return _falling("linear", n_steps, n_warmup, least)


def wsd(
    *,
    n_steps: int,
    n_fall: int,
    n_warmup: int = 0,
    least: float = 0.0,
    fall: str = "1-sqrt",
) -> Schedule:
    """Warm-up, a plateau, and a fall over the last steps.

    Hu et al. 2024, section 4; the fall by default as in Hägele et al. 2024,
    section 3.

    Args:
        n_fall: how many steps fall; n_steps - n_warmup - n_fall stay.
        fall: its shape, one of `FALLS`.

    Raises:
        ValueError: as `cosine` does, if there are fewer steps than rise and
            fall, or no such shape.
    """
    _check(n_steps, n_warmup, least)
    if not 0 <= n_fall <= n_steps - n_warmup:
        raise ValueError(f"{n_fall=} must be from 0 to {n_steps - n_warmup}")
    if fall not in FALLS:
        raise ValueError(f"{fall=} must be one of {[*FALLS]}")
    return _built(fall, n_warmup, n_steps - n_fall, n_steps, least)


def _falling(fall: str, n_steps: int, n_warmup: int, least: float) -> Schedule:
    _check(n_steps, n_warmup, least)
    return _built(fall, n_warmup, n_warmup, n_steps, least)


def _built(
    fall: str, n_warmup: int, n_before: int, n_steps: int, least: float
) -> Schedule:
    """The schedule that falls from step `n_before` to step `n_steps`."""

    def factor(step: int) -> float:
        if step < n_warmup:
            return step / n_warmup
        if step < n_before:
            return 1.0
        if step >= n_steps:
            return least
        share = (step - n_before) / (n_steps - n_before)
        return least + (1 - least) * FALLS[fall](share)

    return factor


def _check(n_steps: int, n_warmup: int, least: float) -> None:
    if not 0 <= n_warmup <= n_steps:
        raise ValueError(f"{n_warmup=} must be from 0 to {n_steps=}")
    if not 0 <= least <= 1:
        raise ValueError(f"{least=} must be from 0 to 1")
