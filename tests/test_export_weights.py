"""The model in two bytes a number."""

import base64
from dataclasses import replace

import numpy as np
import pytest
import torch

from tests import lab
from xfmr.demo.heads import heads
from xfmr.demo.model import DEMO, MODES, Demo
from xfmr.export import weights

TOKENS = torch.randint(
    DEMO.vocab_size, (4, 64), generator=torch.Generator().manual_seed(0)
)


def eighths(model):
    """The model in one byte a number and a scale for each row."""
    made = weights.as_exported(model)
    for weight in made.parameters():
        if weight.ndim == 2:
            scale = weight.abs().amax(1, keepdim=True) / 127
            weight.copy_((weight / scale).round() * scale)
    return made


def moved(one, other):
    """The most that an attention weight differs, of both modes."""
    return max(
        (heads(one, TOKENS, m).weights - heads(other, TOKENS, m).weights)
        .abs()
        .max()
        .item()
        for m in MODES
    )


def test_two_bytes_keep_what_heads_read_and_one_does_not():
    exact = lab.model()
    double = Demo().double().requires_grad_(False)
    double.load_state_dict(exact.state_dict())
    largest = heads(double, TOKENS, "causal").weights[..., 32:, :].amax(-1)
    assert largest.mean() > 0.3  # as focused as after training
    assert moved(double, weights.as_exported(exact)) < weights.CLOSE
    assert moved(double, eighths(exact)) > weights.CLOSE


def test_numbers_are_those_of_the_exported_model():
    model = lab.toy()
    said = weights.weights(model)
    data = np.frombuffer(base64.b64decode(said["data"]), "u1")
    # low bytes, then high ones
    data = data.reshape(2, -1).T.copy().view("<f2").flatten()
    at = 0
    for name, weight in weights.as_exported(model).named_parameters():
        assert said["shapes"][name] == [*weight.shape]
        numbers = data[at : at + weight.numel()].astype("f8")
        assert (numbers == weight.flatten().numpy()).all()
        at += weight.numel()
    assert at == len(data)
    assert said["config"] == {
        "n_layers": 2,
        "n_heads": 2,
        "d_model": 16,
        "d_head": 8,
        "d_ff": 24,
        "vocab_size": 32,
        "context_length": 16,
        "rotary_base": 10_000.0,
        "norm_eps": 1e-5,
    }


def test_the_model_that_is_exported_stays_as_it_was():
    model = lab.toy()
    before = {name: x.clone() for name, x in model.state_dict().items()}
    weights.as_exported(model)
    assert all(before[n].equal(x) for n, x in model.state_dict().items())


@pytest.mark.parametrize("width", weights.WIDTHS)
def test_widths_are_multiples_of_the_kernels(width):
    change = {width: getattr(lab.TOY, width) + 4}
    said = rf"{width}=\d+ must be a multiple of 8"
    with pytest.raises(ValueError, match=said):
        weights.weights(Demo(replace(lab.TOY, **change)))


@pytest.mark.parametrize("number", [1e5, torch.nan])
def test_weights_must_fit(number):
    model = lab.toy()
    model.final_norm.gain[0] = number
    with pytest.raises(ValueError, match=r"weights of final_norm\.gain must"):
        weights.weights(model)
