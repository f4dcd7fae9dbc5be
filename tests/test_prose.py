"""The prose of a page is what a reader of it reads."""

import re
from pathlib import Path

import pytest

from xfmr.data import prose

BOOK = Path(__file__).parents[1] / "book"
TITLES = {"bank": "Rivers and banks", "walk": "A walk", "near": "Nearby"}
PAGE = """---
jupytext: {format_name: myst}
kernelspec: {name: python3}
---

(bank)=
# Rivers and banks

A river has {num}`two banks = len(BANKS)`, and a
*very* long one {claim}`more ; n > 2`. See {ref}`walk` and {doc}`../b/near`.

```{code-cell} ipython3
:tags: [hide-input]

print("code")  # `with` marks
```

::::{admonition} Predict
:class: predict
Is {chk}`2 \\times 10^3 = 2{,}000 ; 2 * 1000 == 2000` far?

:::{dropdown} Answer
{answer}`No ; False`, says {cite:t}`vaswani2017` {cite:p}`gage1994,he2016`.
:::
::::

| a | table |
|---|------:|
| 1 | {num}`2 = 2` |

```{chk}
:check: 1 == 1
:label: eq-one
1 = 1
```

- *one* of {cite-num}`110M | devlin2019, README`, in
  {lit}`2017 | year` (here {cite:p}`he2016`);
- **two** $N \\sqrt{H}$ heads
  of [a list](../list.md), by {numref}`fig-list` and {eq}`eq-one`

$$
\\text{not} = 1 .
$$

```{exercise} A title
:label: ex-one

What does `softmax(x * y)` do to 2*3*4? Read {ref}`the walk <walk>`.
```

````{solution-start} ex-one
:class: dropdown
````

```{code-cell} ipython3
---
tags: [hide-input]
---
x = "# no heading"
```

It depends.

````{solution-end}
````
"""


def test_a_page():
    assert prose.paragraphs(PAGE, TITLES) == [
        "A river has two banks, and a very long one more. See A walk and "
        "Nearby.",
        "Is 2 × 10^3 = 2,000 far?",
        "No, says Vaswani 2017.",
        "one of 110M, in 2017 (here);",
        "two N sqrt H heads of a list, by the figure and the equation",
        "What does softmax(x * y) do to 2*3*4? Read the walk.",
        "It depends.",
    ]


def test_roles_without_a_rule_and_sources_together():
    text = "of {ledger-count}`book` facts, {cite:t}`gage1994,liu2024b` say"
    assert prose.paragraphs(text, {}) == [
        "of all facts, Gage 1994 and Liu 2024 say"
    ]


def test_formulas_are_on_a_line():
    text = r"$a \cdot b\,c \, 1{,}000$ and \$ {num}`1\,5 = x`"
    found = prose.paragraphs(text.replace(r"\$ ", ""), {})
    assert found == ["a · b c 1,000 and 1\\,5"]


def test_a_reference_to_what_has_no_title():
    with pytest.raises(KeyError, match="nowhere"):
        prose.paragraphs("See {ref}`nowhere`.", TITLES)


def test_titles_are_of_labels_and_of_files():
    pages = {"a/walk": "# A walk\n\n(far)=\n\n## Far off\n", "b": PAGE}
    assert prose.titles(pages) == {
        "walk": "A walk",
        "far": "Far off",
        "bank": "Rivers and banks",
        "b": "Rivers and banks",
    }


def test_the_book_has_no_marks_left():
    found = prose.book(BOOK)
    assert {"attention/cost", "pretraining/tokenization", "index"} <= {*found}
    for name, text in found.items():
        left = re.search(r"[`${}\\]|\*\*|:::|^#|^:", text, re.M)
        line = left and text[max(0, left.start() - 60) : left.end() + 20]
        assert left is None, f"{name}: {line}"
        assert not re.search(r"  |^\s|\n\n|^import ", text, re.M), name
    text = "".join(found.values())
    assert "1,024 tokens are as many as GPT-2 can read." in text
    assert "since F = 4D makes the one 8 D^2 and the other 4 D^2." in text
    assert len(text) > 200_000


def test_a_folder_without_pages(tmp_path):
    with pytest.raises(ValueError, match=r"folder='.*' must hold pages"):
        prose.book(tmp_path)
