"""Encoders with decoders that read them: T5 and BART."""

from math import sqrt

from xfmr.families.keys import Family, Keys
from xfmr.families.shared import divide, sizes


def _t5(keys: Keys) -> dict[str, object]:
    said = str(keys.get("feed_forward_proj"))
    gate, _, unit = said.rpartition("-")
    if gate not in ("", "gated"):
        raise ValueError(
            f"feed_forward_proj={said!r} must be a nonlinearity, or `gated-` "
            "and one"
        )
    D, N = keys.needed("d_model"), keys.needed("num_heads")
    n_layers = keys.needed("num_layers")
    # the library ties whatever a file says, and keeps what it said here
    untied = not keys.flag("scale_decoder_outputs")
    tied = keys.flag("tie_word_embeddings") and not untied
    return {
        "n_layers": n_layers,
        "n_decoder_layers": keys.size("num_decoder_layers", n_layers),
        "d_model": D,
        "n_heads": N,
        "n_kv_heads": N,
        "d_head": keys.needed("d_kv"),
        "d_ff": keys.needed("d_ff"),
        "vocab_size": keys.needed("vocab_size"),
        "n_buckets": keys.size("relative_attention_num_buckets"),
        "max_distance": keys.size("relative_attention_max_distance"),
        "norm_eps": keys.number("layer_norm_epsilon"),
        "gated": gate == "gated",
        "activation": "gelu_tanh" if said == "gated-gelu" else unit,
        "tied": tied,
        "logit_scale": D**-0.5 if tied else None,
    }


def _bart(keys: Keys) -> dict[str, object]:
    found = sizes(keys)
    F, decoder_F = (
        keys.needed("encoder_ffn_dim"),
        keys.needed("decoder_ffn_dim"),
    )
    N, decoder_N = found["n_heads"], keys.needed("decoder_attention_heads")
    divide(
        keys, "decoder_attention_heads", "d_model", decoder_N, found["d_model"]
    )
    scaled = keys.flag("scale_embedding")
    return found | {
        "n_decoder_layers": keys.needed("decoder_layers"),
        "n_decoder_heads": None if N == decoder_N else decoder_N,
        "d_ff": F,
        "d_decoder_ff": None if F == decoder_F else decoder_F,
        "activation": keys.activation("activation_function"),
        "context_length": keys.needed("max_position_embeddings"),
        # untied, the library has a table each and one that nobody reads
        "n_token_tables": 1 if found["tied"] else 3,
        "embedding_scale": sqrt(found["d_model"]) if scaled else None,
    }


FAMILIES = {
    "t5": Family(
        fields={
            "position": "relative",
            "norm": "rms",
            "norm_order": "pre",
            "score_scale": 1.0,
            "attention_bias": False,
            "ff_bias": False,
        },
        defaults={
            "vocab_size": 32_128,
            "d_model": 512,
            "d_kv": 64,
            "d_ff": 2048,
            "num_layers": 6,
            "num_decoder_layers": None,
            "num_heads": 8,
            "relative_attention_num_buckets": 32,
            "relative_attention_max_distance": 128,
            "layer_norm_epsilon": 1e-6,
            "feed_forward_proj": "relu",
            "scale_decoder_outputs": True,
            "tie_word_embeddings": True,
        },
        spellings={
            "hidden_size": "d_model",
            "num_attention_heads": "num_heads",
            "num_hidden_layers": "num_layers",
            "head_dim": "d_kv",
        },
        read=_t5,
        classes={
            "T5ForConditionalGeneration": ("lm",),
            "T5WithLMHeadModel": ("lm",),
            "T5Model": (),
            "T5EncoderModel": (),
        },
        assumed="T5ForConditionalGeneration",
        encoder="T5EncoderModel",
        ignored=frozenset({"n_positions", "dense_act_fn", "is_gated_act"}),
    ),
    "bart": Family(
        fields={
            "position": "learned",
            "n_spare_positions": 2,
            "norm_eps": 1e-5,
            "norm_order": "post",
            "embedding_norm": True,
            "attention_bias": True,
            "ff_bias": True,
        },
        defaults={
            "vocab_size": 50_265,
            "d_model": 1024,
            "encoder_layers": 12,
            "decoder_layers": 12,
            "encoder_attention_heads": 16,
            "decoder_attention_heads": 16,
            "encoder_ffn_dim": 4096,
            "decoder_ffn_dim": 4096,
            "activation_function": "gelu",
            "max_position_embeddings": 1024,
            "scale_embedding": False,
            "tie_word_embeddings": True,
        },
        spellings={
            "hidden_size": "d_model",
            "num_attention_heads": "encoder_attention_heads",
            "num_hidden_layers": "encoder_layers",
        },
        read=_bart,
        classes={"BartForConditionalGeneration": ("lm",), "BartModel": ()},
        assumed="BartForConditionalGeneration",
        only={"normalize_before": False, "add_final_layer_norm": False}
        | {"normalize_embedding": True, "static_position_embeddings": False},
        ignored=frozenset({"classif_dropout", "extra_pos_embeddings"})
        | {"add_bias_logits", "force_bos_token_to_be_generated", "gradient"},
    ),
}
