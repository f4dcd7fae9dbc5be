"""What each kind of fault does to a small text, and what it leaves alone."""

import ast
from pathlib import Path

import pytest

from checkbook.mutate import operators, prose
from checkbook.mutate.blocks import blocks
from checkbook.mutate.code import Code
from checkbook.mutate.mutant import Edit, mutant
from checkbook.mutate.places import read

EXAMPLE = Path(__file__).parents[1] / "example_book"
CHECKBOOK = Path(operators.__file__).parents[1]


def of_page(text: str, operator: str) -> set[str]:
    """The texts that an operator makes of a page."""
    found = operators.of_page("page.md", text)
    return {m.edit.apply(text) for m in found if m.operator == operator}


def of_module(text: str, operator: str) -> set[str]:
    """The texts that an operator makes of a module."""
    found = operators.of_module("module.py", text)
    return {m.edit.apply(text) for m in found if m.operator == operator}


def cell(source: str, options: str = "") -> str:
    return f"```{{code-cell}} ipython3\n{options}{source}```\n"


def drawing(source: str, caption: str = "It rises.") -> str:
    options = f"mystnb:\n  figure:\n    caption: >\n      {caption}\n"
    return cell(source, f"---\n{options}---\n")


DIGIT = "It has {num}`12 = n` heads.\n"


def test_a_digit_becomes_each_other_digit():
    made = of_page(DIGIT, "digit-prose")
    assert len(made) == 17  # the first may not become 0
    assert "It has {num}`17 = n` heads.\n" in made
    assert all("= n`" in text for text in made)


@pytest.mark.parametrize(
    ("text", "operator"),
    [
        (DIGIT, "digit-prose"),
        ("It has {cite-num}`110M | key2019, README`.", "digit-prose"),
        ("It has {lit}`37 | reason`.", "digit-prose"),
        ("It has {claim}`more than 37 ; n > 37`.", "digit-prose"),
        ("# With {num}`12 = n`\n", "digit-prose"),
        (":::{admonition} The {num}`12 = n` heads\n:::\n", "digit-prose"),
        ("| a |\n|---|\n| {num}`12 = n \\| m` |\n", "digit-table"),
        ("```{list-table} T\n* - {num}`12 = n`\n```\n", "digit-table"),
        (drawing("draw.it(n)\n", "It has {num}`12 = n`."), "digit-caption"),
        ("```{figure} a.svg\nIt has {num}`12 = n`.\n```\n", "digit-caption"),
        ("It is {chk}`3 + 4 = 7 ; 3 + 4 == 7`.", "digit-formula"),
        ("```{chk}\n:check: 3 + 4 == 7\n3 + 4 = 7\n```\n", "digit-formula"),
        ("It is $2LKH$.", "digit-formula"),
        ("$$\n2LKH\n$$\n", "digit-formula"),
        ("```{math}\n2LKH\n```\n", "digit-formula"),
    ],
)
def test_a_digit_is_found_in_its_place(text, operator):
    kinds = ("digit-prose", "digit-table", "digit-caption", "digit-formula")
    found = {kind for kind in kinds if of_page(text, kind)}
    assert found == {operator}


@pytest.mark.parametrize(
    "text",
    [
        "---\nnumber: 12\n---\n\nText.\n",
        "% a comment with 12\n",
        "```{literalinclude} a.py\n:lines: 12-13\n```\n",
        "```{code-block} text\n12\n```\n",
        "(label-12)=\n# A title\n",
        "Read [there](page-12.md).\n",
    ],
)
def test_a_digit_that_is_not_printed_is_left_alone(text):
    kinds = [k for k in operators.OPERATORS if k.startswith("digit")]
    assert not any(of_page(text, kind) for kind in kinds)


def test_only_what_is_printed_of_a_check_changes():
    text = "{chk}`a = 7 ; a == 7` {claim}`more than 37 ; a > 37`"
    for kind in ("digit-formula", "digit-prose"):
        for made in of_page(text, kind):
            assert "; a == 7`" in made and "; a > 37`" in made


def test_0_1_2_in_a_formula_need_no_check():
    assert of_page("$2N$", "free-digit") == {"$1N$", "$0N$"}
    assert "$1N$" not in of_page("$2N$", "digit-formula")
    assert of_page("{chk}`2N ; 2 == n`", "free-digit") == set()


@pytest.mark.parametrize("name", ["GPT-2", "`fp16`", "$d_2$", "$W_{12}$"])
def test_a_digit_in_a_name_counts_apart(name):
    assert of_page(f"It is {name}.", "identifier")
    assert not of_page(f"It is {name}.", "digit-formula")


