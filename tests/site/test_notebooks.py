"""A page as a notebook: plain text, executed, the same bytes each time."""

import nbformat
import pytest

from checkbook import notebooks, pages

from .conftest import CHAPTERS, SITE


@pytest.mark.parametrize(
    ("source", "plain"),
    [
        ("has {num}`1,024 = 2**10` rows", "has 1,024 rows"),
        ("{num}`10 GiB = a(b)\n  == c` more", "10 GiB more"),
        (r"{chk}`\sqrt{64} = 8 ; 64**0.5 == 8`", r"$\sqrt{64} = 8$"),
        ("{claim}`faster ; a < b` than", "faster than"),
        (r"{cite-num}`110M \| devlin2019, README`", "110M"),
        ("{cite-num}`110M | devlin2019, README`", "110M"),
        ("{lit}`2017 | year`", "2017"),
        ("{num}``3 = len(`x`)``", "3"),
        ("{ref}`the layer <layer>`", "the layer"),
        ("{numref}`fig-one`", "fig-one"),
        ("{cite:t}`vaswani2017`", "[vaswani2017]"),
        ("{math}`x`", "$x$"),
        ("`{num}` is a role", "`{num}` is a role"),
        ("(label)=\n# Title", "# Title"),
        ("```{chk}\n:check: 1 < 2\n:label: eq\nx < y\n```", "$$\nx < y\n$$"),
        (
            ":::{admonition} Predict\n:class: predict\nHow {num}`2 = x`?\n:::",
            "> **Predict**\n>\n> How 2?",
        ),
        (
            "::::{admonition} Predict\nA\n\n:::{dropdown} Why\nB\n:::\n::::",
            "> **Predict**\n>\n> A\n>\n> > **Why**\n> >\n> > B",
        ),
        ("```{margin}\nA note.\n```", "> A note."),
        (
            "```{exercise} Two\n:label: a\nDo.\n```",
            "> **Exercise: Two**\n>\n> Do.",
        ),
        ("````{solution-start} a\n:label: b\n````", "**Solution**"),
        ("a\n\n````{solution-end}\n````\n\nb", "a\n\nb"),
    ],
)
def test_plain_text(source, plain, tmp_path):
    assert notebooks.plain(source, tmp_path) == plain


def test_included_code_is_shown(tmp_path):
    module = tmp_path / "m.py"
    module.write_text("import os\n\n\ndef f():\n    return 1\n\n\nX = 2\n")
    fence = "```{literalinclude} m.py\n:pyobject: f\n```"
    assert notebooks.plain(fence, tmp_path) == (
        "```python\ndef f():\n    return 1\n```"
    )
    fence = "```{literalinclude} m.py\n:lines: 4-5,8\n```"
    assert notebooks.plain(fence, tmp_path) == (
        "```python\ndef f():\n    return 1\nX = 2\n```"
    )


class Record:
    def outputs_of(self, cell):
        return [nbformat.v4.new_output("stream", text=f"{cell}\n")]


def test_executed_and_valid_and_the_same(tmp_path):
    text = (
        "---\njupytext:\n  text_representation: {extension: .md, "
        "format_name: myst}\nkernelspec: {name: python3, display_name: P}\n"
        "---\n# T\n\n```{code-cell} ipython3\n:tags: [hide-input]\n\nx = 1\n"
        "```\n\n{num}`1 = x`\n\n```{code-cell} ipython3\nx\n```\n"
    )
    page = pages.read("t", text)
    one, two = (
        notebooks.executed(page.notebook, Record(), folder=tmp_path)
        for _ in range(2)
    )
    assert one == two
    read = nbformat.reads(one, as_version=4)
    nbformat.validate(read)
    assert [c.source for c in read.cells] == ["# T", "x = 1", "1", "x"]
    code = [c for c in read.cells if c.cell_type == "code"]
    assert [c.outputs[0].text for c in code] == ["0\n", "1\n"]
    assert [c.execution_count for c in code] == [1, 2]
    assert code[0].metadata == {"tags": ["hide-input"]}


def test_every_chapter_can_be_downloaded(chapter):
    path = (SITE / chapter).with_suffix(".ipynb")
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    prose = "".join(
        c.source for c in notebook.cells if c.cell_type == "markdown"
    )
    for role in ("{num}`", "{chk}`", "{claim}`", "{cite-num}`", "{lit}`"):
        assert prose.count(role) == prose.count(f"{role}LITERAL")
    assert any(c.cell_type == "code" and c.outputs for c in notebook.cells)
    assert CHAPTERS
