"""Norms against torch's, by hand, and their invariances."""

from dataclasses import replace
from functools import partial

import pytest
import torch
from torch import nn

from xfmr.norm import (
    KEYS,
    QUERIES,
    AcrossHeads,
    LayerNorm,
    RMSNorm,
    norm_of,
)
from xfmr.presets import GPT2, LLAMA2_7B

pytestmark = pytest.mark.usefixtures("double_precision")
X = 3 * torch.randn(2, 3, 8, generator=torch.Generator().manual_seed(0)) + 1
X = X.double()
assert_same = partial(torch.testing.assert_close, rtol=0, atol=1e-12)


@pytest.mark.parametrize("eps", [1e-12, 1e-5, 0.5])
def test_equals_torch(eps):
    theirs, ours = nn.LayerNorm(8, eps=eps), LayerNorm(8, eps=eps)
    generator = torch.Generator().manual_seed(1)
    nn.init.normal_(theirs.weight, generator=generator)
    nn.init.normal_(theirs.bias, generator=generator)
    ours.load_state_dict({"gain": theirs.weight, "bias": theirs.bias})
    assert_same(ours(X), theirs(X))
    assert_same(ours(X[0, 0]), theirs(X[0, 0]))


def test_starts_as_pure_normalisation():
    assert_same(LayerNorm(8, eps=1e-5)(X), nn.LayerNorm(8)(X))


def test_by_hand():
    # mean 3, squared distances 4 and 4, variance 4; 4 + 5 is 9
    y = LayerNorm(2, eps=5.0)(torch.tensor([1.0, 5.0]))
    assert_same(y, torch.tensor([-2 / 3, 2 / 3]))


def test_shift_and_scale_of_the_input_do_not_matter():
    norm, x = LayerNorm(8, eps=1e-12), X
    assert_same(norm(x), norm(7 * x - 4))


def test_equal_coordinates_become_the_bias():
    norm = LayerNorm(4, eps=1e-5)
    nn.init.constant_(norm.bias, 0.25)
    assert_same(norm(torch.full((1, 4), 9.0)), torch.full((1, 4), 0.25))


def test_two_parameters_a_coordinate():
    assert sum(p.numel() for p in LayerNorm(8, eps=1e-5).parameters()) == 16


@pytest.mark.parametrize("eps", [1e-12, 1e-5, 0.5])
def test_rms_equals_torch(eps):
    theirs, ours = nn.RMSNorm(8, eps=eps), RMSNorm(8, eps=eps)
    generator = torch.Generator().manual_seed(1)
    nn.init.normal_(theirs.weight, generator=generator)
    ours.load_state_dict({"gain": theirs.weight})
    assert_same(ours(X), theirs(X))
    assert_same(ours(X[0, 0]), theirs(X[0, 0]))


def test_rms_by_hand():
    # squares 1 and 49, their mean 25; 25 + 11 is 36
    y = RMSNorm(2, eps=11.0)(torch.tensor([1.0, 7.0]))
    assert_same(y, torch.tensor([1 / 6, 7 / 6]))


def test_rms_starts_with_mean_square_one_and_keeps_the_mean():
    y = RMSNorm(8, eps=1e-12)(X)
    assert_same((y**2).mean(-1), torch.ones(2, 3))
    assert (y.mean(-1).abs() > 0.01).all()


def test_rms_scale_matters_not_but_shift_does():
    norm, x = RMSNorm(8, eps=1e-12), X
    assert_same(norm(x), norm(7 * x))
    assert not torch.allclose(norm(x), norm(x + 1), atol=0.1)


def test_rms_of_zeros_is_zero():
    assert not RMSNorm(4, eps=1e-5)(torch.zeros(1, 4)).any()


def test_rms_equals_layer_norm_where_the_mean_is_zero():
    x = X - X.mean(-1, keepdim=True)
    layer, rms = LayerNorm(8, eps=1e-5), RMSNorm(8, eps=1e-5)
    assert_same(layer(x), rms(x))


def test_rms_one_parameter_a_coordinate():
    assert sum(p.numel() for p in RMSNorm(8, eps=1e-5).parameters()) == 8


def test_rms_with_a_gain_from_one():
    ours = RMSNorm(8, eps=1e-5, from_one=True)
    assert_same(ours(X), RMSNorm(8, eps=1e-5)(X))  # stored as zeros at first
    stored = torch.linspace(-1, 2, 8)
    ours.load_state_dict({"gain": stored})
    assert_same(ours(X), RMSNorm(8, eps=1e-5)(X) * (1 + stored))


def test_without_a_bias():
    theirs = nn.LayerNorm(8, bias=False)
    ours = LayerNorm(8, eps=1e-5, bias=False)
    gain = torch.linspace(-1, 2, 8)
    theirs.load_state_dict({"weight": gain})
    ours.load_state_dict({"gain": gain})
    assert_same(ours(X), theirs(X))


@pytest.mark.parametrize("n_kv_heads", [1, 2, 3])
@pytest.mark.parametrize(("n_group", "axes"), [(3, QUERIES), (1, KEYS)])
def test_across_heads_is_one_norm_of_all_of_them(n_kv_heads, n_group, axes):
    generator = torch.Generator().manual_seed(1)
    x = torch.randn(2, n_kv_heads, n_group, 5, 4, generator=generator)
    norm = RMSNorm(n_kv_heads * n_group * 4, eps=1e-5)
    nn.init.normal_(norm.gain, generator=generator)
    ours = AcrossHeads(norm, axes)(x)
    for b in range(2):
        for t in range(5):
            at_t = x[b, :, :, t]
            expected = norm(at_t.reshape(-1)).reshape(at_t.shape)
            assert_same(ours[b, :, :, t], expected)


@pytest.mark.parametrize("config", [GPT2, LLAMA2_7B], ids=["GPT", "Llama"])
def test_the_norm_of_a_configuration(config):
    norm = norm_of(config, 6)
    assert type(norm) is {"layer": LayerNorm, "rms": RMSNorm}[config.norm]
    assert norm.eps == config.norm_eps
    assert norm.gain.shape == (6,)
    if config is GPT2:
        assert norm_of(replace(config, norm_bias=False), 6).bias is None
        assert norm.bias.shape == (6,)
    else:
        assert not norm.from_one
        assert norm_of(replace(config, norm_from_one=True), 6).from_one


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"norm_gain": False}, "^norm_gain=False of GPT-2 must be True$"),
        (
            {"norm_from_one": True},
            "^norm_from_one=True of GPT-2 needs norm='rms'$",
        ),
    ],
)
def test_a_norm_that_is_not_to_be_had(change, message):
    with pytest.raises(ValueError, match=message):
        norm_of(replace(GPT2, **change), 6)
