"""Modules of Python, as one script: what is needed of each, and no more.

From the names that are asked for, the translation follows every name that
they use, through the modules of `xfmr`. Each module becomes a function that
gives an object, and stands behind those that it imports.
"""

import ast
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from xfmr.export.expressions import name
from xfmr.export.statements import Statements

CODE = Path(__file__).parents[2]
# What the library `py` has of others, by module and name.
OUTSIDE = {
    ("collections.abc", "Mapping"),
    ("dataclasses", "dataclass"),
    ("dataclasses", "field"),
    ("dataclasses", "fields"),
    ("dataclasses", "replace"),
    ("difflib", "get_close_matches"),
    ("math", "ceil"),
    ("math", "sqrt"),
    ("typing", "NamedTuple"),
}
UNSAID = {"dataclass", "field", "NamedTuple"}  # said by the form of a class


@dataclass
class Module:
    """A module's statements, by the names that they bind or change.

    Args:
        path: its name, such as `xfmr.count`.
        statements: those of its top, in their order.
        needed: indices of those that are asked for.
        asked: the names themselves.
    """

    path: str
    statements: list[ast.stmt]
    needed: set[int] = field(default_factory=set)
    asked: set[str] = field(default_factory=set)

    def of(self, wanted: str) -> list[int]:
        """The statements that bind or change a name."""
        return [
            n
            for n, node in enumerate(self.statements)
            if wanted in _bound(node)
        ]


def script(wanted: dict[str, list[str]]) -> str:
    """The object of all modules that the names of some of them need.

    Args:
        wanted: names by module.

    Raises:
        ValueError: if a name is nowhere, or its code has no translation.
    """
    modules: dict[str, Module] = {}
    left = [(path, one) for path in wanted for one in wanted[path]]
    seen = set()
    while left:
        path, one = left.pop()
        if (path, one) in seen:
            continue
        seen.add((path, one))
        if path not in modules:
            modules[path] = Module(path, parsed(path).body)
        left += _needs(modules[path], one)
    uses = {path: _imports(modules[path]) for path in modules}
    lines = ["const modules = {};"]
    for path in _ordered(uses):
        lines += ["", f"/* {path} */", *_said(modules[path])]
    return "\n".join(lines)


@cache
def parsed(path: str) -> ast.Module:
    """A module's code."""
    return ast.parse(_file(path).read_text("utf8"))


def _file(path: str) -> Path | None:
    """The file of a module, if there is one of that name."""
    stem = CODE.joinpath(*path.split("."))
    files = stem.with_suffix(".py"), stem / "__init__.py"
    return next((file for file in files if file.is_file()), None)


def _needs(module: Module, wanted: str) -> list[tuple[str, str]]:
    """What the statements that bind a name use, as module and name."""
    indices = module.of(wanted)
    if not indices:
        raise ValueError(f"{wanted=} must stand in {module.path}")
    module.needed |= {*indices}
    module.asked.add(wanted)
    found = []
    for n in indices:
        node = module.statements[n]
        if isinstance(node, ast.ImportFrom):
            found += _source(module, node, wanted)
            continue
        for part in _parts_said(node):
            match part:
                case ast.Attribute(value=ast.Name(of), attr=attr) if (
                    source := _module_named(module, of)
                ):
                    found += [(source, attr), (module.path, of)]
                case ast.Name(other) if module.of(other):
                    found.append((module.path, other))
    return found


def _source(
    module: Module, node: ast.ImportFrom, wanted: str
) -> list[tuple[str, str]]:
    if (node.module, wanted) in OUTSIDE or _module_named(module, wanted):
        return []
    if not node.module.startswith("xfmr"):
        raise ValueError(f"{wanted} of {node.module} has no translation")
    return [(node.module, wanted)]


def _module_named(module: Module, of: str) -> str | None:
    """The module that a name stands for, if it is one of xfmr's."""
    for n in module.of(of):
        node = module.statements[n]
        if isinstance(node, ast.ImportFrom):
            path = f"{node.module}.{of}"
            if node.module.startswith("xfmr") and _file(path):
                return path
    return None


def _parts_said(node: ast.AST):
    """All below a statement but annotations, which say nothing here."""
    for field_name, value in ast.iter_fields(node):
        if field_name in ("annotation", "returns"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                yield child
                yield from _parts_said(child)


def _bound(node: ast.stmt) -> set[str]:
    match node:
        case ast.FunctionDef() | ast.ClassDef():
            return {node.name}
        case ast.ImportFrom():
            return {alias.name for alias in node.names}
        case ast.Assign(targets=targets):
            return {n.id for t in targets for n in _names(t)}
        case ast.AugAssign(target=target) | ast.AnnAssign(target=target):
            return {n.id for n in _names(target)}
    return set()


def _names(target: ast.expr) -> list[ast.Name]:
    """The names that a target binds, or whose value it changes."""
    match target:
        case ast.Name():
            return [target]
        case ast.Subscript(value=value) | ast.Attribute(value=value):
            return _names(value)
        case ast.Tuple(elts=parts):
            return [n for part in parts for n in _names(part)]
    return []


def _imports(module: Module) -> set[str]:
    """The modules of xfmr that the needed part of a module imports."""
    found = set()
    for n in module.needed:
        node = module.statements[n]
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                path = _module_named(module, alias.name)
                found.add(path or node.module)
    return {path for path in found if path.startswith("xfmr")}


def _ordered(uses: dict[str, set[str]]) -> list[str]:
    """Modules, each behind those that it uses."""
    done: list[str] = []
    while len(done) < len(uses):
        ready = [
            path
            for path in sorted(uses)
            if path not in done and (uses[path] & uses.keys()) <= {*done}
        ]
        if not ready:
            raise ValueError(f"modules={sorted(uses)} import one another")
        done += ready
    return done


def _said(module: Module) -> list[str]:
    """A module as a function that gives an object."""
    needed = [module.statements[n] for n in sorted(module.needed)]
    own = [node for node in needed if not isinstance(node, ast.ImportFrom)]
    bound = sorted(set().union(*map(_bound, own)))
    wanted = set().union(*map(_used, own))
    imported, lines = set(), []
    for node in needed:
        if not isinstance(node, ast.ImportFrom):
            continue
        for alias in node.names:
            if alias.name in (wanted | module.asked) - UNSAID:
                imported.add(alias.name)
                lines.append(_fetched(module, node, alias.name))
    say = Statements({*bound} | imported)
    lines.append(f"let {', '.join(map(name, bound))};")
    lines += say.block(own)
    given = sorted({*bound} | imported)  # others may import it from here
    lines.append(f"return {{ {', '.join(map(name, given))} }};")
    inside = ["  " + line for line in lines]
    return [f'modules["{module.path}"] = (() => {{', *inside, "})();"]


def _fetched(module: Module, node: ast.ImportFrom, one: str) -> str:
    if source := _module_named(module, one):
        return f'const {name(one)} = modules["{source}"];'
    if (node.module, one) in OUTSIDE:
        return f"const {name(one)} = py.{one};"
    return f'const {name(one)} = modules["{node.module}"].{name(one)};'


def _used(node: ast.stmt) -> set[str]:
    """The names that a statement uses, annotations apart."""
    return {n.id for n in _parts_said(node) if isinstance(n, ast.Name)}
