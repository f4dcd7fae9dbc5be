"""muP: the table's deviations and rates, what a step moves, errors."""

from math import sqrt

import pytest
import torch

from xfmr.train.adamw import AdamW
from xfmr.train.mup import Perceptron

SIZE = {"n_inputs": 16, "n_outputs": 8}


def made(width, base=None, seed=0, n_hidden=1):
    torch.manual_seed(seed)
    return Perceptron(**SIZE, width=width, base=base, n_hidden=n_hidden)


@pytest.mark.parametrize(
    ("base", "expected"),
    [(None, 1 / sqrt(1024)), (64, 1 / sqrt(1024) / 4)],
)
def test_deviations_of_the_table(base, expected):
    net = made(1024, base)
    found = [w.std().item() for w in net.parameters()]
    table = [1 / sqrt(16), 1 / sqrt(1024), expected]
    assert found == pytest.approx(table, rel=0.02)


def test_rates_of_the_table():
    net = made(1024, 64, n_hidden=2)
    first, inner = net.groups(0.5)
    assert first["lr"] == 0.5
    assert inner["lr"] == 0.5 / 16
    assert [*map(id, [*first["params"], *inner["params"]])] == [
        *map(id, net.parameters())
    ]
    assert len(inner["params"]) == 3
    assert {group["lr"] for group in made(1024).groups(0.5)} == {0.5}


def test_at_the_base_both_are_one():
    for a, b in zip(
        made(64).parameters(), made(64, 64).parameters(), strict=True
    ):
        assert torch.equal(a, b)
    assert made(64, 64).groups(0.5)[1]["lr"] == 0.5


def test_what_comes_out_by_hand():
    net = made(5, n_hidden=2)
    x = torch.randn(3, 16)
    h = torch.tanh(x @ net.input.weight.T)
    for layer in net.hidden:
        h = torch.tanh(h @ layer.weight.T)
    torch.testing.assert_close(net(x), h @ net.output.weight.T)


def moved(width, base):
    """How far a step moves the outputs, on average over seeds."""
    changes = []
    for seed in range(5):
        net = made(width, base, seed)
        x, y = torch.randn(64, 16), torch.randn(64, 8)
        before = net(x)
        (before - y).square().mean().backward()
        AdamW(net.groups(1e-3), lr=1e-3).step()
        changes.append((net(x) - before).square().mean().sqrt())
    return torch.stack(changes).mean().item()


def test_a_step_moves_outputs_as_far_at_every_width():
    narrow, wide = moved(64, 64), moved(1024, 64)
    assert 0.5 < wide / narrow < 2
    assert moved(1024, None) / narrow > 5


@pytest.mark.parametrize("name", ["n_inputs", "n_outputs", "width", "base"])
def test_sizes_below_one(name):
    sizes = SIZE | {"width": 4, "base": 2} | {name: -1}
    with pytest.raises(ValueError, match=f"^{name}=-1 must be at least 1$"):
        Perceptron(**sizes)


def test_no_hidden_layers():
    with pytest.raises(ValueError, match=r"^n_hidden=0 must be at least 1$"):
        Perceptron(**SIZE, width=4, n_hidden=0)
