"""Floating-point formats, bit by bit, and the scale that a loss may need.

A number is a sign, an exponent and a fraction, written one after the other:

    value = +- (1 + fraction / 2^f) 2^(exponent - bias)
    value = +- fraction / 2^f 2^(1 - bias)    where the exponent is zero

with e bits of exponent, f of fraction, and bias = 2^(e-1) - 1. Without its
sign a number that is larger is a larger whole number in bits too: the one
after it in size is the one after it in counting. Nothing here needs a tensor.
"""

from dataclasses import dataclass
from math import copysign, frexp, inf, isfinite, isinf, isnan, ldexp, nan


@dataclass(frozen=True, kw_only=True)
class Format:
    """A way to write numbers in a few bits.

    Args:
        name: what the field calls it.
        n_exponent: e, bits of the exponent.
        n_fraction: f, bits of the fraction.
        has_infinity: whether the largest exponent is kept for infinity and
            for what is no number. If not, it has ordinary numbers too, and
            its last fraction is no number.
    """

    name: str
    n_exponent: int
    n_fraction: int
    has_infinity: bool = True

    @property
    def n_bits(self) -> int:
        """All bits of a number, with its sign."""
        return 1 + self.n_exponent + self.n_fraction

    @property
    def bias(self) -> int:
        """What is taken from a stored exponent."""
        return 2 ** (self.n_exponent - 1) - 1

    @property
    def least(self) -> float:
        """The smallest number above zero."""
        return self.value(1)

    @property
    def least_normal(self) -> float:
        """The smallest number whose fraction has all its bits."""
        return self.value(1 << self.n_fraction)

    @property
    def largest(self) -> float:
        """The largest number that is finite."""
        return self.value(self._last)

    @property
    def _last(self) -> int:
        """The bits of the largest number that is finite."""
        top = ((1 << self.n_exponent) - 1) << self.n_fraction
        if self.has_infinity:
            return top - 1
        return top + (1 << self.n_fraction) - 2

    def fields(self, bits: int) -> tuple[int, int, int]:
        """Sign, exponent and fraction as whole numbers.

        Raises:
            ValueError: if there are not so many bits.
        """
        if not 0 <= bits < 1 << self.n_bits:
            raise ValueError(f"{bits=} must be from 0 to 2^{self.n_bits} - 1")
        sign, rest = divmod(bits, 1 << (self.n_bits - 1))
        return sign, *divmod(rest, 1 << self.n_fraction)

    def value(self, bits: int) -> float:
        """The number that bits stand for.

        Raises:
            ValueError: if there are not so many bits.
        """
        sign, exponent, fraction = self.fields(bits)
        if bits - (sign << (self.n_bits - 1)) > self._last:
            size = inf if self.has_infinity and not fraction else nan
        elif exponent == 0:
            size = ldexp(fraction, 1 - self.bias - self.n_fraction)
        else:
            whole = fraction + (1 << self.n_fraction)
            size = ldexp(whole, exponent - self.bias - self.n_fraction)
        return -size if sign else size

    def spacing(self, x: float) -> float:
        """The distance between neighbours where a number stands.

        Raises:
            ValueError: if the number is not finite.
        """
        return ldexp(1.0, self._power(x))

    def _power(self, x: float) -> int:
        if not isfinite(x):
            raise ValueError(f"{x=} must be finite")
        exponent = frexp(x)[1] - 1  # |x| is from 2^exponent up to its double
        if x == 0 or exponent < 1 - self.bias:
            exponent = 1 - self.bias
        return exponent - self.n_fraction

    def bits(self, x: float) -> int:
        """The nearest number in bits; of two as near, the even one.

        What lies beyond the largest becomes infinite where there is infinity,
        and otherwise the largest.
        """
        sign = int(copysign(1, x) < 0) << (self.n_bits - 1)
        if isnan(x):
            return (1 << (self.n_bits - 1)) - 1
        beyond = self._last + int(self.has_infinity)
        if isinf(x):
            return sign + beyond
        power = self._power(x)
        n_spacings = round(ldexp(abs(x), -power))
        # a stored exponent is one more where the fraction's first 1 is implied
        stored = power + self.n_fraction + self.bias - 1
        found = (stored << self.n_fraction) + n_spacings
        return sign + min(found, beyond)

    def rounded(self, x: float) -> float:
        """The nearest number of the format, as `bits` says."""
        return self.value(self.bits(x))

    def below_and_above(self, x: float) -> tuple[float, float]:
        """The neighbours that a number lies between; itself if it is one.

        Raises:
            ValueError: if the number is beyond the largest.
        """
        if not abs(x) <= self.largest:
            raise ValueError(f"{x=} must be at most {self.largest} in size")
        spacing = self.spacing(x)
        below = x // spacing * spacing
        return below, below if below == x else below + spacing

    def chance_above(self, x: float) -> float:
        """How often to round up, so that rounding is right on average.

        Raises:
            ValueError: if the number is beyond the largest.
        """
        below, above = self.below_and_above(x)
        return (x - below) / (above - below) if above > below else 0.0


FP32 = Format(name="fp32", n_exponent=8, n_fraction=23)  # IEEE 754
FP16 = Format(name="fp16", n_exponent=5, n_fraction=10)  # IEEE 754
BF16 = Format(name="bf16", n_exponent=8, n_fraction=7)
# Micikevicius et al. 2022, table 1
E5M2 = Format(name="fp8 e5m2", n_exponent=5, n_fraction=2)
E4M3 = Format(name="fp8 e4m3", n_exponent=4, n_fraction=3, has_infinity=False)
FORMATS = (FP32, FP16, BF16, E5M2, E4M3)


@dataclass(kw_only=True)
class LossScale:
    """What a loss is multiplied by before its gradients are computed.

    It is halved when a gradient overflows, and that step is left out; it is
    doubled after enough steps without. Micikevicius et al. 2018, section 3.2,
    with the numbers of torch's `GradScaler`.

    Args:
        scale: a power of two, so that it changes no fraction.
        patience: how many steps without overflow before it is doubled.
        n_clean: how many there have been since it was last changed.
    """

    scale: float = 2.0**16
    patience: int = 2000
    n_clean: int = 0

    def update(self, *, overflowed: bool) -> None:
        """Take note of a step."""
        self.n_clean = 0 if overflowed else self.n_clean + 1
        if overflowed:
            self.scale /= 2
        elif self.n_clean == self.patience:
            self.scale, self.n_clean = self.scale * 2, 0