@pytest.mark.parametrize(
    ("place", "operator"),
    [
        ("two words here", "added-prose"),
        ("# A title here\n", "added-prose"),
        ("| two words |\n|---|\n", "added-table"),
        (":::{tip} A title here\n:::\n", "added-title"),
        (drawing("draw.it(n)\n", "what it shows"), "added-caption"),
        ("```{figure} a.svg\n:alt: what it shows\n```\n", "added-caption"),
    ],
)
def test_a_number_is_added_between_words(place, operator):
    made = of_page(place, operator)
    assert any(" 37 " in text for text in made)
    assert any(" four " in text for text in made)


def test_a_number_is_added_to_a_formula_and_to_code():
    assert of_page("$N$ or `n`", "added-formula") == {
        "$N + 7$ or `n`",
        "$N$ or `n + 7`",
    }


def test_another_number_word():
    made = of_page("It has {num}`Twelve = n` heads.", "number-word")
    assert "It has {num}`Eleven = n` heads." in made
    assert of_page("It has {num}`twenty-four = n`.", "number-word") == {
        "It has {num}`twenty-three = n`.",
        "It has {num}`twenty-five = n`.",
        "It has {num}`ninety-four = n`.",
        "It has {num}`thirty-four = n`.",
    }


def test_a_role_becomes_wrong_plain_text():
    made = of_page(DIGIT, "plain-literal")
    assert made == {f"It has 1{d} heads.\n" for d in "357"}
    assert of_page("{num}`ten GiB = n`", "plain-literal") == {
        "nineteen GiB",
        "eleven GiB",
    }
    assert "$a = 5$" in of_page("{chk}`a = 4 ; a == 4`", "plain-literal")
    assert of_page("{answer}`Yes ; a > b`", "plain-literal") == {"No"}
    assert of_page("{claim}`more ; a > b`", "plain-literal") == set()


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("{num}`10 GiB = n`", "{num}`10 GB = n`"),
        ("{num}`110M = n`", "{num}`110B = n`"),
        ("{num}`12.5% = n`", "{num}`12.5 = n`"),
        ("{num}`ten gibibytes = n`", "{num}`ten gigabytes = n`"),
        ("{num}`10 = n` GiB", "{num}`10 = n` GB"),
        ("{cite-num}`110M | key2019`", "{cite-num}`110B | key2019`"),
    ],
)
def test_another_unit(text, made):
    assert of_page(text, "unit") == {made}


@pytest.mark.parametrize("text", ["{num}`10 = n` GPUs", "{num}`1e9 = n`"])
def test_no_unit(text):
    assert of_page(text, "unit") == set()


@pytest.mark.parametrize(
    ("said", "made"),
    [
        ("more", "fewer"),
        ("at most half", "at least half"),
        ("Larger by far", "Smaller by far"),
        ("the same", "the different"),
    ],
)
def test_a_claim_says_the_opposite(said, made):
    text = "It is {claim}`%s ; a > b`."
    assert of_page(text % said, "claim-word") == {text % made}
    assert of_page(text % said, "prose-word") == set()
    assert of_page(f"It is {said}.", "prose-word") == {f"It is {made}."}


@pytest.mark.parametrize(
    ("answer", "made"),
    [
        ("Right: it is.", "Wrong: it is."),
        ("{claim}`more ; a > b`", "{claim}`fewer ; a > b`"),
        ("{answer}`No ; a > b`", "{answer}`Yes ; a > b`"),
        ("{num}`three = n`", "{num}`four = n`"),
    ],
)
@pytest.mark.parametrize(
    "place",
    [
        ":::{dropdown} The first\n%s\n:::\n",
        "::::{admonition} Quiz\n:::{dropdown} It\n%s\n:::\n::::\n",
        "```{solution-start} ex\n```\n\n%s\n\n```{solution-end}\n```\n",
        "```{solution} ex\n%s\n```\n",
    ],
)
def test_the_wrong_answer(answer, made, place):
    assert place % made in of_page(place % answer, "answer-key")
    assert not of_page(answer, "answer-key")


def test_prose_after_an_answer_is_no_answer():
    text = ":::{dropdown} It\nYes.\n:::\n\nYes.\n"
    assert of_page(text, "answer-key") == {text.replace("Yes", "No", 1)}


