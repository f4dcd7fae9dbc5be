"""What autograd keeps: the tensors that a backward pass will ask for.

Read off a run, on real numbers or on the `meta` device. A tensor that several
operations keep is one, and so are views of the same memory.
"""

from dataclasses import dataclass, field
from types import TracebackType

from torch import Tensor, nn
from torch.autograd.graph import saved_tensors_hooks


@dataclass(frozen=True, kw_only=True)
class Saved:
    """One piece of memory that is kept.

    Args:
        shape: of the tensor that was kept first.
        dtype: its type, such as `bfloat16`.
        bytes: of all its memory, even if the tensor shows a part.
    """

    shape: tuple[int, ...]
    dtype: str
    bytes: int
    value: Tensor = field(repr=False, compare=False)


class SavedTensors:
    """Everything that autograd keeps within a `with`, but parameters.

    Args:
        parameters: whose memory is there in any case; a module's, or tensors.
    """

    def __init__(self, *parameters: nn.Module | Tensor):
        given = [
            tensor
            for each in parameters
            for tensor in (
                each.parameters() if isinstance(each, nn.Module) else [each]
            )
        ]
        self.known = {x.untyped_storage()._cdata for x in given}
        self.tensors: list[Saved] = []
        self.hooks = saved_tensors_hooks(self._keep, lambda x: x)

    @property
    def n_bytes(self) -> int:
        """Bytes of all of them."""
        return sum(x.bytes for x in self.tensors)

    def _keep(self, x: Tensor) -> Tensor:
        storage = x.untyped_storage()
        if storage._cdata not in self.known:
            self.known.add(storage._cdata)
            self.tensors.append(
                Saved(
                    shape=tuple(x.shape),
                    dtype=str(x.dtype).removeprefix("torch."),
                    bytes=storage.nbytes(),
                    value=x,
                )
            )
        return x

    def __enter__(self) -> "SavedTensors":
        """Listen from now on."""
        self.hooks.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Listen no more."""
        self.hooks.__exit__(kind, error, traceback)
