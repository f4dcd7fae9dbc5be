"""The feed-forward layer and its nonlinearities against torch's."""

from functools import partial

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from xfmr.feedforward import (
    ACTIVATIONS,
    FUSED,
    FeedForward,
    gelu,
    gelu_tanh,
    relu,
    silu,
)

pytestmark = pytest.mark.usefixtures("double_precision")
X = torch.linspace(-6, 6, 241, dtype=torch.float64)
assert_same = partial(torch.testing.assert_close, rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (relu, F.relu),
        (gelu, F.gelu),
        (gelu_tanh, lambda x: F.gelu(x, approximate="tanh")),
        (silu, F.silu),
    ],
)
def test_activations_equal_torch(ours, theirs):
    assert_same(ours(X), theirs(X))


def test_activations_stand_under_their_names():
    assert ACTIVATIONS == {
        "relu": relu,
        "gelu": gelu,
        "gelu_tanh": gelu_tanh,
        "silu": silu,
    }


def test_torch_computes_the_activation_where_asked():
    layer = partial(FeedForward, d_model=8, d_ff=12, activation="gelu")
    assert layer().activation is gelu
    assert layer(fused=True).activation is FUSED["gelu"]


@pytest.fixture
def x():
    generator = torch.Generator().manual_seed(0)
    return torch.randn(2, 3, 8, generator=generator)


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("activation", ["relu", "gelu"])
def test_equals_torch(x, activation, bias):
    ours = FeedForward(d_model=8, d_ff=12, activation=activation, bias=bias)
    theirs = nn.Sequential(
        nn.Linear(8, 12, bias=bias),
        {"relu": nn.ReLU, "gelu": nn.GELU}[activation](),
        nn.Linear(12, 8, bias=bias),
    )
    names = {"0": "w_in", "2": "w_out"}
    weights = theirs.state_dict().items()
    ours.load_state_dict({names[k[0]] + k[1:]: w for k, w in weights})
    assert_same(ours(x), theirs(x))


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize(
    ("activation", "theirs"),
    [
        ("silu", F.silu),
        ("gelu", F.gelu),
        ("gelu_tanh", lambda x: F.gelu(x, approximate="tanh")),
    ],
    ids=["SwiGLU", "GeGLU", "GeGLU of Gemma"],
)
def test_the_gate_is_what_the_activation_bends(x, activation, theirs, bias):
    ours = FeedForward(
        d_model=8, d_ff=12, activation=activation, bias=bias, gated=True
    )
    expected = ours.w_out(theirs(ours.w_gate(x)) * ours.w_in(x))
    assert_same(ours(x), expected)


def test_gated_by_hand():
    # gate 2 through relu, input 3: 6 units; twice 6 comes out
    ours = FeedForward(d_model=1, d_ff=1, activation="relu", gated=True)
    for weight, value in zip(
        (ours.w_gate, ours.w_in, ours.w_out), (2.0, 3.0, 2.0), strict=True
    ):
        torch.nn.init.constant_(weight.weight, value)
    assert ours(torch.ones(1, 1, 1)).item() == 12
    assert ours(-torch.ones(1, 1, 1)).item() == 0


@pytest.mark.parametrize(
    ("bias", "gated", "expected"),
    [
        (False, False, 2 * 96),
        (True, False, 2 * 96 + 12 + 8),
        (False, True, 3 * 96),
        (True, True, 3 * 96 + 12 + 12 + 8),
    ],
)
def test_parameters(bias, gated, expected):
    ours = FeedForward(
        d_model=8, d_ff=12, activation="relu", bias=bias, gated=gated
    )
    assert sum(p.numel() for p in ours.parameters()) == expected


def test_positions_are_treated_alone(x):
    ours = FeedForward(d_model=8, d_ff=12, activation="gelu")
    assert_same(ours(x)[:, 1:2], ours(x[:, 1:2]))


def test_plain_and_without_biases_unless_asked():
    ours = FeedForward(d_model=8, d_ff=12, activation="relu")
    assert ours.w_gate is None
    assert ours.w_in.bias is ours.w_out.bias is None


def test_an_activation_that_does_not_exist():
    with pytest.raises(
        ValueError, match=r"^activation='tanh' must be one of \['relu',"
    ):
        FeedForward(d_model=8, d_ff=12, activation="tanh")
