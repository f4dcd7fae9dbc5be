"""The execution trace: every tensor of a run, and the line that made it.

`follow` calls a function or module, on real numbers or on the `meta` device,
and watches. What it returns is read off the run:

    name      the variable that the tensor was bound to, else its expression
    axes      in letters, as patterns, annotations or hints state them
    shape     the size of each axis
    bytes     numbers times bytes a number
    where     file and line, and the source of the expression that made it
    FLOPs     of matrix products: two for each multiplication that is summed
"""

import inspect
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from math import prod
from types import FrameType
from typing import get_args, get_type_hints

import einops
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode, resolve_name
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry

from xfmr import lettering, source

EINOPS = {
    f.__code__: f.__name__
    for f in (einops.rearrange, einops.reduce, einops.repeat, einops.einsum)
}


@dataclass(frozen=True, kw_only=True)
class Traced:
    """One tensor of a run.

    Args:
        kind: `input`, `parameter`, `constant` or `result`.
        axes: a word for each axis: `T KGH`.
        shares: the tensor whose memory this one is a view of, or nothing.
        part: the module at work, as `named_modules` calls it.
        where: file and line; a notebook's own cells are called `cell`.
        code: the expression that made it, in one line.
    """

    name: str
    kind: str
    axes: str
    shape: tuple[int, ...]
    bytes: int
    shares: str = ""
    part: str = ""
    where: str = ""
    code: str = ""
    value: Tensor = field(repr=False, compare=False)


@dataclass(frozen=True, kw_only=True)
class Step:
    """One operation of a run.

    Args:
        operation: its name, and the pattern where it has one.
        flops: of matrix products; other operations count none.
        parameters: how many learned numbers it used.
    """

    operation: str
    inputs: tuple[Traced, ...]
    result: Traced
    flops: int
    parameters: int


@dataclass(frozen=True, kw_only=True)
class Run:
    """What `follow` saw, in the order in which it happened."""

    output: object = field(repr=False)
    tensors: tuple[Traced, ...]
    steps: tuple[Step, ...]

    @property
    def flops(self) -> int:
        """FLOPs of all matrix products."""
        return sum(step.flops for step in self.steps)

    def __getitem__(self, name: str) -> Traced:
        """The tensor of that name, or of that part and name: `layer.q`.

        Raises:
            ValueError: if no tensor, or more than one, is called so.
        """
        found = [
            t
            for t in self.tensors
            if name in (t.name, f"{t.part}.{t.name}".lstrip("."))
        ]
        if len(found) != 1:
            names = [t.name for t in self.tensors]
            raise ValueError(f"{name=} must be one of {names}, once")
        return found[0]


def follow(
    function: Callable,
    *inputs: object,
    sizes: Mapping[str, int] | None = None,
    axes: Mapping[str, str] | None = None,
    **named: object,
) -> Run:
    """Call a function or module and return the trace of the call.

    Args:
        sizes: the letters that the configuration fixes, with their sizes.
        axes: letters of tensors by name, where the code does not tell.

    Raises:
        ValueError: if an axis could have more than one letter, if letters do
            not multiply out to a size, or a hint names no tensor of the run.
    """
    recorder = _Recorder(function, axes or {})
    called = getattr(function, "forward", function)
    bound = inspect.signature(called).bind(*inputs, **named)
    for name, value in bound.arguments.items():
        for tensor in _tensors(value):
            recorder.add(tensor, "input", name)
    before = sys.getprofile()
    try:
        with recorder:
            sys.setprofile(recorder.watch)
            output = function(*inputs, **named)
    finally:
        sys.setprofile(before)
    return recorder.run(output, sizes or {})


@dataclass(eq=False)
class _Seen:
    """A tensor while the run goes on, before its letters are settled."""

    value: Tensor
    kind: str
    name: str
    part: str = ""
    where: str = ""
    code: str = ""
    shares: str = ""

    def __post_init__(self):
        self.axes = [lettering.Axis(size) for size in self.value.shape]

    def settled(self, sizes: lettering.Sizes) -> Traced:
        """The record of the tensor, now that the run is over."""
        return Traced(
            name=self.name,
            kind=self.kind,
            axes=" ".join(map(sizes.letter, self.axes)),
            shape=tuple(self.value.shape),
            bytes=self.value.numel() * self.value.itemsize,
            shares=self.shares,
            part=self.part,
            where=self.where,
            code=self.code,
            value=self.value,
        )


