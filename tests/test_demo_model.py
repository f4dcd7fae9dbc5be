"""The demo model and its heads, against the transformers library's Llama."""

import re
from dataclasses import replace

import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM

from xfmr import count, inside
from xfmr.demo import model as demo
from xfmr.demo.heads import bias_of, cut, heads
from xfmr.demo.model import DEMO, MODES, Demo, mask_of
from xfmr.mask import causal_mask

TOY = replace(
    DEMO,
    n_layers=3,
    d_model=12,
    n_heads=2,
    n_kv_heads=2,
    d_head=6,
    d_ff=20,
    vocab_size=29,
    context_length=9,
)
TOKENS = torch.tensor([[3, 1, 4, 1, 5, 9, 2], [6, 5, 3, 5, 8, 28, 0]])
T = TOKENS.shape[1]
MASKS = {
    "causal": causal_mask(n_queries=T, n_keys=T),
    "full": torch.ones(T, T, dtype=torch.bool),
}
THEIRS = {
    "w_q": "self_attn.q_proj",
    "w_k": "self_attn.k_proj",
    "w_v": "self_attn.v_proj",
    "w_o": "self_attn.o_proj",
    "w_gate": "mlp.gate_proj",
    "w_in": "mlp.up_proj",
    "w_out": "mlp.down_proj",
}

both_modes = pytest.mark.parametrize("mode", MODES)
both_masks = pytest.mark.parametrize("mask", MASKS.values(), ids=[*MASKS])


@pytest.fixture
def model():
    torch.manual_seed(0)
    made = Demo(TOY)
    for p in made.parameters():
        torch.nn.init.normal_(p, std=0.5)
    return made.requires_grad_(False)


@pytest.fixture
def library(model):
    """The library's Llama with these weights; it knows of no modes."""
    theirs = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=TOY.vocab_size,
            hidden_size=TOY.d_model,
            intermediate_size=TOY.d_ff,
            num_hidden_layers=TOY.n_layers,
            num_attention_heads=TOY.n_heads,
            rms_norm_eps=TOY.norm_eps,
            tie_word_embeddings=True,
            attn_implementation="eager",
        )
    )
    parts = dict(theirs.named_modules())
    norms = {"attention": "input", "feed_forward": "post_attention"}
    for name, weight in model.state_dict().items():
        match re.split(r"\.", name):
            case ["blocks", n, _, matrix, "weight"]:
                place = f"model.layers.{n}.{THEIRS[matrix]}"
            case ["blocks", n, norm, "gain"]:
                which = norms[norm.removesuffix("_norm")]
                place = f"model.layers.{n}.{which}_layernorm"
            case ["final_norm", "gain"]:
                place = "model.norm"
            case ["embedding", "token", "weight"]:
                place = "model.embed_tokens"
            case _:
                assert name == "embedding.segment.weight"
                continue
        parts[place].weight.data.copy_(weight)
    return theirs.eval()


def asked(library, model, mode, mask):
    """What the library makes of the same rows with the same mask."""
    table, modes = model.embedding.token, model.embedding.segment
    rows = table.weight[TOKENS] + modes.weight[MODES.index(mode)]
    hidden = torch.zeros(len(TOKENS), 1, T, T).masked_fill(~mask, -torch.inf)
    return library(
        inputs_embeds=rows, attention_mask=hidden, output_attentions=True
    )


@both_masks
@both_modes
def test_logits_and_weights_are_those_of_the_library(
    model, library, mode, mask
):
    theirs = asked(library, model, mode, mask)
    torch.testing.assert_close(model(TOKENS, mode, mask), theirs.logits)
    torch.testing.assert_close(
        heads(model, TOKENS, mode, mask).weights,
        torch.stack(theirs.attentions),
    )


@both_modes
def test_what_heads_read_is_what_the_layers_write(model, mode):
    found = heads(model, TOKENS, mode)
    written = inside.caught(
        model,
        TOKENS,
        [f"blocks.{n}.attention" for n in range(TOY.n_layers)],
        mode=mode,
    )
    for n, block in enumerate(model.blocks):
        read = torch.einsum(
            "bnts,bnsh->btnh", found.weights[n], found.v[n]
        ).flatten(2)
        torch.testing.assert_close(
            block.attention.w_o(read), written[f"blocks.{n}.attention"]
        )


