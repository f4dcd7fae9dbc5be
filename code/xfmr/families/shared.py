"""What the files of most families say in the same way."""

from collections.abc import Callable

from xfmr.families import rope
from xfmr.families.keys import Family, Keys


def sizes(keys: Keys, d_head: int | None = None) -> dict[str, object]:
    """Depth, width, heads and vocabulary.

    Args:
        d_head: H, where other keys than those of most files say it.

    Raises:
        ValueError: if heads do not divide what they must divide.
    """
    N = keys.needed("num_attention_heads")
    K = N
    if "num_key_value_heads" in keys.family.defaults:
        K = keys.size("num_key_value_heads", N)
        divide(keys, "num_key_value_heads", "num_attention_heads", K, N)
    return {
        "n_layers": keys.needed("num_hidden_layers"),
        "d_model": keys.needed("hidden_size"),
        "n_heads": N,
        "n_kv_heads": K,
        "d_head": d_head or _d_head(keys, N),
        "vocab_size": keys.needed("vocab_size"),
        "tied": keys.flag("tie_word_embeddings"),
    }


def divide(keys: Keys, part: str, whole: str, n: int, of: int) -> None:
    """Refuse heads that cannot be shared out.

    Raises:
        ValueError: if the first does not divide the second.
    """
    if n > of:
        raise ValueError(
            f"{keys.name(part)}={n} must not exceed {keys.name(whole)}={of}"
        )
    if of % n:
        raise ValueError(
            f"{keys.name(part)}={n} must divide {keys.name(whole)}={of}"
        )


def _d_head(keys: Keys, n_heads: int) -> int:
    D = keys.needed("hidden_size")
    free = "head_dim" in keys.family.defaults
    given = keys.get("head_dim") if free else None
    if given is None or keys.family.divides:
        divide(keys, "num_attention_heads", "hidden_size", n_heads, D)
    return D // n_heads if given is None else keys.size("head_dim")


def norm_and_units(keys: Keys, eps: str = "rms_norm_eps") -> dict:
    """The feed-forward layer's width and nonlinearity, and the norms' eps."""
    return {
        "d_ff": keys.needed("intermediate_size"),
        "activation": keys.activation(),
        "norm_eps": keys.number(eps),
    }


def window(keys: Keys) -> dict[str, object]:
    """The window of all layers, or of those that the file lists."""
    width, layers = keys.some("sliding_window"), keys.raw.get("layer_types")
    if width is None or layers is None:
        return {"window": width}
    return {"window": width, "windowed": windowed(layers)}


def windowed(layers: object) -> tuple[bool, ...]:
    """Which layers have a window.

    Raises:
        ValueError: if a layer is of an unknown kind.
    """
    kinds = {"sliding_attention": True, "full_attention": False}
    if not isinstance(layers, list) or not {*map(str, layers)} <= {*kinds}:
        raise ValueError(f"layer_types={layers!r} must be of {[*kinds]}")
    return tuple(kinds[layer] for layer in layers)


# A decoder of norms without biases, turned positions and gated units.
MODERN = {
    "position": "rotary",
    "norm": "rms",
    "norm_order": "pre",
    "gated": True,
    "attention_bias": False,
    "ff_bias": False,
}
MODERN_KEYS = {
    "vocab_size": 32_000,
    "hidden_size": 4096,
    "intermediate_size": 11_008,
    "num_hidden_layers": 32,
    "num_attention_heads": 32,
    "num_key_value_heads": None,
    "head_dim": None,
    "hidden_act": "silu",
    "max_position_embeddings": 2048,
    "rms_norm_eps": 1e-6,
    "tie_word_embeddings": False,
}


def modern(
    *, base: float = 10_000.0, local: float | None = None
) -> Callable[[Keys], dict[str, object]]:
    """A reader of what all such decoders say."""

    def read(keys: Keys) -> dict[str, object]:
        found = sizes(keys) | norm_and_units(keys)
        return (
            found
            | {"context_length": keys.longest()}
            | rope.positions(
                keys, d_head=found["d_head"], base=base, local=local
            )
        )

    return read


def causal(name: str) -> dict[str, object]:
    """The classes of a decoder, whose name all of them begin with."""
    return {
        "classes": {f"{name}ForCausalLM": ("lm",), f"{name}Model": ()},
        "assumed": f"{name}ForCausalLM",
    }


def decoder(name: str, **difference: object) -> Family:
    """A family of such decoders, as it differs from the others.

    Args:
        name: what the names of the library's classes begin with.
        difference: arguments of Family; `fields` and `defaults` are added to
            those of all, and `read` may give what `modern` does not.
    """
    base = difference.pop("base", 10_000.0)
    local = difference.pop("local", None)
    more = difference.pop("read", lambda keys: {})
    common = modern(base=base, local=local)
    renamed = difference.get("roles", {})
    defaults = MODERN_KEYS | difference.pop("defaults", {})
    return Family(
        fields=MODERN | difference.pop("fields", {}),
        defaults={k: v for k, v in defaults.items() if k not in renamed},
        read=lambda keys: common(keys) | more(keys),
        ignored=rope.KEYS | difference.pop("ignored", frozenset()),
        **causal(name) | difference,
    )
