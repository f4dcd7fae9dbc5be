"""The conventions of CONTRIBUTING.md that a machine can check."""

import ast
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import grimp
import pytest

from xfmr.axes import AXES

ROOT = Path(__file__).parents[1]
CODE = ROOT / "code"
MODULES = sorted(CODE.rglob("*.py"))
XFMR = [path for path in MODULES if "xfmr" in path.parts]
PAGES = sorted((ROOT / "book").rglob("*.md"))
FRONT = [ROOT / "README.md", ROOT / "CONTRIBUTING.md"]
REQUIREMENTS = [
    ROOT / "requirements.txt",
    ROOT / "tests" / "requirements.txt",
    ROOT / "book" / "requirements-lab.txt",
]
WIDTH = 79  # what the page shows without a scroll bar
CELL_LINES, DEFINITION_LINES = 15, 5

CELL = re.compile(r"^```\{code-cell\}[^\n]*\n(.*?)^```$", re.M | re.S)
OPTIONS = re.compile(r"\A---\n.*?^---\n|\A(:[^\n]*\n)+", re.M | re.S)
FENCE = re.compile(r"^(`{3,}|:{3,})(?!\{admonition).*?^\1$", re.M | re.S)
INLINE = re.compile(r"(\{[\w:-]+\})?`[^`]*`|\$[^$]*\$|<[^>]*>")
BANNED = re.compile(
    r"\b(simply|just|powerful|dive|let's|worth noting|delve|crucial|leverage"
    r"|seamless|colou?rful|behavior|color|gray|neighbor|modeling|labeled"
    r"|favorite|catalog)\b|[\U0001F300-\U0001FAFF✅✨]|[A-Za-z]!(\s|$)",
    re.IGNORECASE,
)
MACHINE = re.compile(r"(?<![\w.~$}])/(home|root|tmp|work|Users)/")


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


each_module = pytest.mark.parametrize("path", MODULES, ids=named)
each_part = pytest.mark.parametrize("path", XFMR, ids=named)
each_page = pytest.mark.parametrize("path", PAGES, ids=named)


@cache
def tree_of(path: Path) -> ast.Module:
    """A file's code, or that of a page's cells without their magics."""
    text = path.read_text("utf8")
    if path.suffix == ".md":
        text = re.sub(r"^[%!].*$", "", "\n".join(cells(path)), flags=re.M)
    return ast.parse(text)


def imported(path: Path) -> set[str]:
    """Every module that a file or a page's cells name in an import."""
    names = set()
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def cells(path: Path) -> list[str]:
    """The code of each cell of a page, without its options."""
    found = CELL.findall(path.read_text("utf8"))
    return [OPTIONS.sub("", cell) for cell in found]


def prose(text: str) -> str:
    """What a reader of the page reads as words."""
    text = re.sub(r"\A---\n.*?^---\n", "", text, flags=re.M | re.S)
    return INLINE.sub(" ", FENCE.sub(" ", text))


# The tree -------------------------------------------------------------------


def test_code_is_a_folder_and_not_a_package():
    assert not (CODE / "__init__.py").exists()
    program = "import code; code.InteractiveConsole"
    subprocess.run([sys.executable, "-c", program], check=True, cwd=ROOT)


def test_the_two_packages_do_not_know_each_other():
    graph = grimp.build_graph("xfmr", "checkbook", cache_dir=None)
    for one, other in (("xfmr", "checkbook"), ("checkbook", "xfmr")):
        assert not graph.find_downstream_modules(one, as_package=True) & {
            m for m in graph.modules if m.split(".")[0] == other
        }
    text = "".join(
        path.read_text("utf8") for path in MODULES if path not in XFMR
    )
    assert "xfmr" not in text


FLOORS = [
    {"axes"},
    {"presets"},
    {"count", "compute", "memory", "activations", "roofline"},
    {"attention", "embedding", "feedforward", "norm"},
    {"block"},
    {"models"},
]


def test_imports_point_one_way():
    graph = grimp.build_graph("xfmr", cache_dir=None)
    floor = {
        f"xfmr.{name}": level
        for level, row in enumerate(FLOORS)
        for name in row
    }

    def level(module: str) -> int | None:
        return floor.get(".".join(module.split(".")[:2]))

    upward = [
        (module, found)
        for module in graph.modules
        for found in graph.find_modules_directly_imported_by(module)
        if level(module) is not None and level(found) is not None
        if level(module) < level(found)
    ]
    assert upward == []


