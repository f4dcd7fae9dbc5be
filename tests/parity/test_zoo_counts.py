"""Counts of configurations against the library's classes on `meta`.

Every published model, and fifty random ones of each family: the total to the
last parameter, and what of it are tokens, positions and logits.
"""

from functools import cache
from random import Random

import pytest
import torch
import transformers
from torch import nn
from transformers import initialization

from xfmr import count, zoo
from xfmr.families import LIBRARY, read

N_RANDOM = 50
CONFIGS = {
    "bert": "Bert",
    "roberta": "Roberta",
    "distilbert": "DistilBert",
    "albert": "Albert",
    "modernbert": "ModernBert",
    "openai-gpt": "OpenAIGPT",
    "gpt2": "GPT2",
    "gpt_neox": "GPTNeoX",
    "opt": "OPT",
    "bart": "Bart",
    "t5": "T5",
    "llama": "Llama",
    "mistral": "Mistral",
    "mixtral": "Mixtral",
    "gemma": "Gemma",
    "gemma2": "Gemma2",
    "gemma3_text": "Gemma3Text",
    "qwen2": "Qwen2",
    "qwen3": "Qwen3",
    "qwen3_moe": "Qwen3Moe",
    "phi3": "Phi3",
    "olmo2": "Olmo2",
    "gpt_oss": "GptOss",
    "deepseek_v3": "DeepseekV3",
}
each_family = pytest.mark.parametrize("family", CONFIGS)
# library's names of tables with a row for each position
POSITIONS = (
    *("position_embeddings", "positions_embed", "wpe", "embed_positions"),
)
TOKENS = {"pad_token_id": 1, "bos_token_id": 0, "eos_token_id": 0}


@cache
def config_class(family):
    return getattr(transformers, CONFIGS[family] + "Config")


def on_meta(name, config):
    """A model of the library, which draws no numbers meanwhile."""
    with torch.device("meta"), initialization.no_init_weights():
        model = getattr(transformers, name)(config)
    model.tie_weights()
    # the library ties T5's logits whatever the file says: v1.1 has its own
    if (
        name == "T5ForConditionalGeneration"
        and not config.scale_decoder_outputs
    ):
        model.lm_head.weight = nn.Parameter(model.shared.weight.clone())
    return model


def counted(config):
    return (
        count.parameters(config),
        count.embedding(config),
        count.non_embedding(config),
        count.active(config),
    )


def built(model, config):
    """The same four numbers, from the names and shapes of tensors."""
    sizes = {name: p.numel() for name, p in model.named_parameters()}
    total = sum(sizes.values())
    table = model.get_input_embeddings().weight
    logits = model.get_output_embeddings()
    untied = logits is not None and logits.weight is not table
    rest = total - table.numel()
    rest -= sum(n for k, n in sizes.items() if any(p in k for p in POSITIONS))
    rest -= logits.weight.numel() if untied else 0
    # BART has a table for each stack where they are not one
    rest -= sum(
        n
        for k, n in sizes.items()
        if k.endswith("embed_tokens.weight")
        and "coder" in k
        and config.model_type == "bart"
    )
    routed = sum(n for k, n in sizes.items() if ".experts." in k)
    n_experts = getattr(config, "num_local_experts", 0) or 1
    n_active = getattr(config, "num_experts_per_tok", n_experts)
    idle = routed // n_experts * (n_experts - n_active)
    return total, table.numel(), rest, total - idle


# What the library takes for a key that a file leaves out ---------------------


@each_family
def test_defaults_are_the_library_s(family):
    theirs, ours = config_class(family)(), LIBRARY[family].defaults
    in_rope = {"partial_rotary_factor"}
    stated = {k: v for k, v in ours.items() if v is not None}
    found = {k: getattr(theirs, k) for k in stated if k not in in_rope}
    if "use_sliding_window" in stated:  # which turns the window off
        found["sliding_window"] = stated["sliding_window"]
    assert found == {k: v for k, v in stated.items() if k not in in_rope}
    assert stated.get("partial_rotary_factor", 0.25) == 0.25


@each_family
def test_spellings_are_the_library_s(family):
    theirs = config_class(family).attribute_map.items()
    ours = {frozenset(pair) for pair in LIBRARY[family].spellings.items()}
    assert ours <= {frozenset(pair) for pair in theirs} | {
        frozenset({"num_experts", "num_local_experts"})
    }


@each_family
def test_a_class_of_defaults(family):
    library = config_class(family)()
    name = LIBRARY[family].assumed
    found = read(library.to_dict())
    assert (found.counted, found.assumed) == (name, True)
    assert counted(found.config) == built(on_meta(name, library), library)


# Random models ---------------------------------------------------------------


