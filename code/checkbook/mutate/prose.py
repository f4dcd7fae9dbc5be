"""Operators on what a page prints: numbers, words, units, sources, targets."""

import re
from collections.abc import Iterator

from checkbook.mutate.mutant import Edit
from checkbook.mutate.places import Page, Piece

IDENTIFIER = re.compile(r"(?<=[A-Za-z_])(?:-|\{)?\d+|(?<=[A-Za-z_]-)\d+")
NUMBER = re.compile(r"(?<![A-Za-z\d_.])(?<![A-Za-z]-)(?<!_\{)\d+(?:[.,_]\d+)*")
ALLOWED = ("0", "1", "2")  # what a formula or code may hold unchecked

WORDS = [
    group.split()
    for group in (
        "three four five six seven eight nine",
        "ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
        "eighteen nineteen",
        "twenty thirty forty fifty sixty seventy eighty ninety",
        "hundred thousand million billion trillion",
    )
]
_EVERY = "|".join(word for group in WORDS for word in group)
WORD = re.compile(rf"\b(?:one|two|{_EVERY})\b", re.I)

UNITS = {
    **{"KiB": "kB", "MiB": "MB", "GiB": "GB", "TiB": "TB"},
    **{"kB": "KiB", "MB": "MiB", "GB": "GiB", "TB": "TiB"},
    **{"kibibytes": "kilobytes", "mebibytes": "megabytes"},
    **{"gibibytes": "gigabytes", "kilobytes": "kibibytes"},
    **{"megabytes": "mebibytes", "gigabytes": "gibibytes"},
    **{"k": "M", "M": "B", "B": "M", "T": "B", "%": ""},
    **{"ms": "s", "s": "ms", "µs": "ms", "ns": "µs", "seconds": "minutes"},
    **{"thousand": "million", "million": "billion", "billion": "million"},
    **{"GFLOPs": "TFLOPs", "TFLOPs": "GFLOPs", "FLOPs": "kFLOPs"},
    **{"bytes": "kilobytes", "B/s": "kB/s", "GB/s": "TB/s"},
}
_UNIT = "|".join(map(re.escape, sorted(UNITS, key=len, reverse=True)))
LAST_UNIT = re.compile(rf"(?<=[\d\s])(?:{_UNIT})$")
NEXT_UNIT = re.compile(rf"[\s-](?P<unit>{_UNIT})(?![\w/])")

_OPPOSITES = (
    "more/fewer less/more faster/slower larger/smaller bigger/smaller "
    "greater/less higher/lower longer/shorter above/below over/under "
    "at_most/at_least exceeds/equals equal/larger equals/exceeds "
    "same/different exactly/at_most differ/agree differs/agrees "
    "right/wrong correct/wrong true/false yes/no all/none always/never"
).split()
OPPOSITES = {}
for _pair in _OPPOSITES:
    _one, _, _other = _pair.replace("_", " ").partition("/")
    OPPOSITES.setdefault(_one, _other)
    OPPOSITES.setdefault(_other, _one)
COMPARISON = re.compile(rf"\b(?:{'|'.join(OPPOSITES)})\b", re.I)
VERDICT = re.compile(
    r"(?<![\w-])(?:Right|Wrong|Correct|Incorrect|True|False|Yes|No)(?=[.,:;*])"
)
VERDICTS = {"Incorrect": "Correct"}

CITATIONS = ("cite", "cite:t", "cite:p", "cite:alp", "cite:author")
REFERENCES = ("ref", "numref", "eq", "doc", "any", "prf:ref", "term")
KEY_YEAR = re.compile(r"(?<=[a-z])(?:19|20)\d\d(?=[a-z]?\b)")
BIB_YEAR = re.compile(r"^\s*year\s*=\s*[\"{]?(?P<year>\d{4})", re.M)


def _digits(
    text: str, start: int, among: str = "0123456789"
) -> Iterator[Edit]:
    """Each digit of a number as each other digit."""
    for at, old in enumerate(text):
        leads = at == 0 and len(text) > 1
        for new in among if old.isdigit() else "":
            if new != old and not (leads and new == "0"):
                yield Edit(start + at, start + at + 1, new)


