"""The roles of a checked page: what is printed against what was computed.

    num       `LITERAL = EXPRESSION`     equal to the printed digits
    chk       `TEX ; PREDICATE`          a formula whose numbers are checked
    claim     `words ; PREDICATE`        a comparison in words
    cite-num  `LITERAL | KEY`            a figure that a source prints
    lit       `LITERAL | REASON`         a number that nothing computes

The first three compare the text with results that the page's own kernel gave
(`checkbook.execute`); the last two with the registry of sourced literals.
Every disagreement is a warning with its place, and warnings fail the build.
"""

import ast
import re
from fractions import Fraction

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxContentsFilter
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective, SphinxRole
from sphinx.util.nodes import set_source_info

from checkbook import literals, pages

LOG = logging.getLogger(__name__)

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


class checked(nodes.Inline, nodes.TextElement):
    """A checked number, formula or claim in a line of text."""


class checked_block(nodes.General, nodes.Element):
    """A checked display formula."""


def numbers_in_tex(tex: str) -> set[Fraction]:
    """The numbers a formula prints, less those in subscripts.

    Digits that touch a command count (`\\frac12` prints a 1 and a 2).
    """
    tex = THOUSANDS.sub("", SUBSCRIPT.sub("", tex))
    found = set()
    for match in re.finditer(r"\\frac\s*(\d)\s*(\d)", tex):
        found |= {Fraction(match[1]), Fraction(match[2])}
    tex = re.sub(r"\\frac\s*\d\s*\d", " ", tex)
    return found | {Fraction(n) for n in re.findall(r"\d+(?:\.\d+)?", tex)}


def numbers_in_words(text: str) -> set[Fraction]:
    """The numbers that a claim's words print, as digits or as words."""
    found = {Fraction(n.replace(",", "")) for n in TEXT_NUMBER.findall(text)}
    for word in re.findall(r"[A-Za-z]+(?:-[A-Za-z]+)?", text):
        value = literals.cardinal(word.split("-"))
        if value is not None and value > 2:
            found.add(Fraction(value))
    return found


def numbers_in_code(predicate: str) -> set[Fraction]:
    """The numeric constants of an expression, and powers of constants."""
    tree = ast.parse(predicate, mode="eval")
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and type(node.value) in (int, float):
            found.add(Fraction(repr(node.value)))
    return found


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
    said = numbers_in_tex if role == "chk" else numbers_in_words
    missing = said(printed) - numbers_in_code(predicate)
    if missing:
        names = ", ".join(shown(float(n)) for n in sorted(missing))
        return f"{names} stands in {printed!r} but not in its check"
    if role == "claim":
        return _problem_of_words(printed, predicate)
    if not isinstance(tree.body, ast.Compare | ast.BoolOp | ast.Call):
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
    if not value:
        detail = f": {operands}" if operands else ""
        return account, f"{printed!r} does not hold: {against}{detail}"
    return account, None


def _account(env, document, role: str, text: str, near: int) -> dict:
    """Check one role, warn if it is wrong, and enter it in the account."""
    book = env.app.checkbook
    checker = book.checker(env.docname)
    line = checker.place(role, text, near)
    account, wrong = verdict(role, text, checker, book.registry, line)
    if wrong:
        LOG.warning("%s: %s", role, wrong, location=(env.docname, line))
    entries = env.checkbook_checks.setdefault(env.docname, [])
    account["anchor"] = f"check-{len(entries) + 1}"
    account["line"] = line
    entries.append(account)
    return account


class CheckRole(SphinxRole):
    """A role whose text is checked."""

    def run(self):
        """One `checked` node; a warning where text and value disagree."""
        role = self.name.casefold()
        account = _account(
            self.env, self.inliner.document, role, self.text, self.lineno or 1
        )
        node = checked(self.rawtext, "", **_attributes(account))
        if role == "chk":
            tex = account["literal"]
            node += nodes.math(tex, tex, checked=True)
        else:
            node += nodes.Text(account["literal"])
        self.set_source_info(node)
        return [node], []


class CheckDirective(SphinxDirective):
    """A display formula whose numbers are checked."""

    has_content = True
    option_spec = {"check": str, "label": str, "class": str}  # noqa: RUF012

    def run(self):
        """One `checked_block` around the formula."""
        body = "\n".join(self.content)
        source = f":check: {self.options.get('check', '')}\n{body}\n"
        account = _account(
            self.env,
            self.state.document,
            "chk",
            pages.block_text(source),
            self.lineno,
        )
        label = self.options.get("label")
        math = nodes.math_block(body, body, nowrap=False, number=None)
        math["label"], math["docname"] = label, self.env.docname
        math["checked"] = True
        set_source_info(self, math)
        block = checked_block("", **_attributes(account))
        if label:
            domain = self.env.get_domain("math")
            domain.note_equation(self.env.docname, label, location=math)
            math["number"] = domain.get_equation_number_for(label)
            target = nodes.target(
                "", "", ids=[nodes.make_id(f"equation-{label}")]
            )
            self.state.document.note_explicit_target(target)
            block += target
        block += math
        return [block]


def _attributes(account: dict) -> dict:
    kept = ("kind", "expression", "value", "source")
    return {"ids": [account["anchor"]], **{k: account[k] for k in kept}}


def visit_checked(self, node: nodes.Element) -> None:
    """A quiet link into the ledger that carries its own account."""
    if _inside_link(node):
        self.body.append('<span class="checked">')
        return
    docname = self.builder.current_docname
    anchor = node["ids"][0]
    ledgers = getattr(self.builder.env, "checkbook_ledger_pages", ())
    href = f"#{anchor}"
    for ledger in sorted(ledgers)[:1]:
        there = self.builder.get_relative_uri(docname, ledger)
        href = f"{there}#{docname.replace('/', '-')}-{anchor}"
    data = {
        f"data-{name}": node[name]
        for name in ("kind", "expression", "value", "source")
        if node[name]
    }
    self.body.append(
        self.starttag(
            {"ids": [anchor]},
            "a",
            "",
            CLASS=f"checked {node['kind']}",
            href=href,
            **data,
        )
    )


def depart_checked(self, node: nodes.Element) -> None:
    """Close what `visit_checked` opened."""
    self.body.append("</span>" if _inside_link(node) else "</a>")


def _inside_link(node: nodes.Node) -> bool:
    while (node := node.parent) is not None:
        if isinstance(node, nodes.reference):
            return True
        if isinstance(node, nodes.document):
            return False
    return True  # a title rendered apart, for a menu or the page's head


def visit_checked_block(self, node: nodes.Element) -> None:
    """The anchor of a display formula, with its account."""
    data = {
        f"data-{name}": node[name]
        for name in ("kind", "expression", "value", "source")
        if node[name]
    }
    self.body.append(self.starttag(node, "div", CLASS="checked-block", **data))


def depart_checked_block(self, node: nodes.Element) -> None:
    """Close the formula's block."""
    self.body.append("</div>\n")


def _skip(self, node: nodes.Element) -> None:
    pass


def setup_roles(app: Sphinx) -> None:
    """Register the roles, the directive and their nodes."""
    for name in ("num", "chk", "claim", "cite-num", "lit"):
        app.add_role(name, CheckRole())
    app.add_directive("chk", CheckDirective)
    plain = (_skip, _skip)
    for node, html in (
        (checked, (visit_checked, depart_checked)),
        (checked_block, (visit_checked_block, depart_checked_block)),
    ):
        app.add_node(node, html=html, latex=plain, text=plain, man=plain)
    SphinxContentsFilter.visit_checked = (
        SphinxContentsFilter.ignore_node_but_process_children
    )