def drawn(family, draw):
    """Random sizes of a family, as its file spells them."""
    some = lambda most: draw.randint(1, most)
    maybe = lambda: draw.random() < 0.5
    N, H, L = some(6), 2 * some(4), some(3)
    D, F, V, T = N * H, 1 + some(40), 10 + some(50), 3 + some(20)
    K = draw.choice([k for k in range(1, N + 1) if N % k == 0])
    plain = {
        "vocab_size": V,
        "hidden_size": D,
        "num_hidden_layers": L,
        "num_attention_heads": N,
        "intermediate_size": F,
        "max_position_embeddings": T,
        "tie_word_embeddings": maybe(),
    } | TOKENS
    grouped = plain | {"num_key_value_heads": K, "head_dim": 2 * some(5)}
    biased = grouped | {"attention_bias": maybe()}
    free = {"hidden_size": 2 * some(20)}
    E = some(6)
    experts = {"num_local_experts": E, "num_experts_per_tok": some(E)}
    bert = plain | {"type_vocab_size": some(4)}
    gpt = {
        "vocab_size": V,
        "n_embd": D,
        "n_layer": L,
        "n_head": N,
        "n_positions": T,
        "tie_word_embeddings": maybe(),
    }
    match family:
        case "bert" | "roberta":
            return bert
        case "distilbert":
            return {
                "dim": D,
                "n_layers": L,
                "n_heads": N,
                "hidden_dim": F,
                **{k: plain[k] for k in ("vocab_size", "pad_token_id")},
                "max_position_embeddings": T,
                "tie_word_embeddings": maybe(),
            }
        case "albert":
            groups = some(L)
            return bert | {
                "embedding_size": some(20),
                "num_hidden_groups": groups,
                "inner_group_num": some(3),
            }
        case "modernbert":
            names = ("norm", "attention", "mlp", "classifier", "decoder")
            return (
                plain
                | {f"{name}_bias": maybe() for name in names}
                | {
                    "cls_token_id": 0,
                    "sep_token_id": 0,
                }
            )
        case "openai-gpt":
            return gpt
        case "gpt2":
            return gpt | {"n_inner": draw.choice([None, F])}
        case "gpt_neox":
            return plain | {
                "attention_bias": maybe(),
                "use_parallel_residual": maybe(),
            }
        case "opt":
            del plain["intermediate_size"]
            names = ("enable_bias", "layer_norm_elementwise_affine")
            names += ("do_layer_norm_before", "_remove_final_layer_norm")
            return (
                plain
                | {name: maybe() for name in names}
                | {
                    "ffn_dim": F,
                    "word_embed_proj_dim": draw.choice([None, D, some(20)]),
                }
            )
        case "bart":
            return {
                **{"vocab_size": V, "d_model": D, "pad_token_id": 1},
                **{"encoder_layers": L, "decoder_layers": some(3)},
                "encoder_attention_heads": N,
                "decoder_attention_heads": draw.choice([N, 1]),
                **{"encoder_ffn_dim": F, "decoder_ffn_dim": 1 + some(40)},
                "max_position_embeddings": T,
                "tie_word_embeddings": maybe(),
            }
        case "t5":
            return {
                **{"vocab_size": V, "d_model": some(40), "d_kv": some(9)},
                **{"num_heads": N, "d_ff": F, "num_layers": L},
                "num_decoder_layers": draw.choice([None, some(3)]),
                "relative_attention_num_buckets": 4 * some(8),
                "feed_forward_proj": draw.choice(["relu", "gated-gelu"]),
                "tie_word_embeddings": maybe(),
            }
        case "llama":
            return biased | {"mlp_bias": maybe()}
        case "gemma2" | "gemma3_text":
            return biased
        case "mistral" | "phi3":
            return grouped | free
        case "gemma" | "qwen3" | "olmo2":
            return biased | free
        case "qwen2":
            return grouped | free | {"use_sliding_window": maybe()}
        case "mixtral":
            return grouped | free | experts
        case "qwen3_moe":
            return (
                biased
                | free
                | experts
                | {
                    "moe_intermediate_size": some(20),
                    "decoder_sparse_step": some(2),
                    "mlp_only_layers": draw.choice([[], [0], [0, 1]]),
                }
            )
        case "gpt_oss":
            return biased | free | experts
        case "deepseek_v3":
            del biased["head_dim"]
            E = experts.pop("num_local_experts")
            return (
                biased
                | free
                | experts
                | {
                    "n_routed_experts": E,
                    "n_group": 1,
                    "topk_group": 1,
                    "n_shared_experts": some(3),
                    "moe_intermediate_size": some(20),
                    "first_k_dense_replace": draw.randint(0, 4),
                    "kv_lora_rank": some(9),
                    "q_lora_rank": draw.choice([None, some(9)]),
                    "qk_rope_head_dim": 2 * some(4),
                    "qk_nope_head_dim": some(9),
                    "v_head_dim": some(9),
                }
            )


@each_family
def test_random_models(family):
    draw = Random(f"{family} 1")
    classes = [*LIBRARY[family].classes]
    classes = [name for name in classes if hasattr(transformers, name)]
    for _ in range(N_RANDOM):
        said = drawn(family, draw)
        name = draw.choice(classes)
        library = config_class(family)(**said)
        model = on_meta(name, library)
        head = {"model_type": family, "architectures": [name]}
        # as a person writes it, and as the library does
        for file in (said | head, library.to_dict() | head):
            found = read(file)
            expected = built(model, library)
            assert counted(found.config) == expected, (name, file)
            assert not [w for w in found.warnings if "unknown" in w]


# Published models ------------------------------------------------------------

INSTANTIATED = [
    name
    for name, model in zoo.models().items()
    if model.keys["model_type"] in LIBRARY
]


@pytest.mark.parametrize("name", INSTANTIATED)
def test_published_models(name):
    keys = dict(zoo.find(name).keys)
    found = zoo.find(name).reading
    library = config_class(keys.pop("model_type"))(**keys)
    model = on_meta(found.counted, library)
    assert counted(found.config) == built(model, library)


def test_all_but_the_closed_forms_are_instantiated():
    assert len(INSTANTIATED) == 90
