"""What scripts were made of: a hash of all files of this package, the kept
model among them. It needs no torch, so that every build can ask."""

import hashlib
from functools import cache
from pathlib import Path

import xfmr

NAMES = ("weights", "tables", "golden", "cards", "kernel")


@cache
def made_of() -> str:
    """SHA-256 of the package as it is when first asked."""
    total = hashlib.sha256()
    top = Path(xfmr.__file__).parent
    for path in sorted(top.rglob("*")):
        if path.is_file() and path.suffix != ".pyc":
            total.update(path.relative_to(top).as_posix().encode())
            total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def head() -> str:
    """The first line of each script."""
    return f"/* made by xfmr.export of {made_of()} */\n"


def is_stale(folder: Path) -> bool:
    """Whether a script is missing, or was made of something else."""
    for name in NAMES:
        try:
            with open(folder / f"{name}.js", encoding="utf8") as script:
                if script.readline() != head():
                    return True
        except OSError:
            return True
    return False
