"""What a finished page holds: places, links, files it loads, its words.

Read from the HTML itself, so that nothing that reached the page goes unseen,
whichever extension or cell wrote it.
"""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

ELSEWHERE = re.compile(r"\s*(https?:|ftp:|//)", re.IGNORECASE)
SCHEME = re.compile(r"\s*[a-z][a-z0-9+.-]*:", re.IGNORECASE)
# Attributes whose address the browser fetches by itself.
LOADING = {
    ("img", "src"),
    ("script", "src"),
    ("link", "href"),
    ("source", "src"),
    ("video", "src"),
    ("video", "poster"),
    ("audio", "src"),
    ("track", "src"),
    ("image", "href"),
    ("image", "xlink:href"),
    ("use", "href"),
    ("use", "xlink:href"),
    ("input", "src"),
}
# Links a browser follows only when asked, though they stand in the head.
ASKED = {"canonical", "next", "prev", "search", "author", "license"}
FORBIDDEN = {"base", "embed", "frame", "iframe", "object", "applet"}
SILENT = {
    "script",
    "style",
    "svg",
    "button",
    "select",
    "template",
    "mjx-container",
}
QUIET = {"headerlink", "ledger", "place", "source"}
VOID = {"br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"}
APART = {"td", "th", "br", "li"}  # no space need stand between these
HEADINGS = {"h1", "h2", "h3", "h4", "h5", "h6"}


@dataclass
class Facts:
    """One page's facts.

    Attributes:
        title: the page's own title.
        ids: the places that a link can lead to.
        links: addresses of the site that it links to.
        loads: addresses of the site that it loads.
        sections: anchor, heading and words of each section, in order.
        wrong: what it would load from elsewhere, or run from an attribute.
    """

    title: str = ""
    ids: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    loads: list[str] = field(default_factory=list)
    sections: list[list[str]] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


class Reader(HTMLParser):
    """Collects the facts of a page while it is fed."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.facts = Facts()
        self.silent: list[str] = []
        self.article = False
        self.heading = ""
        self.anchors: list[str] = []

    def handle_starttag(self, tag, attrs):
        """Note an element's id, its addresses and its handlers."""
        given = {name: value or "" for name, value in attrs}
        facts = self.facts
        if tag in APART:
            self.handle_data(" ")
        if given.get("id"):
            facts.ids.append(given["id"])
        if tag in FORBIDDEN:
            facts.wrong.append(f"holds <{tag}>")
        for name, value in given.items():
            if name.startswith("on"):
                facts.wrong.append(f"<{tag} {name}> runs from an attribute")
            elif name == "style" and re.search(
                r"url\(\s*[\"']?(https?:|//)", value, re.IGNORECASE
            ):
                facts.wrong.append(f"<{tag} style> loads from elsewhere")
        self._note_addresses(tag, given)
        self._enter(tag, given)

    def handle_startendtag(self, tag, attrs):
        """A void element of XML, as SVG has them."""
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def _note_addresses(self, tag: str, given: dict[str, str]) -> None:
        facts = self.facts
        asked = set(given.get("rel", "").split()) & ASKED
        for name, value in given.items():
            if (tag, name) in LOADING and not (tag == "link" and asked):
                if ELSEWHERE.match(value):
                    facts.wrong.append(f"<{tag}> loads {value}")
                elif value and not SCHEME.match(value) and value[0] != "#":
                    facts.loads.append(value)
            elif name == "srcset":
                facts.wrong.append(f"<{tag} srcset> is not followed")
            elif name == "href" and tag in ("a", "area", "link"):
                if re.match(r"\s*javascript:", value, re.IGNORECASE):
                    facts.wrong.append(f"<{tag}> links to a script")
                elif not SCHEME.match(value) and value[:2] != "//":
                    facts.links.append(value)
            elif name == "action" and tag == "form" and value:
                if ELSEWHERE.match(value):
                    facts.wrong.append(f"<form> sends to {value}")
                else:
                    facts.links.append(value)

    def _enter(self, tag: str, given: dict[str, str]) -> None:
        if tag in VOID:
            return
        classes = given.get("class", "").split()
        if tag == "article":
            self.article = True
        hidden = tag in SILENT or QUIET & set(classes)
        if hidden or self.silent:
            self.silent.append(tag)
        elif self.article and tag == "section":
            self.anchors.append(given.get("id", ""))
        elif self.article and tag in HEADINGS:
            self.heading = tag
            anchor = self.anchors[-1] if self.anchors else ""
            self.facts.sections.append([anchor if tag != "h1" else "", "", ""])

    def handle_endtag(self, tag):
        """Leave what the element began."""
        if tag in VOID:
            return
        if self.silent:
            if tag in self.silent:
                while self.silent.pop() != tag:
                    pass
        elif tag == self.heading:
            self.heading = ""
        if tag == "article":
            self.article = False
        elif tag == "section" and self.anchors:
            self.anchors.pop()

    def handle_data(self, data):
        """Words go to the section that they stand in."""
        if self.silent or not self.article or not self.facts.sections:
            return
        part = 1 if self.heading else 2
        self.facts.sections[-1][part] += data


def read_facts(text: str) -> Facts:
    """The facts of a page's HTML."""
    reader = Reader()
    reader.feed(text)
    reader.close()
    facts = reader.facts
    facts.sections = [
        [anchor, plain(heading), plain(words)]
        for anchor, heading, words in facts.sections
    ]
    if facts.sections:
        facts.title = facts.sections[0][1]
    return facts


def plain(text: str) -> str:
    """Words on one line, the marks around formulas taken away."""
    return " ".join(re.sub(r"\\[()\[\]]", "", text).split())
