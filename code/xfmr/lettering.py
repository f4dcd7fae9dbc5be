"""Letters of axes, as they travel through the operations of a run.

A letter is true because somebody said it: an einops pattern, a shape in an
annotation, a hint. From there it follows the data, forwards and backwards, by
the rules below: an addition keeps the axes, a matrix product drops the pair it
sums over. An operation that no rule covers passes nothing on, and an axis that
nobody named is left to its size, which must then be no coincidence.
"""

import re
from collections.abc import Callable, Mapping
from math import prod

ELEMENTWISE = frozenset(
    """
    abs add addcmul and clamp clone contiguous cos cumsum detach div dropout
    empty_like eq erf exp exponential float floor_divide full_like ge gelu gt
    iadd imul invert isub itruediv layer_norm le log log_softmax logical_and
    logical_not logical_or lt masked_fill maximum minimum mul multiply ne neg
    normalize ones_like or pow radd relu rms_norm rmul round rpow rsqrt rsub
    rtruediv sigmoid silu sin softmax sqrt square sub tan tanh to tril triu
    truediv type type_as where zeros_like double half
    """.split()
)
REDUCING = frozenset(
    "all amax amin any argmax argmin logsumexp max mean min norm prod std sum"
    " var".split()
)


class Family:
    """Axes that are one and the same, with the letter first said of them."""

    def __init__(self, letter: str | None = None):
        self.parent, self.letter = self, letter

    def root(self) -> "Family":
        """The family that speaks for all that have joined it."""
        while self.parent is not self:
            self = self.parent
        return self


class Axis:
    """One axis of one tensor: its size, and what has been said of it."""

    def __init__(self, size: int):
        self.size, self.stated, self.family = size, False, Family()

    @property
    def said(self) -> str | None:
        """The letter that was said of this axis or of one it has joined."""
        return self.family.root().letter

    def state(self, letter: str) -> None:
        """Take a letter at its word; what was said of a tensor first stays.

        In self-attention one tensor is read as queries and as keys: what is
        made of it as keys leaves its family.
        """
        if self.stated:
            return
        self.stated = True
        if letter.isdecimal() or self.said not in (None, letter):
            self.family = Family(letter)
        self.family.root().letter = letter

    def join(self, other: "Axis") -> None:
        """Be the same axis as another, unless different things are said."""
        ours, theirs = self.family.root(), other.family.root()
        if self.size == other.size and not self.differs(other):
            theirs.letter = theirs.letter or ours.letter
            ours.parent = theirs

    def differs(self, other: "Axis") -> bool:
        """Whether the two have been called by different letters."""
        return bool(self.said and other.said and self.said != other.said)

    @property
    def letter(self) -> str | None:
        """What is known: a letter, or 1 for an axis of that size."""
        return self.said or ("1" if self.size == 1 else None)


Axes = list[Axis]


def split(pattern: str) -> list[str]:
    """The axes of one side of a pattern: `B (K G) 1` is B, KG and 1."""
    words = []
    for group in re.findall(r"\([^)]*\)|\S+", pattern):
        word = "".join(group.strip("()").split())
        words.append("_" if word != group and "..." in word else word or "1")
    return words


def state(axes: Axes, pattern: str) -> None:
    """Say what axes are called, in einops' or in jaxtyping's notation.

    Beside a `...`, which is for tensors of any kind, a word in small letters
    says nothing: what a norm is of is called as it was before.

    Raises:
        ValueError: if the pattern has another number of axes.
    """
    words = split(pattern)
    for n, word in enumerate(words):
        if word == "..." or word.startswith("*"):
            words = ["_" if other.islower() else other for other in words]
            words[n : n + 1] = ["_"] * (len(axes) - len(words) + 1)
            break
    if len(words) != len(axes):
        raise ValueError(f"{pattern=} must name {len(axes)} axes")
    for axis, word in zip(axes, words, strict=True):
        if word.startswith("#") and axis.size == 1:
            word = "1"
        if word != "_":
            axis.state(word.lstrip("#"))


