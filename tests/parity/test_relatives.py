"""Families that nothing loads yet, against the library's models of them."""

import pytest
import torch
import transformers
from torch import nn

from xfmr.cli import tracing
from xfmr.families import read

N, H, LAYERS, V, T = 3, 8, 2, 29, 7
D = N * H
SIZES = {
    "hidden_size": D,
    "num_hidden_layers": LAYERS,
    "num_attention_heads": N,
    "intermediate_size": 40,
    "vocab_size": V,
    "max_position_embeddings": 16,
}
# ours, theirs; what stands in a layer has its number between
BERT = {
    "embedding.token": "embeddings.word_embeddings",
    "embedding.position": "embeddings.position_embeddings",
    "embedding_norm": "embeddings.LayerNorm",
}
NAMES = {
    "roberta": BERT
    | {
        "embedding.segment": "embeddings.token_type_embeddings",
        "mlm": "lm_head",
        "mlm.dense": "lm_head.dense",
        "mlm.norm": "lm_head.layer_norm",
        "attention.w_q": "encoder.layer.{n}.attention.self.query",
        "attention.w_k": "encoder.layer.{n}.attention.self.key",
        "attention.w_v": "encoder.layer.{n}.attention.self.value",
        "attention.w_o": "encoder.layer.{n}.attention.output.dense",
        "attention_norm": "encoder.layer.{n}.attention.output.LayerNorm",
        "feed_forward.w_in": "encoder.layer.{n}.intermediate.dense",
        "feed_forward.w_out": "encoder.layer.{n}.output.dense",
        "feed_forward_norm": "encoder.layer.{n}.output.LayerNorm",
    },
    "distilbert": BERT
    | {
        "mlm": "vocab_projector",
        "mlm.dense": "vocab_transform",
        "mlm.norm": "vocab_layer_norm",
        "attention.w_q": "transformer.layer.{n}.attention.q_lin",
        "attention.w_k": "transformer.layer.{n}.attention.k_lin",
        "attention.w_v": "transformer.layer.{n}.attention.v_lin",
        "attention.w_o": "transformer.layer.{n}.attention.out_lin",
        "attention_norm": "transformer.layer.{n}.sa_layer_norm",
        "feed_forward.w_in": "transformer.layer.{n}.ffn.lin1",
        "feed_forward.w_out": "transformer.layer.{n}.ffn.lin2",
        "feed_forward_norm": "transformer.layer.{n}.output_layer_norm",
    },
    "opt": {
        "embedding.token": "decoder.embed_tokens",
        "embedding.position": "decoder.embed_positions",
        "final_norm": "decoder.final_layer_norm",
        "attention.w_q": "decoder.layers.{n}.self_attn.q_proj",
        "attention.w_k": "decoder.layers.{n}.self_attn.k_proj",
        "attention.w_v": "decoder.layers.{n}.self_attn.v_proj",
        "attention.w_o": "decoder.layers.{n}.self_attn.out_proj",
        "attention_norm": "decoder.layers.{n}.self_attn_layer_norm",
        "feed_forward.w_in": "decoder.layers.{n}.fc1",
        "feed_forward.w_out": "decoder.layers.{n}.fc2",
        "feed_forward_norm": "decoder.layers.{n}.final_layer_norm",
    },
    "openai-gpt": {
        "embedding.token": "tokens_embed",
        "embedding.position": "positions_embed",
        "attention.w_q": "h.{n}.attn.c_attn",
        "attention.w_k": "h.{n}.attn.c_attn",
        "attention.w_v": "h.{n}.attn.c_attn",
        "attention.w_o": "h.{n}.attn.c_proj",
        "attention_norm": "h.{n}.ln_1",
        "feed_forward.w_in": "h.{n}.mlp.c_fc",
        "feed_forward.w_out": "h.{n}.mlp.c_proj",
        "feed_forward_norm": "h.{n}.ln_2",
    },
    "gpt_neox": {
        "embedding.token": "embed_in",
        "final_norm": "final_layer_norm",
        "unembedding": "lm_head",
        "attention.w_q": "layers.{n}.attention.query_key_value",
        "attention.w_k": "layers.{n}.attention.query_key_value",
        "attention.w_v": "layers.{n}.attention.query_key_value",
        "attention.w_o": "layers.{n}.attention.dense",
        "attention_norm": "layers.{n}.input_layernorm",
        "feed_forward.w_in": "layers.{n}.mlp.dense_h_to_4h",
        "feed_forward.w_out": "layers.{n}.mlp.dense_4h_to_h",
        "feed_forward_norm": "layers.{n}.post_attention_layernorm",
    },
}
CLASSES = {
    "roberta": ("Roberta", "ForMaskedLM"),
    "distilbert": ("DistilBert", "ForMaskedLM"),
    "opt": ("OPT", "ForCausalLM"),
    "openai-gpt": ("OpenAIGPT", "LMHeadModel"),
    "gpt_neox": ("GPTNeoX", "ForCausalLM"),
}


