"""Gradient noise: every batch of a small problem, formulas, errors."""

from itertools import product

import pytest
import torch

from xfmr.train.noise import measured, progress

pytestmark = pytest.mark.usefixtures("double_precision")


def gradients():
    """Of six examples, in three coordinates."""
    generator = torch.Generator().manual_seed(0)
    return torch.randn(6, 3, generator=generator) + 1


def mean_squared_length(of_examples, n):
    """Over all batches of n examples, each drawn from all."""
    batches = product(range(len(of_examples)), repeat=n)
    lengths = [
        of_examples[list(batch)].mean(0).square().sum() for batch in batches
    ]
    return torch.stack(lengths).mean().item()


@pytest.mark.parametrize(("n_small", "n_large"), [(1, 2), (1, 4), (2, 3)])
def test_both_unknowns_are_the_sums_over_all_batches(n_small, n_large):
    g = gradients()
    found = measured(
        small=mean_squared_length(g, n_small),
        large=mean_squared_length(g, n_large),
        n_small=n_small,
        n_large=n_large,
    )
    squared = g.mean(0).square().sum().item()
    trace = g.var(0, correction=0).sum().item()
    assert found.squared == pytest.approx(squared, rel=1e-12)
    assert found.trace == pytest.approx(trace, rel=1e-12)
    assert found.scale == pytest.approx(trace / squared, rel=1e-12)


def test_a_batch_as_large_as_the_scale_gains_half():
    assert progress(16, scale=16.0) == 0.5
    assert progress(4, scale=12.0) == 0.25
    assert progress(1, scale=0.0) == 1


@pytest.mark.parametrize(("n_small", "n_large"), [(0, 2), (2, 2), (3, 2)])
def test_sizes_out_of_order(n_small, n_large):
    with pytest.raises(
        ValueError,
        match=f"^{n_small=} must be above 0 and below {n_large=}$",
    ):
        measured(small=1.0, large=1.0, n_small=n_small, n_large=n_large)


@pytest.mark.parametrize(("batch_size", "scale"), [(0.0, 1.0), (1.0, -1.0)])
def test_batches_and_scales_that_are_none(batch_size, scale):
    with pytest.raises(
        ValueError,
        match=f"^{batch_size=} must be above 0 and {scale=} not below$",
    ):
        progress(batch_size, scale=scale)
