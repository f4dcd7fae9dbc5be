"""Whether what a page prints is what its kernel computed.

Two questions, apart: is the check written so that it can fail (`problem_of`:
every printed number in the predicate, those of a formula as often as they
stand in it, the sign that the words say, no bare constant), and does it hold
(`verdict`).
"""

import ast
import re
from collections import Counter
from fractions import Fraction

from checkbook import literals, pages

WORDS = {
    "<": "faster fewer less lower smaller shorter cheaper below under "
    "narrower lighter earlier within",
    ">": "slower more higher larger longer greater bigger above over exceeds "
    "exceed wider dearer later beyond",
    "==": "equal equals same exactly identical agree agrees match matches",
    "<=": "most",
    ">=": "least",
    "!=": "differ differs different",
}
ANSWERS = {"yes": True, "right": True, "no": False, "wrong": False}
SIGN_OF = {
    word: sign for sign, words in WORDS.items() for word in words.split()
}
SIGNS = {
    ast.Lt: "<",
    ast.Gt: ">",
    ast.Eq: "==",
    ast.LtE: "<=",
    ast.GtE: ">=",
    ast.NotEq: "!=",
}
SUBSCRIPT = re.compile(r"_(\d|\{[^{}]*\})")
THOUSANDS = re.compile(r"(?<=\d)(\{,\}|\\,|,)(?=\d{3})")
TEXT_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")


def numbers_in_tex(tex: str) -> Counter[Fraction]:
    """How often a formula prints each number, less those in subscripts.

    Digits that touch a command count (`\\frac12` prints a 1 and a 2).
    """
    tex = THOUSANDS.sub("", SUBSCRIPT.sub("", tex))
    found = re.findall(r"\\frac\s*(\d)\s*(\d)", tex)
    tex = re.sub(r"\\frac\s*\d\s*\d", " ", tex)
    found.append(re.findall(r"\d+(?:\.\d+)?", tex))
    return Counter(Fraction(n) for numbers in found for n in numbers)


def numbers_in_words(text: str) -> set[Fraction]:
    """The numbers that a claim's words print, as digits or as words."""
    found = {Fraction(n.replace(",", "")) for n in TEXT_NUMBER.findall(text)}
    for word in re.findall(r"[A-Za-z]+(?:-[A-Za-z]+)?", text):
        value = literals.cardinal(word.split("-"))
        if value is not None and value > 2:
            found.add(Fraction(value))
    return found


def numbers_in_code(predicate: str) -> Counter[Fraction]:
    """How often each numeric constant stands in an expression."""
    return Counter(
        Fraction(repr(node.value))
        for node in ast.walk(ast.parse(predicate, mode="eval"))
        if isinstance(node, ast.Constant) and type(node.value) in (int, float)
    )


def signs_of(predicate: str) -> set[str]:
    """The comparison signs that a predicate uses."""
    tree = ast.parse(predicate, mode="eval")
    return {
        SIGNS[type(op)]
        for node in ast.walk(tree)
        if isinstance(node, ast.Compare)
        for op in node.ops
        if type(op) in SIGNS
    }


def compare_number(printed: str, computed: int | float) -> str | None:
    """What is wrong with a printed number, or None if nothing is.

    Raises:
        ValueError: if what is printed is no number, or its unit is unknown.
    """
    literal = literals.parse(printed)
    if literal.agrees(computed):
        return None
    return (
        f"the text says {printed}, the expression gives {shown(computed)} "
        f"(tolerance ±{shown(float(literal.tolerance))})"
    )


def shown(value: int | float) -> str:
    """A computed value as messages and the ledger print it."""
    if isinstance(value, int) or float(value).is_integer():
        return f"{int(value):,}"
    return f"{value:,.10g}"


