"""Llama and what is built like it: gates, gains alone, turned positions."""

from math import sqrt

from xfmr.families.keys import Keys
from xfmr.families.shared import decoder, window, windowed


def _biased(keys: Keys) -> dict[str, object]:
    return {"attention_bias": keys.flag("attention_bias")}


def _llama(keys: Keys) -> dict[str, object]:
    return _biased(keys) | {"ff_bias": keys.flag("mlp_bias")}


def _gemma(keys: Keys) -> dict[str, object]:
    return _biased(keys) | {"embedding_scale": sqrt(keys.size("hidden_size"))}


def _alternating(keys: Keys, every: int) -> dict[str, object]:
    width, layers = keys.some("sliding_window"), keys.raw.get("layer_types")
    if width is None:
        return {}
    n_layers = keys.size("num_hidden_layers")
    local = [bool(n % every) for n in range(1, n_layers + 1)]
    return {
        "window": width,
        "windowed": tuple(local) if layers is None else windowed(layers),
    }


def _capped(keys: Keys) -> dict[str, object]:
    return {
        "score_scale": keys.size("query_pre_attn_scalar") ** -0.5,
        "score_cap": keys.number("attn_logit_softcapping"),
        "logit_cap": keys.number("final_logit_softcapping"),
    }


def _gemma2(keys: Keys) -> dict[str, object]:
    return _gemma(keys) | _capped(keys) | _alternating(keys, 2)


def _gemma3(keys: Keys) -> dict[str, object]:
    every = keys.raw.get("sliding_window_pattern", 6)
    return _gemma(keys) | _capped(keys) | _alternating(keys, every)


def qwen_window(keys: Keys) -> dict[str, object]:
    """The window of Qwen's later layers, if the file turns it on."""
    width = keys.some("sliding_window")
    if width is None or not keys.flag("use_sliding_window"):
        return {}
    layers = keys.raw.get("layer_types")
    first = keys.get("max_window_layers") or 0
    n_layers = keys.size("num_hidden_layers")
    later = [n >= first for n in range(n_layers)]
    return {
        "window": width,
        "windowed": tuple(later) if layers is None else windowed(layers),
    }


def _qwen3(keys: Keys) -> dict[str, object]:
    return _biased(keys) | qwen_window(keys)


QWEN_WINDOW = {
    "use_sliding_window": False,
    "sliding_window": 4096,
    "max_window_layers": 28,
}
LAYERS = frozenset({"layer_types"})
GEMMA = {
    "head_dim": 256,
    "max_position_embeddings": 8192,
    "attention_bias": False,
    "tie_word_embeddings": True,
    "vocab_size": 256_000,
}
CAPS = {
    "hidden_activation": "gelu_pytorch_tanh",
    "hidden_size": 2304,
    "intermediate_size": 9216,
    "num_hidden_layers": 26,
    "num_attention_heads": 8,
    "num_key_value_heads": 4,
    "query_pre_attn_scalar": 256,
    "sliding_window": 4096,
}

FAMILIES = {
    "llama": decoder(
        "Llama",
        defaults={"attention_bias": False, "mlp_bias": False},
        read=_llama,
        divides=True,
    ),
    "mistral": decoder(
        "Mistral",
        defaults={
            "intermediate_size": 14_336,
            "num_key_value_heads": 8,
            "max_position_embeddings": 131_072,
            "sliding_window": 4096,
        },
        read=window,
        ignored=LAYERS,
    ),
    "gemma": decoder(
        "Gemma",
        fields={"norm_from_one": True},
        defaults=GEMMA
        | {
            "hidden_size": 3072,
            "intermediate_size": 24_576,
            "num_hidden_layers": 28,
            "num_attention_heads": 16,
            "num_key_value_heads": 16,
            "hidden_act": "gelu_pytorch_tanh",
        },
        read=_gemma,
        ignored=frozenset(
            {"hidden_activation", "use_bidirectional_attention"}
        ),
    ),
    "gemma2": decoder(
        "Gemma2",
        fields={"norm_from_one": True, "norm_order": "sandwich"},
        defaults=GEMMA
        | CAPS
        | {"attn_logit_softcapping": 50.0, "final_logit_softcapping": 30.0},
        roles={"hidden_act": "hidden_activation"},
        read=_gemma2,
        divides=True,
        ignored=LAYERS
        | {"use_bidirectional_attention", "cache_implementation"},
    ),
    "gemma3_text": decoder(
        "Gemma3",
        fields={
            "norm_from_one": True,
            "norm_order": "sandwich",
            "qk_norm": "head",
        },
        defaults=GEMMA
        | CAPS
        | {
            "vocab_size": 262_208,
            "max_position_embeddings": 131_072,
            "attn_logit_softcapping": None,
            "final_logit_softcapping": None,
        },
        roles={"hidden_act": "hidden_activation"},
        read=_gemma3,
        base=1_000_000.0,
        local=10_000.0,
        divides=True,
        ignored=LAYERS
        | {"use_bidirectional_attention", "cache_implementation"}
        | {"sliding_window_pattern", "_sliding_window_pattern", "hidden_act"},
        classes={"Gemma3ForCausalLM": ("lm",), "Gemma3TextModel": ()},
    ),
    "qwen2": decoder(
        "Qwen2",
        fields={"attention_bias": True, "output_bias": False},
        defaults=QWEN_WINDOW
        | {
            "vocab_size": 151_936,
            "intermediate_size": 22_016,
            "num_key_value_heads": 32,
            "max_position_embeddings": 32_768,
        },
        read=qwen_window,
        ignored=LAYERS,
    ),
    "qwen3": decoder(
        "Qwen3",
        fields={"qk_norm": "head"},
        defaults=QWEN_WINDOW
        | {
            "vocab_size": 151_936,
            "intermediate_size": 22_016,
            "num_key_value_heads": 32,
            "head_dim": 128,
            "max_position_embeddings": 32_768,
            "attention_bias": False,
        },
        read=_qwen3,
        ignored=LAYERS,
    ),
    "phi3": decoder(
        "Phi3",
        defaults={
            "vocab_size": 32_064,
            "hidden_size": 3072,
            "intermediate_size": 8192,
            "max_position_embeddings": 4096,
            "rms_norm_eps": 1e-5,
            "sliding_window": None,
        },
        read=window,
        ignored=LAYERS
        | {"embd_layer", "blocksparse_block_size", "under_rotary"},
    ),
    "olmo2": decoder(
        "Olmo2",
        fields={"norm_order": "output", "qk_norm": "all"},
        defaults={
            "vocab_size": 50_304,
            "rms_norm_eps": 1e-5,
            "attention_bias": False,
        },
        read=_biased,
    ),
}
