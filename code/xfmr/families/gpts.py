"""GPT and what was built like it: decoders whose norms have biases."""

from xfmr.families import rope
from xfmr.families.keys import Family, Keys
from xfmr.families.shared import causal, norm_and_units, sizes

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
}