def problem_of(role: str, printed: str, predicate: str) -> str | None:
    """What is wrong with a check as it is written, whatever it computes."""
    try:
        tree = ast.parse(predicate, mode="eval")
    except SyntaxError:
        return f"{predicate!r} is no expression"
    if role == "num":
        if isinstance(tree.body, ast.Constant):
            return f"{predicate!r} repeats the number instead of computing it"
        return None
    if role == "answer" and printed.casefold() not in ANSWERS:
        return f"{printed!r} is no answer: {', '.join(ANSWERS)}"
    said = numbers_in_tex if role == "chk" else numbers_in_words
    missing = Counter(said(printed)) - numbers_in_code(predicate)
    if missing:
        names = ", ".join(shown(float(n)) for n in sorted(missing))
        return f"{names} stands in {printed!r}, but not so often in its check"
    if role == "claim":
        return _problem_of_words(printed, predicate)
    if not isinstance(
        tree.body, ast.Compare | ast.BoolOp | ast.Call | ast.UnaryOp
    ):
        return f"{predicate!r} compares nothing"
    return None


def _problem_of_words(printed: str, predicate: str) -> str | None:
    words = re.findall(r"[a-z]+", printed.casefold())
    signs = {SIGN_OF[word] for word in words if word in SIGN_OF}
    if "not" in words or "never" in words or "no" in words:
        return f"{printed!r} is negated: claim what holds instead"
    if re.search(r"\b(at (most|least))\b", printed.casefold()) is None:
        signs -= {"<=", ">="}
    else:
        signs &= {"<=", ">="}
    if not signs:
        return f"{printed!r} holds no word of comparison that is known"
    missing = signs - signs_of(predicate)
    if missing:
        return (
            f"{printed!r} says {' and '.join(sorted(missing))}, which "
            f"{predicate!r} does not use"
        )
    return None


class Checker:
    """Compares one page's text with its results, and keeps the account.

    Args:
        page: the page, or None where a file is no notebook.
        record: what its run computed, if it ran.
        failed: whether it could not be run, which is said elsewhere.
    """

    def __init__(self, page, record, failed=False):
        self.page, self.record, self.failed = page, record, failed
        self._used: dict[tuple[str, str], int] = {}

    def place(self, role: str, text: str, near: int) -> int:
        """The line on which a check stands, given its block's line."""
        if self.page is None:
            return near
        said = pages.collapse(text)
        lines = [
            c.line
            for c in self.page.checks
            if c.role == role and c.text == said
        ]
        later = [line for line in lines if line >= near]
        key = role, said
        order = self._used.get(key, 0)
        self._used[key] = order + 1
        if len(lines) > order and lines[order] >= near:
            return lines[order]
        return min(later, default=max(lines, default=near))

    def result(self, role: str, expression: str, line: int) -> list | None:
        """`[value, shown, error]` of an expression at a line, if any."""
        if self.record is None:
            return None
        gap = max(
            (c.gap for c in self.page.checks if c.line == line), default=0
        )
        for want_role, want, *result in self.record.results[gap]:
            if (want_role, want) == (role, expression):
                return result
        return None


def verdict(role, text, checker, registry, line) -> tuple[dict, str | None]:
    """The account of one check, and what is wrong with it if anything is."""
    account = {"kind": role.removesuffix("-num"), "literal": "", "line": line}
    account |= {"expression": "", "value": "", "source": ""}
    try:
        printed, against = pages.split(role, text)
    except ValueError as error:
        return account | {"literal": text}, str(error)
    account["literal"] = printed
    if role in ("cite-num", "lit"):
        account["source"] = against
        return account, registry.problem(role, printed, against)
    account["expression"] = against
    wrong = problem_of(role, printed, against)
    if wrong is None and role == "num":
        try:
            literals.parse(printed)
        except ValueError as error:
            wrong = str(error)
    if wrong or checker.failed:
        return account, wrong
    if checker.page is None:
        return account, "the page has no kernel: give it a jupytext header"
    result = checker.result(role, against, line)
    if result is None:
        return account, f"{against!r} was never evaluated"
    value, operands, error = result
    if error is not None:
        return account, f"{against!r} raised {error}"
    if role == "num":
        account["value"] = shown(value)
        return account, compare_number(printed, value)
    account["value"] = operands or str(value)
    if role == "answer":
        if value == ANSWERS[printed.casefold()]:
            return account, None
        return account, f"the answer is {printed!r}, but {against} is {value}"
    if not value:
        detail = f": {operands}" if operands else ""
        return account, f"{printed!r} does not hold: {against}{detail}"
    return account, None