class _Recorder(TorchFunctionMode):
    """Sees each operation of torch and each call of a function of ours."""

    def __init__(self, function: Callable, hints: Mapping[str, str]):
        super().__init__()
        self.hints, self.unused = hints, set(hints)
        self.seen: dict[int, _Seen] = {}
        self.owners: dict[int, _Seen] = {}
        self.steps: list[tuple] = []
        self.einops: tuple | None = None  # its call now at work, if any
        module = function if isinstance(function, nn.Module) else nn.Module()
        self.modules = {id(m): name for name, m in module.named_modules()}
        self.names = _state(module)

    def add(self, value: Tensor, kind: str, name: str, **origin) -> _Seen:
        """Note a tensor, and whose memory it reads."""
        seen = _Seen(value, kind, name, **origin)
        self.seen[id(value)] = seen
        owner = self.owners.setdefault(value.untyped_storage()._cdata, seen)
        seen.shares = "" if owner is seen else owner.name
        if name in self.hints:
            lettering.state(seen.axes, self.hints[name])
            self.unused.discard(name)
        return seen

    def find(self, value: Tensor, frame: FrameType | None) -> _Seen:
        """The record of an operand; one that no step made gets its own."""
        if id(value) in self.seen:
            return self.seen[id(value)]
        names = dict(self.names)
        if frame is not None:
            owner = frame.f_locals.get("self")
            if isinstance(owner, nn.Module):
                names = _state(owner) | names
            for scope in (frame.f_globals, frame.f_locals):
                names |= {id(other): name for name, other in scope.items()}
            for name, other in frame.f_locals.items():
                if name != "self" and isinstance(other, nn.Module):
                    names = _state(other, f"{name}.") | names
        kind = "parameter" if isinstance(value, nn.Parameter) else "constant"
        return self.add(value, kind, names.get(id(value), kind))

    def axes_of(self, value: object) -> lettering.Axes | None:
        """The axes of an operand, None for what is no tensor."""
        return self.seen[id(value)].axes if id(value) in self.seen else None

    def __torch_function__(self, func, types, args=(), kwargs=None):
        """Run an operation and record it, unless einops is at work."""
        sys.setprofile(None)  # nothing in here is a page's doing
        try:
            with _Counted() as counted:
                result = func(*args, **(kwargs or {}))
            made = [t for t in _tensors(result) if id(t) not in self.seen]
            if made and self.einops is None:
                self.operation(func, args, kwargs or {}, made, counted.any)
        finally:
            sys.setprofile(self.watch)
        return result

    def operation(self, func, args, kwargs, made, counted: bool) -> None:
        """Record an operation of torch, once for each tensor it made."""
        name = func.__name__.strip("_")
        if name == "get":  # of a property such as `x.T`
            name = resolve_name(func).split(".")[-2]
        values = [*args, *kwargs.values()]
        flops = _flops(name, values, made[0])
        if counted and flops is None:
            raise ValueError(f"no rule counts the FLOPs of operation {name!r}")
        operands = self.operands(values)
        for n, value in enumerate(made):
            axes = self.record(name, operands, value, flops or 0, n)
            lettering.relate(name, args, kwargs, axes, self.axes_of)
            flops = 0

    def operands(self, values: object) -> list[_Seen]:
        """The records of all tensors among some arguments."""
        frame = source.ours(sys._getframe())
        return [self.find(value, frame) for value in _tensors(values)]

    def record(
        self,
        operation: str,
        operands: list[_Seen],
        value: Tensor,
        flops: int,
        n: int = 0,
    ) -> lettering.Axes:
        """Add a step, and return the axes of its result."""
        frame = source.ours(sys._getframe())
        origin = source.origin(frame, n, last=follow.__code__)
        part = next(
            (
                self.modules[id(outer.f_locals.get("self"))]
                for outer in source.outwards(frame)
                if id(outer.f_locals.get("self")) in self.modules
            ),
            "",
        )
        seen = self.add(value, "result", part=part, **origin)
        self.steps.append((operation, operands, seen, flops))
        return seen.axes

    def watch(self, frame: FrameType, event: str, value: object) -> None:
        """Read patterns and annotations as functions are entered and left."""
        if event == "call":
            if frame.f_code in EINOPS:
                self.einops = self.einops or (frame, dict(frame.f_locals))
            elif source.is_ours(frame):
                annotations = source.annotations(frame)
                for name in annotations.keys() & frame.f_locals.keys():
                    self.annotated(annotations[name], frame.f_locals[name])
        elif event == "return":
            if self.einops is not None and self.einops[0] is frame:
                arguments, self.einops = self.einops[1], None
                if value is not None:  # it is where the call has raised
                    sys.setprofile(None)
                    self.patterned(EINOPS[frame.f_code], arguments, value)
                    sys.setprofile(self.watch)
            elif source.is_ours(frame):
                returned = source.annotations(frame).get("return")
                self.annotated(returned, value)

    def patterned(self, name: str, arguments: dict, result: Tensor) -> None:
        """Record a call of einops, whose pattern names the axes."""
        if name == "einsum":
            *values, pattern = arguments["tensors_and_pattern"]
        else:
            values, pattern = [arguments["tensor"]], arguments["pattern"]
        operands = self.operands(values)
        if id(result) not in self.seen:
            flops = 0
            if name == "einsum":
                flops = _einsum_flops(pattern, values, result)
            self.record(f"{name} {pattern}", operands, result, flops)
        if len(operands) == len(pattern.split(",")):
            axes = [operand.axes for operand in operands]
            lettering.rearranged(pattern, axes, self.axes_of(result))

    def annotated(self, annotation: object, value: object) -> None:
        """Take the letters that a function's own signature states."""
        if isinstance(value, Tensor):
            stated = {
                option.dim_str
                for option in (annotation, *get_args(annotation))
                if hasattr(option, "dim_str")
            }
            if len(stated) == 1 and id(value) in self.seen:
                lettering.state(self.seen[id(value)].axes, *stated)
        elif isinstance(value, tuple):
            parts = get_args(annotation)
            if hasattr(value, "_fields"):
                parts = get_type_hints(type(value)).values()
            for part, item in zip(parts, value, strict=False):
                self.annotated(part, item)

    def run(self, output: object, sizes: Mapping[str, int]) -> Run:
        """Settle all letters, in the light of the whole run."""
        if self.unused:
            raise ValueError(f"axes={sorted(self.unused)} name no tensor")
        known, settled = lettering.Sizes(sizes), {}
        for resolve in (known.note, known.letter):
            for seen in self.seen.values():
                for axis in seen.axes:
                    try:
                        resolve(axis)
                    except ValueError as error:
                        raise ValueError(f"{seen.name}: {error}") from None
        for seen in self.seen.values():
            settled[seen] = seen.settled(known)
        return Run(
            output=output,
            tensors=tuple(settled.values()),
            steps=tuple(
                Step(
                    operation=operation,
                    inputs=tuple(settled[seen] for seen in operands),
                    result=settled[result],
                    flops=flops,
                    parameters=sum(
                        seen.value.numel()
                        for seen in dict.fromkeys(operands)
                        if seen.kind == "parameter"
                    ),
                )
                for operation, operands, result, flops in self.steps
            ),
        )


