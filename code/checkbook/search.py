"""The words of a site, in parts of which a search loads those that it needs.

Files cannot fetch, so every part is a script. It is packed, and named for what
it holds:

    sections    where each section stands, its page, its heading; and how many
                parts of words there are
    words-N     in which sections some of the words stand, and how often
    text-N      the words of section N, in their order

A term is found where a word begins with it, or anywhere if it has a digit, and
ranks by how often it stands in words, wherever in them. Of KEY characters or
more, it is looked up in the one part that has all words with its first KEY in
them. Shorter terms are in most of the words, and stand among them themselves.
"""

import base64
import json
import re
import unicodedata
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from checkbook.files import Folder, memo
from checkbook.pagefacts import Facts

FOLDER = "_static/search"
KEY, OFTEN = 3, 3  # characters; times beyond which none is counted
WORDS_A_PART = 64
_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
DIGIT = re.compile("[0-9]")


def write(
    target: Folder, pages: Iterable[tuple[str, Facts]], made: Path
) -> None:
    """Put the parts into a site's folder.

    Args:
        target: the site.
        pages: name without its ending, and facts, in the book's order.
        made: a folder that keeps what was made of sections and of parts.
    """
    sections, texts = [], []
    for name, facts in pages:
        for anchor, heading, text in facts.sections:
            url = f"{name}#{anchor}" if anchor else name
            sections.append((url, facts.title, heading))
            texts.append(text)
    with (
        memo(made / "stands.json", standing, __file__) as stands,
        memo(made / "packed.json", packed, __file__) as pack,
    ):
        parts = word_parts(
            stands(_json((f"{page} {heading}", text)))
            for (_, page, heading), text in zip(sections, texts, strict=True)
        )
        of_all = _json({"parts": len(parts), "sections": sections})
        contents = {"sections": of_all}
        contents |= {f"words-{n}": text for n, text in enumerate(parts)}
        contents |= {f"text-{n}": _json(text) for n, text in enumerate(texts)}
        for name, content in contents.items():
            said = f'["{name}"] = "{pack(content)}"'
            script = f"(window.searchParts ??= {{}}){said};\n"
            target.put(f"{FOLDER}/{name}.js", script)


def packed(content: str) -> str:
    """A part as it stands in its script."""
    return base64.b85encode(zlib.compress(content.encode())).decode()


def plain(text: str) -> str:
    """Small letters without accents, as the page's script makes them."""
    text = unicodedata.normalize("NFKD", text.lower())
    if text.isascii():
        return text
    return "".join(c for c in text if unicodedata.category(c)[0] != "M")


def standing(section: str) -> tuple[dict[str, int], list[str]]:
    """How words and short terms stand in a section, and the words above it.

    From 0 to 2 for once to OFTEN; and 3 more for a term that is found only
    above the text.

    Args:
        section: what stands above the text, and the text, as JSON.
    """
    above, text = map(plain, json.loads(section))
    found = {
        word: min(times, OFTEN) - 1
        for word, times in Counter(text.split()).items()
        if len(word) >= KEY
    }
    return found | dict(short_terms(above, text)), above.split()


def word_parts(
    sections: Iterable[tuple[dict[str, int], list[str]]],
) -> list[str]:
    """Objects of words, in JSON, each with the sections where it stands.

    A section is 6 times its distance from the one before, and how the word
    stands there.

    Args:
        sections: of each what `standing` finds.
    """
    gaps, last, words = defaultdict(list), {}, set()
    for n, (found, above) in enumerate(sections):
        for word, how in found.items():
            gaps[word].append(2 * OFTEN * (n - last.get(word, 0)) + how)
            last[word] = n
        words |= found.keys() | set(above)
    asked = set().union(*map(keys, words))
    n_parts = 1 + len(gaps) // WORDS_A_PART
    part = {key: part_of(key, n_parts) for key in asked}
    parts = [[] for _ in range(n_parts)]
    for word in sorted(gaps):
        entry = f"{_json(word)}:{_json(gaps[word])}"
        grams = (word[at : at + KEY] for at in range(len(word) - KEY + 1))
        wanted = {part[gram] for gram in grams if gram in part}
        for n in wanted or {part_of(word, n_parts)}:
            parts[n].append(entry)
    return [f"{{{','.join(part)}}}" for part in parts]


def keys(word: str) -> set[str]:
    """The first KEY characters of all that is found in a word."""
    anywhere = DIGIT.search(word)
    return {
        word[at : at + KEY]
        for at in range(len(word) - KEY + 1)
        if anywhere or _begins(word, at)
    }


def short_terms(above: str, text: str) -> Iterator[tuple[str, int]]:
    """What has less than KEY characters and is found, and how it stands."""
    inside = set().union(*map(short_keys, text.split()))
    outside = set().union(*map(short_keys, above.split()))
    for term in inside | outside:
        # not a count: most of them are found often at once
        if times := len(text.split(term, OFTEN)) - 1:
            yield term, times - 1 + (0 if term in inside else OFTEN)


@cache
def short_keys(word: str) -> set[str]:
    """All that is found in a word and has less than KEY characters."""
    return {
        term
        for n in range(1, KEY)
        for at in range(len(word) - n + 1)
        if _begins(word, at) | bool(DIGIT.search(term := word[at : at + n]))
    }


def _begins(word: str, at: int) -> bool:
    return at == 0 or not word[at - 1].isalnum()


@cache
def part_of(key: str, n_parts: int) -> int:
    """The number of the part that a key's words are in."""
    mixed = 0
    for character in key:
        mixed = 31 * mixed + ord(character)
    return mixed % n_parts