def _year(page: Page, piece: Piece) -> bool:
    said = page.said(piece)
    return piece.name == "lit" and bool(re.fullmatch(r"(19|20)\d\d", said))


def digits(page: Page, *places: str) -> Iterator[Edit]:
    """A wrong digit in what a checked role prints."""
    for piece in page.checked("num", "cite-num", "lit", "claim"):
        if piece.place in places and not _year(page, piece):
            for number in NUMBER.finditer(page.said(piece)):
                yield from _digits(number[0], piece.start + number.start())


def formula_digits(page: Page) -> Iterator[Edit]:
    """A wrong digit in a formula, where it makes a number to be checked."""
    for piece in page.pieces:
        checked = piece.name == "chk"
        if not checked and (piece.kind != "math" or piece.name in REFERENCES):
            continue
        for number in NUMBER.finditer(page.said(piece)):
            at = piece.start + number.start()
            for edit in _digits(number[0], at):
                wrong = Edit(edit.start - at, edit.end - at, edit.new)
                if checked or wrong.apply(number[0]) not in ALLOWED:
                    yield edit


def free_digits(page: Page) -> Iterator[Edit]:
    """Another of 0, 1, 2 where a formula or code may hold them unchecked."""
    for piece in page.of("math", "code"):
        if piece.name != "chk":
            for number in NUMBER.finditer(page.said(piece)):
                if number[0] in ALLOWED:
                    at = piece.start + number.start()
                    yield from _digits(number[0], at, "012")


def identifiers(page: Page) -> Iterator[Edit]:
    """A wrong digit in a name, such as GPT-3 for GPT-2."""
    for piece in page.of("text", "math", "code"):
        if piece.name != "chk":
            for name in IDENTIFIER.finditer(page.said(piece)):
                number = re.search(r"\d+", name[0])
                at = piece.start + name.start() + number.start()
                yield from _digits(number[0], at)


def number_words(page: Page) -> Iterator[Edit]:
    """Another number word in what a checked role prints."""
    for piece in page.checked("num", "cite-num", "lit", "claim"):
        yield from _other_words(page.said(piece), piece.start)


def _other_words(text: str, start: int) -> Iterator[Edit]:
    for match in WORD.finditer(text):
        for new in _others(match[0]):
            yield Edit(start + match.start(), start + match.end(), new)


def _others(word: str) -> list[str]:
    """Number words to put in a word's place, capitalised as it is."""
    low = word.lower()
    group = next((g for g in WORDS if low in g), WORDS[0])
    at = group.index(low) if low in group else 0
    chosen = {group[at - 1], group[(at + 1) % len(group)]}
    return sorted(w.capitalize() if word[0].isupper() else w for w in chosen)


def added(page: Page, *places: str) -> Iterator[Edit]:
    """A number that nothing checks, between two words."""
    for piece in page.of("text"):
        if piece.place in places:
            said = page.said(piece)
            for gap in re.finditer(r"(?<=[a-z,]) (?=[a-z]{2})", said):
                at = piece.start + gap.start()
                for new in (" 37 ", " 1.5 ", " four "):
                    yield Edit(at, at + 1, new)


def added_in_formula(page: Page) -> Iterator[Edit]:
    """A number that nothing checks, at the end of a formula or of code."""
    for piece in page.of("math", "code"):
        said = page.said(piece).rstrip()
        if said:
            end = piece.start + len(said)
            yield Edit(end, end, " + 7")


def plain(page: Page) -> Iterator[Edit]:
    """A wrong number in plain text, in place of a checked role."""
    for piece in page.of("role"):
        said = page.said(piece)
        if piece.name in ("num", "cite-num", "lit"):
            numbers = list(NUMBER.finditer(said))
            for edit in _plain_edits(said, numbers):
                yield Edit(*piece.outer, edit.apply(said))
        elif piece.name == "chk":
            for number in NUMBER.finditer(said):
                for edit in _digits(number[0][-1], number.end() - 1, "3579"):
                    yield Edit(*piece.outer, f"${edit.apply(said)}$")
        elif piece.name == "answer":
            yield Edit(*piece.outer, _other_verdict(said))


