"""Models that were published as a table of sizes, and as no file.

What such a table does not say is not counted: Gopher and Chinchilla have no
norms here, which would add fewer than one parameter in ten thousand.
"""

from math import sqrt

from xfmr.families.keys import Family, Keys
from xfmr.families.shared import sizes

SIZES = {
    "vocab_size": 0,
    "hidden_size": 0,
    "intermediate_size": 0,
    "num_hidden_layers": 0,
    "num_attention_heads": 0,
    "tie_word_embeddings": True,
}
UNBIASED = {
    "norm_order": "pre",
    "norm_eps": 1e-6,
    "norm_bias": False,
    "attention_bias": False,
    "ff_bias": False,
}


def _transformer(keys: Keys) -> dict[str, object]:
    return sizes(keys) | {
        "n_decoder_layers": keys.needed("decoder_layers"),
        "d_ff": keys.needed("intermediate_size"),
    }


def _one_stack(keys: Keys) -> dict[str, object]:
    return sizes(keys) | {
        "d_ff": keys.needed("intermediate_size"),
        "context_length": keys.longest(),
    }


def _palm(keys: Keys) -> dict[str, object]:
    found = _one_stack(keys)
    return found | {"embedding_scale": sqrt(found["d_model"])}


def _family(name: str, **parts: object) -> Family:
    return Family(classes={name: ("lm",)}, assumed=name, **parts)


FAMILIES = {
    "transformer": _family(
        "Transformer",
        fields={
            "position": "sinusoidal",
            "norm_eps": 1e-6,
            "norm_order": "post",
            "activation": "relu",
            "attention_bias": False,
            "ff_bias": True,
        },
        defaults=SIZES | {"decoder_layers": 0},
        read=_transformer,
    ),
    "gopher": _family(
        "Gopher",
        fields=UNBIASED
        | {
            "position": "projected",
            "norm": "rms",
            "norm_gain": False,
            "activation": "gelu",
        },
        defaults=SIZES | {"head_dim": None, "max_position_embeddings": None},
        read=_one_stack,
    ),
    "palm": _family(
        "PaLM",
        fields=UNBIASED
        | {
            "position": "rotary",
            "rotary_base": 10_000.0,
            "parallel": True,
            "shared_norm": True,
            "activation": "silu",
            "gated": True,
        },
        defaults=SIZES
        | {
            "head_dim": None,
            "num_key_value_heads": 1,
            "max_position_embeddings": None,
        },
        read=_palm,
    ),
}
