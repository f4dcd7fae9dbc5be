"""The ledger: every check of the build, on one page or on one for each part.

    ```{ledger}
    ```                   the table, in the order of the book
    ```{ledger}
    :part: CAPTION
    ```                   that of the chapters under a caption of the contents
    {ledger-count}`all`   how many checks the build holds

A check takes about 250 bytes, so that a long book wants a page for each part;
the ledger without a part then has the rest, and links to all. They are filled
in when pages are written, from `env.checkbook_checks`: for each page the
checks its roles left there, in their order. Ledgers and counts are written
again whenever any check has changed.
"""

import json
from html import escape
from types import MappingProxyType

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective, SphinxRole

from .theme.body import many
from .theme.place import order, parts

LOG = logging.getLogger(__name__)
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
    """The table of all checks, or of those of one part."""

    option_spec = MappingProxyType({"part": directives.unchanged_required})

    def run(self) -> list[nodes.Node]:
        """A place for the table; the page is remembered as a ledger."""
        part = self.options.get("part", "")
        remember(self.env, "checkbook_ledger_pages")[self.env.docname] = part
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
        remember(self.env, "checkbook_count_pages")[self.env.docname] = ""
        return [ledger_count(of=self.text)], []


def remember(env: BuildEnvironment, name: str) -> dict[str, str]:
    """The pages that need writing when the checks change, to add one to."""
    if not hasattr(env, name):
        setattr(env, name, {})
    return getattr(env, name)


def ledgers(env: BuildEnvironment) -> dict[str, str]:
    """The page on which each page's checks are listed; none if on none."""
    found = remember(env, "checkbook_ledger_pages")
    by_part = {part: page for page, part in sorted(found.items())}
    listed = dict.fromkeys(env.found_docs, by_part.get(""))
    for part in parts(env):
        if part.caption in by_part:
            here = [chapter.docname for chapter in part.chapters]
            listed |= dict.fromkeys(here, by_part[part.caption])
    return {page: ledger for page, ledger in listed.items() if ledger}


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
    env = app.env
    checks = {
        page: found
        for page, found in all_checks(env).items()
        if env.checkbook_ledgers.get(page) == docname
    }
    if not checks:
        return ""
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


def others(app: Sphinx, docname: str) -> str:
    """Links to the ledgers of the parts, from the one that has the rest."""
    env, known = app.env, app.env.checkbook_ledger_pages
    if known[docname]:
        return ""
    found = {page: 0 for page in order(env) if page in known}
    for page, checks in all_checks(env).items():
        found[env.checkbook_ledgers[page]] += len(checks)
    items = "".join(
        f'<li><a href="{app.builder.get_relative_uri(docname, page)}">'
        f"{escape(known[page])}</a>: "
        f"{many(n, 'check')}</li>\n"
        for page, n in found.items()
        if page != docname
    )
    return items and f"<ul>\n{items}</ul>\n"


def fill(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Put the table and the count into a page that is about to be written."""
    for node in list(doctree.findall(ledger_table)):
        html = others(app, docname) + table(app, docname)
        node.replace_self(nodes.raw("", html, format="html"))
    for node in list(doctree.findall(ledger_count)):
        node.replace_self(nodes.Text(f"{count(app.env, node['of']):,}"))


def changed(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """The pages to write again because some check of the book has changed.

    A page whose checks are listed elsewhere now is one of them.
    """
    found = remember(env, "checkbook_ledger_pages")
    captions = {part.caption for part in parts(env)}
    for page, part in sorted(found.items()):
        if part and part not in captions:
            LOG.warning(
                "ledger: no part %r in the contents", part, location=page
            )
    old = getattr(env, "checkbook_ledgers", {})
    env.checkbook_ledgers = ledgers(env)
    moved = {p for p in old if old[p] != env.checkbook_ledgers.get(p)}
    now = json.dumps([all_checks(env), order(env)], sort_keys=True)
    before = getattr(env, "checkbook_ledger_state", None)
    env.checkbook_ledger_state = now
    counts = remember(env, "checkbook_count_pages")
    changed = set() if before == now else {*found, *counts}
    return sorted((changed | moved) & env.found_docs)


def purge(app: Sphinx, env: BuildEnvironment, docname: str) -> None:
    """Forget what a page asked for, before it is read again."""
    for name in ("checkbook_ledger_pages", "checkbook_count_pages"):
        remember(env, name).pop(docname, None)


def setup_ledger(app: Sphinx) -> None:
    """Register directive, role and their filling with an application."""
    app.add_node(ledger_table)
    app.add_node(ledger_count)
    app.add_directive("ledger", LedgerDirective)
    app.add_role("ledger-count", LedgerCount())
    app.connect("env-purge-doc", purge)
    app.connect("env-updated", changed)
    app.connect("doctree-resolved", fill)
