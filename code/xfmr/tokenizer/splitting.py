r"""Where a text is cut before it is tokenized, and letters for its bytes.

No token reaches over a cut. `gpt2` is the pattern of Radford et al. 2019,
`encoder.py` of openai/gpt-2: one of seven endings after an apostrophe, or a
run of letters, of numbers or of what is neither, each with the space before
it; or a run of white space, less its last character if something follows.
`words` cuts before white space alone.

Both are written for other engines, whose `\p{L}`, `\p{N}` and `\s` are those
of Unicode. Python's `re` lacks the first two and counts four control
characters as white space, so the classes are spelled out.
"""

import re
import sys
from typing import NamedTuple

# Unicode's White_Space
SPACE = "\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"


def ranges(characters: list[str]) -> str:
    """Characters, in order, as the inside of a class of a pattern."""
    ends: list[list[int]] = []
    for code in map(ord, characters):
        if ends and code == ends[-1][1] + 1:
            ends[-1][1] = code
        else:
            ends.append([code, code])
    return "".join(f"{chr(a)}-{chr(b)}" for a, b in ends)


# numbers that are no decimal digits: Roman, circled, fractions, Babylonian
_OTHER_NUMBERS = ranges(
    [
        c
        for c in map(chr, range(sys.maxunicode + 1))
        if c.isnumeric() and not c.isdecimal() and not c.isalpha()
    ]
)
LETTER = rf"[^\W\d_{_OTHER_NUMBERS}]"
NUMBER = rf"[\d{_OTHER_NUMBERS}]"
NEITHER = rf"(?:[^\w{SPACE}]|_)"


class Splitting(NamedTuple):
    """One way to cut.

    Args:
        pattern: finds the words of a text, all of it, in order.
        library: the same pattern for the tokenizers library.
    """

    pattern: re.Pattern[str]
    library: str


SPLITTINGS = {
    "gpt2": Splitting(
        re.compile(
            rf"'(?:[sdmt]|ll|ve|re)| ?{LETTER}+| ?{NUMBER}+| ?{NEITHER}+"
            rf"|[{SPACE}]+(?![^{SPACE}])|[{SPACE}]+"
        ),
        r"'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+"
        r"|\s+(?!\S)|\s+",
    ),
    "words": Splitting(re.compile(rf" ?[^{SPACE}]+|[{SPACE}]+"), r" ?\S+|\s+"),
}


def split(name: str) -> Splitting:
    """The way to cut that has this name.

    Raises:
        ValueError: if none has.
    """
    if name not in SPLITTINGS:
        raise ValueError(f"splitting={name!r} must be in {[*SPLITTINGS]}")
    return SPLITTINGS[name]


def _in_print(byte: int) -> bool:
    """Whether Latin-1 has a mark for it; the soft hyphen prints as nothing."""
    return 0x21 <= byte <= 0x7E or (byte >= 0xA1 and byte != 0xAD)


# GPT-2's order: bytes that print, then those that do not. The letter of the
# first is their own, of the others the next that Latin-1 does not have.
BYTES = bytes(sorted(range(256), key=lambda byte: not _in_print(byte)))
_HIDDEN = [byte for byte in BYTES if not _in_print(byte)]
LETTERS = {
    byte: chr(byte if _in_print(byte) else 256 + _HIDDEN.index(byte))
    for byte in BYTES
}
_CODES = {letter: byte for byte, letter in LETTERS.items()}


def written(token: bytes) -> str:
    """A token of bytes in letters, one for each byte, as files hold it."""
    return "".join(LETTERS[byte] for byte in token)


def read(token: str) -> bytes:
    """The bytes that letters stand for.

    Raises:
        ValueError: if a letter stands for none.
    """
    if not _CODES.keys() >= {*token}:
        raise ValueError(f"{token=} must be written in the letters of bytes")
    return bytes(_CODES[letter] for letter in token)
