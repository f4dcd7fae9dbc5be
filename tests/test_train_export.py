"""The transformers library loads what a run leaves, and computes the same."""

from dataclasses import replace

import pytest
import torch
from transformers import GPT2LMHeadModel

from tests.trained import toy_run
from xfmr import count
from xfmr.families import read
from xfmr.models.load import from_directory
from xfmr.train import export

TOKENS = torch.tensor([[5, 100, 7, 255, 0]])


@pytest.fixture
def run():
    found = toy_run(learning_rate=0.05)
    [*found.train(3)]
    return found


def test_both_libraries_compute_what_was_trained(run, tmp_path):
    export.save(run.model.config, run.weights(), tmp_path)
    expected = run.model(TOKENS)
    theirs = GPT2LMHeadModel.from_pretrained(tmp_path).eval()
    torch.testing.assert_close(theirs(TOKENS).logits, expected)
    ours = from_directory(tmp_path)
    torch.testing.assert_close(ours(TOKENS), expected)
    for name, x in ours.state_dict().items():
        assert torch.equal(x, run.weights()[name]), name


def test_the_configuration_is_counted_as_it_was_built(run, tmp_path):
    export.save(run.model.config, run.weights(), tmp_path)
    reading = read(tmp_path)
    assert not reading.warnings and not reading.assumed
    same = replace(run.model.config, name="", source="")
    assert replace(reading.config, name="", source="") == same
    n_built = sum(p.numel() for p in run.model.parameters())
    assert count.parameters(reading.config) == n_built


@pytest.mark.parametrize(
    ("activation", "name"),
    [("gelu", "gelu"), ("gelu_tanh", "gelu_new"), ("relu", "relu")],
)
def test_activations(run, activation, name):
    config = replace(run.model.config, activation=activation)
    assert export.keys(config)["activation_function"] == name


def test_an_activation_without_a_name(run):
    config = replace(run.model.config, activation="silu")
    with pytest.raises(ValueError, match="activation='silu' must be one of"):
        export.keys(config)
