"""What a check accepts, and what it says when text and value disagree."""

from collections import Counter

import pytest

from checkbook.pages import read
from checkbook.registry import Registry
from checkbook.store import Record
from checkbook.verdicts import (
    Checker,
    compare_number,
    numbers_in_tex,
    problem_of,
    shown,
    verdict,
)
from tests.checkbook.test_pages import HEADER


def test_a_right_number_has_no_problem():
    assert compare_number("124M", 124_439_808) is None


def test_a_wrong_number_names_both_sides_and_the_tolerance():
    said = compare_number("125M", 124_439_808)
    assert "125M" in said
    assert "124,439,808" in said
    assert "±500,000" in said


@pytest.mark.parametrize(
    ("tex", "numbers"),
    [
        (r"\sqrt{64} = 8", [64, 8]),
        (r"109{,}482{,}240", [109_482_240]),
        (r"1\,024 + 0.5", [1024, 0.5]),
        (r"W_1 x_{12} = 3", [3]),
        (r"\frac12 + \frac{3}{4}", [1, 2, 3, 4]),
        (r"d^2", [2]),
        (r"2 \times 2 + \frac22", [2, 2, 2, 2]),
    ],
)
def test_numbers_of_a_formula(tex, numbers):
    assert numbers_in_tex(tex) == Counter(numbers)


@pytest.mark.parametrize(
    ("role", "printed", "predicate"),
    [
        ("num", "12", "x"),
        ("num", "12", "3 * 4"),
        ("chk", r"3 \times 4 = 12", "3 * 4 == x == 12"),
        ("claim", "faster", "a < b"),
        ("claim", "eight times smaller", "8 * a < b"),
        ("claim", "at most 5 heads", "x <= 5"),
        ("claim", "at least", "x >= y"),
        ("claim", "larger", "x > y and y > z"),
        ("claim", "the same", "a == b"),
        ("claim", "differ", "a != b"),
        ("answer", "No", "a != b"),
        ("answer", "Yes", "not a and b"),
    ],
)
def test_well_formed(role, printed, predicate):
    assert problem_of(role, printed, predicate) is None


@pytest.mark.parametrize(
    ("role", "printed", "predicate", "message"),
    [
        ("num", "12", "12", "repeats the number"),
        ("num", "12", "x +", "is no expression"),
        ("chk", r"3 \times 4 = 13", "3 * 4 == 12", "13 stands in"),
        ("chk", r"4 \times 4 = 12", "3 * 4 == 12", "4 stands in"),
        ("chk", "x = 3", "3", "compares nothing"),
        ("claim", "faster", "a > b", "says <"),
        ("claim", "larger", "a < b", "says >"),
        ("claim", "at most", "a >= b", "says <="),
        ("claim", "at least", "a > b", "says >="),
        ("claim", "eight times smaller", "7 * a < b", "8 stands in"),
        ("claim", "green", "a < b", "no word of comparison"),
        ("claim", "not larger", "a > b", "negated"),
        ("claim", "larger but fewer", "a > b", "says <"),
        ("answer", "Perhaps", "a > b", "is no answer"),
        ("answer", "No", "a", "compares nothing"),
    ],
)
def test_malformed(role, printed, predicate, message):
    assert message in problem_of(role, printed, predicate)


@pytest.fixture
def registry(tmp_path):
    path = tmp_path / "sourced.yml"
    path.write_text(
        'published:\n  "key2017, Table 3":\n    "65M": base\n'
        'literals:\n  "why": "3"\n'
    )
    return Registry(path, {"key2017": "2017"})


def judge(registry, text, results):
    page = read("p", HEADER + text + "\n")
    record = Record([], [results], 0.0, 0.0, 0)
    check = page.checks[0]
    checker = Checker(page, record)
    return verdict(check.role, check.text, checker, registry, check.line)


def test_verdict_of_a_right_number(registry):
    account, wrong = judge(
        registry, "{num}`12 = x`", [["num", "x", 12, None, None]]
    )
    assert wrong is None
    assert account["value"] == "12"
    assert account["expression"] == "x"


@pytest.mark.parametrize(
    ("text", "results", "message"),
    [
        ("{num}`12 = x`", [["num", "x", 13, None, None]], "gives 13"),
        ("{num}`12 = x`", [["num", "x", None, None, "NameError: x"]], "NameE"),
        ("{num}`12 = x`", [], "never evaluated"),
        ("{num}`12 = x`", [["chk", "x", 12, None, None]], "never evaluated"),
        ("{num}`12 pc = x`", [["num", "x", 12, None, None]], "unit"),
        ("{num}`12`", [], "must read"),
        (
            "{claim}`larger ; x > 3`",
            [["claim", "x > 3", False, "2 > 3", None]],
            "does not hold: x > 3: 2 > 3",
        ),
        (
            "{answer}`Yes ; x > 3`",
            [["answer", "x > 3", False, "2 > 3", None]],
            "the answer is 'Yes', but x > 3 is False",
        ),
        (
            "{answer}`No ; x > 3`",
            [["answer", "x > 3", True, "4 > 3", None]],
            "the answer is 'No', but x > 3 is True",
        ),
        ("{cite-num}`66M | key2017, Table 3`", [], "has 65M"),
        ("{cite-num}`65M | key2017, Table 4`", [], "is not in sourced.yml"),
        ("{lit}`4 | why`", [], "has 3"),
        ("{lit}`3 | because`", [], "is not in sourced.yml"),
    ],
)
def test_verdicts_of_what_is_wrong(registry, text, results, message):
    assert message in judge(registry, text, results)[1]


@pytest.mark.parametrize(
    "text", ["{cite-num}`65M | key2017, Table 3`", "{lit}`3 | why`"]
)
def test_registered_literals_pass(registry, text):
    assert judge(registry, text, [])[1] is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("published: [1]", "must be a mapping"),
        ('published:\n  "nobody2000, x":\n    "1": a', "not in the bibl"),
        ('published:\n  "key2017, x":\n    1: a', "in quotes"),
        ("literals:\n  why: 3", "quoted text"),
        ("literals: {", "is not YAML"),
    ],
)
def test_a_registry_of_another_form(tmp_path, text, message):
    path = tmp_path / "sourced.yml"
    path.write_text(text)
    with pytest.raises(ValueError, match=message):
        Registry(path, {"key2017": "2017"})


def test_shown():
    assert shown(124_439_808) == "124,439,808"
    assert shown(0.1250000001) == "0.1250000001"
    assert shown(8.0) == "8"


@pytest.mark.parametrize(("word", "truth"), [("No", False), ("Right", True)])
def test_right_answers_pass(registry, word, truth):
    results = [["answer", "x > 3", truth, "x > 3", None]]
    account, wrong = judge(registry, f"{{answer}}`{word} ; x > 3`", results)
    assert wrong is None
    assert account["kind"] == "answer"
