"""Gradient noise: how many examples a step is worth having.

The gradient of a batch of B examples is the mean gradient G and noise, whose
variance falls with B. With the variance of one example's gradient summed over
all coordinates, tr,

    E |gradient of B|^2 = |G|^2 + tr / B

so that two sizes of batch are two equations for |G|^2 and tr. Their quotient
tr / |G|^2 is the batch at which noise and gradient are equally long: the
simple noise scale of McCandlish et al. 2018, section 2.2 and appendix A.1.
"""

from typing import NamedTuple


class Noise(NamedTuple):
    """What two sizes of batch tell of a gradient.

    Args:
        squared: |G|^2, the squared length of the mean gradient.
        trace: tr, the variance of an example's gradient, summed.
    """

    squared: float
    trace: float

    @property
    def scale(self) -> float:
        """The batch whose noise is as long as its gradient."""
        return self.trace / self.squared


def measured(
    *, small: float, large: float, n_small: int, n_large: int
) -> Noise:
    """Both unknowns from the mean squared length at two sizes of batch.

    Each is right on average; their quotient is not, so average before you
    divide.

    Args:
        small: the squared length of gradients of `n_small` examples.
        large: the same for `n_large`.

    Raises:
        ValueError: if the sizes are not in order.
    """
    if not 0 < n_small < n_large:
        raise ValueError(f"{n_small=} must be above 0 and below {n_large=}")
    squared = (n_large * large - n_small * small) / (n_large - n_small)
    trace = (small - large) / (1 / n_small - 1 / n_large)
    return Noise(squared, trace)


def progress(batch_size: float | int, *, scale: float) -> float:
    """Of what a step can gain at best, the share that a batch gains.

    McCandlish et al. 2018, equation 2.6: 1 / (1 + scale / B).

    Raises:
        ValueError: if there is no batch, or the scale is negative.
    """
    if not (batch_size > 0 and scale >= 0):
        raise ValueError(
            f"{batch_size=} must be above 0 and {scale=} not below"
        )
    return 1 / (1 + scale / batch_size)
