"""GPT and what came of it: decoders that predict the next token."""

from math import sqrt

from xfmr.families import rope
from xfmr.families.keys import Family, Keys
from xfmr.families.shared import (
    causal,
    decoder,
    norm_and_units,
    sizes,
    window,
    windowed,
)

GPT = {
    "position": "learned",
    "attention_bias": True,
    "ff_bias": True,
}
GPT_KEYS = {
    "vocab_size": 50_257,
    "n_embd": 768,
    "n_layer": 12,
    "n_head": 12,
    "n_positions": 1024,
    "layer_norm_epsilon": 1e-5,
    "tie_word_embeddings": True,
}
GPT_NAMES = {
    "spellings": {
        "hidden_size": "n_embd",
        "max_position_embeddings": "n_positions",
        "num_attention_heads": "n_head",
        "num_hidden_layers": "n_layer",
    },
    "ignored": frozenset(
        {"n_ctx", "n_special", "predict_special_tokens", "scale_attn_weights"}
        | {"scale_attn_by_inverse_layer_idx", "reorder_and_upcast_attn"}
    ),
}


def _gpt(keys: Keys) -> dict[str, object]:
    found = sizes(keys)
    F = 4 * found["d_model"]
    if "n_inner" in keys.family.defaults:
        F = keys.size("n_inner", F)
    return found | {
        "d_ff": F,
        "activation": keys.activation(),
        "norm_eps": keys.number("layer_norm_epsilon"),
        "context_length": keys.needed("n_positions"),
    }


def _gpt1(keys: Keys) -> dict[str, object]:
    found = _gpt(keys)
    # its file says gelu, and its code computes the other one
    name = found["activation"]
    return found | {"activation": "gelu_tanh" if name == "gelu" else name}


def _neox(keys: Keys) -> dict[str, object]:
    found = sizes(keys) | norm_and_units(keys, "layer_norm_eps")
    return (
        found
        | rope.positions(keys, d_head=found["d_head"], base=10_000.0)
        | {
            "context_length": keys.longest(),
            "attention_bias": keys.flag("attention_bias"),
            "parallel": keys.flag("use_parallel_residual"),
        }
    )


def _opt(keys: Keys) -> dict[str, object]:
    found = sizes(keys)
    before = keys.flag("do_layer_norm_before")
    biased = keys.flag("enable_bias")
    affine = keys.flag("layer_norm_elementwise_affine")
    narrow = keys.size("word_embed_proj_dim", found["d_model"])
    return found | {
        "d_ff": keys.needed("ffn_dim"),
        "activation": keys.activation("activation_function"),
        "context_length": keys.needed("max_position_embeddings"),
        "norm_order": "pre" if before else "post",
        "norm_gain": affine,
        "norm_bias": affine,
        "final_norm": not keys.flag("_remove_final_layer_norm"),
        "attention_bias": biased,
        "ff_bias": biased,
        "d_token": None if narrow == found["d_model"] else narrow,
    }


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
    "openai-gpt": Family(
        fields=GPT | {"norm_order": "post"},
        defaults=GPT_KEYS
        | {"vocab_size": 40_478, "n_positions": 512, "afn": "gelu"},
        roles={"hidden_act": "afn"},
        read=_gpt1,
        classes={"OpenAIGPTLMHeadModel": ("lm",), "OpenAIGPTModel": ()},
        assumed="OpenAIGPTLMHeadModel",
        **GPT_NAMES,
    ),
    "gpt2": Family(
        fields=GPT | {"norm_order": "pre"},
        defaults=GPT_KEYS
        | {"n_inner": None, "activation_function": "gelu_new"},
        roles={"hidden_act": "activation_function"},
        read=_gpt,
        classes={"GPT2LMHeadModel": ("lm",), "GPT2Model": ()},
        assumed="GPT2LMHeadModel",
        **GPT_NAMES,
    ),
    "gpt_neox": Family(
        fields={"position": "rotary", "norm_order": "pre", "ff_bias": True},
        defaults={
            "vocab_size": 50_432,
            "hidden_size": 6144,
            "intermediate_size": 24_576,
            "num_hidden_layers": 44,
            "num_attention_heads": 64,
            "hidden_act": "gelu",
            "max_position_embeddings": 2048,
            "layer_norm_eps": 1e-5,
            "attention_bias": True,
            "use_parallel_residual": True,
            "tie_word_embeddings": False,
            "partial_rotary_factor": 0.25,
        },
        read=_neox,
        ignored=rope.KEYS,
        **causal("GPTNeoX"),
    ),
    "opt": Family(
        fields={
            "position": "learned",
            "n_spare_positions": 2,
            "norm_eps": 1e-5,
        },
        defaults={
            "vocab_size": 50_272,
            "hidden_size": 768,
            "ffn_dim": 3072,
            "num_hidden_layers": 12,
            "num_attention_heads": 12,
            "activation_function": "relu",
            "max_position_embeddings": 2048,
            "do_layer_norm_before": True,
            "_remove_final_layer_norm": False,
            "word_embed_proj_dim": None,
            "enable_bias": True,
            "layer_norm_elementwise_affine": True,
            "tie_word_embeddings": True,
        },
        read=_opt,
        **causal("OPT"),
    ),
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
