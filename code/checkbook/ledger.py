"""The ledger: every check of the build on one page.

    ```{ledger}
    ```                   the table, in the order of the book
    {ledger-count}`all`   how many checks the build holds

Both are filled in when pages are written, from `env.checkbook_checks`: for
each page the checks its roles left there, in their order. The page and the
count are written again whenever any check has changed.
"""

import json
from html import escape

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util.docutils import SphinxDirective, SphinxRole

from .theme.place import order

KINDS = {
    "num": "number",
    "chk": "formula",
    "claim": "claim",
    "answer": "answer",
    "cite": "published",
    "lit": "given",
}


class ledger_table(nodes.General, nodes.Element):
    """Where the table will stand."""


class ledger_count(nodes.Inline, nodes.Element):
    """Where the number of checks will stand."""


class LedgerDirective(SphinxDirective):
    """The table of all checks."""

    def run(self) -> list[nodes.Node]:
        """A place for the table; the page is remembered as the ledger."""
        remember(self.env, "checkbook_ledger_pages")
        return [ledger_table()]


class LedgerCount(SphinxRole):
    """The number of checks in the build: all, of a kind, or on a page."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """A place for the number."""
        known = {"all", *KINDS, *self.env.found_docs}
        if self.text not in known:
            message = self.inliner.reporter.error(
                f"ledger-count: {self.text!r} is neither all, nor a kind of "
                f"check ({', '.join(KINDS)}), nor a page",
                line=self.lineno,
            )
            return [], [message]
        remember(self.env, "checkbook_count_pages")
        return [ledger_count(of=self.text)], []


def remember(env: BuildEnvironment, name: str) -> None:
    """Note that the page being read needs writing when the checks change."""
    pages = getattr(env, name, None)
    if pages is None:
        pages = set()
        setattr(env, name, pages)
    pages.add(env.docname)


def all_checks(env: BuildEnvironment) -> dict[str, list[dict]]:
    """The checks by page, in the order of the book, pages without left out."""
    found = getattr(env, "checkbook_checks", {})
    return {page: found[page] for page in order(env) if found.get(page)}


def count(env: BuildEnvironment, of: str) -> int:
    """How many checks there are: all, of a kind, or on a page."""
    return sum(
        of in ("all", page, check["kind"])
        for page, checks in all_checks(env).items()
        for check in checks
    )


def slug(docname: str) -> str:
    """A page's name as it stands in the ledger's anchors."""
    return docname.replace("/", "-")


def row(docname: str, href: str, check: dict) -> str:
    """One check as a row of the table."""

    def code(key: str) -> str:
        text = check.get(key)
        return f"<code>{escape(str(text))}</code>" if text else ""

    kind, anchor = check["kind"], check["anchor"]
    printed = escape(str(check["literal"]))
    if kind == "chk":
        printed = f"<code>{printed}</code>"
    return (
        f'<tr id="{slug(docname)}-{anchor}" data-kind="{kind}">'
        f'<td><a href="{href}#{anchor}"><code>{kind}</code></a></td>'
        f"<td>{printed}</td><td>{code('expression')}</td>"
        f"<td>{code('value')}</td>"
        f"<td>{escape(str(check.get('source') or ''))}</td></tr>\n"
    )


def choice(name: str, label: str, options: dict[str, str]) -> str:
    """A list to choose from; its first entry is everything."""
    items = "".join(
        f'<option value="{escape(value)}">{escape(text)}</option>'
        for value, text in {"": "all", **options}.items()
    )
    return f'<label>{label} <select name="{name}">{items}</select></label>'


def table(app: Sphinx, docname: str) -> str:
    """The whole ledger as HTML; a script unhides its filter."""
    env, checks = app.env, all_checks(app.env)
    titles = {page: env.titles[page].astext() for page in checks}
    kinds = {c["kind"] for rows in checks.values() for c in rows}
    html = [
        '<form class="ledger-filter" hidden>'
        '<label>Text <input type="search" name="text" '
        'autocomplete="off"></label>',
        choice("page", "Page", {slug(p): t for p, t in titles.items()}),
        choice(
            "kind",
            "Kind",
            {k: f"{k}: {KINDS[k]}" for k in KINDS if k in kinds},
        ),
        '<output name="shown"></output></form>\n',
        '<div class="scroll"><table class="ledger"><thead><tr>'
        '<th scope="col">kind</th><th scope="col">printed</th>'
        '<th scope="col">expression</th><th scope="col">value</th>'
        '<th scope="col">source</th></tr></thead>\n',
    ]
    for page, rows in checks.items():
        href = app.builder.get_relative_uri(docname, page)
        html.append(
            f'<tbody id="{slug(page)}"><tr><th colspan="5" scope="rowgroup">'
            f'<a href="{href}">{escape(titles[page])}</a> · {len(rows):,}'
            "</th></tr>\n"
        )
        html += [row(page, href, check) for check in rows]
        html.append("</tbody>\n")
    return "".join([*html, "</table></div>\n"])


def fill(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Put the table and the count into a page that is about to be written."""
    for node in list(doctree.findall(ledger_table)):
        node.replace_self(nodes.raw("", table(app, docname), format="html"))
    for node in list(doctree.findall(ledger_count)):
        node.replace_self(nodes.Text(f"{count(app.env, node['of']):,}"))


def changed(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """The pages to write again because some check of the book has changed."""
    now = json.dumps([all_checks(env), order(env)], sort_keys=True)
    before = getattr(env, "checkbook_ledger_state", None)
    env.checkbook_ledger_state = now
    ledgers = getattr(env, "checkbook_ledger_pages", set())
    counts = getattr(env, "checkbook_count_pages", set())
    return [] if before == now else sorted(ledgers | counts)


def purge(app: Sphinx, env: BuildEnvironment, docname: str) -> None:
    """Forget what a page asked for, before it is read again."""
    for name in ("checkbook_ledger_pages", "checkbook_count_pages"):
        getattr(env, name, set()).discard(docname)


def setup_ledger(app: Sphinx) -> None:
    """Register directive, role and their filling with an application."""
    app.add_node(ledger_table)
    app.add_node(ledger_count)
    app.add_directive("ledger", LedgerDirective)
    app.add_role("ledger-count", LedgerCount())
    app.connect("env-purge-doc", purge)
    app.connect("env-updated", changed)
    app.connect("doctree-resolved", fill)
