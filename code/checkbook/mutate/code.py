"""Operators on Python: constants, arithmetic, comparisons, logic, axes.

Places are found by the syntax tree, so that a mutant is one wrong thing and
never a broken line. Docstrings, formatted strings and the limits of
comparisons with a tolerance are left alone.
"""

import ast
import re
from collections.abc import Iterator
from itertools import pairwise

from checkbook.mutate.mutant import Edit

ARITHMETIC = {
    ast.Add: ("+", ("-",)),
    ast.Sub: ("-", ("+",)),
    ast.Mult: ("*", ("/", "+")),
    ast.Div: ("/", ("*", "//")),
    ast.FloorDiv: ("//", ("*", "%")),
    ast.Mod: ("%", ("//", "*")),
    ast.Pow: ("**", ("*",)),
}
COMPARISONS = {
    ast.Lt: ("<", ("<=", ">=")),
    ast.LtE: ("<=", ("<", ">")),
    ast.Gt: (">", (">=", "<=")),
    ast.GtE: (">=", (">", "<")),
    ast.Eq: ("==", ("!=",)),
    ast.NotEq: ("!=", ("==",)),
}
TOLERANCES = ("rtol", "atol", "rel_tol", "abs_tol", "tolerance", "decimals")
SEEDED = ("manual_seed", "seed", "default_rng", "Random")
GUARDS = ("strict", "frozen", "kw_only")
PATTERN = re.compile(r"(?:[A-Z\s\d()*#.,_]|->)+")
ALONE = re.compile(r"(?<!\w)[A-Z](?!\w)")
SMALL = 0.01  # a float below it, in a comparison, is a tolerance


class Code:
    """Source text and its syntax tree, with places as characters.

    Args:
        text: Python source.

    Raises:
        SyntaxError: if it is none.
    """

    def __init__(self, text: str):
        self.text = text
        self.tree = ast.parse(text)
        self._lines = text.splitlines(keepends=True)
        self._starts = [0]
        for line in self._lines:
            self._starts.append(self._starts[-1] + len(line))
        self.nodes = list(self._walk(self.tree))
        self.tolerances = [n for node in self.nodes for n in _limits(node)]
        self.seeds = [n for node in self.nodes for n in _seeds(node)]

    def _walk(self, node: ast.AST) -> Iterator[ast.AST]:
        yield node
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.JoinedStr):
                continue
            if isinstance(child, ast.Expr) and isinstance(
                child.value, ast.Constant
            ):
                continue  # a docstring
            yield from self._walk(child)

    def span(self, node: ast.AST) -> tuple[int, int]:
        """First character of a node, and one past its last."""
        return (
            self._at(node.lineno, node.col_offset),
            self._at(node.end_lineno, node.end_col_offset),
        )

    def _at(self, line: int, column: int) -> int:
        start, text = self._starts[line - 1], self._lines[line - 1]
        return start + len(text.encode()[:column].decode())

    def constants(self, *types: type) -> Iterator[ast.Constant]:
        """Its constants of some types, tolerances and seeds aside."""
        aside = [*self.tolerances, *self.seeds]
        for node in self.nodes:
            if isinstance(node, ast.Constant) and type(node.value) in types:
                if node not in aside:
                    yield node

    def between(
        self, left: ast.AST, right: ast.AST, old: str, new: str
    ) -> Edit:
        """The edit of the operator that stands between two operands."""
        start, end = self.span(left)[1], self.span(right)[0]
        gap = re.sub(r"#.*", lambda m: " " * len(m[0]), self.text[start:end])
        at = start + gap.index(old)
        return Edit(at, at + len(old), new)


def _limits(node: ast.AST) -> Iterator[ast.Constant]:
    """The constants in a node that say how close two values must be."""
    found = []
    match node:
        case ast.Call(func=ast.Name("round"), args=[_, *found]):
            pass
        case ast.Call(func=ast.Attribute(attr="round"), args=[*_, last]):
            found = [last]
        case ast.Compare(comparators=operands):
            found = [n for n in operands if _is_small(n)]
        case ast.Assign(targets=[ast.Name(name)], value=value):
            found = [value] if name.lower() in TOLERANCES else []
    if isinstance(node, ast.Call):
        limits = (*TOLERANCES, *GUARDS)
        found = [*found, *(k.value for k in node.keywords if k.arg in limits)]
    yield from (n for n in found if isinstance(n, ast.Constant))


def _seeds(node: ast.AST) -> Iterator[ast.Constant]:
    """The numbers in a node that chance begins with."""
    found = []
    match node:
        case ast.Call(
            func=ast.Name(id=name) | ast.Attribute(attr=name), args=[first, *_]
        ) if name in SEEDED:
            found = [first]
    if isinstance(node, ast.Call):
        found += [k.value for k in node.keywords if k.arg == "seed"]
    yield from (n for n in found if type(getattr(n, "value", None)) is int)


