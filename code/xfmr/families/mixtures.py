"""Decoders with experts in place of some feed-forward layers."""

from xfmr.config import Experts, Latent
from xfmr.families import rope
from xfmr.families.decoders import LAYERS, qwen_window
from xfmr.families.keys import Family, Keys
from xfmr.families.shared import MODERN, causal, decoder, sizes, window


def _n_active(keys: Keys, n_experts: int) -> int:
    n_active = keys.size("num_experts_per_tok")
    if n_active > n_experts:
        raise ValueError(
            f"num_experts_per_tok={n_active} must not exceed "
            f"{keys.name('num_local_experts')}={n_experts}"
        )
    return n_active


def _mixtral(keys: Keys) -> dict[str, object]:
    n_experts = keys.needed("num_local_experts")
    experts = Experts(
        n_experts=n_experts,
        n_active=_n_active(keys, n_experts),
        d_ff=keys.needed("intermediate_size"),
    )
    return window(keys) | {"experts": experts}


def _qwen3_moe(keys: Keys) -> dict[str, object]:
    found = qwen_window(keys)
    found["attention_bias"] = keys.flag("attention_bias")
    n_experts, step = (
        keys.some("num_experts"),
        keys.size("decoder_sparse_step"),
    )
    if n_experts is None:
        return found
    dense = keys.get("mlp_only_layers") or []
    n_layers = keys.needed("num_hidden_layers")
    mixed = tuple(
        n for n in range(n_layers) if n not in dense and (n + 1) % step == 0
    )
    return found | {
        "experts": Experts(
            n_experts=n_experts,
            n_active=_n_active(keys, n_experts),
            d_ff=keys.needed("moe_intermediate_size"),
            layers=None if len(mixed) == n_layers else mixed,
        )
    }


def _gpt_oss(keys: Keys) -> dict[str, object]:
    n_experts, n_layers = (
        keys.needed("num_local_experts"),
        keys.needed("num_hidden_layers"),
    )
    found = window(keys)
    if found["window"] is not None and "windowed" not in found:
        found["windowed"] = tuple(n % 2 == 0 for n in range(n_layers))
    return found | {
        "attention_bias": keys.flag("attention_bias"),
        "experts": Experts(
            n_experts=n_experts,
            n_active=_n_active(keys, n_experts),
            d_ff=keys.needed("intermediate_size"),
            bias=True,
            router_bias=True,
        ),
    }


def _deepseek(keys: Keys) -> dict[str, object]:
    n_experts, n_layers = (
        keys.needed("num_local_experts"),
        keys.needed("num_hidden_layers"),
    )
    width = keys.needed("moe_intermediate_size")
    n_shared = keys.some("n_shared_experts")
    n_dense = min(keys.get("first_k_dense_replace") or 0, n_layers)
    latent = Latent(
        d_latent=keys.size("kv_lora_rank"),
        d_query=keys.some("q_lora_rank"),
        d_content=keys.size("qk_nope_head_dim"),
        d_rotary=keys.size("qk_rope_head_dim"),
        d_value=keys.size("v_head_dim"),
    )
    found = sizes(keys, d_head=latent.d_content + latent.d_rotary)
    return (
        found
        | rope.positions(keys, d_head=latent.d_rotary, base=10_000.0)
        | {
            # every head has keys and values of its own, made of the latent
            "n_kv_heads": found["n_heads"],
            "d_ff": keys.needed("intermediate_size"),
            "activation": keys.activation(),
            "norm_eps": keys.number("rms_norm_eps"),
            "context_length": keys.longest(),
            "attention_bias": keys.flag("attention_bias"),
            "latent": latent,
            "experts": Experts(
                n_experts=n_experts,
                n_active=_n_active(keys, n_experts),
                d_ff=width,
                d_ff_shared=None if n_shared is None else n_shared * width,
                shares="sigmoid",
                share_scale=keys.number("routed_scaling_factor"),
                layers=tuple(range(n_dense, n_layers)) if n_dense else None,
            ),
        }
    )


FAMILIES = {
    "mixtral": decoder(
        "Mixtral",
        defaults={
            "intermediate_size": 14_336,
            "num_key_value_heads": 8,
            "max_position_embeddings": 131_072,
            "rms_norm_eps": 1e-5,
            "sliding_window": None,
            "num_local_experts": 8,
            "num_experts_per_tok": 2,
        },
        spellings={"num_experts": "num_local_experts"},
        read=_mixtral,
        base=1_000_000.0,
        ignored=LAYERS,
    ),
    "qwen3_moe": decoder(
        "Qwen3Moe",
        fields={"qk_norm": "head"},
        defaults={
            "vocab_size": 151_936,
            "hidden_size": 2048,
            "intermediate_size": 6144,
            "num_hidden_layers": 24,
            "num_key_value_heads": 4,
            "max_position_embeddings": 32_768,
            "attention_bias": False,
            "use_sliding_window": False,
            "sliding_window": 4096,
            "decoder_sparse_step": 1,
            "mlp_only_layers": None,
            "moe_intermediate_size": 768,
            "num_experts_per_tok": 8,
            "num_local_experts": 128,
        },
        spellings={"num_experts": "num_local_experts"},
        read=_qwen3_moe,
        ignored=LAYERS | {"norm_topk_prob", "max_window_layers"},
    ),
    "gpt_oss": decoder(
        "GptOss",
        fields={"sinks": True},
        defaults={
            "vocab_size": 201_088,
            "hidden_size": 2880,
            "intermediate_size": 2880,
            "num_hidden_layers": 36,
            "num_attention_heads": 64,
            "num_key_value_heads": 8,
            "head_dim": 64,
            "max_position_embeddings": 131_072,
            "rms_norm_eps": 1e-5,
            "sliding_window": 128,
            "attention_bias": True,
            "num_local_experts": 128,
            "num_experts_per_tok": 4,
        },
        spellings={"num_experts": "num_local_experts"},
        read=_gpt_oss,
        base=150_000.0,
        ignored=LAYERS
        | {"swiglu_alpha", "swiglu_limit", "initial_context_length"}
        | {"experts_per_token"},
    ),
    "deepseek_v3": Family(
        fields=MODERN,
        defaults={
            "vocab_size": 129_280,
            "hidden_size": 7168,
            "intermediate_size": 18_432,
            "moe_intermediate_size": 2048,
            "num_hidden_layers": 61,
            "num_attention_heads": 128,
            "num_key_value_heads": 128,
            "n_shared_experts": 1,
            "n_routed_experts": 256,
            "num_experts_per_tok": 8,
            "first_k_dense_replace": 3,
            "routed_scaling_factor": 2.5,
            "kv_lora_rank": 512,
            "q_lora_rank": 1536,
            "qk_rope_head_dim": 64,
            "qk_nope_head_dim": 128,
            "v_head_dim": 128,
            "hidden_act": "silu",
            "max_position_embeddings": 4096,
            "rms_norm_eps": 1e-6,
            "attention_bias": False,
            "tie_word_embeddings": False,
        },
        spellings={"num_local_experts": "n_routed_experts"},
        read=_deepseek,
        only={"moe_layer_freq": 1},
        ignored=rope.KEYS
        | {
            *("n_group", "topk_group", "norm_topk_prob", "topk_method"),
            *("scoring_func", "ep_size"),
            *("num_nextn_predict_layers", "num_mtp_layers"),
            *("head_dim", "qk_head_dim"),
        },
        **causal("DeepseekV3"),
    ),
}