def library(family, **settings):
    """The library's model, with numbers of which none is 0 or 1 by habit."""
    torch.manual_seed(0)
    name, head = CLASSES[family]
    config = getattr(transformers, f"{name}Config")(
        attn_implementation="eager", **settings
    )
    model = getattr(transformers, name + head)(config).double().eval()
    for p in model.parameters():
        nn.init.normal_(p, std=0.4)
    return model


def part(tensor, family, name):
    """Our tensor out of theirs, which may be transposed or three in one."""
    at = "qkv".find(name.split(".w_")[-1][0]) if ".w_" in name else -1
    if family == "openai-gpt" and "w_" in name:
        tensor = tensor.mT if tensor.ndim == 2 else tensor
        return tensor.chunk(3)[at] if at >= 0 else tensor
    if family == "gpt_neox" and at >= 0:
        each = tensor.unflatten(0, (N, 3, H))
        return each[:, at].flatten(0, 1)
    return tensor


def ours_of(theirs, family):
    """Our model of the same configuration, with the same numbers."""
    said = theirs.config.to_dict()
    found = read(said | {"architectures": [type(theirs).__name__]})
    model, state = tracing.model_of(family, found.config, T).double(), {}
    weights = {
        name.removeprefix(f"{theirs.base_model_prefix}."): tensor
        for name, tensor in theirs.state_dict().items()
    }
    for name in model.state_dict():
        module, kind = name.rsplit(".", 1)
        n = ""
        if module.startswith("blocks."):
            _, n, module = module.split(".", 2)
        other = NAMES[family][module].format(n=n)
        kind = "weight" if kind == "gain" else kind
        state[name] = part(weights[f"{other}.{kind}"], family, name)
    model.load_state_dict(state)
    assert sum(p.numel() for p in model.parameters()) == sum(
        p.numel() for p in theirs.parameters()
    )
    return model


CASES = {
    "roberta": SIZES | {"type_vocab_size": 1, "pad_token_id": 1},
    "distilbert": {
        "dim": D,
        "n_layers": LAYERS,
        "n_heads": N,
        "hidden_dim": 40,
        "vocab_size": V,
        "max_position_embeddings": 16,
    },
    "opt": {k: v for k, v in SIZES.items() if k != "intermediate_size"}
    | {"ffn_dim": 40, "word_embed_proj_dim": D},
    "openai-gpt": {
        "n_embd": D,
        "n_layer": LAYERS,
        "n_head": N,
        "vocab_size": V,
        "n_positions": 16,
    },
    "gpt_neox": SIZES | {"rotary_pct": 0.5},
}
# the library computes weights, or angles, in float32
LOOSE = {
    "opt": {"rtol": 0, "atol": 1e-6},
    "gpt_neox": {"rtol": 0, "atol": 1e-5},
}


@pytest.mark.parametrize(
    ("family", "settings"),
    [
        *CASES.items(),
        ("gpt_neox", CASES["gpt_neox"] | {"use_parallel_residual": False}),
        ("opt", CASES["opt"] | {"_remove_final_layer_norm": True}),
    ],
)
def test_logits(family, settings):
    theirs = library(family, **settings)
    ours = ours_of(theirs, family)
    generator = torch.Generator().manual_seed(1)
    tokens = torch.randint(3, V, (2, T), generator=generator)
    expected = theirs(tokens).logits
    found = ours(tokens)
    found = getattr(found, "token_logits", found)
    within = LOOSE.get(family, {"rtol": 1e-12, "atol": 1e-12})
    torch.testing.assert_close(found, expected, **within)
