"""The most memory that the tensors of a call take at once.

Read off the run, on real numbers or on the `meta` device: each operation's
result is noted when it appears and struck off when nothing refers to it any
more. Scratch space inside a kernel does not show.
"""

import weakref
from collections.abc import Callable
from functools import partial

from torch import Tensor, UntypedStorage
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves


def peak_bytes(function: Callable, *inputs: object, **named: object) -> int:
    """The most bytes that were held at once, beyond those of the inputs.

    The result counts, and so does what autograd keeps.
    """
    alive = _Alive()
    for value in tree_leaves((inputs, named)):
        alive.note(value)
    before = alive.now
    with alive:
        function(*inputs, **named)
    return alive.most - before


class _Alive(TorchDispatchMode):
    """Sees each kernel's results, and the end of each."""

    def __init__(self):
        super().__init__()
        self.now = self.most = 0
        self.known: dict[int, weakref.ref[UntypedStorage]] = {}

    def note(self, value: object) -> None:
        """Count a tensor, unless it reads memory that has been counted."""
        if not isinstance(value, Tensor):
            return
        storage = value.untyped_storage()
        key, size = storage._cdata, storage.nbytes()
        if key not in self.known:
            self.now += size
            self.most = max(self.most, self.now)
            gone = partial(self.strike, key, size)
            self.known[key] = weakref.ref(storage, gone)

    def strike(self, key: int, size: int, _: object) -> None:
        """Take off what nothing refers to any more."""
        del self.known[key]
        self.now -= size

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        """Run one kernel and note what it has made."""
        results = func(*args, **(kwargs or {}))
        for value in tree_leaves(results):
            self.note(value)
        return results
