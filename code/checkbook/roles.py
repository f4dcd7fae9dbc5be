"""The roles of a checked page: what is printed against what was computed.

    num       `LITERAL = EXPRESSION`     equal to the printed digits
    chk       `TEX ; PREDICATE`          a formula whose numbers are checked
    claim     `words ; PREDICATE`        a comparison in words
    answer    `No ; PREDICATE`           whether a predicate holds
    cite-num  `LITERAL | KEY`            a figure that a source prints
    lit       `LITERAL | REASON`         a number that nothing computes

The first four compare the text with results that the page's own kernel gave
(`checkbook.execute`); the last two with the registry of sourced literals.
Every disagreement is a warning with its place, and warnings fail the build.
"""

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxContentsFilter
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective, SphinxRole
from sphinx.util.nodes import set_source_info

from checkbook import pages
from checkbook.theme.body import ledger_page
from checkbook.verdicts import verdict

LOG = logging.getLogger(__name__)


class checked(nodes.Inline, nodes.TextElement):
    """A checked number, formula or claim in a line of text."""


class checked_block(nodes.General, nodes.Element):
    """A checked display formula."""


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
    href = f"#{anchor}"
    if ledger := ledger_page(self.builder.env, docname):
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
    for name in pages.ROLES:
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
