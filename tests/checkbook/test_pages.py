"""Finding cells and checks in a page's source."""

import pytest

from checkbook import pages

HEADER = """\
---
jupytext:
  text_representation: {extension: .md, format_name: myst}
kernelspec: {name: python3, display_name: Python 3}
---

"""

SOURCE = (
    HEADER
    + """\
# Title {num}`12 = before`

```{code-cell} ipython3
x = 12
```

One {num}`12 = x`, and one {chk}`3 \\times 4 = 12 ; 3 * 4 == x` that is
wrapped {claim}`larger than
ten ; x > 10`. Again {num}`12 = x`.

| a |
|---|
| {claim}`larger ; max(x, 1) > 2 \\| 1` |

```{chk}
:check: 2 * x == 24
:label: twice

2 x = 24
```

```{code-cell} ipython3
---
mystnb:
  figure:
    name: fig
    caption: >
      A caption of {num}`13 =
      x`.
---
x += 1
```

{num}`13 = x` and {cite-num}`65M | key2017, Table` and {lit}`3 | why`.
"""
)


@pytest.fixture
def page():
    return pages.read("a/page", SOURCE)


def test_checks_stand_in_the_gap_after_their_cell(page):
    found = [
        (c.role, c.expression, c.gap)
        for c in page.checks
        if c.expression is not None
    ]
    assert found == [
        ("num", "before", 0),
        ("num", "x", 1),
        ("chk", "3 * 4 == x", 1),
        ("claim", "x > 10", 1),
        ("num", "x", 1),
        ("claim", "max(x, 1) > 2 | 1", 1),
        ("chk", "(2 * x == 24)", 1),
        ("num", "x", 2),
        ("num", "x", 2),
    ]


def test_lines_are_those_of_the_source(page):
    lines = SOURCE.splitlines()
    for check in page.checks:
        assert f"{{{check.role}}}" in lines[check.line - 1]
    for line, cell in page.code_cells:
        assert lines[line - 1].startswith("```{code-cell}")
        assert cell.source in SOURCE


def test_each_gap_evaluates_an_expression_once(page):
    gaps = page.gaps()
    assert len(gaps) == 3
    assert gaps[1].count(("num", "x")) == 1
    assert gaps[2] == [("num", "x")]


@pytest.mark.parametrize(
    ("role", "text", "sides"),
    [
        ("num", "12 = a == b", ("12", "a == b")),
        ("chk", r"a\;b = 3 ; x == 3", (r"a\;b = 3", "x == 3")),
        ("cite-num", "65M | key, Table", ("65M", "key, Table")),
        ("lit", r"3 \| why", ("3", "why")),
    ],
)
def test_a_role_has_two_sides(role, text, sides):
    assert pages.split(role, text) == sides


@pytest.mark.parametrize(
    ("role", "text"),
    [("num", "12"), ("num", "= x"), ("num", "12 ="), ("chk", "a = 3")],
)
def test_a_role_with_one_side_is_malformed(role, text):
    with pytest.raises(ValueError, match="must read"):
        pages.split(role, text)


def test_a_page_without_cells_or_checks_runs_nothing():
    assert not pages.read("a", HEADER + "# Title\n\ntext\n").runs
    assert pages.read("a", HEADER + "# {num}`4 = 2 + 2`\n").runs
    assert not pages.is_notebook("# Title\n")
    assert pages.is_notebook(SOURCE)
