"""What runs inside a page's kernel: evaluating checks, watching cells.

Standard library only, so that a page pays nothing for it. `install` sets the
watches once; `evaluate` answers the checks of one gap between cells, together
with whatever the watches saw since the last one.
"""

import ast
import json
import operator
import os
import sys
import threading
from math import isfinite
from pathlib import Path

COMPARE = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}

SIGNS = {
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
}
# Torch seeds itself with 64 random bits; authors choose small numbers.
LARGEST_SEED = 2**40

_problems: list[str] = []
_sources: tuple[str, ...] = ()


def install(sources: list[str]) -> None:
    """Watch for what would otherwise pass in silence.

    Args:
        sources: folders that a cell must not write into.
    """
    global _sources
    _sources = tuple(os.path.realpath(s) + os.sep for s in sources)
    threading.excepthook = _thread_failed
    sys.addaudithook(_audit)
    shell = _shell()
    shell.ask_exit = _refuse_exit
    shell.user_ns["_exit_code"] = 0


def _shell():
    from IPython import get_ipython

    return get_ipython()


def _thread_failed(args) -> None:
    name = args.exc_type.__name__
    _problems.append(f"{name} in a thread: {args.exc_value}")


def _refuse_exit(*_) -> None:
    raise RuntimeError("the cell tries to quit the kernel")


def _audit(event: str, args: tuple) -> None:
    if event == "open":
        path, mode, flags = args
        writing = set(mode or "") & set("wax+") or (
            mode is None and flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
        )
        if writing and _protected(path):
            raise PermissionError(f"a cell writes into the sources: {path}")
    elif event in ("os.mkdir", "os.remove", "os.rename", "shutil.rmtree"):
        if any(_protected(path) for path in args[:2]):
            raise PermissionError(f"a cell changes the sources: {args[0]}")


def _protected(path) -> bool:
    if not isinstance(path, str | bytes | os.PathLike) or not _sources:
        return False
    real = os.path.realpath(os.fsdecode(path))
    return real.startswith(_sources) and "__pycache__" not in Path(real).parts


def _watch() -> list[str]:
    """Problems since the last call."""
    shell, found = _shell(), list(_problems)
    _problems.clear()
    status = shell.user_ns.get("_exit_code") or 0
    if status:
        found.append(f"a shell command ended with status {status}")
        shell.user_ns["_exit_code"] = 0
    torch = sys.modules.get("torch")
    if torch is not None and hasattr(torch, "default_generator"):
        generator = torch.default_generator
        seed = generator.initial_seed()
        fresh = torch.Generator().manual_seed(seed).get_state()
        if seed > LARGEST_SEED and not torch.equal(
            generator.get_state(), fresh
        ):
            found.append(
                "torch's global generator was used without a seed "
                "(torch.manual_seed, or generator=...)"
            )
    return found


def evaluate(wanted: list[tuple[str, str]], namespace: dict) -> str:
    """JSON: what the watches saw, and [value, shown, error] per check."""
    seen = _watch()
    results = [_evaluate(role, text, namespace) for role, text in wanted]
    return json.dumps({"problems": seen, "results": results})


def _evaluate(role: str, text: str, namespace: dict) -> list:
    try:
        if role == "num":
            value = _number(eval(text, namespace))
            return [value, None, None]
        value, shown = _predicate(text, namespace)
        return [value, shown, None]
    except Exception as error:
        return [None, None, f"{type(error).__name__}: {error}"]


def _number(value):
    if isinstance(value, bool) or type(value).__name__ in ("bool_", "bool"):
        raise TypeError("a truth value is no number: use claim or chk")
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, bool):
        raise TypeError("a truth value is no number: use claim or chk")
    if isinstance(value, int):
        return value
    number = float(value)
    if not isfinite(number):
        raise ValueError(f"the expression gives {number}")
    return number


def _predicate(text: str, namespace: dict) -> tuple[bool, str | None]:
    """The truth of a predicate, and the operands that it compared."""
    tree = ast.parse(text.strip(), mode="eval").body
    if not isinstance(tree, ast.Compare) or not all(
        type(op) in COMPARE for op in tree.ops
    ):
        return _truth(eval(text, namespace)), None
    values = [
        eval(compile(ast.Expression(node), "<check>", "eval"), namespace)
        for node in (tree.left, *tree.comparators)
    ]
    truths = [
        _truth(COMPARE[type(op)](left, right))
        for op, left, right in zip(tree.ops, values, values[1:], strict=False)
    ]
    shown = _brief(values[0]) + "".join(
        f" {SIGNS[type(op)]} {_brief(value)}"
        for op, value in zip(tree.ops, values[1:], strict=True)
    )
    return all(truths), shown


def _truth(value) -> bool:
    if hasattr(value, "item"):
        value = value.item()
    if not isinstance(value, bool):
        raise TypeError(f"{value!r} is no truth value")
    return value


def _brief(value) -> str:
    if hasattr(value, "item") and getattr(value, "size", 0) == 1:
        value = value.item()
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    text = f"{value:.6g}" if isinstance(value, float) else repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
