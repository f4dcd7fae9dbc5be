"""Functions and classes of Python, as JavaScript that means the same.

A function takes what it is given by position and then, if there are any, a
`py.Words` of what it is given by name; `py.define` sorts them out. All names
that a function assigns are declared at its top, as Python scopes them.
"""

import ast
import json

from xfmr.export.expressions import Expressions, name, refused

INDENT = "  "


class Statements(Expressions):
    """Translates statements of one module."""

    def block(self, body: list[ast.stmt]) -> list[str]:
        """The lines of a body; its docstring is left out."""
        lines = []
        for node in body:
            if _is_docstring(node):
                continue
            method = getattr(self, f"_{type(node).__name__.lower()}", None)
            if method is None:
                raise refused(node)
            said = method(node)
            lines += said if isinstance(said, list) else [said]
        return lines

    def _inside(self, body: list[ast.stmt]) -> list[str]:
        return [INDENT + line for line in self.block(body)]

    def _assign(self, node: ast.Assign) -> str:
        if len(node.targets) > 1:
            raise refused(node, "has two targets")
        return self._set_to(node.targets[0], self.say(node.value))

    def _annassign(self, node: ast.AnnAssign) -> str:
        return self._set_to(node.target, self.say(node.value))

    def _augassign(self, node: ast.AugAssign) -> str:
        changed = ast.BinOp(node.target, node.op, node.value)
        return self._set_to(node.target, self.say(changed))

    def _set_to(self, target: ast.expr, value: str) -> str:
        match target:
            case ast.Subscript(value=of, slice=key):
                return f"py.put({self.say(of)}, {self.say(key)}, {value});"
            case ast.Tuple():
                return f"{self.target(target)} = py.each({value});"
        return f"{self.target(target)} = {value};"

    def _delete(self, node: ast.Delete) -> list[str]:
        lines = []
        for target in node.targets:
            if not isinstance(target, ast.Subscript):
                raise refused(node)
            of, key = self.say(target.value), self.say(target.slice)
            lines.append(f"{of}.delete({key});")
        return lines

    def _return(self, node: ast.Return) -> str:
        value = "null" if node.value is None else self.say(node.value)
        return f"return {value};"

    def _expr(self, node: ast.Expr) -> str:
        return f"{self.say(node.value)};"

    def _continue(self, node: ast.Continue) -> str:
        return "continue;"

    def _raise(self, node: ast.Raise) -> str:
        match node.exc:
            case ast.Call(func=ast.Name("ValueError"), args=[message]):
                return f"throw new py.ValueError({self.say(message)});"
        raise refused(node, "is no ValueError with a message")

    def _if(self, node: ast.If) -> list[str]:
        lines = [f"if ({self.truth(node.test)}) {{", *self._inside(node.body)]
        if node.orelse:
            lines += ["} else {", *self._inside(node.orelse)]
        return [*lines, "}"]

    def _for(self, node: ast.For) -> list[str]:
        if node.orelse:
            raise refused(node, "has an else")
        head = f"{self.target(node.target)} of py.each({self.say(node.iter)})"
        return [f"for ({head}) {{", *self._inside(node.body), "}"]

    def _match(self, node: ast.Match) -> list[str]:
        lines = [f"switch ({self.say(node.subject)}) {{"]
        for case in node.cases:
            match case:
                case ast.match_case(
                    pattern=ast.MatchValue(value=ast.Constant(str(value))),
                    guard=None,
                ):
                    pass
                case _:
                    raise refused(node, "matches no plain text")
            lines += [
                f"case {json.dumps(value)}: {{",
                *self._inside(case.body),
                INDENT + "break;",
                "}",
            ]
        return [*lines, "}"]

    def _functiondef(self, node: ast.FunctionDef) -> list[str]:
        first, *rest = self.function(node)
        rest[-1] += ";"
        return [f"{name(node.name)} = {first}", *rest]

    def function(self, node: ast.FunctionDef) -> list[str]:
        """A call of `py.define` that gives the function.

        Raises:
            ValueError: if it holds something that has no translation.
        """
        given = node.args
        if given.vararg or given.posonlyargs:
            raise refused(node, "takes arguments that have no translation")
        words = [a.arg for a in [*given.args, *given.kwonlyargs]]
        rest = [given.kwarg.arg] if given.kwarg else []
        first = len(given.args) - len(given.defaults)
        defaults = [
            (a.arg, value)
            for a, value in zip(
                [*given.args[first:], *given.kwonlyargs],
                [*given.defaults, *given.kw_defaults],
                strict=True,
            )
            if value is not None
        ]
        values = [f"{json.dumps(w)}: {self.say(v)}" for w, v in defaults]
        settings = [
            json.dumps(node.name),
            json.dumps(words),
            str(len(given.args)),
            f"{{ {', '.join(values)} }}",
            json.dumps(bool(rest)),
        ]
        inner = type(self)(self.known)
        assigned = _assigned(node.body) - {*words, *rest}
        inner.local = self.local | {*words, *rest} | assigned
        listed = ", ".join(map(name, [*words, *rest]))
        lines = [f"py.define({', '.join(settings)}, ({listed}) => {{"]
        if assigned:
            declared = ", ".join(map(name, sorted(assigned)))
            lines.append(f"{INDENT}let {declared};")
        last = (
            [] if isinstance(node.body[-1], ast.Return) else ["return null;"]
        )
        body = [*inner.block(node.body), *last]
        return [*lines, *(INDENT + line for line in body), "})"]

    def _classdef(self, node: ast.ClassDef) -> list[str]:
        """A class: its fields, if it has any, and its methods."""
        fields, methods = [], []
        for part in node.body:
            match part:
                case ast.AnnAssign(target=ast.Name(field), value=value):
                    default = self._default(value)
                    fields.append(f"[{json.dumps(field)}, {default}]")
                case ast.FunctionDef():
                    made = self.function(part)
                    kind = "get" if part.decorator_list else "do"
                    methods += [
                        f"{INDENT}[{json.dumps(part.name)}, "
                        f"{json.dumps(kind)}, {made[0]}",
                        *(INDENT + line for line in made[1:-1]),
                        f"{INDENT}{made[-1]}],",
                    ]
                case _ if not _is_docstring(part):
                    raise refused(part, "in a class has no translation")
        listed = f"[{', '.join(fields)}]"
        head = f"{name(node.name)} = py.kind({json.dumps(node.name)}, {listed}"
        return [f"{head}, [", *methods, "]);"]

    def _default(self, value: ast.expr | None) -> str:
        """What gives a field its default, or null where it has none."""
        match value:
            case None:
                return "null"
            case ast.Call(
                func=ast.Name("field"),
                keywords=[ast.keyword("default_factory", ast.Name("dict"))],
            ):
                return "() => new Map()"
        return f"() => {self.say(value)}"


def _is_docstring(node: ast.stmt) -> bool:
    match node:
        case ast.Expr(value=ast.Constant(str())):
            return True
    return False


def _assigned(body: list[ast.stmt]) -> set[str]:
    """Names that a function's own body assigns, not those of inner ones."""
    found, left = set(), [*body]
    while left:
        node = left.pop()
        match node:
            case ast.FunctionDef() | ast.Lambda():
                found |= {node.name} if hasattr(node, "name") else set()
                continue
            case ast.Name(identifier, ctx=ast.Store()):
                found.add(identifier)
            case ast.comprehension():
                left += [node.iter, *node.ifs]
                continue
        left += ast.iter_child_nodes(node)
    return found
