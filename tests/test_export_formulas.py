"""Python as JavaScript: what is said, what is refused, and what is stale.

That both compute the same is asked of a browser, in tests/site.
"""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

from xfmr import zoo
from xfmr.axes import AXES
from xfmr.config import Config
from xfmr.config_parts import Experts, Latent
from xfmr.export import formulas, modules
from xfmr.export.expressions import Expressions, name
from xfmr.export.statements import Statements
from xfmr.families import FAMILIES

SCRIPT = Path(__file__).parents[1] / "book/widgets/planner/formulas.js"


def said(text, known="abcfx"):
    return Expressions({*known}).say(ast.parse(text, mode="eval").body)


@pytest.mark.parametrize(
    ("python", "script"),
    [
        ("7", "7n"),
        ("10_000", "10000n"),
        ("1e-05", "1e-05"),
        ("True", "true"),
        ("None", "null"),
        ('"it\'s"', '"it\'s"'),
        ("a + b", "py.add(a, b)"),
        ("a - b * c", "py.sub(a, py.mul(b, c))"),
        ("-(-a // b)", "py.neg(py.floordiv(py.neg(a), b))"),
        ("a / b % c ** x", "py.mod(py.div(a, b), py.pow(c, x))"),
        ("a | b & c", "py.union(a, py.common(b, c))"),
        ("a < b", "(py.lt(a, b))"),
        ("a > b", "(py.lt(b, a))"),
        ("a >= b", "(py.le(b, a))"),
        ("a is not None", "(a !== null)"),
        ("a not in b", "(!py.has(b, a))"),
        ("a == b", "(py.eq(a, b))"),
        ("a or b", "py.or(a, () => b)"),
        ("not a", "!py.truth(a)"),
        ("a if b else c", "(py.truth(b) ? a : c)"),
        ("f(a, *b)", "f(a, ...py.each(b))"),
        ("f(x=a, **b)", 'f(new py.Words([["x", a], ...b]))'),
        ("a.get(b)", 'py.call(a, "get", b)'),
        ("a.size(b)", "a.size(b)"),
        ("{a: b, **c}", "new Map([[a, b], ...c])"),
        ("{a, *b}", "new Set([a, ...py.each(b)])"),
        ("a[-1]", "py.item(a, py.neg(1n))"),
        ("a[1:]", "py.slice(a, 1n, null)"),
        ("[y for y in a if y]", "py.each(a).filter((y) => py.truth(y))"
         ".map((y) => y)"),
        ("{y: x for x, y in a}",
         "new Map(py.each(a).map(([x, y]) => [y, x]))"),
        ('f"{a=}"', '("a=" + py.repr(a))'),
        ('f"{a} b"', '(py.str(a) + " b")'),
        ("lambda y: y + a", "((y) => py.add(y, a))"),
        ("len(a)", "py.len(a)"),
    ],
)  # fmt: skip
def test_expressions(python, script):
    assert said(python) == script


@pytest.mark.parametrize(
    ("python", "why"),
    [
        ("a @ b", "BinOp"),
        ("~a", "UnaryOp"),
        ("a < b < c", "compares more than two"),
        ("unknown", "is no known name"),
        ("open(a)", "is no known name"),
        ("eval(a)", "is no known name"),
        ("a[::2]", "has a step"),
        ("1j", "Constant"),
        ("b''", "Constant"),
        ("f'{a:.3f}'", "has a format"),
        ("[y for y[0] in a]", "cannot be assigned to"),
    ],
)
def test_expressions_that_are_refused(python, why):
    with pytest.raises(ValueError, match=why):
        said(python)


def test_names():
    assert name("default") == "default_"
    assert name("n_heads") == "n_heads"
    for identifier in ("größe", "a b", "a;b"):
        with pytest.raises(ValueError, match="must be a plain name"):
            name(identifier)


def block(text):
    return Statements({"f"}).block(ast.parse(text).body)


def test_a_function_declares_what_it_assigns():
    lines = block(
        "def f(a, *, b=2, **rest):\n"
        "    '''Not said.'''\n"
        "    for x in a:\n"
        "        b += x\n"
        "    return b\n"
    )
    assert lines == [
        'f = py.define("f", ["a", "b"], 1, { "b": 2n }, true, '
        "(a, b, rest) => {",
        "  let x;",
        "  for (x of py.each(a)) {",
        "    b = py.add(b, x);",
        "  }",
        "  return b;",
        "});",
    ]