def _is_small(node: ast.AST) -> bool:
    value = getattr(node, "value", None)
    return isinstance(value, float) and 0 < value < SMALL


def parses(text: str) -> bool:
    """Whether a text is Python."""
    try:
        ast.parse(text)
    except SyntaxError:
        return False
    return True


def numbers(code: Code) -> Iterator[Edit]:
    """A whole number one off, a float off in its last digit."""
    for node in code.constants(int):
        for value in (node.value + 1, node.value - 1):
            if value >= 0:
                yield Edit(*code.span(node), str(value))
    for node in code.constants(float):
        start, end = code.span(node)
        yield Edit(start, end, _last_digit_off(code.text[start:end]))


def _last_digit_off(number: str) -> str:
    mantissa, mark, exponent = number.lower().partition("e")
    at = max(i for i, c in enumerate(mantissa) if c.isdigit())
    digit = str((int(mantissa[at]) + 1) % 10)
    return mantissa[:at] + digit + mantissa[at + 1 :] + mark + exponent


def truths(code: Code) -> Iterator[Edit]:
    """True for False, `and` for `or`, and the other way round."""
    for node in code.constants(bool):
        yield Edit(*code.span(node), str(not node.value))
    for node in code.nodes:
        if isinstance(node, ast.BoolOp):
            words = ("and", "or")
            old, new = words if isinstance(node.op, ast.And) else words[::-1]
            for left, right in pairwise(node.values):
                yield code.between(left, right, old, new)


def arithmetic(code: Code) -> Iterator[Edit]:
    """Another operator between two numbers."""
    for node in code.nodes:
        if isinstance(node, ast.BinOp):
            left, right = node.left, node.right
        elif isinstance(node, ast.AugAssign):
            left, right = node.target, node.value
        else:
            continue
        old, others = ARITHMETIC.get(type(node.op), ("", ()))
        for new in others:
            yield code.between(left, right, old, new)


def comparisons(code: Code) -> Iterator[Edit]:
    """A comparison off by its boundary, or the wrong way round."""
    for node in code.nodes:
        if isinstance(node, ast.Compare):
            operands = pairwise([node.left, *node.comparators])
            for (left, right), op in zip(operands, node.ops, strict=True):
                old, others = COMPARISONS.get(type(op), ("", ()))
                for new in others:
                    yield code.between(left, right, old, new)


def extremes(code: Code) -> Iterator[Edit]:
    """The smallest for the largest."""
    other = {"min": "max", "max": "min"}
    for node in code.nodes:
        if isinstance(node, ast.Name) and node.id in other:
            yield Edit(*code.span(node), other[node.id])


def axes(code: Code) -> Iterator[Edit]:
    """A wrong letter, or two in the wrong order, in a string of axes.

    A string of axes holds capitals alone, of those that stand by themselves
    in some string of the same file: `B T D -> B D T`.
    """
    strings = [
        node
        for node in code.constants(str)
        if PATTERN.fullmatch(node.value)
        and code.text[slice(*code.span(node))][1:-1] == node.value
    ]
    alphabet = sorted({c for n in strings for c in ALONE.findall(n.value)})
    for node in strings:
        letters = {c for c in node.value if c.isupper()}
        if letters and letters <= set(alphabet):
            yield from _letters(node.value, alphabet, code.span(node)[0] + 1)


def _letters(text: str, alphabet: list[str], start: int) -> Iterator[Edit]:
    letters = [(i, c) for i, c in enumerate(text) if c.isupper()]
    for i, letter in letters:
        others = sorted({c for _, c in letters} - {letter}) or alphabet
        later = [c for c in others if c > letter]
        new = (later or others)[0]
        if new != letter:
            yield Edit(start + i, start + i + 1, new)
    for (i, a), (j, b) in pairwise(letters):
        if a != b:
            yield Edit(start + i, start + j + 1, b + text[i + 1 : j] + a)


def tolerances(code: Code) -> Iterator[Edit]:
    """A tolerance ten times as wide, a guard let go."""
    for node in code.tolerances:
        start, end = code.span(node)
        if type(node.value) is float:
            yield Edit(start, end, f"{node.value * 10:g}")
        elif type(node.value) is int and node.value > 0:
            yield Edit(start, end, str(node.value - 1))
        elif node.value is True:
            yield Edit(start, end, "False")


def seeds(code: Code) -> Iterator[Edit]:
    """Another seed."""
    for node in code.seeds:
        yield Edit(*code.span(node), str(node.value + 1))


def names(code: Code, known: list[str]) -> Iterator[Edit]:
    """Another of the known names in place of one that is read."""
    for node in code.nodes:
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            if node.id in known and len(known) > 1:
                at = known.index(node.id)
                yield Edit(*code.span(node), known[at - 1])


def assigned(code: Code) -> set[str]:
    """The names that a text assigns at its top level."""
    return {
        node.id
        for statement in code.tree.body
        if isinstance(statement, ast.Assign | ast.AnnAssign | ast.AugAssign)
        for node in ast.walk(statement)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }
