"""Checkpoints of Llama and its successors that the library saves, loaded.

Its norms and rotary angles are computed in float32 whatever the weights are,
so that 1e-5 is as near as the two can be.
"""

import pytest
import torch
import transformers
from safetensors.torch import load_file, save_file

from tests.parity.test_load import SHARDS, equal, ids, saved, streams
from xfmr.generate import greedy
from xfmr.models.load import WEIGHTS, from_directory

SIZES = {
    "vocab_size": 29,
    "hidden_size": 24,
    "intermediate_size": 40,
    "num_hidden_layers": 3,
    "max_position_embeddings": 64,
    "rms_norm_eps": 1e-3,
    "bos_token_id": None,
    "eos_token_id": None,
    "pad_token_id": 0,
    "attn_implementation": "eager",
    "experts_implementation": "eager",
}
SCALED = {
    "rope_type": "llama3",
    "rope_theta": 10_000.0,
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 8,
}
MODELS = {
    "llama": ("Llama", (3, 3), {}),
    "llama-one-kv-head": ("Llama", (6, 1), {"head_dim": 6}),
    "llama-biased": (
        "Llama",
        (4, 2),
        {"head_dim": 8, "attention_bias": True, "mlp_bias": True},
    ),
    "llama-tied": ("Llama", (6, 2), {"tie_word_embeddings": True}),
    "llama-scaled": ("Llama", (3, 1), {"rope_parameters": SCALED}),
    "mistral": ("Mistral", (6, 3), {"sliding_window": 3, "head_dim": 10}),
    "mistral-without-window": ("Mistral", (4, 2), {"sliding_window": None}),
    "mixtral": (
        "Mixtral",
        (6, 2),
        {"num_local_experts": 5, "num_experts_per_tok": 2, "head_dim": 6},
    ),
    "mixtral-one-active": (
        "Mixtral",
        (4, 4),
        {"num_local_experts": 3, "num_experts_per_tok": 1},
    ),
    "qwen2": ("Qwen2", (6, 2), {}),
    "qwen2-tied": ("Qwen2", (3, 3), {"tie_word_embeddings": True}),
    "qwen3": ("Qwen3", (6, 2), {"head_dim": 10}),
    "qwen3-biased": ("Qwen3", (4, 1), {"head_dim": 6, "attention_bias": True}),
    "gemma2": (
        "Gemma2",
        (6, 2),
        {"head_dim": 10, "sliding_window": 3, "query_pre_attn_scalar": 7},
    ),
    "gemma2-uncapped": (
        "Gemma2",
        (4, 4),
        {
            "head_dim": 6,
            "final_logit_softcapping": None,
            "attn_logit_softcapping": None,
        },
    ),
}
every = pytest.mark.parametrize("name", MODELS)


def built(name):
    kind, (n_heads, n_kv_heads), options = MODELS[name]
    heads = {
        "num_attention_heads": n_heads,
        "num_key_value_heads": n_kv_heads,
    }
    config = getattr(transformers, f"{kind}Config")(**SIZES | heads | options)
    return getattr(transformers, f"{kind}ForCausalLM")(config)


@pytest.mark.parametrize("max_shard_size", SHARDS)
@every
def test_every_hidden_state_and_logits(tmp_path, name, max_shard_size):
    theirs, tokens = built(name), ids(29)
    ours = from_directory(saved(theirs, tmp_path, max_shard_size, std=0.2))
    expected = theirs(tokens, output_hidden_states=True)
    hidden = streams(ours.embedding, *ours.blocks[:-1], ours.final_norm)
    equal([(ours(tokens), expected.logits)], 1e-5)
    equal(zip(hidden, expected.hidden_states, strict=True), 1e-5)


@every
def test_it_writes_the_same(tmp_path, name):
    theirs, tokens = built(name), ids(29)
    ours = from_directory(saved(theirs, tmp_path))
    expected = theirs.generate(
        tokens,
        attention_mask=torch.ones_like(tokens),
        max_new_tokens=12,
        do_sample=False,
        pad_token_id=0,
    )
    assert torch.equal(greedy(ours, tokens, n_new=12), expected)
    assert expected.shape == (2, 19)


def test_experts_apart_or_stacked(tmp_path):
    theirs, tokens = built("mixtral"), ids(29)
    apart = from_directory(saved(theirs, tmp_path))
    numbers = load_file(tmp_path / WEIGHTS)
    assert sum(".experts." in name for name in numbers) == 3 * 5 * 3
    stacked = {name: x.contiguous() for name, x in theirs.state_dict().items()}
    assert sum(".experts." in name for name in stacked) == 3 * 2
    save_file(stacked, tmp_path / WEIGHTS)
    assert torch.equal(from_directory(tmp_path)(tokens), apart(tokens))


def test_an_expert_that_is_missing(tmp_path):
    saved(built("mixtral"), tmp_path)
    numbers = load_file(tmp_path / WEIGHTS)
    name = "model.layers.1.block_sparse_moe.experts.3.w2.weight"
    del numbers[name]
    save_file(numbers, tmp_path / WEIGHTS)
    with pytest.raises(ValueError, match=f": missing {name}$"):
        from_directory(tmp_path)
