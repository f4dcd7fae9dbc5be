"""The numbers that a call reads from slow memory and writes to it.

An accelerator computes on what is in a small fast memory and keeps the rest in
a large slow one. Of that machine this is a model with one rule: a tensor with
an axis longer than a tile is in slow memory, and so is every view of it; all
others are in fast memory and cost nothing. Each operation reads its inputs
from where they are and writes its result, once and in full, as kernels that
nobody has fused do.
"""

from collections.abc import Callable
from typing import NamedTuple

from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.weak import WeakIdKeyDictionary

OVERWRITING = ("copy_", "fill_", "zero_")  # what they write on is not read
SHAPING = ("empty_", "full_", "new_", "ones_", "zeros_")  # nor what they copy


class Traffic(NamedTuple):
    """Numbers, not bytes, that passed in each direction."""

    n_read: int
    n_written: int


def traffic(
    function: Callable, *inputs: object, tile: int, **named: object
) -> Traffic:
    """What a call moves, on real numbers or on the `meta` device.

    Args:
        tile: the longest axis of a tensor in fast memory.

    Raises:
        ValueError: if not even one number fits.
    """
    if tile < 1:
        raise ValueError(f"{tile=} must be at least 1")
    with _Counter(tile) as counter:
        function(*inputs, **named)
    return Traffic(counter.n_read, counter.n_written)


class _Counter(TorchDispatchMode):
    """Sees the operands of each kernel."""

    def __init__(self, tile: int):
        super().__init__()
        self.tile, self.n_read, self.n_written = tile, 0, 0
        self.slow = WeakIdKeyDictionary()  # by storage, which views share

    def n_slow(self, values: list[Tensor]) -> int:
        """How many numbers of some tensors are in slow memory."""
        n = 0
        for value in values:
            storage = value.untyped_storage()
            is_long = any(size > self.tile for size in value.shape)
            n += value.numel() * self.slow.setdefault(storage, is_long)
        return n

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        """Run one kernel and count what it moves."""
        inputs, name = _tensors((args, kwargs)), func._overloadpacket.__name__
        n_inputs = self.n_slow(inputs)
        results = func(*args, **(kwargs or {}))
        made = _tensors(results)
        if func.is_view or name == "_unsafe_view":
            return results
        if name in OVERWRITING:
            self.n_read += self.n_slow(inputs[1:])
        elif not name.startswith(SHAPING):
            self.n_read += n_inputs
        if not name.startswith(("empty", "new_empty")):
            self.n_written += self.n_slow(made)
        return results


def _tensors(values: object) -> list[Tensor]:
    return [x for x in tree_leaves(values) if isinstance(x, Tensor)]
