"""What a search finds: its parts read back, and whole texts compared."""

import base64
import json
import re
import unicodedata
import zlib
from pathlib import Path

from checkbook.search import FOLDER


def part(target: Path, name: str) -> object:
    """What one of the parts of a site's search holds."""
    script = (target / FOLDER / f"{name}.js").read_text("utf8")
    before, _, packed = script.removesuffix('";\n').partition(' = "')
    assert before == f'(window.searchParts ??= {{}})["{name}"]'
    return json.loads(zlib.decompress(base64.b85decode(packed)))


def folded(text: str) -> str:
    """Text as it is compared."""
    text = unicodedata.normalize("NFKD", text.lower())
    return "".join(c for c in text if unicodedata.category(c)[0] != "M")


def begins(text: str, term: str) -> bool:
    """Whether a word of a text begins with a term, or a number is in it."""
    before = "" if re.search("[0-9]", term) else r"(?<![^\W_])"
    return re.search(before + re.escape(term), text) is not None


def whole(text: str, term: str) -> bool:
    """Whether a term of three characters or more is a word of a text."""
    bare = (re.sub(r"^[\W_]+|[\W_]+$", "", word) for word in text.split())
    return len(term) > 2 and term in bare


def ranked(sections: list[tuple[str, str, str, str]], query: str) -> list[str]:
    """The addresses that a search finds, best first.

    Args:
        sections: address, page, heading and text of each.
    """
    terms = [t for t in folded(query).split() if re.search(r"[^\W_]", t)]
    points = {}
    for url, *fields in sections:
        page, heading, text = map(folded, fields)
        each = [
            4 * begins(page, term)
            + 9 * begins(heading, term)
            + 2 * begins(text, term)
            + 4 * whole(text, term)
            for term in terms
        ]
        if all(each) and terms:
            often = sum(min(3, text.count(term)) for term in terms)
            points[url] = sum(each) + often
    return sorted(points, key=lambda url: -points[url])
