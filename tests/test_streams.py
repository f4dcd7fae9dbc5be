"""What a forward pass makes, against a pass that is followed."""

from dataclasses import replace

import pytest
import torch

from tests.toys import SMALL, TOY
from xfmr import zoo
from xfmr.config import Experts, Latent
from xfmr.models.gpt import GPT
from xfmr.models.llama import Llama
from xfmr.streams import made
from xfmr.trace import follow

T = 7


def sizes(config, **named):
    found = made(config, **{"n_tokens": T} | named)
    return {(s.part, s.name): (s.sizes, s.times) for s in found}


@pytest.mark.parametrize(
    ("kind", "config"), [(GPT, TOY), (Llama, replace(SMALL, d_head=8))]
)
def test_shapes_that_a_pass_makes(kind, config):
    with torch.device("meta"):
        model, tokens = kind(config), torch.zeros(1, T).long()
    run = follow(model, tokens, sizes=config.axes)
    shapes = {
        tuple(n for n in step.result.shape if n != 1) for step in run.steps
    }
    group = config.n_heads // config.n_kv_heads
    for shape in made(config, n_tokens=T):
        wanted = shape.sizes[1:]
        if shape.name == "stream" or len(wanted) == 2:
            assert wanted in shapes, shape
    K, H = config.n_kv_heads, config.d_head
    # heads stand before positions, and query heads in their groups
    heads = [n for n in (K, group) if n != 1]
    assert (*heads, T, H) in shapes
    assert (*heads, T, T) in shapes
    assert (K, T, H) in shapes


def test_a_model_such_as_llama():
    D, N, K, H = (SMALL.axes[letter] for letter in "DNKH")
    F, V, L = (SMALL.axes[letter] for letter in "FVL")
    assert sizes(SMALL, batch_size=2) == {
        ("layers", "stream"): ((2, T, D), L),
        ("attention", "q"): ((2, T, N, H), L),
        ("attention", "k"): ((2, T, K, H), L),
        ("attention", "v"): ((2, T, K, H), L),
        ("attention", "scores"): ((2, N, T, T), L),
        ("attention", "read"): ((2, T, N, H), L),
        ("feed-forward", "hidden"): ((2, T, F), L),
        ("feed-forward", "gate"): ((2, T, F), L),
        ("head", "logits"): ((2, T, V), 1),
    }


def test_without_gate_or_head():
    found = sizes(replace(SMALL, gated=False, heads=("pooler",)))
    assert ("feed-forward", "gate") not in found
    assert ("head", "logits") not in found


def test_two_stacks():
    config = zoo.find("bart-base").reading.config
    found = sizes(replace(config, n_decoder_layers=2, d_decoder_ff=9))
    D = config.d_model
    assert found["layers", "stream"] == ((1, T, D), config.n_layers + 2)
    assert found["attention", "q"][1] == config.n_layers + 4
    hidden = [
        (s.sizes[2], s.times)
        for s in made(
            replace(config, n_decoder_layers=2, d_decoder_ff=9), n_tokens=T
        )
        if s.name == "hidden"
    ]
    assert hidden == [(config.d_ff, config.n_layers), (9, 2)]
    same = replace(config, n_decoder_layers=2)
    last = [s for s in made(same, n_tokens=T) if s.name == "hidden"][-1]
    assert (last.sizes[2], last.times) == (config.d_ff, 2)


def test_experts():
    experts = Experts(n_experts=5, n_active=2, d_ff=7, d_ff_shared=3)
    L, F = SMALL.n_layers, SMALL.d_ff
    found = sizes(replace(SMALL, experts=experts))
    assert ("feed-forward", "hidden") not in found
    assert found["router", "scores"] == ((1, T, 5), L)
    assert found["experts", "hidden"] == ((1, T, 2, 7), L)
    assert found["shared expert", "gate"] == ((1, T, 3), L)
    some = replace(experts, layers=(1, 2), d_ff_shared=None)
    found = sizes(replace(SMALL, experts=some))
    assert found["feed-forward", "hidden"] == ((1, T, F), L - 2)
    assert found["experts", "hidden"] == ((1, T, 2, 7), 2)
    assert ("shared expert", "gate") not in found


def test_a_latent():
    latent = Latent(d_latent=7, d_content=3, d_rotary=2, d_value=4)
    found = sizes(replace(SMALL, latent=latent))
    N = SMALL.n_heads
    assert found["attention", "latent"][0] == (1, T, 7)
    assert found["attention", "rotary key"][0] == (1, T, 2)
    for name, width in (("q", 5), ("k", 5), ("v", 4), ("read", 4)):
        assert found["attention", name][0] == (1, T, N, width)


@pytest.mark.parametrize("name", ["n_tokens", "batch_size"])
def test_sizes_below_one(name):
    with pytest.raises(ValueError, match=f"{name}=0 must be at least 1"):
        made(SMALL, **{"n_tokens": T} | {name: 0})
