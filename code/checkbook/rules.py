"""What a page may not do: rules on its cells, read before and after running.

Each rule closes a way for wrong code to pass in silence: cells that are
shown but never run, assertions that are swallowed, numbers that are not
numbers, randomness without a seed.
"""

import ast
import re
from collections.abc import Iterator

from nbformat import NotebookNode

from checkbook.complaints import ANSI
from checkbook.pages import Page, tree_of

MOST_TEXT = 30_000  # characters of text output of one cell
MOST_OUTPUT = 1_500_000  # characters of all output of one cell

FENCE = re.compile(
    r"^ {0,3}(`{3,}|~{3,})\s*"
    r"(python\w*|py\d*|ipython\d*|\{(code|code-block|sourcecode)\}\s*i?py\w*)",
    re.M | re.I,
)
GLUE = re.compile(r"\{glue(:\w+)?\}")
NOT_FINITE = re.compile(r"(?<![\w.])[+-]?(nan|inf|infinity)(?![\w(])", re.I)
ACTIVE = re.compile(
    r"<\s*(script|iframe|object|embed|link|base|form)\b"
    r"|<[^>]*\son\w+\s*=|(href|src|action)\s*=\s*[\"']?\s*(javascript|http)",
    re.I,
)
ADDRESS = re.compile(r"\bat 0x[0-9a-fA-F]{6,}")


def before(page: Page) -> Iterator[tuple[int, str]]:
    """(line, what is wrong) in a page's source."""
    starts = page.notebook.metadata["source_map"]
    for start, cell in zip(starts, page.notebook.cells, strict=True):
        if cell.cell_type == "markdown":
            yield from _markdown(start, cell.source)
        elif cell.cell_type == "code":
            for message in _code(cell):
                yield start, message
    yield from _randomness(page)


def _markdown(start: int, source: str) -> Iterator[tuple[int, str]]:
    for match in FENCE.finditer(source):
        yield (
            start + 1 + source.count("\n", 0, match.start()),
            "this Python is shown but never run: use a code-cell, or a "
            "literalinclude of a module",
        )
    for match in GLUE.finditer(source):
        yield (
            start + 1 + source.count("\n", 0, match.start()),
            "glue can go stale: take the number from the package",
        )


def _code(cell: NotebookNode) -> Iterator[str]:
    tags = cell.metadata.get("tags", [])
    if "skip-execution" in tags:
        yield "skip-execution: a cell that is shown must run"
    if ("raises-exception" in tags) != ("raises" in cell.metadata):
        yield (
            "a cell that may fail says so twice: the tag raises-exception, "
            "and `raises: ValueError` (its exception's name)"
        )
    tree = tree_of(cell)
    for node in ast.walk(tree) if tree else ():
        if isinstance(node, ast.Try) and _swallows(node):
            yield "an assertion stands in a try that swallows its failure"


def _swallows(node: ast.Try) -> bool:
    asserts = any(
        isinstance(inner, ast.Assert)
        for statement in node.body
        for inner in ast.walk(statement)
    )
    caught = {"AssertionError", "Exception", "BaseException"}
    return asserts and any(
        (
            handler.type is None
            or caught
            & {n.id for n in ast.walk(handler.type) if isinstance(n, ast.Name)}
        )
        and not any(isinstance(n, ast.Raise) for n in ast.walk(handler))
        for handler in node.handlers
    )


SEEDED = {"default_rng", "Generator", "SeedSequence", "PCG64", "seed"}


def _randomness(page: Page) -> Iterator[tuple[int, str]]:
    """Calls on NumPy's and Python's generators that nothing has seeded.

    Torch's is watched in the kernel, where layers draw from it unseen.
    """
    seeded = set()
    for line, cell in page.code_cells:
        tree = tree_of(cell)
        for call in ast.walk(tree) if tree else ():
            if not isinstance(call, ast.Call):
                continue
            name = ast.unparse(call.func)
            owner, _, method = name.rpartition(".")
            if method == "default_rng" and not (call.args or call.keywords):
                yield line, f"{name}() has no seed"
            elif owner in ("np.random", "numpy.random", "random"):
                if method == "seed" and call.args:
                    seeded.add(owner)
                elif owner not in seeded and method not in SEEDED | {"Random"}:
                    yield line, f"{name} draws from a generator with no seed"


def after(cell: NotebookNode, outputs: list[dict]) -> Iterator[str]:
    """What is wrong with a cell's outputs."""
    tags = cell.metadata.get("tags", [])
    expected = cell.metadata.get("raises")
    raised = [o["ename"] for o in outputs if o["output_type"] == "error"]
    if expected and raised != [expected]:
        got = raised[0] if raised else "no exception"
        yield f"the cell must raise {expected}, and raised {got}"
    for output in outputs:
        if output.get("name") == "stderr" and "remove-stderr" not in tags:
            text = ANSI.sub("", output["text"]).strip()
            yield f"the cell writes to stderr: {_tail(text)}"
    text, html = _texts(outputs)
    if "allow-nonfinite" not in tags and (bad := NOT_FINITE.search(text)):
        yield f"an output holds {bad[0]!r} (tag allow-nonfinite if it should)"
    if ACTIVE.search(html):
        yield "an output holds a script, a frame or an outside address"
    if ADDRESS.search(text):
        yield "an output holds a memory address: no two builds would agree"
    if len(text) > MOST_TEXT:
        yield f"the output is {len(text):,} characters long"
    if (size := len(text) + len(html)) > MOST_OUTPUT:
        yield f"the outputs take {size:,} characters"


def _texts(outputs: list[dict]) -> tuple[str, str]:
    plain, markup = [], []
    for output in outputs:
        plain.append(output.get("text", ""))
        for mime, data in output.get("data", {}).items():
            data = data if isinstance(data, str) else str(data)
            if mime == "text/plain":
                plain.append(data)
            elif mime == "application/javascript":
                markup.append(f"<script>{data}")
            else:
                markup.append(data)
    return "\n".join(plain), "\n".join(markup)


def _tail(text: str, lines: int = 6) -> str:
    text = re.sub(r"\S*ipykernel_\d+/\d+\.py", "cell", text)
    return "\n    ".join(text.splitlines()[-lines:])
