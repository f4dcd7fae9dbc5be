"""Which numbers of a text the lint reports."""

import pytest
from docutils import nodes

from checkbook.lint import in_code, in_tex, in_text, unchecked
from checkbook.roles import checked


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a model of 12 layers", ["12"]),
        ("3x512 numbers", ["3"]),
        ("about 109,482,240 or 0.5", ["109,482,240", "0.5"]),
        ("three heads, Twenty keys, a dozen", ["three", "Twenty", "dozen"]),
        ("eightfold, and tenfold", ["eightfold", "tenfold"]),
        ("millions of them", ["millions"]),
        ("GPT-2, fp16, T5, BERT-base, x86 and d2", []),
        ("one or two of them, none, zero", []),
        ("pre-2017 work", []),
        ("50% of 7B", ["50", "7"]),
        ("in 2017.", ["2017"]),
        ("x²", ["²"]),
        ("No. It is not.", ["No"]),
        ("Right: it is.", ["Right"]),
        ("No matter. It is right, yes.", []),
        ("often, weighted, tension, attention", []),
    ],
)
def test_in_text(text, found):
    assert list(in_text(text)) == found


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("x[0] + y[1] * 2", []),
        ("torch.float16", []),
        ("n = 12", ["12"]),
        ("1_024", ["1_024"]),
    ],
)
def test_in_code(code, found):
    assert list(in_code(code)) == found


@pytest.mark.parametrize(
    ("tex", "found"),
    [
        ("x^2 + 1", []),
        (r"\frac{1}{2}", []),
        ("W_{12} x_3", []),
        (r"\sqrt{64} = 8", ["64", "8"]),
        (r"3 \times 4", ["3", "4"]),
        (r"109{,}482", ["109482"]),
        (r"x \text{ of three}", ["three"]),
    ],
)
def test_in_tex(tex, found):
    assert list(in_tex(tex)) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (" GB of it", ["GB"]),
        (" kFLOPs", ["kFLOPs"]),
        ("-kilobytes", ["kilobytes"]),
        (" ms, or", ["ms"]),
        (" GB/s", ["GB/s"]),
        (" FLOPs for each", []),
        (" bytes", []),
        (" GBs", []),
        (" of GB", []),
        (".GB", []),
    ],
)
def test_a_scaled_unit_belongs_to_its_number(text, found):
    said = nodes.paragraph("", "", checked("", "8"), nodes.Text(text))
    assert [unit for _, unit in unchecked(said)] == found
    assert list(unchecked(nodes.paragraph("", "", nodes.Text(text)))) == []
