"""Our GPT against the transformers library's, on random weights."""

from dataclasses import replace

import pytest
import torch
from torch import nn
from transformers import GPT2Config, GPT2LMHeadModel

from xfmr.generate import greedy
from xfmr.models.gpt import GPT
from xfmr.presets import GPT2

TOY = replace(
    GPT2,
    n_layers=3,
    d_model=24,
    n_heads=3,
    n_kv_heads=3,
    d_head=8,
    d_ff=40,
    vocab_size=29,
    context_length=7,
)
OUTER = {
    "embedding.token.weight": "wte.weight",
    "embedding.position.weight": "wpe.weight",
    "final_norm.gain": "ln_f.weight",
    "final_norm.bias": "ln_f.bias",
}
INNER = {
    "attention_norm": "ln_1",
    "attention.w_o": "attn.c_proj",
    "feed_forward_norm": "ln_2",
    "feed_forward.w_in": "mlp.c_fc",
    "feed_forward.w_out": "mlp.c_proj",
}


def converted(theirs):
    """The library's tensors by our names; its projections are transposed."""
    weights = theirs.transformer.state_dict()
    ours = {name: weights[other] for name, other in OUTER.items()}
    for n in range(TOY.n_layers):
        for name, other in INNER.items():
            norm = name.endswith("norm")
            weight = weights[f"h.{n}.{other}.weight"]
            kind = "gain" if norm else "weight"
            ours[f"blocks.{n}.{name}.{kind}"] = weight if norm else weight.T
            ours[f"blocks.{n}.{name}.bias"] = weights[f"h.{n}.{other}.bias"]
        weight = weights[f"h.{n}.attn.c_attn.weight"].T.chunk(3)
        bias = weights[f"h.{n}.attn.c_attn.bias"].chunk(3)
        for x, w, b in zip("qkv", weight, bias, strict=True):
            ours[f"blocks.{n}.attention.w_{x}.weight"] = w
            ours[f"blocks.{n}.attention.w_{x}.bias"] = b
    return ours


@pytest.fixture
def pair():
    torch.manual_seed(0)
    theirs = GPT2LMHeadModel(
        GPT2Config(
            n_embd=TOY.d_model,
            n_layer=TOY.n_layers,
            n_head=TOY.n_heads,
            n_inner=TOY.d_ff,
            vocab_size=TOY.vocab_size,
            n_positions=TOY.context_length,
            attn_implementation="eager",
        )
    )
    theirs.double().eval()
    for p in theirs.parameters():  # no bias at zero, no gain at one
        nn.init.normal_(p, std=0.5)
    ours = GPT(TOY).double()
    ours.load_state_dict(converted(theirs))
    return ours, theirs


def test_every_hidden_state_and_logits(pair):
    ours, theirs = pair
    generator = torch.Generator().manual_seed(1)
    tokens = torch.randint(29, (2, 7), generator=generator)
    expected = theirs(tokens, output_hidden_states=True)
    hidden, hooks = [], [ours.embedding, *ours.blocks[:-1], ours.final_norm]
    for module in hooks:
        module.register_forward_hook(lambda _m, _i, out: hidden.append(out))
    pairs = [(ours(tokens), expected.logits)]
    pairs += zip(hidden, expected.hidden_states, strict=True)
    for a, b in pairs:
        torch.testing.assert_close(a, b, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("n_prompt", [1, 4])
def test_greedy_tokens(pair, n_prompt):
    ours, theirs = pair
    generator = torch.Generator().manual_seed(2)
    prompts = torch.randint(29, (5, n_prompt), generator=generator)
    expected = theirs.generate(
        prompts,
        attention_mask=torch.ones_like(prompts),
        max_new_tokens=7 - n_prompt,
        do_sample=False,
        eos_token_id=None,
        pad_token_id=0,
    )
    assert torch.equal(greedy(ours, prompts, n_new=7 - n_prompt), expected)
