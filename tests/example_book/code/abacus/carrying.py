"""Carries: how often a rod is full when one counts from zero."""


def carries(number: int) -> int:
    """Carries in counting to a number: one for each power of ten passed."""
    total, power = 0, 10
    while power <= number:
        total += number // power
        power *= 10
    return total


def carries_by_counting(number: int) -> int:
    """The same, step by step: the nines at the end of each number left."""
    steps = (str(n) for n in range(number))
    return sum(len(step) - len(step.rstrip("9")) for step in steps)
