"""Rotary positions, as files have spelled them.

    rope_theta, rope_scaling                       until version 4
    rope_parameters: {rope_theta, rope_type, ...}  from version 5
    rope_parameters: {full_attention: {...}, ...}  where layers differ

No parameter depends on them.
"""

from collections.abc import Mapping

from xfmr.config_parts import SCALINGS, Scaling
from xfmr.families.keys import Keys

KEYS = frozenset(
    (
        *("rope_parameters", "rope_scaling", "rope_theta"),
        *("rotary_emb_base", "rotary_pct", "partial_rotary_factor"),
        *("rope_local_base_freq", "global_rope_theta", "local_rope_theta"),
        *("original_max_position_embeddings", "max_position_embeddings"),
        *("rope_interleave",),
    )
)
UNTURNED = (None, "default")


def positions(
    keys: Keys, *, d_head: int, base: float, local: float | None = None
) -> dict[str, object]:
    """The fields of a Config that say how positions turn.

    Args:
        d_head: the coordinates that are turned, unless a part of them is.
        base: the base where the file names none.
        local: that of layers with a window, where the family has one.

    Raises:
        ValueError: if what the file says cannot be computed.
    """
    given = _mapping(keys.raw, "rope_parameters")
    full = _mapping(given, "full_attention") or given
    sliding = _mapping(given, "sliding_attention")
    full = full | _mapping(keys.raw, "rope_scaling")
    found = {
        "rotary_base": _first(
            [full, keys.raw],
            ("rope_theta", "rotary_emb_base", "global_rope_theta"),
            base,
        ),
        "rotary_scaling": _scaling(keys.raw, full),
    }
    part = _first(
        [full, keys.raw],
        ("partial_rotary_factor", "rotary_pct"),
        keys.family.defaults.get("partial_rotary_factor", 1.0),
    )
    if part != 1:
        # whole planes, at least one
        found["d_rotary"] = max(2 * (int(d_head * part) // 2), 2)
    if local is not None:
        old = ("rope_local_base_freq", "local_rope_theta")
        found["local_rotary_base"] = _first(
            [sliding], ("rope_theta",), _first([keys.raw], old, local)
        )
    return found


def kind_unknown(keys: Keys) -> str | None:
    """What a file calls a change of its frequencies that is not known."""
    given = _mapping(keys.raw, "rope_parameters")
    full = _mapping(given, "full_attention") or given
    full = full | _mapping(keys.raw, "rope_scaling")
    said = full.get("rope_type", full.get("type"))
    return None if said in (*UNTURNED, *SCALINGS) else str(said)


def _mapping(raw: Mapping[str, object], key: str) -> dict[str, object]:
    found = raw.get(key)
    if found is None:
        return {}
    if not isinstance(found, Mapping):
        raise ValueError(f"{key}={found!r} must be an object or null")
    return dict(found)


def _first(
    places: list[Mapping[str, object]], names: tuple[str, ...], instead: float
) -> float:
    for place in places:
        for name in names:
            value = place.get(name)
            if value is None:
                continue
            if type(value) not in (int, float) or value <= 0:
                raise ValueError(f"{name}={value!r} must be above 0")
            return float(value)
    return instead


def _scaling(
    raw: Mapping[str, object], full: Mapping[str, object]
) -> Scaling | None:
    said = full.get("rope_type", full.get("type"))
    if said not in SCALINGS:
        return None
    original = full.get(
        "original_max_position_embeddings",
        raw.get(
            "original_max_position_embeddings",
            raw.get("max_position_embeddings"),
        ),
    )
    slow, fast = {
        "llama3": (full.get("low_freq_factor"), full.get("high_freq_factor")),
        "yarn": (full.get("beta_slow", 1.0), full.get("beta_fast", 32.0)),
        "linear": (None, None),
    }[said]
    return Scaling(
        kind=said,
        factor=_first([full], ("factor",), 1.0),
        original_length=original,
        slow=None if slow is None else float(slow),
        fast=None if fast is None else float(fast),
    )
