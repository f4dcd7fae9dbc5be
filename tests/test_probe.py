"""Influence of functions whose dependencies are known."""

import pytest
import torch

from xfmr.probe import influence

GENERATOR = torch.Generator().manual_seed(0)
X = torch.randn(2, 5, 3, generator=GENERATOR)
OTHER = torch.randn(2, 5, 3, generator=GENERATOR)


def test_a_linear_mixture_shows_its_own_zeros():
    mixture = torch.rand(4, 5, generator=GENERATOR)
    mixture[0, 2] = mixture[3, 0] = mixture[1] = 0
    found = influence(lambda x: mixture @ x, X, OTHER)
    assert torch.equal(found, mixture != 0)


def test_running_sums_depend_on_what_came_before():
    found = influence(lambda x: x.cumsum(dim=1), X, OTHER)
    assert torch.equal(found, torch.ones(5, 5).tril().bool())


def test_one_coordinate_of_one_sequence_is_enough():
    def last_of_the_second(x):
        return x * torch.tensor([[[0.0]], [[1.0]]]) * torch.eye(3)[2]

    found = influence(last_of_the_second, X, OTHER)
    assert torch.equal(found, torch.eye(5).bool())


def test_the_last_bit_counts():
    x = torch.ones(1, 2, 1, dtype=torch.float64)
    other = torch.nextafter(x, 2 * x)
    assert influence(lambda x: x, x, other).tolist() == [
        [True, False],
        [False, True],
    ]
    assert not influence(lambda x: x, x, x).any()


def test_the_input_stays_as_it_was():
    before = X.clone()
    influence(lambda x: x, X, OTHER)
    assert torch.equal(X, before)


def test_inputs_of_two_shapes():
    with pytest.raises(
        ValueError, match=r"^other.shape=\(2, 4, 3\) must be \(2, 5, 3\)$"
    ):
        influence(lambda x: x, X, OTHER[:, 1:])


def test_a_function_that_makes_nan():
    with pytest.raises(ValueError, match=r"^function\(x\) must not be NaN"):
        influence(lambda x: x.log(), -X.abs(), OTHER)
