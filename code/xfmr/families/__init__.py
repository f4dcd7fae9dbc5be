"""A config.json of the transformers library, read into a configuration.

Twenty-four families by their `model_type`, each a short difference against
what many say: see `shared`, and the tables at the foot of `encoders`, `gpts`,
`decoders`, `mixtures` and `pairs`. Nothing here imports the library. Which
defaults its classes have is written down, and a test compares it.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from xfmr.config import Config
from xfmr.families import (
    decoders,
    encoders,
    gpts,
    mixtures,
    pairs,
    papers,
    rope,
)
from xfmr.families.keys import Family, Keys

LIBRARY = (
    encoders.FAMILIES
    | gpts.FAMILIES
    | decoders.FAMILIES
    | mixtures.FAMILIES
    | pairs.FAMILIES
)
FAMILIES = LIBRARY | papers.FAMILIES
KNOWN = ", ".join(sorted(LIBRARY))


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What a file says.

    Args:
        config: the model.
        family: its `model_type`.
        counted: the class whose heads it has.
        assumed: whether the file names no class.
        warnings: what the reader should know, a line each.
    """

    config: Config
    family: str
    counted: str
    assumed: bool
    warnings: tuple[str, ...]


def read(
    source: Mapping[str, object] | str | Path, *, name: str | None = None
) -> Reading:
    """The configuration that a file, a folder with one or its content holds.

    Args:
        source: the keys, or where they are: a file or a folder that holds a
            config.json.
        name: what to call the model; by default the folder's or file's name.

    Raises:
        ValueError: if it cannot be read, if its family or head is unknown, or
            if a key is missing, contradicts another or has more weights than
            are counted.
    """
    if isinstance(source, Mapping):
        called = str(source.get("model_type"))
        return of_keys(source, name=name or called, source=called)
    raw, called = _load(Path(source))
    return of_keys(raw, name=name or called, source=str(source))


def of_keys(raw: Mapping[str, object], *, name: str, source: str) -> Reading:
    """The configuration that the keys of a file say.

    Raises:
        ValueError: as `read`.
    """
    kind = raw.get("model_type")
    family = _family(kind)
    counted, assumed = _counted(raw, kind, family)
    keys = Keys(raw, family)
    keys.check_only()
    fields = {**family.fields, **family.read(keys)}
    if counted == family.encoder:
        fields["n_decoder_layers"] = None
    config = Config(
        name=name,
        source=source,
        heads=family.classes[counted],
        **fields,
    )
    return Reading(
        config=config,
        family=str(kind),
        counted=counted,
        assumed=assumed,
        warnings=tuple(_warnings(keys)),
    )


def _load(path: Path) -> tuple[dict[str, object], str]:
    file = path / "config.json" if path.is_dir() else path
    try:
        text = file.read_text("utf8")
        raw = json.loads(text)
    except FileNotFoundError:
        raise ValueError(f"{file} does not exist") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"{file} is not JSON: {error}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"{file} cannot be read: {error}") from None
    if not isinstance(raw, dict):
        raise ValueError(f"{file} must hold an object, not {raw!r:.40}")
    own = (
        file.stem if file.name != "config.json" else file.resolve().parent.name
    )
    return raw, own


def _family(kind: object) -> Family:
    if kind is None:
        raise ValueError(f"model_type is missing: known are {KNOWN}")
    if not isinstance(kind, str) or kind not in FAMILIES:
        near = get_close_matches(str(kind), LIBRARY, n=1)
        meant = f", perhaps {near[0]}" if near else ""
        raise ValueError(
            f"model_type={kind!r} is unknown{meant}: known are {KNOWN}"
        )
    return FAMILIES[kind]


def _counted(
    raw: Mapping[str, object], kind: object, family: Family
) -> tuple[str, bool]:
    said = raw.get("architectures")
    if said in (None, []):
        return family.assumed, True
    if not isinstance(said, list) or said[0] not in family.classes:
        raise ValueError(
            f"architectures={said!r} has a head that is not counted: known "
            f"for {kind} are {', '.join(family.classes)}"
        )
    return said[0], False


def _warnings(keys: Keys) -> list[str]:
    found = []
    if keys.missing:
        listed = ", ".join(f"{k}={v}" for k, v in keys.missing.items())
        found.append(f"missing, so the library's defaults are taken: {listed}")
    if unknown := keys.unknown():
        found.append(
            "unknown, and could change the count: " + ", ".join(unknown)
        )
    if kind := rope.kind_unknown(keys):
        found.append(
            f"rope_type={kind!r} is not computed; no count depends on it"
        )
    return found
