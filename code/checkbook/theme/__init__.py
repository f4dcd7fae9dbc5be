"""The page: an own Sphinx theme, set like a book and complete in itself.

`setup_theme(app)` is called by an extension. It registers the theme
"checkbook", puts the theme's scripts in the place of those it replaces, and
gives each page its place in the book. Nothing is loaded from elsewhere: fonts,
icons and MathJax lie in the theme.
"""

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.environment import BuildEnvironment

from . import place
from .asides import setup_asides
from .blocks import setup_blocks
from .body import (
    corrected,
    facts,
    has_cells,
    headed,
    link_blocks,
    measured,
    sections,
)

HERE = Path(__file__).parent
MATHJAX = "mathjax/tex-svg.js"

# What the theme's own stylesheets and scripts do instead.
REPLACED = re.compile(
    r"(basic|pygments|mystnb\.\w+|exercise)\.css"
    r"|(doctools|documentation_options|sphinx_highlight)\.js"
)
# Needed only where the page uses what they style or move.
ON_USE = {
    "sphinx-design.min.css": ("sd-row", "sd-tab-set", "sd-badge", "sd-btn"),
    "design-tabs.js": ("sd-tab-set",),
}

BOOT = (
    "try{const t=localStorage.getItem('theme');"
    "if(t==='light'||t==='dark')document.documentElement.dataset.theme=t}"
    "catch{}document.documentElement.classList.add('js')"
)

ICONS = {
    "list": "M3 5h14M3 10h14M3 15h9",
    "theme": "M10 3a7 7 0 1 0 0 14zM10 3a7 7 0 0 1 0 14",
}


def icon(name: str) -> str:
    """One of the theme's icons, as SVG to stand in the page."""
    return (
        '<svg class="icon" viewBox="0 0 20 20" aria-hidden="true">'
        f'<path d="{ICONS[name]}"/></svg>'
    )


def is_used(filename: str, body: str) -> bool:
    """Whether a page with this body needs a stylesheet or script.

    MathJax's settings have no file of their own; their text names it.
    """
    if "mathjax" in filename.casefold():
        return 'class="math' in body
    if REPLACED.fullmatch(filename.rpartition("/")[2]):
        return False
    for ending, marks in ON_USE.items():
        if filename.endswith(ending):
            return any(mark in body for mark in marks)
    return True


def add_context(
    app: Sphinx,
    docname: str,
    template: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    """Give a page its place in the book and only the files that it needs."""
    if app.builder.format != "html":
        return
    body = context.get("body", "")
    shown = body + context.get("toc", "")
    context["boot"], context["icon"] = BOOT, icon
    context["css_files"] = [
        css for css in context["css_files"] if is_used(str(css.filename), body)
    ]
    context["script_files"] = [
        js
        for js in context["script_files"]
        if is_used(str(js.filename or js.attributes.get("body", "")), shown)
    ]
    parts = place.parts(app.env, docname)
    context["parts"] = parts
    context["place"] = where = place.find(parts, docname)
    if doctree is None:
        return
    body = link_blocks(app, docname, corrected(body))
    context["sections"] = sections(context.get("toc", ""))
    context["external_links"] = re.findall(
        r'<a class="[^"]*\bexternal\b[^"]*" href="([^"]+)"', body
    )
    if docname != app.config.root_doc and (where or has_cells(doctree)):
        body = headed(body, where, facts(app, docname, context, doctree))
    context["body"] = body


def not_found(app: Sphinx) -> Iterator[tuple[str, dict[str, Any], str]]:
    """The page for an address the book does not have.

    It is served from any depth, so it carries its own styles and a script
    that finds out where the book begins.
    """
    static = HERE / "static"
    names = ("tokens.css", "text.css", "page.css")
    styles = "".join((static / name).read_text("utf8") for name in names)
    styles = re.sub(r"@font-face \{.*?\}\n", "", styles, flags=re.DOTALL)
    finder = (static / "notfound.js").read_text("utf8")
    yield "404", {"styles": styles, "finder": finder}, "notfound.html"


def changed(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """All pages, if what each of them shows of the book has changed.

    That is the list of chapters, the seconds that pages took, and the stamps
    of the theme's files. Sphinx rewrites only the pages whose own source
    changed; without this an incremental build would differ from a clean one.
    """
    digest = hashlib.sha256(measured(app).encode())
    for path in sorted((HERE / "static").glob("*.*")):
        digest.update(path.read_bytes())
    now = place.parts(env), digest.hexdigest()
    before = getattr(env, "checkbook_frame", now)
    env.checkbook_frame = now
    return [] if before == now else sorted(env.found_docs)


def configure(app: Sphinx, config: Config) -> None:
    """Set what the theme needs, where the book has not said otherwise."""
    own = {
        "mathjax_path": MATHJAX,
        "html_show_copyright": False,
        "html_use_index": False,
        "html_domain_indices": False,
        "html_sourcelink_suffix": "",
        "html_permalinks_icon": "#",
        "nb_code_prompt_show": "Show the code",
        "nb_code_prompt_hide": "Hide the code",
    }
    for name, value in own.items():
        if name in config and name not in config._raw_config:
            config[name] = value
    # No menu, and nothing that MathJax would load when a formula asks for it.
    mathjax = dict(config["mathjax3_config"] or {})
    mathjax["options"] = {**mathjax.get("options", {}), "enableMenu": False}
    tex = mathjax.get("tex", {})
    packages = {"[-]": ["require", "autoload"]}
    mathjax["tex"] = {"packages": packages, **tex}
    config["mathjax3_config"] = mathjax


def no_index(app: Sphinx) -> None:
    """Leave out Sphinx's index of words: the theme's search has its own."""
    if app.config.html_theme == "checkbook" and app.builder.format == "html":
        for name in ("load_indexer", "index_page", "dump_search_index"):
            setattr(app.builder, name, lambda *_: None)


def setup_theme(app: Sphinx) -> None:
    """Register the theme with an application."""
    app.add_config_value("checkbook_seconds", "", "html", (str,))
    app.add_html_theme("checkbook", str(HERE))
    app.add_js_file("book.js", defer="defer")
    app.connect("config-inited", configure, priority=900)
    app.connect("builder-inited", no_index)
    app.connect("html-page-context", add_context, priority=900)
    app.connect("html-collect-pages", not_found)
    # after Sphinx has numbered the chapters there
    app.connect("env-get-updated", changed, priority=900)
    setup_blocks(app)
    setup_asides(app)
