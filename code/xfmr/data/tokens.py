"""Token files: the ids of a text on disk, which no program reads whole.

A file is one in safetensors' format with one tensor, `tokens`, of two bytes
a token or of four where the vocabulary has more than two can count. It is
written while the text is read, so that neither has to fit into memory, under
another name until it is complete. A reader maps it into memory and touches
what it asks for.
"""

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO, Protocol, runtime_checkable

import numpy as np

HEADER = 512  # bytes before the first token, whose number is written last
NAMES = {"U16": "<u2", "U32": "<u4"}  # safetensors' name, and numpy's


@runtime_checkable
class Encoder(Protocol):
    """What makes ids of a text: a tokenizer, or a language."""

    vocab_size: int

    def encode(self, text: str) -> list[int]:
        """The ids of a text."""


def write(path: str | Path, texts: Iterable[str], encoder: Encoder) -> None:
    """Write the ids of texts, one after the other.

    What stands at the path stays until the new file is complete.

    Raises:
        ValueError: if there is no token, one is not of the vocabulary, or
            the file cannot be written; and what the texts raise.
    """
    path = Path(path)
    partial = path.with_name(path.name + ".part")
    kind = "U16" if encoder.vocab_size <= 2**16 else "U32"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with partial.open("wb") as file:
            n_tokens, n_bytes = _body(file, texts, encoder, NAMES[kind])
            if not n_tokens:
                raise ValueError(f"{path} must have a token: no text is left")
            known = {"vocab_size": encoder.vocab_size, "n_bytes": n_bytes}
            file.seek(0)
            file.write(_header(kind, n_tokens, known))
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError as error:
        message = f"{path} cannot be written: {error.strerror}"
        raise ValueError(message) from None
    finally:
        if partial.is_file():
            partial.unlink()


def _body(
    file: BinaryIO, texts: Iterable[str], encoder: Encoder, dtype: str
) -> tuple[int, int]:
    """Put down the ids; how many, and of how many bytes of text."""
    file.write(bytes(HEADER))
    n_tokens = n_bytes = 0
    for text in texts:
        ids = np.array(encoder.encode(text), np.int64)
        if ids.size and ids.max() >= encoder.vocab_size:
            raise ValueError(
                f"id {ids.max()} must be below {encoder.vocab_size=}"
            )
        file.write(ids.astype(dtype).tobytes())
        n_tokens += len(ids)
        n_bytes += len(text.encode())
    return n_tokens, n_bytes


def _header(kind: str, n_tokens: int, known: dict[str, int]) -> bytes:
    end = n_tokens * np.dtype(NAMES[kind]).itemsize
    tensor = {"dtype": kind, "shape": [n_tokens], "data_offsets": [0, end]}
    metadata = {name: str(n) for name, n in known.items()}
    text = json.dumps({"__metadata__": metadata, "tokens": tensor})
    length = HEADER - 8
    return length.to_bytes(8, "little") + text.encode().ljust(length)


class Tokens:
    """The tokens of a file, mapped into memory.

    Args:
        path: a file that `write` has written.

    Raises:
        ValueError: in one line, if it cannot be read, is no such file, or
            has lost its end.
    """

    def __init__(self, path: str | Path):
        try:
            with Path(path).open("rb") as file:
                length = int.from_bytes(file.read(8), "little")
                known = json.loads(file.read(min(length, HEADER)))
            tensor = known["tokens"]
            dtype = np.dtype(NAMES[tensor["dtype"]])
            (n_tokens,) = tensor["shape"]
            self.vocab_size = int(known["__metadata__"]["vocab_size"])
            self.n_bytes = int(known["__metadata__"]["n_bytes"])
        except OSError as error:
            message = f"{path} cannot be read: {error.strerror}"
            raise ValueError(message) from None
        except (ValueError, KeyError, TypeError):
            raise ValueError(f"{path} is not a file of tokens") from None
        begin, size = 8 + length, Path(path).stat().st_size
        whole = begin + n_tokens * dtype.itemsize
        if size != whole:
            raise ValueError(f"{path} must have {whole:,} bytes, not {size:,}")
        self.ids = np.memmap(path, dtype, "r", begin, (n_tokens,))

    def __len__(self) -> int:
        """Number of tokens."""
        return len(self.ids)