def rearranged(pattern: str, operands: list[Axes], result: Axes) -> None:
    """Name what an einops pattern names, and join what its `...` spans."""
    inputs, output = pattern.split("->")
    for axes, side in zip(operands, inputs.split(","), strict=True):
        state(axes, side)
        if "..." in split(side) and "..." in split(output):
            _join_leading(axes, side, result, output)
    state(result, output)


def _join_leading(axes: Axes, side: str, result: Axes, output: str) -> None:
    """Join the axes that `...` stands for, from the right; both lead."""
    ours = axes[: len(axes) - len(split(side)) + 1]
    theirs = result[: len(result) - len(split(output)) + 1]
    for axis, other in zip(reversed(ours), reversed(theirs), strict=False):
        other.join(axis)


def elementwise(operands: list[Axes], result: Axes) -> None:
    """Join the axes that broadcasting aligns, which is from the right.

    Where operands disagree the result is left for somebody to name.
    """
    for n, other in enumerate(reversed(result), start=1):
        aligned = [axes[-n] for axes in operands if len(axes) >= n]
        aligned = [axis for axis in aligned if axis.size == other.size]
        named = [axis for axis in aligned if axis.said]
        if other.size == 1:  # a 1 may be there to be broadcast: letters lead
            named = [axis for axis in named if axis.said != "1"] or named
            aligned = named or aligned
        if len({axis.said for axis in named}) < 2:
            for axis in aligned:
                axis.join(other)


def linear(x: Axes, weight: Axes, result: Axes) -> None:
    """x W^T: the weight's columns meet x, its rows are the result's last."""
    weight[-1].join(x[-1])
    for axis, other in zip(x[:-1], result[:-1], strict=True):
        other.join(axis)
    result[-1].join(weight[0])


def matmul(left: Axes, right: Axes, result: Axes) -> None:
    """Rows of the left, columns of the right; the pair between is summed."""
    inner = right[-2:][0]
    inner.join(left[-1])
    rows = left[-2:-1] if len(left) > 1 else []
    columns = right[-1:] if len(right) > 1 else []
    n_leading = len(result) - len(rows) - len(columns)
    for axis, other in zip(rows + columns, result[n_leading:], strict=True):
        other.join(axis)
    elementwise([left[:-2], right[:-2]], result[:n_leading])


def attention(q: Axes, v: Axes, result: Axes) -> None:
    """The result of a fused kernel: a query's axes, a value's width."""
    for axis, other in zip(q[:-1], result[:-1], strict=True):
        other.join(axis)
    result[-1].join(v[-1])


def lookup(indices: Axes, table: Axes, result: Axes) -> None:
    """Rows of a table: the axes of the indices, then the table's columns."""
    for axis, other in zip(indices + table[1:], result, strict=True):
        other.join(axis)


def permuted(axes: Axes, order: list[int], result: Axes) -> None:
    """The same axes in another order."""
    for n, other in zip(order, result, strict=True):
        other.join(axes[n])


def reduced(axes: Axes, dims: list[int], result: Axes) -> None:
    """The axes that a sum or a mean leaves, whether or not it keeps a 1."""
    kept = len(result) == len(axes)
    left = [a for n, a in enumerate(axes) if kept or n not in dims]
    for axis, other in zip(left, result, strict=True):
        other.join(axis)


def indexed(axes: Axes, index: object, result: Axes) -> None:
    """What `x[...]` leaves: a slice that cuts an axis leaves it nameless.

    Fancy indices pass nothing on.
    """
    items = list(index) if isinstance(index, tuple) else [index]
    if not all(
        item is None or item is ... or isinstance(item, (int, slice))
        for item in items
    ):
        return
    if ... not in items:
        items.append(...)
    n_taken = sum(isinstance(item, (int, slice)) for item in items)
    at = items.index(...)
    items[at : at + 1] = [slice(None)] * (len(axes) - n_taken)
    old, new = iter(axes), iter(result)
    for item in items:
        if item is None:
            next(new).state("1")
        elif isinstance(item, slice):
            next(new).join(next(old))
        else:
            next(old)


