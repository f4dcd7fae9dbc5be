"""From what Sphinx wrote to a site that is complete in itself.

`finish` copies the pages into a folder of their own. On the way each page
gets a content policy with the hashes of its inline scripts, and is searched
for anything that would be loaded from elsewhere, run from an attribute, or
lead nowhere. `publish` makes a finished folder the published one by one
rename. Everything works from plain files.
"""

import base64
import hashlib
import os
import re
import shutil
from functools import cache
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urljoin

from checkbook import notebooks, pagefacts, search
from checkbook.files import Folder, keep, kept, memo
from checkbook.pagefacts import Facts, read_facts
from checkbook.theme.place import order

LEFT_OUT = re.compile(r"(.*/)?(\.buildinfo.*|searchindex\.js|_sources/.*)")
# Directly in _static: themes and extensions put more there than pages use.
SPARE = re.compile(r"_static/[^/]+\.(css|js|png)")
LOADED_BY_STYLE = re.compile(
    r"""(?:url\(\s*["']?|@import\s+["'])(?P<url>[^"')]+)"""
)
INLINE_SCRIPT = re.compile(
    r"<script(?![^>]*\ssrc=)[^>]*>(.*?)</script>", re.DOTALL
)
WASM = " 'wasm-unsafe-eval'"  # else a page compiles none
POLICY = (
    "default-src 'none'; script-src 'self'{wasm}{hashes}; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "font-src 'self'; media-src 'self'; connect-src 'none'; "
    "base-uri 'none'; form-action 'self'; object-src 'none'"
)


def finish(
    app, raw: Path, target: Path, before: Path | None = None
) -> list[str]:
    """Make a finished site of Sphinx's HTML; what is wrong with it.

    Args:
        app: the Sphinx application that wrote the HTML.
        raw: the folder it wrote into.
        target: the folder of the finished site, which must not exist.
        before: that of the site it is to replace.
    """
    site = Folder(target, before)
    files = {
        path.relative_to(raw).as_posix(): path
        for path in sorted(raw.rglob("*"))
        if path.is_file()
    }
    files = {n: p for n, p in files.items() if not LEFT_OUT.fullmatch(n)}
    pages = {n: p.read_text("utf8") for n, p in files.items() if is_page(n)}
    facts = gather(pages, raw.parent / "pagefacts.json")
    needed = loaded(pages, facts, files)
    compiling = {n for n in needed if n in files and compiles(files[n])}
    for name, path in files.items():
        if SPARE.fullmatch(name) and name not in needed:
            continue
        if name in pages:
            loads = {resolve(name, url) for url in facts[name].loads}
            wasm = not loads.isdisjoint(compiling)
            site.put(name, with_policy(pages[name], wasm=wasm))
        else:
            site.put(name, path.read_bytes())
    write_sources(app, site, facts, raw.parent / "notebooks")
    here = [n for n in order(app.env) if f"{n}.html" in pages]
    found = [(f"{n}.html", facts[f"{n}.html"]) for n in here]
    search.write(site, found, raw.parent)
    write_sitemap(site, here, app.config.html_baseurl)
    return [*faults(target, pages, facts), *broken_links(target, facts)]


def is_page(name: str) -> bool:
    """Whether a file of the site is a page; what _static holds is not."""
    return name.endswith(".html") and not name.startswith("_static/")


def gather(pages: dict[str, str], cache: Path) -> dict[str, Facts]:
    """The facts of each page, read again only where its bytes changed."""
    with memo(cache, _facts, pagefacts.__file__) as known:
        return {name: Facts(**known(text)) for name, text in pages.items()}


def _facts(text: str) -> dict[str, object]:
    return vars(read_facts(text))


def resolve(page: str, url: str) -> str:
    """The file of the site that a relative address on a page means."""
    bare = url.partition("#")[0].split("?")[0]
    if not bare:
        return page
    return _from_folder(page.rpartition("/")[0], bare)


@cache
def _from_folder(folder: str, url: str) -> str:
    path = unquote(urljoin(f"/{folder}/" if folder else "/", url))
    return str(PurePosixPath(path).relative_to("/"))


def loaded(
    pages: dict[str, str], facts: dict[str, Facts], files: dict[str, Path]
) -> set[str]:
    """The files that pages load, and those that their stylesheets load."""
    found = {resolve(page, url) for page in pages for url in facts[page].loads}
    for sheet in [name for name in found if name.endswith(".css")]:
        if sheet in files:
            text = files[sheet].read_text("utf8")
            urls = (m["url"] for m in LOADED_BY_STYLE.finditer(text))
            found |= {resolve(sheet, u) for u in urls if u[:5] != "data:"}
    return found