class _Counted(TorchDispatchMode):
    """Whether torch's own counter would count a product in here."""

    any = False

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        """Look at one kernel, and run it."""
        self.any |= func._overloadpacket in flop_registry
        return func(*args, **(kwargs or {}))


def _state(module: nn.Module, prefix: str = "") -> dict[int, str]:
    named = (*module.named_parameters(), *module.named_buffers())
    return {id(value): prefix + name for name, value in named}


def _tensors(values: object) -> Iterator[Tensor]:
    if isinstance(values, Tensor):
        yield values
    elif isinstance(values, (tuple, list)):
        for value in values:
            yield from _tensors(value)


def _flops(operation: str, values: list, result: Tensor) -> int | None:
    tensors = list(_tensors(values))
    match operation:
        case "linear" | "matmul" | "mm" | "bmm":
            return 2 * result.numel() * tensors[0].shape[-1]
        case "rmatmul":
            return 2 * result.numel() * tensors[1].shape[-1]
        case "scaled_dot_product_attention":
            q, k, v = tensors[:3]
            n_scores = result.numel() // v.shape[-1] * k.shape[-2]
            return 2 * n_scores * (q.shape[-1] + v.shape[-1])
    return None


def _einsum_flops(pattern: str, values: list[Tensor], result: Tensor) -> int:
    """Two for each multiplication, where anything is summed; else none."""
    inputs, output = pattern.split("->")
    summed = {
        letter: size
        for side, value in zip(inputs.split(","), values, strict=True)
        for letter, size in _sized(lettering.split(side), value)
        if letter not in lettering.split(output)
    }
    if len(values) > 2:
        raise ValueError(f"{pattern=} must have at most two operands")
    if len(values) < 2 or not summed:
        return 0
    return 2 * result.numel() * prod(summed.values())


def _sized(words: list[str], value: Tensor) -> Iterator[tuple[str, int]]:
    """The letters of one side with their sizes; `...` has none."""
    at = words.index("...") if "..." in words else len(words)
    yield from zip(words[:at], value.shape, strict=False)
    yield from zip(
        reversed(words[at + 1 :]), reversed(value.shape), strict=False
    )