def test_a_class_has_fields_and_methods():
    lines = block(
        "class f:\n    a: int\n    b: int = 1\n"
        "    @property\n    def c(self):\n        return self.a\n"
    )
    assert lines[0] == 'f = py.kind("f", [["a", null], ["b", () => 1n]], ['
    assert '["c", "get", py.define("c", ["self"], 1' in lines[1]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("while True: pass", "While"),
        ("with f: pass", "With"),
        ("try:\n    f\nexcept ValueError:\n    f", "Try"),
        ("global f", "Global"),
        ("f = f = 1", "has two targets"),
        ("raise KeyError(1)", "is no ValueError"),
        ("raise", "is no ValueError"),
        ("def f(*a): return a", "takes arguments"),
        ("def f(a, /): return a", "takes arguments"),
        ("for f in f:\n    f\nelse:\n    f", "has an else"),
        ("match f:\n    case 1:\n        f", "matches no plain text"),
        ("match f:\n    case 'a' if f:\n        f", "matches no plain text"),
        ("del f", "Delete"),
        ("class f:\n    import f", "in a class"),
        ("import os", "Import"),
    ],
)
def test_statements_that_are_refused(text, why):
    with pytest.raises(ValueError, match=why):
        block(text)


def test_only_what_is_needed_is_translated():
    script = modules.script({"xfmr.count": ["embedding"]})
    assert "_width" in script
    assert "parameters" not in script
    assert "xfmr.config" not in script, "annotations are not followed"


def test_a_name_that_is_nowhere():
    with pytest.raises(ValueError, match=r"must stand in xfmr\.count"):
        modules.script({"xfmr.count": ["weights_of_gold"]})


def test_what_has_no_translation_is_named():
    with pytest.raises(ValueError, match="of pathlib has no translation"):
        modules.script({"xfmr.families": ["read"]})


def test_the_script_of_the_book_is_what_the_code_makes():
    assert not formulas.is_stale(SCRIPT)


def test_a_stale_script_is_found_and_made_anew(tmp_path, capsys):
    file = tmp_path / "formulas.js"
    assert formulas.is_stale(file)
    assert formulas.main([str(file), "--check"]) == 1
    assert "is stale: python -m xfmr.export" in capsys.readouterr().out
    assert formulas.main([str(file)]) == 0
    assert not formulas.is_stale(file)
    assert formulas.main([str(file), "--check"]) == 0
    file.write_text(file.read_text("utf8").replace("mul", "add", 1), "utf8")
    assert formulas.is_stale(file)
    assert formulas.main([]) == 2


def test_published_models_go_with_it():
    found, script = formulas.presets(), formulas.text()
    assert [p["name"] for p in found] == [*zoo.models()]
    for preset in found:
        assert json.dumps(preset["name"]) in script
        assert preset["keys"] == zoo.find(preset["name"]).keys


def test_letters_are_those_of_the_book():
    fields = {
        **dict.fromkeys(formulas.LETTERS, Config),
        **dict.fromkeys(formulas.PART_LETTERS["experts"], Experts),
        **dict.fromkeys(formulas.PART_LETTERS["latent"], Latent),
    }
    for field, kind in fields.items():
        assert field in kind.__dataclass_fields__, field
    sizes = {axis.size: letter for letter, axis in AXES.items()}
    for field, (letter, _) in formulas.LETTERS.items():
        assert sizes.get(field, letter) == letter
    every = [*formulas.LETTERS.values(), *formulas.ASKED.items()]
    for part in formulas.PART_LETTERS.values():
        every += part.values()
    letters = [letter for letter, _ in every]
    assert len({*letters}) == len(letters), "no letter has two meanings"


def test_keys_that_have_a_letter_are_known_to_a_family():
    known = set().union(*(f.defaults for f in FAMILIES.values()))
    known |= set().union(*(f.spellings for f in FAMILIES.values()))
    assert {k for keys in formulas.KEYS.values() for k in keys} <= known


def test_exporting_needs_no_torch():
    program = (
        "import sys, xfmr.export.formulas as f; f.text()\n"
        "assert not {'torch', 'numpy', 'sympy'} & sys.modules.keys()"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