@pytest.mark.parametrize(
    "name",
    [
        *("axes", "presets", "count", "compute", "memory", "activations"),
        *("roofline", "run", "distributed.volume", "distributed.schedule"),
    ],
)
def test_arithmetic_needs_neither_torch_nor_a_model(name):
    program = (
        f"import sys, xfmr.{name}\n"
        "assert not {'torch', 'numpy', 'xfmr.models'} & sys.modules.keys()"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


# Code -----------------------------------------------------------------------


def shapes(tree: ast.AST):
    """Strings that name axes: jaxtyping's and those of einops."""
    for node in ast.walk(tree):
        match node:
            case ast.Subscript(
                value=ast.Name("Float" | "Int" | "Bool" | "Shaped" | "Num"),
                slice=ast.Tuple(elts=[_, ast.Constant(str(shape))]),
            ):
                yield shape
            case ast.Call(
                func=ast.Name("einsum" | "rearrange" | "repeat" | "reduce"),
                args=arguments,
            ):
                for argument in arguments:
                    if isinstance(argument, ast.Constant):
                        if "->" in str(argument.value):
                            yield argument.value


def letters(tree: ast.AST) -> set[str]:
    """Capitals; a word in small letters is an axis of one function alone."""
    return {c for shape in shapes(tree) for c in shape if c.isupper()}


@each_part
def test_axes_of_the_package_are_in_the_alphabet(path):
    assert letters(tree_of(path)) <= AXES.keys()


@each_page
def test_axes_of_a_page_are_in_the_alphabet(path):
    assert letters(tree_of(path)) <= AXES.keys()


@each_part
def test_rearranging_is_einops(path):
    called = {
        node.func.attr
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    }
    assert not called & {"view", "permute", "squeeze", "unsqueeze", "matmul"}


@each_module
def test_annotations_are_not_postponed(path):
    # jaxtyping and beartype would check nothing
    assert "__future__.annotations" not in imported(path)


@each_module
def test_an_import_has_no_fallback(path):
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Try):
            assert not any(
                isinstance(x, ast.Import | ast.ImportFrom) for x in node.body
            )


@each_part
def test_errors_are_not_warnings(path):
    assert not {n for n in imported(path) if n.startswith("warnings")}


# Pages ----------------------------------------------------------------------


@each_page
def test_cells_fit_the_page(path):
    for cell in cells(path):
        lines = cell.strip().splitlines()
        assert [line for line in lines if len(line) > WIDTH] == []
        assert len(lines) <= CELL_LINES, cell


@each_page
def test_definitions_live_in_the_package(path):
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            length = node.end_lineno - node.lineno + 1
            assert length <= DEFINITION_LINES, node.name
            bases = map(ast.unparse, getattr(node, "bases", []))
            assert not any("Module" in base for base in bases), node.name


@pytest.mark.parametrize("path", [*PAGES, *FRONT], ids=named)
def test_words_that_the_style_leaves_out(path):
    found = BANNED.search(prose(path.read_text("utf8")))
    assert found is None, found[0]


def test_a_banned_word_would_be_found():
    assert BANNED.search(prose("It is `just` code, $just$; but Just so."))
    assert not BANNED.search(prose("It is `just` code\n```\njust\n```\n"))


# Pins and paths -------------------------------------------------------------


def pins(path: Path) -> dict[str, str]:
    lines = path.read_text("utf8").splitlines()
    lines = [line.partition("#")[0].strip() for line in lines]
    lines = [x for x in lines if x and not x.startswith("-r ")]
    return dict(line.split("==") for line in lines)


@pytest.mark.parametrize("path", REQUIREMENTS, ids=named)
def test_every_pin_is_exact(path):
    for version in pins(path).values():
        assert re.fullmatch(r"\d[\w.]*", version)


def test_no_package_is_pinned_twice():
    book, tests, _ = map(pins, REQUIREMENTS)
    assert not book.keys() & tests.keys()


@pytest.mark.parametrize("path", [*MODULES, *PAGES], ids=named)
def test_what_is_imported_is_pinned(path):
    modules = {name.split(".")[0] for name in imported(path)}
    modules -= sys.stdlib_module_names | {"xfmr", "checkbook"}
    known = {
        "IPython": "ipython",
        "PIL": "pillow",
        "bs4": "beautifulsoup4",
        "sphinxcontrib": "sphinxcontrib-bibtex",
        "yaml": "pyyaml",
    }
    names = {known.get(m, m.replace("_", "-").lower()) for m in modules}
    pinned = pins(REQUIREMENTS[0]).keys()
    if path.name in ("browser.py", "weights.py"):
        pinned |= {"playwright"}
    if path.name == "bench_models.py":
        pinned |= {"transformers"}
    if path == CODE / "xfmr" / "export" / "bench.py":
        pinned |= {"playwright"}
    if path == CODE / "xfmr" / "tokenizer" / "bench.py":
        pinned |= {"tokenizers"}
    assert names <= pinned


def committed() -> list[Path]:
    top = ["Makefile", "pyproject.toml", ".ci/run", *map(named, FRONT)]
    kinds = {".py", ".md", ".yml", ".css", ".html", ".toml", ".txt", ".bib"}
    inside = [p for d in ("book", "code") for p in (ROOT / d).rglob("*")]
    texts = [p for p in inside if p.suffix in kinds and p.is_file()]
    return [*texts, *(ROOT / name for name in top)]


def test_no_file_names_a_place_on_some_machine():
    named_places = [
        f"{named(path)}: {found[0]}"
        for path in committed()
        if ".egg-info" not in str(path)
        if (found := MACHINE.search(path.read_text("utf8")))
    ]
    assert named_places == []


def test_the_top_level_holds_what_it_should_and_no_more():
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True
    )
    assert {name.partition("/")[0] for name in listed.stdout.split()} == {
        *("book", "code", "tests", ".ci"),
        *("requirements.txt", "pyproject.toml", "Makefile", ".gitignore"),
        *("README.md", "CONTRIBUTING.md", "LICENSE"),
    }
