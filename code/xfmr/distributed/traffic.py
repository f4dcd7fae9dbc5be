"""What an engine sends: its collectives, noted while it calls them.

Torch's own schemes call collectives by themselves, forwards and backwards.
Each call passes torch's dispatcher, where its kind and its bytes are seen; the
ring's formula makes of these what a rank sends. Where a rank has pieces of
different sizes for the others, it is what leaves the rank. Single whole
numbers, by which engines arrange what follows, are not counted.
"""

from collections import Counter

import torch.distributed as dist
from torch import Tensor
from torch.distributed.tensor import DTensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from xfmr.distributed import volume

# the collective, and the argument that is whole; the result where none is
WHOLE = {
    "c10d::allreduce_": ("all-reduce", 0),
    "c10d::broadcast_": ("broadcast", 0),
    "c10d::_reduce_scatter_base_": ("reduce-scatter", 1),
    "c10d::_allgather_base_": ("all-gather", 0),
    "_c10d_functional::all_reduce": ("all-reduce", 0),
    "_c10d_functional::all_gather_into_tensor": ("all-gather", None),
    "_c10d_functional::reduce_scatter_tensor": ("reduce-scatter", 0),
}
UNEQUAL = "_c10d_functional::all_to_all_single"


class Traffic(TorchDispatchMode):
    """Notes the collectives that are called while it is on.

    Args:
        calls: how many there were of each.
        sent: bytes that this rank has sent for them.
    """

    def __init__(self):
        super().__init__()
        self.calls, self.sent = Counter(), 0.0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        """Run one operation; if it is a collective, note it."""
        if any(issubclass(kind, DTensor) for kind in types):
            return NotImplemented  # what it does to its shards comes by later
        result = func(*args, **(kwargs or {}))
        name = func._schema.name
        if name in WHOLE:
            collective, at = WHOLE[name]
            self._note(collective, _bytes(result if at is None else args[at]))
        elif name == "c10d::send" and args[0][0].is_floating_point():
            self.calls["send"] += 1
            self.sent += _bytes(args[0])
        elif name == UNEQUAL:
            x, _, pieces, *_ = args
            own = x.split(pieces)[dist.get_rank()]
            self.calls["all-to-all"] += 1
            self.sent += x.nbytes - own.nbytes
        return result

    def _note(self, collective: str, n_bytes: int) -> None:
        self.calls[collective] += 1
        ranks = dist.get_world_size()
        self.sent += volume.sent(collective, n_bytes, ranks=ranks)


def _bytes(tensors: object) -> int:
    return sum(x.nbytes for x in tree_leaves(tensors) if isinstance(x, Tensor))