def relate(
    operation: str,
    arguments: tuple,
    named: Mapping[str, object],
    result: Axes,
    axes_of: Callable[[object], Axes | None],
) -> None:
    """Let the letters through one operation of torch, if a rule covers it.

    Args:
        operation: its bare name, `softmax` or `matmul`.
        arguments: what it was given by position.
        named: what it was given by name.
        result: the axes of the tensor that came out.
        axes_of: the axes of an argument, None for what is no tensor.
    """
    operands = [axes_of(value) for value in (*arguments, *named.values())]
    tensors = [axes for axes in operands if axes is not None]
    integers = [value for value in arguments if type(value) is int]
    match operation:
        case "linear":
            linear(*tensors[:2], result)
            elementwise(tensors[2:], result)
        case "matmul" | "mm" | "bmm":
            matmul(*tensors, result)
        case "rmatmul":
            matmul(*reversed(tensors), result)
        case "scaled_dot_product_attention":
            attention(tensors[0], tensors[2], result)
        case "embedding":
            lookup(*tensors, result)
        case "getitem":
            indexed(tensors[0], arguments[1], result)
        case "T" | "t":
            n = len(result)
            permuted(tensors[0], [*reversed(range(n))], result)
        case "mT":
            permuted(tensors[0], _swapped(len(result), -2, -1), result)
        case "transpose" | "swapaxes" | "swapdims":
            order = _swapped(len(result), *integers)
            permuted(tensors[0], order, result)
        case "unsqueeze":
            at = [*integers, *named.values()][0] % len(result)
            result[at].state("1")
            permuted(tensors[0], [*range(len(tensors[0]))], _but(result, at))
        case _ if operation in REDUCING:
            dims = named.get("dim", arguments[1] if arguments[1:] else None)
            reduced(tensors[0], _dims(dims, len(tensors[0])), result)
        case _ if operation in ELEMENTWISE:
            elementwise(tensors, result)


def _swapped(n: int, first: int, second: int) -> list[int]:
    order = [*range(n)]
    order[first], order[second] = order[second], order[first]
    return order


def _but(axes: Axes, at: int) -> Axes:
    return axes[:at] + axes[at + 1 :]


def _dims(dims: object, n: int) -> list[int]:
    if dims is None:
        return [*range(n)]
    listed = [dims] if isinstance(dims, int) else dims
    return [dim % n for dim in listed]


class Sizes:
    """What sizes say of letters, and the reverse.

    Args:
        given: the size of every letter that the run's configuration fixes.
    """

    def __init__(self, given: Mapping[str, int]):
        self.given = dict(given)
        self.seen = {(letter, size) for letter, size in given.items()}

    def note(self, axis: Axis) -> None:
        """Remember a letter's size.

        Raises:
            ValueError: if the axis has not the size of its letters.
        """
        letter = axis.letter
        if letter is None:
            return
        known = [self.given[part] for part in letter if part in self.given]
        whole = letter.isdecimal() or len(known) == len(letter)
        size = int(letter) if letter.isdecimal() else prod(known)
        if axis.size % size or (whole and size != axis.size):
            raise ValueError(f"axis {letter} has size {axis.size}, not {size}")
        self.seen.add((letter, axis.size))

    def letter(self, axis: Axis) -> str:
        """The letter of an axis; one that nobody named is named by its size.

        Raises:
            ValueError: if several letters of the run have that size.
        """
        if axis.letter is not None:
            return axis.letter
        fitting = sorted({x for x, size in self.seen if size == axis.size})
        if len(fitting) > 1:
            raise ValueError(f"size {axis.size} could be any of {fitting}")
        return fitting[0] if fitting else str(axis.size)
