"""Gradients clipped together: torch's own, by hand, errors."""

from math import inf, nan

import pytest
import torch
from torch import nn

from xfmr.train.clip import clip, gradient_norm

pytestmark = pytest.mark.usefixtures("double_precision")


def parameters(scale=1.0):
    generator = torch.Generator().manual_seed(0)
    params = [nn.Parameter(torch.ones(size)) for size in ((3, 4), (5,), (2,))]
    for w in params[:2]:
        w.grad = scale * torch.randn(w.shape, generator=generator)
    return params


@pytest.mark.parametrize("most", [0.01, 1.0, 100.0])
@pytest.mark.parametrize("scale", [1e-7, 1.0])
def test_it_is_torchs(most, scale):
    ours, theirs = parameters(scale), parameters(scale)
    found = clip(iter(ours), most)
    expected = nn.utils.clip_grad_norm_(theirs, most)
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-12)
    for a, b in zip(ours[:2], theirs, strict=False):
        torch.testing.assert_close(a.grad, b.grad, rtol=0, atol=1e-12)
    assert ours[2].grad is None


def test_by_hand():
    w = nn.Parameter(torch.zeros(2))
    w.grad = torch.tensor([3.0, 4.0])
    assert gradient_norm([w]) == 5
    assert clip([w], 1.0) == 5
    expected = torch.tensor([3.0, 4.0]) / (5 + 1e-6)
    torch.testing.assert_close(w.grad, expected, rtol=0, atol=1e-12)


def test_short_gradients_stay_as_they_are():
    w = nn.Parameter(torch.zeros(2))
    w.grad = torch.tensor([3.0, 4.0])
    clip([w], 6.0)
    assert torch.equal(w.grad, torch.tensor([3.0, 4.0]))


@pytest.mark.parametrize("bad", [inf, nan])
def test_a_norm_tells_of_numbers_that_are_none(bad):
    params = parameters()
    params[1].grad[3] = bad
    assert not gradient_norm(params).isfinite()


def test_without_gradients():
    with pytest.raises(ValueError, match=r"^params must have gradients$"):
        gradient_norm([nn.Parameter(torch.ones(1))])


@pytest.mark.parametrize("most", [0.0, -1.0])
def test_a_bound_of_nothing(most):
    with pytest.raises(ValueError, match=f"^{most=} must be above 0$"):
        clip(parameters(), most)
