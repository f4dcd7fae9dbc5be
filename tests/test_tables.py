"""Tables: what they hold, and both of the forms in which they show it."""

from html.parser import HTMLParser

import pytest
import torch
from einops import einsum
from torch import nn

from xfmr import tables, trace
from xfmr.tables import Code, Tex

WHOLE = """\
sizes
name    axes  size         n     share
w_q     T D   3 × 512      7    0.5000
w_k<>&        10       1,234  -12.3457
total                  1,241
"""


@pytest.fixture
def table():
    rows = [
        {"name": "w_q", "axes": "T D", "size": (3, 512), "n": 7, "share": 0.5},
        {
            "name": Code("w_k<>&"),
            "axes": None,
            "size": (10,),
            "n": 1234,
            "share": -12.34567,
        },
    ]
    return tables.table(rows, caption="sizes", total=["n"])


class Cells(HTMLParser):
    def __init__(self, html):
        super().__init__()
        self.cells, self.open = [], []
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.open.append(tag)
        if tag in ("td", "th", "caption", "code"):
            self.cells.append([tag, dict(attributes), ""])

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.cells[-1][2] += data


def test_text(table):
    assert repr(table) + "\n" == WHOLE


def test_html(table):
    right = {"class": "text-right"}
    assert Cells(table._repr_html_()).cells == [
        ["caption", {}, "sizes"],
        ["th", {"scope": "col"}, "name"],
        ["th", {"scope": "col"}, "axes"],
        ["th", {"scope": "col"}, "size"],
        ["th", {"scope": "col"} | right, "n"],
        ["th", {"scope": "col"} | right, "share"],
        ["th", {"scope": "row"}, "w_q"],
        ["td", {}, "T D"],
        ["td", {}, "3 × 512"],
        ["td", right, "7"],
        ["td", right, "0.5000"],
        ["th", {"scope": "row"}, ""],
        ["code", {}, "w_k<>&"],
        ["td", {}, ""],
        ["td", {}, "10"],
        ["td", right, "1,234"],
        ["td", right, "-12.3457"],
        ["th", {"scope": "row"}, "total"],
        ["td", {}, ""],
        ["td", {}, ""],
        ["td", right, "1,241"],
        ["td", right, ""],
    ]
    html = table._repr_html_()
    assert html.startswith('<table class="numbers"><caption>')
    assert html.count("<tfoot>") == 1
    bare = tables.table([{"a": 1}], caption="")._repr_html_()
    assert "tfoot" not in bare


def test_columns_and_cells(table):
    assert table["n"] == (7, 1234)
    quoted = tables.table([{"a": 'x "y"'}], caption="")
    assert '<th scope="row">x "y"</th>' in quoted._repr_html_()
    assert table["w_q", "size"] == (3, 512)
    assert table["w_k<>&", "n"] == 1234


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("m", "column='m' must be one of"),
        (("w_q", "m"), "column='m' must be one of"),
        (("w_v", "n"), "row='w_v' must be one of"),
    ],
)
def test_what_is_not_there(table, key, message):
    with pytest.raises(ValueError, match=message):
        table[key]


def test_a_row_must_be_there_once():
    twice = tables.table([{"a": "x", "b": 1}] * 2, caption="")
    with pytest.raises(ValueError, match=r"row='x' must be one of \['x', 'x'"):
        twice["x", "b"]


@pytest.mark.parametrize(
    ("rows", "total", "message"),
    [
        ([], [], "rows must have the same columns"),
        ([{"a": 1}, {"b": 1}], [], "rows must have the same columns"),
        ([{"a": 1, "b": 2}], ["c"], r"total=\['c'\] must be among \('b',\)"),
        ([{"a": 1, "b": 2}], ["a"], r"total=\['a'\] must be among"),
    ],
)
def test_bad_rows(rows, total, message):
    with pytest.raises(ValueError, match=message):
        tables.table(rows, caption="", total=total)


def test_bad_values():
    table = tables.table([{"a": "x", "b": object()}], caption="")
    with pytest.raises(ValueError, match="must be text, a number"):
        repr(table)


@pytest.fixture(scope="module")
def run():
    class Layer(nn.Module):
        def __init__(self):
            super().__init__()
            self.w = nn.Parameter(torch.ones(6, 4, dtype=torch.float64))

        def forward(self, x):
            y = einsum(x, self.w, "T D, D H -> T H")
            return y.exp()

    return trace.follow(Layer(), torch.ones(2, 6, dtype=torch.float64))


def test_tensors(run):
    table = tables.tensors(run, caption="all")
    lines = [t.where for t in run.tensors]
    assert lines[2].startswith("test_tables.py:") and lines[0] == ""
    assert table.rows == (
        ("x", "T D", (2, 6), 12, 96, "input"),
        ("w", "D H", (6, 4), 24, 192, "parameter"),
        (
            "y",
            "T H",
            (2, 4),
            8,
            64,
            'einsum(x, self.w, "T D, D H -> T H")',
        ),
        ("output", "T H", (2, 4), 8, 64, "y.exp()"),
    )
    assert table.columns == (
        *("tensor", "axes", "size", "numbers", "bytes", "made by"),
    )
    assert [type(row[5]) for row in table.rows] == [str, str, Code, Code]
    assert [row[5].where for row in table.rows[2:]] == lines[2:]
    assert repr(table).splitlines()[-1].endswith(f"y.exp()  {lines[3]}")
    last = f"<code>y.exp()</code><br><small>{lines[3]}</small></td></tr>"
    assert last in table._repr_html_()


def test_weights(run):
    table = tables.weights(run, caption="weights")
    assert table.columns == ("weight", "axes", "size", "numbers")
    assert table.rows == (("w", "D H", (6, 4), 24),)
    assert table.total == ("numbers",)


def test_steps(run):
    table = tables.steps(run, caption="trace")
    lines = [step.result.where for step in run.steps]
    assert table.columns == (
        *("step", "result", "operation", "axes", "size"),
        *("FLOPs", "bytes", "parameters"),
    )
    einsum_ = "einsum T D, D H -> T H"
    assert table.rows == (
        ("1", "y", einsum_, "T H", (2, 4), 96, 64, 24),
        ("2", "output", "exp", "T H", (2, 4), 0, 64, 0),
    )
    assert table.total == ("FLOPs", "parameters")
    assert [row[2].where for row in table.rows] == lines


def test_steps_without_parameters():
    run = trace.follow(lambda x: x + 1, torch.ones(2), axes={"x": "T"})
    table = tables.steps(run, caption="trace")
    assert table.columns[-2:] == ("FLOPs", "bytes")
    assert table.total == ("FLOPs",)


def test_long_code_may_break():
    for text, breaks in (("x" * 36, False), ("x" * 37, True)):
        table = tables.table([{"a": Code(text)}], caption="")
        assert ("white-space:normal" in table._repr_html_()) == breaks
        assert f">{text}</code></th>" in table._repr_html_()


def test_formulas_are_marked_for_the_page():
    table = tables.table([{"a": "x", "b": Tex(r"\(2 < D\)")}], caption="")
    marked = r'<td><span class="math notranslate">\(2 &lt; D\)</span></td>'
    assert marked in table._repr_html_()
    assert repr(table).endswith(r"x  \(2 < D\)")
