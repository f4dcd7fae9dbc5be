"""Torch's kernels give what the written-out steps give."""

from dataclasses import replace

import pytest
import torch
from torch import nn

from tests.toys import SIZES
from xfmr.block import DecoderBlock, EncoderBlock
from xfmr.feedforward import ACTIVATIONS, FUSED, FeedForward
from xfmr.models.gpt import GPT
from xfmr.models.llama import Llama
from xfmr.norm import FusedLayerNorm, FusedRMSNorm, LayerNorm, RMSNorm, norm_of
from xfmr.presets import GPT2, LLAMA2_7B

TOY = replace(GPT2, **SIZES, context_length=6)
TOY_LLAMA = replace(LLAMA2_7B, **SIZES | {"n_kv_heads": 2})
pytestmark = pytest.mark.usefixtures("double_precision")


def randomised(module):
    torch.manual_seed(0)
    for p in module.parameters():
        nn.init.normal_(p, std=0.5)
    return module


def same(a, b):
    torch.testing.assert_close(a, b, rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations(name):
    x = torch.linspace(-6, 6, 97)
    same(FUSED[name](x), ACTIVATIONS[name](x))
    assert FUSED.keys() == ACTIVATIONS.keys()


@pytest.mark.parametrize("eps", [1e-5, 0.5])
@pytest.mark.parametrize(
    ("plain", "fused", "options"),
    [
        (LayerNorm, FusedLayerNorm, {}),
        (LayerNorm, FusedLayerNorm, {"bias": False}),
        (RMSNorm, FusedRMSNorm, {}),
        (RMSNorm, FusedRMSNorm, {"from_one": True}),
    ],
)
def test_norms(plain, fused, options, eps):
    a, b = (randomised(n(8, eps=eps, **options)) for n in (plain, fused))
    x = torch.randn(3, 5, 8)
    same(a(x), b(x))
    assert isinstance(b, plain)


def test_which_norm_a_model_has():
    for config, plain, fused in (
        (TOY, LayerNorm, FusedLayerNorm),
        (TOY_LLAMA, RMSNorm, FusedRMSNorm),
    ):
        assert type(norm_of(config, 8)) is plain
        assert type(norm_of(config, 8, fused=True)) is fused


@pytest.mark.parametrize("gated", [False, True])
def test_feed_forward(gated):
    size = {"d_model": 8, "d_ff": 12, "activation": "gelu", "gated": gated}
    plain, fused = (
        randomised(FeedForward(**size, fused=f)) for f in (False, True)
    )
    x = torch.randn(2, 3, 8)
    same(plain(x), fused(x))
    assert fused.activation is FUSED["gelu"]
    assert plain.activation is ACTIVATIONS["gelu"]


@pytest.mark.parametrize("config", [TOY, TOY_LLAMA], ids=["layer", "rms"])
def test_blocks(config):
    x, memory = torch.randn(2, 5, 16), torch.randn(2, 7, 16)
    for block, inputs in ((EncoderBlock, [x]), (DecoderBlock, [x, memory])):
        plain, fused = (
            randomised(block(config, causal=True, fused=f))
            for f in (False, True)
        )
        same(plain(*inputs), fused(*inputs))
        assert fused.feed_forward.activation in FUSED.values()
        kinds = (FusedLayerNorm, FusedRMSNorm)
        norms = [m for n, m in fused.named_modules() if n.endswith("norm")]
        assert all(isinstance(norm, kinds) for norm in norms)
        assert not any(isinstance(m, kinds) for m in plain.modules())


@pytest.mark.parametrize(("build", "config"), [(GPT, TOY), (Llama, TOY_LLAMA)])
def test_models(build, config):
    tokens = torch.tensor([[1, 5, 3, 9, 0]])
    plain, fused = (randomised(build(config, fused=f)) for f in (False, True))
    same(plain(tokens), fused(tokens))
    assert isinstance(fused.final_norm, FusedLayerNorm | FusedRMSNorm)
    for p, q in zip(plain.parameters(), fused.parameters(), strict=True):
        assert torch.equal(p, q)
    grads = [
        torch.autograd.grad(m(tokens).square().sum(), [*m.parameters()])
        for m in (plain, fused)
    ]
    for a, b in zip(*grads, strict=True):
        torch.testing.assert_close(a, b)
