"""Checkpoints: files that are whole or not there.

    step-00000200-9f86d081884c7d65.safetensors

A file is written under another name, brought to the disk and then renamed, so
that a process that is killed leaves the old ones as they were. Its name holds
the hash of its bytes: what the disk has changed is not loaded. Tensors, and
as metadata what is no tensor; nothing in them can run.
"""

import hashlib
import json
import os
import re
from collections.abc import Mapping
from pathlib import Path

from safetensors import safe_open
from safetensors.torch import load, save
from torch import Tensor

N_KEPT = 2
FOLDER, PARTIAL = "checkpoints", ".partial"
NAME = re.compile(r"step-(\d{8})-([0-9a-f]{16})\.safetensors")


def write(path: Path, data: bytes) -> None:
    """Put a file in place of what is there, as a whole.

    Raises:
        ValueError: if the disk does not take it; what was there stays.
    """
    partial = path.with_name(path.name + PARTIAL)
    try:
        with open(partial, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, path)
        folder = os.open(path.parent, os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise ValueError(
            f"{path} cannot be written: {error.strerror}"
        ) from None


def keep(
    folder: Path, *, step: int, tensors: Mapping[str, Tensor], facts: object
) -> Path:
    """The file of a new checkpoint; of those before it, one is left.

    Args:
        folder: that of the run.
        facts: what JSON can hold.

    Raises:
        ValueError: if the disk does not take it; those before it stay.
    """
    where = folder / FOLDER
    where.mkdir(exist_ok=True)
    for left in where.glob(f"*{PARTIAL}"):  # of a process that was killed
        left.unlink()
    whole = {name: x.contiguous() for name, x in tensors.items()}
    data = save(whole, {"facts": json.dumps(facts)})
    path = where / f"step-{step:08}-{_hash(data)}.safetensors"
    write(path, data)
    for old in found(folder)[:-N_KEPT]:
        old.unlink()
    return path


def found(folder: Path) -> list[Path]:
    """The checkpoints of a run, the newest last."""
    files = (folder / FOLDER).glob("step-*")
    return sorted(file for file in files if NAME.fullmatch(file.name))


def load_newest(folder: Path) -> tuple[dict[str, Tensor], object] | None:
    """The tensors and the facts of the newest checkpoint, if there is any.

    Raises:
        ValueError: if it is not what was written.
    """
    files = found(folder)
    if not files:
        return None
    path = files[-1]
    data = path.read_bytes()
    if _hash(data) != NAME.fullmatch(path.name)[2]:
        others = "no other is left"
        if files[:-1]:
            others = f"delete it to go on from {files[-2].name}"
        raise ValueError(
            f"{path} is not what was written, by its hash: {others}"
        )
    with safe_open(path, "pt") as file:
        facts = json.loads(file.metadata()["facts"])
    return load(data), facts


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:16]
