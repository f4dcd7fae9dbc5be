"""Where in the source a running frame stands, and what it is computing.

Python knows, for each instruction, the span of text it was compiled from. So
the expression that made a tensor can be shown word for word, and the variable
it will be bound to can be read off the tree around it.
"""

import ast
import inspect
import linecache
import re
import sysconfig
from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import islice
from pathlib import Path
from types import CodeType, FrameType

PACKAGE = Path(__file__).parent
WATCHERS = tuple(str(PACKAGE / name) for name in ("trace.py", "source.py"))
LIBRARIES = tuple(
    sysconfig.get_paths()[name] for name in ("stdlib", "platstdlib")
)
# wherever they lie: an environment may share the packages of another
INSTALLED = re.compile(r"[/\\](site|dist)-packages[/\\]")
# frames between the call of a module or function and its own frame
BETWEEN = ("torch/nn/modules/module.py", "jaxtyping/", "beartype/", "<@bear")


@lru_cache
def _is_ours(filename: str) -> bool:
    if filename.startswith(WATCHERS) or not linecache.getlines(filename):
        return False
    if filename.startswith(str(PACKAGE)):
        return True
    return not (filename.startswith(LIBRARIES) or INSTALLED.search(filename))


def is_ours(frame: FrameType) -> bool:
    """Whether a frame runs the package's code or a page's, no library's."""
    return _is_ours(frame.f_code.co_filename)


def outwards(frame: FrameType | None) -> Iterator[FrameType]:
    """A frame, its caller, and so on to the outermost."""
    while frame is not None:
        yield frame
        frame = frame.f_back


def ours(frame: FrameType | None) -> FrameType | None:
    """The innermost frame of ours, from a frame outwards."""
    return next(filter(is_ours, outwards(frame)), None)


def annotations(frame: FrameType) -> dict[str, object]:
    """The annotations of the function that runs in a frame, if found."""
    found = frame.f_globals
    for name in frame.f_code.co_qualname.split("."):
        if isinstance(found, dict):
            found = found.get(name)
        else:
            found = inspect.getattr_static(found, name, None)
    while found is not None and hasattr(found, "__wrapped__"):
        found = found.__wrapped__
    if getattr(found, "__code__", None) is not frame.f_code:
        return {}
    return found.__annotations__


def origin(frame: FrameType | None, n: int, last: CodeType) -> dict[str, str]:
    """The name, place and text of what a frame is computing.

    Args:
        n: which of several results is meant.
        last: the code of the caller to whom the result of all is returned.
    """
    if frame is None:
        return {"name": "result", "where": "", "code": ""}
    node = _node(frame)
    line = frame.f_lineno if node is None else node.lineno
    return {
        "name": _target(frame, n, last) or _brief(node),
        "where": f"{_place(frame.f_code.co_filename)}:{line}",
        "code": _text(frame.f_code.co_filename, line, node),
    }


def places(function: Callable) -> set[str]:
    """Every line of a function, as `origin` writes where it is."""
    lines, first = inspect.getsourcelines(function)
    place = _place(inspect.unwrap(function).__code__.co_filename)
    return {f"{place}:{first + n}" for n in range(len(lines))}


def _place(filename: str) -> str:
    path = Path(filename)
    if path.is_relative_to(PACKAGE):
        return path.relative_to(PACKAGE.parent).as_posix()
    return "cell" if "ipykernel_" in filename else path.name


@lru_cache
def _parents(filename: str) -> dict[ast.AST, ast.AST]:
    tree = ast.parse("".join(linecache.getlines(filename)))
    return {
        child: parent
        for parent in ast.walk(tree)
        for child in ast.iter_child_nodes(parent)
    }


@lru_cache
def _ending(filename: str) -> dict[tuple, list[ast.expr]]:
    """The expressions of a file by the place where they end."""
    found = {}
    for node in _parents(filename):
        if isinstance(node, ast.expr):
            end = node.end_lineno, node.end_col_offset
            found.setdefault(end, []).append(node)
    return found


def _node(frame: FrameType) -> ast.expr | None:
    """The expression that a frame is evaluating."""
    instruction = frame.f_lasti // 2
    positions = next(islice(frame.f_code.co_positions(), instruction, None))
    line, end_line, column, end_column = positions
    ending = _ending(frame.f_code.co_filename).get((end_line, end_column), ())
    for node in ending:
        if (node.lineno, node.col_offset) == (line, column):
            return node
        # a call of a method on a line of its own starts at the method's name
        if isinstance(node, ast.Call) and node.func.end_lineno == line:
            return node
    return None


def _target(frame: FrameType | None, n: int, last: CodeType) -> str | None:
    """The variable to which the value of an expression will be bound."""
    while frame is not None:
        node = _node(frame)
        if node is None:
            return None
        parents = _parents(frame.f_code.co_filename)
        match parents[node]:
            case ast.Return() | ast.Lambda():
                frame = _caller(frame)
                if frame is not None and frame.f_code is last:
                    return "output"
            case ast.Assign(targets=[ast.Name(name)]):
                return name
            case ast.Assign(targets=[ast.Tuple(names)]) if n < len(names):
                return getattr(names[n], "id", None)
            case ast.NamedExpr(ast.Name(name)) | ast.AnnAssign(ast.Name(name)):
                return name
            case ast.Tuple(items) as group:
                outer = parents[group]
                match outer:
                    case ast.Assign(targets=[ast.Tuple(names)]):
                        return getattr(names[items.index(node)], "id", None)
                return None
            case _:
                return None
    return None


def _caller(frame: FrameType) -> FrameType | None:
    """The frame that gets what this one returns, unless it goes elsewhere."""
    for outer in outwards(frame.f_back):
        filename = outer.f_code.co_filename
        if is_ours(outer) or filename.startswith(WATCHERS):
            return outer
        if not any(mark in filename for mark in BETWEEN):
            return None
    return None


class _Brief(ast.NodeTransformer):
    """Leave out what a short name can do without."""

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        node.args = [arg for arg in node.args if not _is_text(arg)]
        node.keywords = []
        return node

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.value, ast.Name) and node.value.id == "self":
            return ast.Name(node.attr)
        return node


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _brief(node: ast.expr | None) -> str:
    if node is None:
        return "result"
    return ast.unparse(_Brief().visit(ast.parse(ast.unparse(node)).body[0]))


def _text(filename: str, line: int, node: ast.expr | None) -> str:
    if node is None:
        return linecache.getline(filename, line).strip()
    lines = linecache.getlines(filename)
    whole = "".join(lines)
    text = " ".join((ast.get_source_segment(whole, node) or "").split())
    return text.replace("( ", "(").replace(", )", ")").replace(" )", ")")
