"""Expressions of Python, as JavaScript that means the same.

Numbers, dictionaries, sets and truth differ between the two languages, so
that almost every operator becomes a call of `py`, the small library in
`book/widgets/planner/python.js`. What is not in the tables here is refused.
"""

import ast
import json
from collections.abc import Callable

BINARY = {
    ast.Add: "add",
    ast.Sub: "sub",
    ast.Mult: "mul",
    ast.Div: "div",
    ast.FloorDiv: "floordiv",
    ast.Mod: "mod",
    ast.Pow: "pow",
    ast.BitOr: "union",
    ast.BitAnd: "common",
}
COMPARE = {
    ast.Eq: "py.eq({0}, {1})",
    ast.NotEq: "!py.eq({0}, {1})",
    ast.Lt: "py.lt({0}, {1})",
    ast.LtE: "py.le({0}, {1})",
    ast.Gt: "py.lt({1}, {0})",
    ast.GtE: "py.le({1}, {0})",
    ast.In: "py.has({1}, {0})",
    ast.NotIn: "!py.has({1}, {0})",
    ast.Is: "{0} === {1}",
    ast.IsNot: "{0} !== {1}",
}
BUILTINS = {
    *("ValueError", "bool", "dict", "divmod", "float", "frozenset", "getattr"),
    *("int", "isinstance", "len", "list", "map", "max", "min", "range", "set"),
    *("sorted", "str", "sum", "tuple", "type"),
}
# of strings, dictionaries and lists; other methods are those of classes
METHODS = {
    *("append", "endswith", "get", "items", "join", "keys", "partition"),
    *("pop", "rpartition", "startswith", "values"),
}
RESERVED = {
    *("arguments", "await", "case", "catch", "const", "debugger", "default"),
    *("delete", "do", "enum", "eval", "export", "extends", "function"),
    *("implements", "in", "instanceof", "interface", "let", "new", "null"),
    *("package", "private", "protected", "public", "static", "super"),
    *("switch", "this", "throw", "true", "false", "typeof", "undefined"),
    *("var", "void", "py", "modules"),
}


def refused(node: ast.AST, why: str = "has no translation") -> ValueError:
    """The error for what cannot be said."""
    line = getattr(node, "lineno", 0)
    what = type(node).__name__
    return ValueError(f"{what} in line {line} {why}: {ast.unparse(node):.60}")


def name(identifier: str) -> str:
    """An identifier that JavaScript allows too.

    Raises:
        ValueError: if it has other characters than ASCII's.
    """
    if not identifier.isascii() or not identifier.isidentifier():
        raise ValueError(f"{identifier=} must be a plain name")
    return f"{identifier}_" if identifier in RESERVED else identifier


