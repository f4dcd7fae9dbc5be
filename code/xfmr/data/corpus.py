"""Texts from files, read in pieces, of which every tenth is held out.

A text may be larger than memory. It is read in pieces of one size, and a model
learns from nine and is measured on the tenth, all through the text, so that
both have the same subjects. The place of a piece alone decides, so that it is
the same whenever the file is.
"""

from codecs import getincrementaldecoder
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

EVERY = 10  # pieces, of which the last is held out
PIECES = 4 * EVERY  # of a text, at most, unless they would be longer than
LONGEST = 2**20  # bytes of a piece, which then goes on to the end of a line


def pieces(path: str | Path) -> Iterator[str]:
    """The text of a file in pieces, each up to the end of a line.

    A line that is longer than a piece is cut.

    Raises:
        ValueError: in one line, if the file cannot be read, holds nothing but
            white space, or is not UTF-8.
    """
    path, is_blank = Path(path), True
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            for text in _decoded(file, min(LONGEST, 1 + size // PIECES)):
                is_blank = is_blank and not text.strip()
                yield text
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        message = f"{path} is not UTF-8: byte {error.start:,} spells nothing"
        raise ValueError(message) from None
    if is_blank:
        raise ValueError(f"{path} is empty")


def _decoded(file: BinaryIO, size: int) -> Iterator[str]:
    """Pieces of so many bytes, and on to a line's end if it is as near."""
    decoder = getincrementaldecoder("utf8")()
    while True:
        begin = file.tell() - len(decoder.getstate()[0])
        part = file.read(size)
        if not part.endswith(b"\n"):
            part += file.readline(size)
        try:
            text = decoder.decode(part, final=not part)
        except UnicodeDecodeError as error:
            error.start += begin  # of the file, and not of what was read
            raise
        if not part:
            return
        yield text


def learned(path: str | Path) -> Iterator[str]:
    """The pieces to learn from.

    Raises:
        ValueError: as `pieces` does.
    """
    return (text for n, text in enumerate(pieces(path), 1) if n % EVERY)


def held_out(path: str | Path) -> Iterator[str]:
    """The pieces to be measured on.

    Raises:
        ValueError: as `pieces` does.
    """
    return (text for n, text in enumerate(pieces(path), 1) if not n % EVERY)
