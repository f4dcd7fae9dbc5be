"""BERT and what came of it: encoders that read in both directions."""

from xfmr.families import rope
from xfmr.families.keys import Family, Keys
from xfmr.families.shared import norm_and_units, sizes, windowed

BERT = {
    "position": "learned",
    "norm_order": "post",
    "embedding_norm": True,
    "attention_bias": True,
    "ff_bias": True,
}
BERT_KEYS = {
    "vocab_size": 30_522,
    "hidden_size": 768,
    "intermediate_size": 3072,
    "num_hidden_layers": 12,
    "num_attention_heads": 12,
    "hidden_act": "gelu",
    "max_position_embeddings": 512,
    "type_vocab_size": 2,
    "layer_norm_eps": 1e-12,
    "tie_word_embeddings": True,
}


def _bert(keys: Keys) -> dict[str, object]:
    found = sizes(keys) | norm_and_units(keys, "layer_norm_eps")
    return found | {
        "context_length": keys.needed("max_position_embeddings"),
        "n_segments": keys.size("type_vocab_size"),
        # the library ties two biases with the matrix, or else has both
        "n_mlm_biases": 1 if found["tied"] else 2,
    }


def _roberta(keys: Keys) -> dict[str, object]:
    n_spare = keys.get("pad_token_id") + 1
    found = _bert(keys)
    rows = found["context_length"]
    if rows <= n_spare:
        raise ValueError(
            f"max_position_embeddings={rows} must exceed pad_token_id + 1 = "
            f"{n_spare}"
        )
    return found | {
        "context_length": rows - n_spare,
        "n_spare_positions": n_spare or None,
    }


def _distilbert(keys: Keys) -> dict[str, object]:
    return sizes(keys) | {
        "d_ff": keys.needed("intermediate_size"),
        "activation": keys.activation(),
        "context_length": keys.needed("max_position_embeddings"),
    }


def _albert(keys: Keys) -> dict[str, object]:
    groups, inner = (
        keys.size("num_hidden_groups"),
        keys.size("inner_group_num"),
    )
    return _bert(keys) | {
        "d_embedding": keys.size("embedding_size"),
        "n_distinct_layers": groups * inner,
    }


def _modernbert(keys: Keys) -> dict[str, object]:
    found = sizes(keys) | norm_and_units(keys, "norm_eps")
    layers, every = (
        keys.raw.get("layer_types"),
        keys.raw.get("global_attn_every_n_layers", 3),
    )
    local = [bool(n % every) for n in range(found["n_layers"])]
    return (
        found
        | rope.positions(
            keys, d_head=found["d_head"], base=160_000.0, local=10_000.0
        )
        | {
            "context_length": keys.longest(),
            "norm_bias": keys.flag("norm_bias"),
            "attention_bias": keys.flag("attention_bias"),
            "ff_bias": keys.flag("mlp_bias"),
            "mlm_dense_bias": keys.flag("classifier_bias"),
            "n_mlm_biases": 1 if keys.flag("decoder_bias") else None,
            "window": keys.size("local_attention"),
            "windowed": tuple(local) if layers is None else windowed(layers),
        }
    )


def _heads(name: str, *, pooled: bool = True) -> dict[str, object]:
    plain = ("pooler",) if pooled else ()
    return {
        "classes": {f"{name}Model": plain, f"{name}ForMaskedLM": ("mlm",)},
        "assumed": f"{name}Model",
    }


_BERT_HEADS = _heads("Bert")
_BERT_HEADS["classes"] |= {
    "BertLMHeadModel": ("mlm",),
    "BertForNextSentencePrediction": ("pooler", "nsp"),
    "BertForPreTraining": ("pooler", "mlm", "nsp"),
}
_ROBERTA_HEADS = _heads("Roberta")
_ROBERTA_HEADS["classes"]["RobertaForCausalLM"] = ("mlm",)
_ALBERT_HEADS = _heads("Albert")
_ALBERT_HEADS["classes"]["AlbertForPreTraining"] = ("pooler", "mlm", "nsp")

FAMILIES = {
    "bert": Family(fields=BERT, defaults=BERT_KEYS, read=_bert, **_BERT_HEADS),
    "roberta": Family(
        fields=BERT,
        # the class's 512 and 2 are not the sizes of any released model
        defaults=BERT_KEYS | {"vocab_size": 50_265, "pad_token_id": 1},
        read=_roberta,
        **_ROBERTA_HEADS,
    ),
    "distilbert": Family(
        fields=BERT | {"norm_eps": 1e-12},
        defaults={
            "vocab_size": 30_522,
            "dim": 768,
            "hidden_dim": 3072,
            "n_layers": 6,
            "n_heads": 12,
            "activation": "gelu",
            "max_position_embeddings": 512,
            "tie_word_embeddings": True,
        },
        spellings={
            "hidden_size": "dim",
            "num_attention_heads": "n_heads",
            "num_hidden_layers": "n_layers",
        },
        roles={"intermediate_size": "hidden_dim", "hidden_act": "activation"},
        read=_distilbert,
        ignored=frozenset({"sinusoidal_pos_embds", "tie_weights_"}),
        **_heads("DistilBert", pooled=False),
    ),
    "albert": Family(
        fields=BERT,
        defaults=BERT_KEYS
        | {
            "vocab_size": 30_000,
            "embedding_size": 128,
            "hidden_size": 4096,
            "intermediate_size": 16_384,
            "num_attention_heads": 64,
            "num_hidden_groups": 1,
            "inner_group_num": 1,
            "hidden_act": "gelu_new",
        },
        read=_albert,
        ignored=frozenset(
            {"net_structure_type", "gap_size", "num_memory_blocks"}
            | {"down_scale_factor"}
        ),
        **_ALBERT_HEADS,
    ),
    "modernbert": Family(
        fields={
            "position": "rotary",
            "norm_order": "pre",
            "first_norm": False,
            "embedding_norm": True,
            "gated": True,
        },
        defaults={
            "vocab_size": 50_368,
            "hidden_size": 768,
            "intermediate_size": 1152,
            "num_hidden_layers": 22,
            "num_attention_heads": 12,
            "hidden_activation": "gelu",
            "max_position_embeddings": 8192,
            "norm_eps": 1e-5,
            "norm_bias": False,
            "attention_bias": False,
            "mlp_bias": False,
            "classifier_bias": False,
            "decoder_bias": True,
            "local_attention": 128,
            "tie_word_embeddings": True,
        },
        roles={"hidden_act": "hidden_activation"},
        read=_modernbert,
        ignored=rope.KEYS
        | {
            *(
                "layer_types",
                "global_attn_every_n_layers",
                "sparse_prediction",
            ),
            *("sparse_pred_ignore_index", "deterministic_flash_attn"),
            *("reference_compile", "repad_logits_with_grad", "layer_norm_eps"),
            "causal_mask",
        },
        **_heads("ModernBert", pooled=False),
    ),
}