class Expressions:
    """Translates expressions of one module.

    Args:
        known: the names that stand at the module's top.
    """

    def __init__(self, known: set[str]):
        self.known = known
        self.local: set[str] = set()

    def say(self, node: ast.expr) -> str:
        """An expression.

        Raises:
            ValueError: if it holds something that has no translation.
        """
        method: Callable | None = getattr(
            self, f"_{type(node).__name__.lower()}", None
        )
        if method is None:
            raise refused(node)
        return method(node)

    def truth(self, node: ast.expr) -> str:
        """An expression where only its truth matters."""
        match node:
            case ast.Compare():
                return self.say(node)
            case ast.UnaryOp(op=ast.Not()):
                return f"!{self.truth(node.operand)}"
            case ast.BoolOp():
                sign = " && " if isinstance(node.op, ast.And) else " || "
                return f"({sign.join(map(self.truth, node.values))})"
        return f"py.truth({self.say(node)})"

    def target(self, node: ast.expr) -> str:
        """What is assigned to, or named by a loop."""
        match node:
            case ast.Name(identifier):
                return name(identifier)
            case ast.Tuple(elts=parts):
                return f"[{', '.join(map(self.target, parts))}]"
            case ast.Attribute():
                return self.say(node)
        raise refused(node, "cannot be assigned to")

    def _constant(self, node: ast.Constant) -> str:
        match node.value:
            case bool() | None:
                return json.dumps(node.value)
            case int():
                return f"{node.value}n"
            case float() | str():
                return json.dumps(node.value)
        raise refused(node)

    def _name(self, node: ast.Name) -> str:
        if node.id in self.local | self.known:
            return name(node.id)
        if node.id in BUILTINS:
            return f"py.{node.id}"
        raise refused(node, "is no known name")

    def _attribute(self, node: ast.Attribute) -> str:
        return f"{self.say(node.value)}.{name(node.attr)}"

    def _binop(self, node: ast.BinOp) -> str:
        if type(node.op) not in BINARY:
            raise refused(node)
        both = f"{self.say(node.left)}, {self.say(node.right)}"
        return f"py.{BINARY[type(node.op)]}({both})"

    def _unaryop(self, node: ast.UnaryOp) -> str:
        if isinstance(node.op, ast.Not):
            return self.truth(node)
        if isinstance(node.op, ast.USub):
            return f"py.neg({self.say(node.operand)})"
        raise refused(node)

    def _boolop(self, node: ast.BoolOp) -> str:
        word = "and" if isinstance(node.op, ast.And) else "or"
        first, *rest = map(self.say, node.values)
        later = ", ".join(f"() => {value}" for value in rest)
        return f"py.{word}({first}, {later})"

    def _compare(self, node: ast.Compare) -> str:
        if len(node.ops) > 1:
            raise refused(node, "compares more than two")
        both = self.say(node.left), self.say(node.comparators[0])
        return f"({COMPARE[type(node.ops[0])].format(*both)})"

    def _ifexp(self, node: ast.IfExp) -> str:
        yes, no = self.say(node.body), self.say(node.orelse)
        return f"({self.truth(node.test)} ? {yes} : {no})"

    def _namedexpr(self, node: ast.NamedExpr) -> str:
        return f"({self.target(node.target)} = {self.say(node.value)})"

    def _call(self, node: ast.Call) -> str:
        given = [self._item(a) for a in node.args]
        if node.keywords:
            words = [
                f"...{self.say(k.value)}"
                if k.arg is None
                else f"[{json.dumps(k.arg)}, {self.say(k.value)}]"
                for k in node.keywords
            ]
            given.append(f"new py.Words([{', '.join(words)}])")
        match node.func:
            case ast.Attribute(value=value, attr=attr) if attr in METHODS:
                what = [self.say(value), json.dumps(attr), *given]
                return f"py.call({', '.join(what)})"
        return f"{self.say(node.func)}({', '.join(given)})"

    def _item(self, node: ast.expr) -> str:
        if isinstance(node, ast.Starred):
            return f"...py.each({self.say(node.value)})"
        return self.say(node)

    def _list(self, node: ast.List | ast.Tuple) -> str:
        return f"[{', '.join(map(self._item, node.elts))}]"

    _tuple = _list

    def _set(self, node: ast.Set) -> str:
        return f"new Set([{', '.join(map(self._item, node.elts))}])"

    def _dict(self, node: ast.Dict) -> str:
        entries = [
            f"...{self.say(value)}"
            if key is None
            else f"[{self.say(key)}, {self.say(value)}]"
            for key, value in zip(node.keys, node.values, strict=True)
        ]
        return f"new Map([{', '.join(entries)}])"

    def _subscript(self, node: ast.Subscript) -> str:
        value = self.say(node.value)
        if not isinstance(node.slice, ast.Slice):
            return f"py.item({value}, {self.say(node.slice)})"
        if node.slice.step is not None:
            raise refused(node, "has a step")
        ends = [node.slice.lower, node.slice.upper]
        said = ["null" if end is None else self.say(end) for end in ends]
        return f"py.slice({value}, {', '.join(said)})"

    def _lambda(self, node: ast.Lambda) -> str:
        names = [a.arg for a in node.args.args]
        with_them = Expressions(self.known)
        with_them.local = self.local | {*names}
        inside = with_them.say(node.body)
        return f"(({', '.join(map(name, names))}) => {inside})"

    def _comprehension(self, node: ast.expr, made: str) -> str:
        before = self.local
        said = ""
        for depth, loop in enumerate(node.generators):
            over = f"py.each({self.say(loop.iter)})"
            names = {n.id for n in ast.walk(loop.target) if _is_name(n)}
            self.local = self.local | names
            head = f"({self.target(loop.target)}) =>"
            for test in loop.ifs:
                over += f".filter({head} {self.truth(test)})"
            last = depth == len(node.generators) - 1
            said += f"{over}.{'map' if last else 'flatMap'}({head} "
        if isinstance(node, ast.DictComp):
            made_of = f"[{self.say(node.key)}, {self.say(node.value)}]"
        else:
            made_of = self._item(node.elt)
        self.local = before
        return made.format(f"{said}{made_of}{')' * len(node.generators)}")

    def _listcomp(self, node: ast.ListComp) -> str:
        return self._comprehension(node, "{}")

    def _generatorexp(self, node: ast.GeneratorExp) -> str:
        return self._comprehension(node, "{}")

    def _setcomp(self, node: ast.SetComp) -> str:
        return self._comprehension(node, "new Set({})")

    def _dictcomp(self, node: ast.DictComp) -> str:
        return self._comprehension(node, "new Map({})")

    def _joinedstr(self, node: ast.JoinedStr) -> str:
        parts = []
        for part in node.values:
            if isinstance(part, ast.Constant):
                parts.append(json.dumps(part.value))
                continue
            if part.format_spec is not None:
                raise refused(node, "has a format")
            how = "repr" if part.conversion == ord("r") else "str"
            parts.append(f"py.{how}({self.say(part.value)})")
        return f"({' + '.join(parts)})"


def _is_name(node: ast.AST) -> bool:
    return isinstance(node, ast.Name)
