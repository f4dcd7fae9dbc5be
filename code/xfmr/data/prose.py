"""The prose of a book that is written in MyST: what a reader reads as words.

    kept       paragraphs, list items, the text of boxes and exercises
    as text    roles, links, inline code and formulas
    dropped    code and output, figures, tables, display formulas, headings

A role says what the page prints. References become the titles of what they
lead to, and sources the name and the year of their key.
"""

import re
from collections.abc import Mapping
from pathlib import Path

FRONT = re.compile(r"\A---\n.*?^---\n", re.M | re.S)
# three or more backticks or colons, and the same again; boxes keep their text
FENCED = re.compile(r"^(`{3,})(?!\{exercise)[^\n]*\n.*?^\1$", re.M | re.S)
FENCE = re.compile(r"^(`{3,}|:{3,}).*$|^:[\w-]+:.*$|^---$", re.M)
DISPLAY = re.compile(r"^\$\$.*?\$\$[ .,;]*$", re.M | re.S)
LABEL = re.compile(r"^\(([\w-]+)\)=$", re.M)
HEADED = re.compile(r"^\(([\w-]+)\)=\n+#+ (.*)$", re.M)
HEADING = re.compile(r"^#+ (.*)$", re.M)
TABLE = re.compile(r"^\|.*$", re.M)
ITEM = re.compile(r"^- ", re.M)
ROLE = re.compile(r"\{([\w:-]+)\}`([^`]*)`")
LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")
MATH = re.compile(r"\$([^$]*)\$")
CODE = re.compile(r"`([^`]*)`")
STRESSED = re.compile(r"(?<!\w)(\*{1,2})(\S(?:.*?\S)?)\1(?!\w)")
KEY = re.compile(r"([a-z]+)(\d{4})[a-z]?")
NAMED = re.compile(r"(.*) <[^>]*>", re.S)
# where the literal of a checked role ends
ENDS = {"num": " = ", "cite-num": " | ", "lit": " | "}
ENDS |= dict.fromkeys(("chk", "claim", "answer"), " ; ")
WORDS = {"numref": "the figure", "eq": "the equation", "ledger-count": "all"}
TEX = {r"\times": "×", r"\cdot": "·", r"\,": " ", "{,}": ",", r"\ ": " "}


def paragraphs(page: str, titles: Mapping[str, str]) -> list[str]:
    """The paragraphs of a page, each on one line.

    Args:
        page: a MyST source.
        titles: what labels, and names of pages, are called.

    Raises:
        KeyError: if a reference leads to what has no title.
    """
    rest = FRONT.sub("", page)
    for dropped in (FENCED, DISPLAY, FENCE, LABEL, HEADING, TABLE):
        rest = dropped.sub("\n", rest)
    rest = ITEM.sub("\n", rest)
    found = [" ".join(part.split()) for part in re.split(r"\n\s*\n", rest)]
    plain = [_plain(text, titles) for text in found if text]
    return [text for text in plain if text]


def titles(pages: Mapping[str, str]) -> dict[str, str]:
    """What labels, and names of pages, are called."""
    found = {}
    for name, page in pages.items():
        rest = FENCED.sub("", FRONT.sub("", page))
        found |= {label: title for label, title in HEADED.findall(rest)}
        first = HEADING.search(rest)
        if first is not None:
            found[name.rpartition("/")[2]] = first[1]
    return found


def book(folder: str | Path) -> dict[str, str]:
    """For each page of a book, by name, its paragraphs on lines.

    Raises:
        ValueError: if the folder has no pages.
    """
    folder = Path(folder)
    pages = {
        path.relative_to(folder).with_suffix("").as_posix(): path.read_text(
            "utf8"
        )
        for path in sorted(folder.rglob("*.md"))
    }
    if not pages:
        raise ValueError(f"folder={str(folder)!r} must hold pages, *.md")
    called = titles(pages)
    return {
        name: "".join(line + "\n" for line in paragraphs(page, called))
        for name, page in pages.items()
    }


def _plain(text: str, titles: Mapping[str, str]) -> str:
    """A paragraph without its marks."""
    text = ROLE.sub(lambda found: _said(*found.groups(), titles), text)
    text = LINK.sub(r"\1", text)
    text = MATH.sub(lambda found: _formula(found[1]), text)
    text = CODE.sub(r"\1", text)
    text = STRESSED.sub(r"\2", text)
    return re.sub(r" +(?=[.,;:)])", "", " ".join(text.split()))


def _said(role: str, content: str, titles: Mapping[str, str]) -> str:
    """What a role prints."""
    if role in ENDS:
        literal = content.partition(ENDS[role])[0].rstrip("\\ ")
        return _formula(literal) if role == "chk" else literal
    named = NAMED.fullmatch(content)
    if named:
        return named[1]
    if role in ("ref", "doc"):
        return titles[content.rpartition("/")[2]]
    if role == "cite:t":
        keys = [KEY.fullmatch(key) for key in content.split(",")]
        return " and ".join(f"{key[1].title()} {key[2]}" for key in keys)
    return WORDS.get(role, "")


def _formula(tex: str) -> str:
    """A formula on a line: commands are their names."""
    for command, letter in TEX.items():
        tex = tex.replace(command, letter)
    tex = re.sub(r"\\([a-zA-Z]+)", r"\1 ", tex)
    return re.sub(r"[{}\\]", "", tex)
