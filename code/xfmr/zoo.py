"""Published models: their sizes, what was printed of them, and where.

Ninety-six of them, from the first transformer to mixtures of experts, stand
in `zoo.json`, each as the keys of a config.json. What was taken from memory
there, and not from a file or a paper, is named under `unconfirmed`.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from pathlib import Path

from xfmr import count
from xfmr.families import Reading, read

FIGURE = re.compile(r"([\d.,]+)([MB]?)")
UNITS = {"": 1.0, "M": 1e6, "B": 1e9}
FILE = Path(__file__).with_name("zoo.json")


@dataclass(frozen=True, kw_only=True)
class Published:
    """A published model.

    Args:
        name: what it is called here.
        keys: its sizes, as a config.json has them.
        published: its number of parameters, as it was printed.
        published_in: where that was printed.
        sizes_from: where the sizes stand.
        unconfirmed: `published`, `sizes` or both, if from memory alone.
        why: the reason where the printed figure is not the exact one.
    """

    name: str
    keys: Mapping[str, object]
    published: str
    published_in: str
    sizes_from: str
    unconfirmed: tuple[str, ...] = ()
    why: str = ""

    @property
    def reading(self) -> Reading:
        """What the keys say, with the configuration under the name."""
        return read(self.keys, name=self.name)

    @property
    def figure(self) -> tuple[float, float]:
        """The printed total, and the step of its last digit.

        `7.61B, 6.53B non-embedding` is 7.61e9, to 1e7; parts with a `+`
        between them are added.
        """
        first = FIGURE.findall(self.published.partition(", ")[0])
        numbers = [_number(digits, unit) for digits, unit in first]
        return sum(n for n, _ in numbers), max(step for _, step in numbers)

    @property
    def agrees(self) -> bool:
        """Whether the printed total is the exact one, to its last digit."""
        value, step = self.figure
        exact = count.parameters(self.reading.config)
        return abs(value - exact) <= step / 2


@cache
def models() -> dict[str, Published]:
    """All published models by name, in the order of the file."""
    return {
        entry["name"]: Published(
            keys=entry.pop("config"),
            unconfirmed=tuple(entry.pop("unconfirmed", ())),
            **entry,
        )
        for entry in json.loads(FILE.read_text("utf8"))
    }


def find(name: str) -> Published:
    """The model of that name, in capitals or not.

    Raises:
        ValueError: if there is none; names that come near are said.
    """
    known = models()
    called = name.lower()
    if called not in known:
        near = get_close_matches(called, known, n=3)
        meant = f"perhaps {' or '.join(near)}" if near else "see xfmr presets"
        raise ValueError(f"{name} is no preset: {meant}")
    return known[called]


def _number(digits: str, unit: str) -> tuple[float, float]:
    n_decimals = len(digits.partition(".")[2])
    value = float(digits.replace(",", "")) * UNITS[unit]
    return value, UNITS[unit] * 10.0**-n_decimals