def test_another_year():
    assert of_page("{cite:t}`ainslie2023`", "citation-year") == {
        "{cite:t}`ainslie2022`",
        "{cite:t}`ainslie2024`",
    }
    assert "{cite-num}`110M | key2018, table 1`" in of_page(
        "{cite-num}`110M | key2019, table 1`", "citation-year"
    )
    typed = "{lit}`2017 | year of Vaswani`"
    assert "{lit}`2018 | year of Vaswani`" in of_page(typed, "citation-year")
    assert not of_page(typed, "digit-prose")
    sources = "@article{ainslie2022b,\n"
    found = operators.of_page("", "{cite:t}`ainslie2023`", sources)
    assert {m.after: m.operator for m in found} == {
        "{cite:t}`ainslie2022`": "other-source",
        "{cite:t}`ainslie2024`": "citation-year",
    }
    entry = "@article{key2019,\n  year = {2019},\n}\n"
    [later, earlier] = operators.of_bibliography("references.bib", entry)
    assert later.after == "  year = {2020},"
    assert earlier.after == "  year = {2018},"


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("{numref}`fig-a`", "{numref}`fig-a-missing`"),
        ("{ref}`there <fig-a>`", "{ref}`there <fig-a-missing>`"),
        ("[there](page.md)", "[there](page.md-missing)"),
        ("```{solution-start} ex\n```", "```{solution-start} ex-missing\n```"),
        ("```{figure} a.svg\n```", "```{figure} a.svg-missing\n```"),
    ],
)
def test_a_target_that_does_not_exist(text, made):
    assert of_page(text, "reference-target") == {made}


def test_an_address_is_no_target():
    assert of_page("[there](https://a.org)", "reference-target") == set()


def test_a_constant_in_a_cell():
    text = cell("x = 12\n") + "12\n"
    assert of_page(text, "cell-constant") == {
        cell("x = 13\n") + "12\n",
        cell("x = 11\n") + "12\n",
    }


def test_a_cell_keeps_its_options():
    text = cell("x = 12\n", ":tags: [hide-input]\n:timeout: 30\n")
    assert {t.count("30") for t in of_page(text, "cell-constant")} == {1}


def test_a_cell_that_is_no_python_is_left_alone():
    assert of_page(cell("%time x = 12\n"), "cell-constant") == set()


def test_the_data_of_a_figure():
    text = cell("a = [1]\nb = 5\n") + drawing("draw.it(a, 7)\n")
    made = of_page(text, "figure-data")
    assert made == {
        text.replace("it(a", "it(b"),
        text.replace("7)", "8)"),
        text.replace("7)", "6)"),
    }
    assert len(of_page(text, "cell-constant")) == 4  # those of the first


@pytest.mark.parametrize(
    ("code", "made"),
    [
        ("x = 7", {"x = 8", "x = 6"}),
        ("x = 0", {"x = 1"}),
        ("x = 30_522", {"x = 30523", "x = 30521"}),
        ("x = 0.5", {"x = 0.6"}),
        ("x = 1e-12", {"x = 2e-12"}),
        ("x = -1", {"x = -2", "x = -0"}),
        ("é = 7", {"é = 8", "é = 6"}),
        (
            "def f(a: int = 3): ...",
            {"def f(a: int = 4): ...", "def f(a: int = 2): ..."},
        ),
        ('"""Has 7."""', set()),
        ("x = f'{y:7.4f}'", set()),
        ("x = True", set()),
    ],
)
def test_constants(code, made):
    assert of_module(code, "package-constant") == made


@pytest.mark.parametrize(
    ("code", "made"),
    [
        ("a + b", {"a - b"}),
        ("(a - b) * c", {"(a + b) * c", "(a - b) / c", "(a - b) + c"}),
        ("a // b", {"a * b", "a % b"}),
        ("a ** b", {"a * b"}),
        ("a % b", {"a // b", "a * b"}),
        ("a += b", {"a -= b"}),
        ("x = (a  # a + b\n     + b)", {"x = (a  # a + b\n     - b)"}),
    ],
)
def test_arithmetic(code, made):
    assert of_module(code, "package-arithmetic") == made


@pytest.mark.parametrize(
    ("code", "made"),
    [
        ("a < b", {"a <= b", "a >= b"}),
        (
            "0 <= a <= b",
            {"0 < a <= b", "0 > a <= b", "0 <= a < b", "0 <= a > b"},
        ),
        ("a == b", {"a != b"}),
        ("a is None", set()),
    ],
)
def test_comparisons(code, made):
    assert of_module(code, "package-comparison") == made