@both_modes
def test_weights_are_the_softmax_of_the_scores(model, mode):
    found, mask = heads(model, TOKENS, mode), mask_of(mode, T)
    exponentials = found.scores.exp() * mask
    torch.testing.assert_close(
        found.weights, exponentials / exponentials.sum(-1, keepdim=True)
    )


def test_what_is_cut_is_not_read(model):
    tokens, edges = torch.tensor([[5, 6, 7, 8]]), [(0, 1, 3, 0), (1, 0, 2, 1)]
    whole = heads(model, tokens, "causal").weights
    found = heads(model, tokens, "causal", edges=edges).weights
    assert all(found[layer, 0, n, t, s] == 0 for layer, n, t, s in edges)
    rest = whole[0, 0, 1, 3, 1:]
    torch.testing.assert_close(found[0, 0, 1, 3, 1:], rest / rest.sum())
    assert found[0, 0, 0].equal(whole[0, 0, 0])
    assert not torch.allclose(found[1, 0, 1, 3], whole[1, 0, 1, 3])
    with cut(model, bias_of(model, 4, edges)):
        changed = model(tokens, "causal")
    assert not torch.allclose(changed, model(tokens, "causal"))
    for edge in [(3, 0, 0, 0), (0, 2, 0, 0), (0, 0, 4, 0), (0, 0, 0, -1)]:
        with pytest.raises(ValueError, match=r"must be below \(3, 2, 4, 4\)"):
            bias_of(model, 4, [edge])


def test_the_kernels_of_torch_give_the_same(model):
    fused = Demo(TOY, fused=True)
    fused.load_state_dict(model.state_dict())
    for mode in MODES:
        torch.testing.assert_close(fused(TOKENS, mode), model(TOKENS, mode))


def test_parameters_are_those_counted_and_those_stated():
    built = sum(p.numel() for p in Demo().parameters())
    assert built == count.parameters(DEMO)
    assert f"{built:,} parameters" in demo.__doc__
    V, D, F = DEMO.vocab_size, DEMO.d_model, DEMO.d_ff
    layer = 4 * D * D + 3 * D * F + 2 * D
    for part in (V * D, 2 * D, layer, D):
        assert f" {part:,}" in demo.__doc__
    assert built == V * D + 2 * D + 4 * layer + D


def test_each_mode_has_its_own_mask(model):
    masks = dict(zip(MODES, MASKS.values(), strict=True))
    for mode, mask in masks.items():
        assert mask_of(mode, T).equal(mask)
        assert model(TOKENS, mode).equal(model(TOKENS, mode, mask))
        assert heads(model, TOKENS, mode).weights.equal(
            heads(model, TOKENS, mode, mask).weights
        )


def test_a_mode_is_more_than_its_mask(model):
    one, other = (model(TOKENS, mode, MASKS["full"]) for mode in MODES)
    assert not torch.allclose(one, other)


def test_no_mode_but_these(model):
    with pytest.raises(ValueError, match=r"mode='both' must be one of \('c"):
        model(TOKENS, "both", MASKS["full"])
    with pytest.raises(ValueError, match="mode='both' must be one of"):
        mask_of("both", T)


def test_as_long_as_it_was_made_for(model):
    row = torch.zeros(1, TOY.context_length + 1, dtype=torch.long)
    assert model(row[:, 1:], "causal").shape == (1, 9, 29)
    with pytest.raises(ValueError, match="n_tokens=10 must be at most 9"):
        model(row, "causal")


@pytest.mark.parametrize(
    "change",
    [{"norm": "layer"}, {"gated": False}, {"n_kv_heads": 1}, {"tied": False}],
)
def test_only_sizes_may_differ(change):
    (field,) = change
    with pytest.raises(ValueError, match=f"{field}=.* of demo must be"):
        Demo(replace(TOY, **change))