def _plain_edits(said: str, numbers: list[re.Match]) -> Iterator[Edit]:
    for number in numbers[:1]:
        yield from _digits(number[0][-1], number.end() - 1, "357")
    if not numbers:
        yield from _other_words(said, 0)


def units(page: Page) -> Iterator[Edit]:
    """Another unit, in a checked role or right after it."""
    for piece in page.checked("num", "cite-num"):
        said = page.said(piece)
        if match := LAST_UNIT.search(said):
            at = piece.start + match.start()
            yield Edit(at, piece.end, UNITS[match[0]])
        elif match := NEXT_UNIT.match(page.text, piece.outer[1]):
            yield Edit(*match.span("unit"), UNITS[match["unit"]])


def claim_words(page: Page) -> Iterator[Edit]:
    """The opposite of what a claim says."""
    for piece in page.checked("claim"):
        yield from _opposites(page.said(piece), piece.start)


def prose_words(page: Page) -> Iterator[Edit]:
    """The opposite of what a sentence says, where nothing checks it."""
    for piece in page.of("text"):
        yield from _opposites(page.said(piece), piece.start)


def _opposites(text: str, start: int) -> Iterator[Edit]:
    for match in COMPARISON.finditer(text):
        new = OPPOSITES[match[0].lower()]
        if match[0][0].isupper():
            new = new.capitalize()
        yield Edit(start + match.start(), start + match.end(), new)


def answers(page: Page) -> Iterator[Edit]:
    """The wrong answer: another verdict, number or word than the right one."""
    for piece in page.pieces:
        said, at = page.said(piece), piece.start
        if not piece.answer:
            continue
        if piece.name in ("num", "claim"):
            for number in NUMBER.finditer(said):
                yield from _digits(number[0], at + number.start())
            yield from _other_words(said, at)
        if piece.name == "claim":
            yield from _opposites(said, at)
        elif piece.name == "answer":
            yield Edit(at, at + len(said), _other_verdict(said))
        elif piece.kind == "text":
            for match in VERDICT.finditer(said):
                new = _other_verdict(match[0])
                yield Edit(at + match.start(), at + match.end(), new)


def _other_verdict(word: str) -> str:
    return (VERDICTS.get(word) or OPPOSITES[word.lower()]).capitalize()


def citation_years(page: Page) -> Iterator[Edit]:
    """Another year, in the key of a citation or typed."""
    for piece in page.pieces:
        said = page.said(piece)
        if piece.kind == "role" and piece.name in CITATIONS:
            yield from _years(KEY_YEAR.finditer(said), piece.start)
        elif piece.name == "cite-num":
            source = page.text[piece.end : piece.outer[1]]
            yield from _years(KEY_YEAR.finditer(source), piece.end)
        elif _year(page, piece):
            yield from _years(re.finditer(r"\d{4}", said), piece.start)


def bibliography_years(text: str) -> Iterator[Edit]:
    """Another year in an entry of a bibliography."""
    for match in BIB_YEAR.finditer(text):
        for year in (int(match["year"]) + 1, int(match["year"]) - 1):
            yield Edit(*match.span("year"), str(year))


def _years(matches: Iterator[re.Match], start: int) -> Iterator[Edit]:
    for match in matches:
        for year in (int(match[0]) + 1, int(match[0]) - 1):
            yield Edit(start + match.start(), start + match.end(), str(year))


def references(page: Page) -> Iterator[Edit]:
    """The name of something that does not exist."""
    for piece in page.of("role", "link"):
        said = page.said(piece)
        inner = re.search(r"<([^>]+)>$", said)
        end = piece.start + inner.end(1) if inner else piece.end
        outside = re.match(r"[a-z]+:", said)
        if piece.name in REFERENCES or (piece.kind == "link" and not outside):
            yield Edit(end, end, "-missing")
