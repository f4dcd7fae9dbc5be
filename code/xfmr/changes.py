"""What distinguishes one configuration from another: the fields that differ.

A model is a short difference against those before it. The fields are those
of `Config`, and a field that a model lacks is shown as absent.
"""

from dataclasses import fields

from xfmr.config import Config
from xfmr.tables import Code, Table, table

ABSENT = "–"
WORDS = ("name", "source")


def changes(*configs: Config, caption: str) -> Table:
    """One row for each field in which the models differ, one column for each.

    Raises:
        ValueError: if there are fewer than two, or two of one name.
    """
    names = [config.name for config in configs]
    if len(set(names)) < max(2, len(names)):
        raise ValueError(f"{names=} must be at least two, and distinct")
    return table(
        (
            {"field": Code(field)}
            | {c.name: _shown(getattr(c, field)) for c in configs}
            for field in differing(*configs)
        ),
        caption=caption,
    )


def differing(*configs: Config) -> list[str]:
    """The fields in which the models differ, as they stand in `Config`."""
    return [
        field.name
        for field in fields(Config)
        if field.name not in WORDS
        and len({getattr(config, field.name) for config in configs}) > 1
    ]


def _shown(value: object) -> object:
    match value:
        case None | ():
            return ABSENT
        case bool():
            return "yes" if value else "no"
        case float():
            return f"{value:g}"
        case tuple():
            return ", ".join(map(str, value))
        case int() | str():
            return value
    return type(value).__name__
