"""What is done to the HTML of a page before it is set.

Its place and the facts about it go around the title; formulas keep their
punctuation, checked ones a name and a way into the ledger.
"""

import json
import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

WORDS_PER_MINUTE = 180

FORMULA = r'<span class="math notranslate nohighlight">[^<]*</span>'
# Punctuation must not start a line because a formula ended the one before.
FORMULA_END = re.compile(
    rf'((?:<a class="checked[^>]*>)?{FORMULA}(?:</a>)?)([^\s<\w]+)'
)
# A cell of an output's table that reads as a sentence may run on.
WORDY = re.compile(r'<(t[dh])( scope="row")?>([^<]{33,})')
CHECKED_FORMULA = re.compile(rf'(<a class="checked chk"[^>]*)>({FORMULA}</a>)')


def facts(
    app: Sphinx, docname: str, context: dict[str, Any], doctree: nodes.document
) -> list[str]:
    """What stands under a chapter's title: times, checks, files."""
    found = [f"{many(minutes(doctree), 'minute')} to read"]
    if ran := seconds(app, docname):
        found.append(f"ran in {max(1, round(ran))} s")
    checks = getattr(app.env, "checkbook_checks", {}).get(docname, [])
    if checks and (page := ledger_page(app.env, docname)):
        link = f"{context['pathto'](page)}#{docname.replace('/', '-')}"
        found.append(f'<a href="{link}">{many(len(checks), "check")}</a>')
    elif checks:
        found.append(many(len(checks), "check"))
    # A build that ends in a finished site puts both beside the page.
    if has_cells(doctree) and getattr(app.config, "checkbook_records", ""):
        stem = docname.rpartition("/")[2]
        found.append(f'<a download href="{stem}.ipynb">notebook</a>')
        found.append(f'<a download href="{stem}.md">source</a>')
    return found


def headed(body: str, where: str | None, facts: list[str]) -> str:
    """A page with its place above its title, and the facts below."""
    title, end, rest = body.partition("</h1>")
    if where:
        line = f'<div class="place">{where}</div>\n'
        title = title.replace("<h1", f"{line}<h1", 1)
    spans = "".join(f"<span>{fact}</span>" for fact in facts)
    return f'{title}{end}<div class="place">{spans}</div>{rest}'


def ledger_page(env: BuildEnvironment, docname: str) -> str | None:
    """The page that lists a page's checks, if the book has one."""
    return getattr(env, "checkbook_ledgers", {}).get(docname)


def many(count: int, noun: str) -> str:
    """A count and what it counts."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def has_cells(doctree: nodes.document) -> bool:
    """Whether a page has code cells, and so a notebook."""
    return any(
        "cell" in node["classes"] for node in doctree.findall(nodes.container)
    )


def minutes(doctree: nodes.document) -> int:
    """Minutes it takes to read a page, cells and their outputs apart."""

    def words(node: nodes.Node) -> Iterator[str]:
        if isinstance(node, nodes.container) and "cell" in node["classes"]:
            return
        if isinstance(node, nodes.Text):
            yield from node.astext().split()
        for child in node.children:
            yield from words(child)

    return math.ceil(sum(1 for _ in words(doctree)) / WORDS_PER_MINUTE)


def seconds(app: Sphinx, docname: str) -> float | None:
    """Seconds a page took to run, from the file that the book keeps."""
    return json.loads(measured(app)).get(docname)


def measured(app: Sphinx) -> str:
    """The file with the seconds of the pages, as JSON; empty if none."""
    path = Path(app.srcdir, app.config.checkbook_seconds or "none")
    return path.read_text("utf8") if path.is_file() else "{}"


def corrected(body: str) -> str:
    """A page's HTML with what the writers of its parts left undone."""
    body = FORMULA_END.sub(r'<span class="together">\1\2</span>', body)
    body = CHECKED_FORMULA.sub(named, body)
    body = WORDY.sub(r'<\1 class="wordy"\2>\3', body)
    # A role that ARIA has withdrawn, on an entry of a list.
    return body.replace('role="doc-biblioentry"', 'role="listitem"')


def named(match: re.Match) -> str:
    """A link around a formula, with a name for those who hear the page."""
    tex = re.sub(r"<[^>]*>|\\[()]", "", match[2])
    return f'{match[1]} aria-label="checked formula: {tex}">{match[2]}'


def link_blocks(app: Sphinx, docname: str, body: str) -> str:
    """Give each checked display formula its own way into the ledger."""
    page = ledger_page(app.env, docname)
    there = page and app.builder.get_relative_uri(docname, page)

    def linked(match: re.Match) -> str:
        anchor = re.search(r'\sid="([^"]+)"', match[0])[1]
        href = f"#{anchor}"
        if there:
            href = f"{there}#{docname.replace('/', '-')}-{anchor}"
        data = "".join(re.findall(r' data-[a-z]+="[^"]*"', match[0]))
        return (
            f'{match[0]}<a class="checked chk" href="{href}"{data}>checked</a>'
        )

    return re.sub(r'<div class="checked-block"[^>]*>', linked, body)


def sections(toc: str) -> str:
    """A page's own contents, without the title that heads them."""
    inner = re.search(r"</a>(<ul>.*</ul>)</li>\s*</ul>\s*$", toc, re.DOTALL)
    inner = inner or re.search(
        r"</a>\s*(<ul>.*</ul>)\s*</li>\s*</ul>\s*$", toc, re.DOTALL
    )
    return inner[1] if inner else ""