def compiles(path: Path) -> bool:
    """Whether a file is a script that makes WebAssembly of bytes."""
    return path.suffix == ".js" and b"WebAssembly" in path.read_bytes()


def with_policy(text: str, *, wasm: bool = False) -> str:
    """A page with a policy that lets only its own scripts run.

    Args:
        wasm: whether they may compile WebAssembly.
    """
    hashes = "".join(
        f" 'sha256-{_digest(script)}'"
        for script in dict.fromkeys(INLINE_SCRIPT.findall(text))
    )
    policy = POLICY.format(wasm=WASM if wasm else "", hashes=hashes)
    meta = f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
    charset = re.search(r'<meta charset="[^"]*" ?/?>', text)
    end = charset.end() if charset else text.index("<head>") + len("<head>")
    return f"{text[:end]}\n{meta}{text[end:]}"


def _digest(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


def write_sources(
    app, target: Folder, facts: dict[str, Facts], made: Path
) -> None:
    """Put beside each page that offers them its notebook and its source."""
    for docname in sorted(app.env.found_docs):
        offered = facts.get(f"{docname}.html", Facts()).links
        if f"{PurePosixPath(docname).name}.ipynb" not in offered:
            continue
        source = Path(app.env.doc2path(docname))
        target.put(f"{docname}.md", source.read_bytes())
        target.put(f"{docname}.ipynb", notebook_of(app, docname, made))


def notebook_of(app, docname: str, made: Path) -> str:
    """A page's notebook: the one in `made`, if nothing has changed since.

    What it depends on is what the page's doctree does, and how it is made.
    """
    book, path = app.checkbook, made / f"{docname}.ipynb"
    maker = Path(notebooks.__file__).read_text("utf8")
    marks = app.env.checkbook_marks[docname], book.fingerprints.scanner, maker
    if (text := kept(path, mark := "".join(marks))) is None:
        text = notebooks.executed(
            book.page(docname).notebook,
            book.record(docname),
            folder=Path(app.env.doc2path(docname)).parent,
        )
        keep(path, text, mark)
    return text


def write_sitemap(target: Folder, names: list[str], base: str) -> None:
    """The pages, for search engines where the site has an address."""
    if not base:
        lines = "".join(f"{name}.html\n" for name in names)
        target.put("sitemap.txt", lines)
        return
    urls = "".join(
        f"<url><loc>{urljoin(base.rstrip('/') + '/', name)}.html</loc></url>\n"
        for name in names
    )
    target.put(
        "sitemap.xml",
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n'
        f"{urls}</urlset>\n",
    )


def faults(
    target: Path, pages: dict[str, str], facts: dict[str, Facts]
) -> list[str]:
    """What pages and stylesheets would load from elsewhere or run inline."""
    found = [
        f"{page}: {fault}" for page in pages for fault in facts[page].wrong
    ]
    for sheet in sorted(target.rglob("*.css")):
        for match in LOADED_BY_STYLE.finditer(sheet.read_text("utf8")):
            if re.match(r"(\w+:)?//", match["url"]):
                name = sheet.relative_to(target).as_posix()
                found.append(f"{name}: loads {match['url']} from elsewhere")
    return found


def broken_links(target: Path, facts: dict[str, Facts]) -> list[str]:
    """Links and files of the site that lead nowhere, as messages."""
    names = {
        path.relative_to(target).as_posix()
        for path in target.rglob("*")
        if path.is_file()
    }
    found = []
    for page, known in facts.items():
        for url in dict.fromkeys([*known.links, *known.loads]):
            path = resolve(page, url)
            fragment = unquote(url.partition("#")[2])
            if path not in names:
                found.append(f"{page}: {url} leads nowhere, no such file")
            elif "=" in fragment:
                continue  # what a script of that page is to show
            elif fragment and path in facts:
                if fragment not in facts[path].ids:
                    found.append(f"{page}: {url} leads nowhere, no such place")
    return found


def publish(site: Path, link: Path) -> None:
    """Make a finished site the published one, and remove the older ones."""
    if link.is_dir() and not link.is_symlink():
        # Left by another tool: a folder cannot be replaced by one rename.
        os.rename(link, site.with_name(f"{site.name}.before"))
    fresh = link.with_name(f".{link.name}.{os.getpid()}")
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(os.path.relpath(site, link.parent))
    os.replace(fresh, link)
    for other in site.parent.iterdir():
        if other != site:
            shutil.rmtree(other, ignore_errors=True)
