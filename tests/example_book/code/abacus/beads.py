"""Beads on rods: how many there are, and how many numbers they show."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Abacus:
    """A kind of abacus.

    Args:
        rods: how many rods it has.
        upper: beads above the bar, each worth `upper_value`.
        lower: beads below it, each worth one.
        upper_value: what one bead above counts.
    """

    rods: int
    upper: int
    lower: int
    upper_value: int = 5

    def ways(self, digit: int) -> int:
        """In how many positions a rod shows a digit."""
        return sum(
            1
            for above in range(self.upper + 1)
            for below in range(self.lower + 1)
            if self.upper_value * above + below == digit
        )


SOROBAN = Abacus(rods=13, upper=1, lower=4)
SUANPAN = Abacus(rods=13, upper=2, lower=5)


def beads(abacus: Abacus) -> int:
    """How many beads an abacus has."""
    return abacus.rods * (abacus.upper + abacus.lower)


def states(abacus: Abacus) -> int:
    """In how many positions one rod can stand."""
    return (abacus.upper + 1) * (abacus.lower + 1)


def largest(abacus: Abacus) -> int:
    """The largest decimal number that its rods show, one digit a rod."""
    return 10**abacus.rods - 1


def digits(number: int, abacus: Abacus) -> list[tuple[int, int]]:
    """Beads above and below the bar for each digit, the first digit first.

    Raises:
        ValueError: if the number has more digits than there are rods.
    """
    if number < 0 or number > largest(abacus):
        raise ValueError(f"{number=} does not fit on {abacus.rods} rods")
    return [divmod(int(d), abacus.upper_value) for d in str(number)]