@pytest.mark.parametrize(
    ("code", "operator", "made"),
    [
        (
            "a and (b) and c",
            "package-logic",
            {"a or (b) and c", "a and (b) or c"},
        ),
        ("f(bias=True)", "package-logic", {"f(bias=False)"}),
        ("max(a, b)", "package-extreme", {"min(a, b)"}),
        ("x.max()", "package-extreme", set()),
        ("close(a, b, rtol=1e-05)", "tolerance", {"close(a, b, rtol=0.0001)"}),
        ("abs(a - b) < 1e-6", "tolerance", {"abs(a - b) < 1e-05"}),
        ("round(a, 4)", "tolerance", {"round(a, 3)"}),
        ("a.round(4)", "tolerance", {"a.round(3)"}),
        ("np.round(a, 4)", "tolerance", {"np.round(a, 3)"}),
        ("a.round(decimals=4)", "tolerance", {"a.round(decimals=3)"}),
        ("a.round(4)", "package-constant", set()),
        ("TOLERANCE = 1e-6", "tolerance", {"TOLERANCE = 1e-05"}),
        ("close(a, b, rtol=1e-05)", "package-constant", set()),
        ("torch.manual_seed(7)", "seed", {"torch.manual_seed(8)"}),
        ("Random(7)", "seed", {"Random(8)"}),
        ("draw(n, seed=7)", "seed", {"draw(n, seed=8)"}),
        ("torch.manual_seed(n)", "seed", set()),
        ("torch.manual_seed(7)", "package-constant", set()),
        ("draw(7)", "seed", set()),
    ],
)
def test_logic_extremes_and_tolerances(code, operator, made):
    assert of_module(code, operator) == made


def test_axes():
    code = "f(x, 'B T D'); g(x, 'T')"
    made = of_module(code, "package-axes")
    assert "f(x, 'T B D'); g(x, 'T')" in made
    assert "f(x, 'B T T'); g(x, 'T')" in made
    assert "f(x, 'B T D'); g(x, 'B')" in made
    assert of_module("f(x, 'B T -> T B')", "package-axes") >= {
        "f(x, 'T B -> T B')",
        "f(x, 'B T -> B T')",
    }


def test_a_word_in_capitals_is_no_axis():
    made = of_module("f('B T'); g('GPT'); pack('>T')", "package-axes")
    assert made
    assert all("'GPT'" in text and "'>T'" in text for text in made)


MODULES = sorted(EXAMPLE.rglob("abacus/*.py")) + sorted(CHECKBOOK.glob("*.py"))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_every_mutant_of_a_module_is_python_and_another(path):
    text = path.read_text("utf8")
    was = ast.dump(ast.parse(text))
    for found in list(operators.of_module(path.name, text))[::7]:
        made = found.edit.apply(text)
        assert ast.dump(ast.parse(made)) != was, found.diff()


@pytest.mark.parametrize("path", sorted(EXAMPLE.glob("book/*.md")), ids=str)
def test_every_mutant_of_a_page_changes_the_place_it_names(path):
    text = path.read_text("utf8")
    for found in operators.of_page(path.name, text):
        made = found.edit.apply(text)
        lines, new = text.splitlines(), made.splitlines()
        assert lines[: found.line - 1] == new[: found.line - 1]
        assert lines[found.line - 1] != new[found.line - 1], found.operator


def test_the_example_book_has_all_kinds():
    pages = sorted(EXAMPLE.glob("book/*.md"))
    modules = sorted(EXAMPLE.rglob("abacus/*.py"))
    bibliography = EXAMPLE / "book" / "references.bib"
    found = [m for p in pages for m in operators.of_page("", p.read_text())]
    found += [
        m for p in modules for m in operators.of_module("", p.read_text())
    ]
    found += operators.of_bibliography("", bibliography.read_text())
    missing = set(operators.OPERATORS) - {m.operator for m in found}
    assert missing <= {
        "identifier",
        "other-source",
        "package-axes",
        "package-extreme",
        "seed",
        "tolerance",
    }


def test_a_mutant_tells_its_place():
    text = "one\ntwo  \n three\n"
    found = mutant("a.md", text, "digit-prose", Edit(5, 6, "x"))
    assert (found.place, found.before, found.after) == (
        "a.md:2",
        "two  ",
        "txo  ",
    )
    assert found.diff() == "- two\n+ txo"


def test_a_mutant_may_cross_lines():
    text = "a\nb\nc\n"
    found = mutant("a.md", text, "x", Edit(2, 5, "d"))
    assert found.diff() == "- b\n- c\n+ d"


def test_nested_fences_close_where_they_should():
    text = (
        "::::{admonition} Outer\n:::{dropdown} Inner\nyes\n:::\nafter\n::::\n"
        "\nlast\n"
    )
    said = [
        (text[b.start : b.end].strip(), b.kind, b.answer) for b in blocks(text)
    ]
    assert said == [
        ("Outer", "title", False),
        ("Inner", "title", False),
        ("yes", "prose", True),
        ("after", "prose", False),
        ("last", "prose", False),
    ]


def test_a_role_may_be_wrapped():
    page = read("It has {num}`12 =\nn` heads, and\n{num}`7 = m` more.\n")
    assert [page.said(p) for p in page.checked()] == ["12", "7"]


def test_code_says_where_it_is_in_characters():
    code = Code("é = 'ü'; x = 12\n")
    [node] = code.constants(int)
    assert code.text[slice(*code.span(node))] == "12"


def test_opposites_are_mutual_enough():
    for word, other in prose.OPPOSITES.items():
        assert word != other
