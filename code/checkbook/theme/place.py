"""Where a page stands: the parts of the book and their chapters, in order."""

from dataclasses import dataclass, replace

from markupsafe import Markup, escape
from sphinx import addnodes
from sphinx.environment import BuildEnvironment


@dataclass(frozen=True, kw_only=True)
class Chapter:
    """One page of a part, with the number it has in the book, if any."""

    docname: str
    title: str
    number: str = ""


@dataclass(frozen=True, kw_only=True)
class Part:
    """A caption of the table of contents and the chapters under it."""

    caption: str
    chapters: tuple[Chapter, ...]
    open: bool = False

    @property
    def numbered(self) -> bool:
        """Whether its chapters carry numbers."""
        return any(chapter.number for chapter in self.chapters)


def chapters(
    env: BuildEnvironment, toctree: addnodes.toctree
) -> list[Chapter]:
    """The pages under a table of contents, those under them included."""
    found = []
    for title, docname in toctree["entries"]:
        if docname not in env.titles:
            continue
        number = env.toc_secnumbers.get(docname, {}).get("") or ()
        found.append(
            Chapter(
                docname=docname,
                title=title or env.titles[docname].astext(),
                number=".".join(map(str, number)),
            )
        )
        for inner in env.tocs[docname].findall(addnodes.toctree):
            found += chapters(env, inner)
    return found


def parts(env: BuildEnvironment, docname: str = "") -> list[Part]:
    """The parts of the book; the one that holds `docname` is open.

    A page outside all parts, such as the first, sees them all open.
    """
    root = env.config.root_doc
    found = [
        Part(
            caption=toctree["caption"] or env.titles[root].astext(),
            chapters=tuple(chapters(env, toctree)),
        )
        for toctree in env.tocs[root].findall(addnodes.toctree)
    ]
    holds = [any(c.docname == docname for c in p.chapters) for p in found]
    few = sum(len(part.chapters) for part in found) <= 12
    everything = few or not any(holds)
    return [
        replace(part, open=everything or mine)
        for part, mine in zip(found, holds, strict=True)
    ]


def find(parts: list[Part], docname: str) -> Markup | None:
    """In words, where a numbered chapter stands; None for other pages."""
    for part in parts:
        for chapter in part.chapters:
            if chapter.docname == docname and chapter.number:
                return escape(f"{part.caption} · chapter {chapter.number}")
    return None


def order(env: BuildEnvironment) -> list[str]:
    """Every page in the order of the book, then those outside it."""
    inside = [c.docname for part in parts(env) for c in part.chapters]
    known = dict.fromkeys([env.config.root_doc, *inside])
    return [*known, *sorted(set(env.found_docs) - set(known))]
