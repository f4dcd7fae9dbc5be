"""What limits scores: the layer's own mask, and sinks as one more position.

Shapes that do not fit are tested with the layer that refuses them.
"""

from typing import get_args

import pytest
import torch

from xfmr.attention import attend
from xfmr.axes import shape
from xfmr.limits import bias_of_heads, mask_of_heads, own_mask, with_sinks
from xfmr.mask import causal_mask, sliding_window_mask


def randn(*shape, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator, dtype=torch.float64)


@pytest.mark.parametrize(("T", "S"), [(5, 5), (2, 5), (1, 5), (1, 1)])
@pytest.mark.parametrize("window", [None, 2, 5, 6])
@pytest.mark.parametrize("causal", [False, True])
def test_a_layers_own_mask(T, S, window, causal):
    size = {"n_queries": T, "n_keys": S}
    expected = torch.ones(T, S, dtype=torch.bool)
    if causal:
        expected &= causal_mask(**size)
    if window is not None:
        expected &= sliding_window_mask(window=window, **size)
    mask = own_mask(**size, causal=causal, window=window)
    assert (mask is None) == bool(expected.all())
    if mask is not None:
        stated, _ = get_args(own_mask.__annotations__["return"])
        assert tuple(mask.shape) == shape(stated.dim_str, {"T": T, "S": S})
        assert mask.shape == (1, 1, 1, T, S)
        assert torch.equal(mask[0, 0, 0], expected)


def test_heads_stand_in_groups():
    bias = torch.arange(24.0).reshape(6, 2, 2)
    grouped = bias_of_heads(bias, (3, 6, 2, 2), 2)
    assert grouped.shape == (1, 2, 3, 2, 2)
    assert torch.equal(grouped[0, 1, 2], bias[5])
    mask = torch.tensor([[True, False]])
    assert mask_of_heads(mask, (3, 6, 2, 2)).tolist() == [[[[[True, False]]]]]


@pytest.mark.parametrize("biased", [False, True])
@pytest.mark.parametrize("masked", [False, True])
def test_the_share_of_a_sink_is_read_of_nothing(masked, biased):
    q, k = randn(2, 2, 3, 4, 8), randn(2, 2, 1, 4, 8, seed=1)
    v, sinks = randn(2, 2, 1, 4, 8, seed=2), randn(6, seed=3)
    mask = causal_mask(n_queries=4, n_keys=4) if masked else None
    mask = mask if mask is None else mask[None, None, None]
    bias = randn(1, 2, 3, 4, 4, seed=4) if biased else None
    k, v, mask, bias = with_sinks(sinks, k, v, mask, bias, n_queries=4)
    assert not k[..., 0, :].any()
    assert not v[..., 0, :].any()
    heads, weights = attend(q, k, v, mask, bias)
    assert weights.shape == (2, 2, 3, 4, 5)
    torch.testing.assert_close(
        weights.sum(-1), torch.ones(2, 2, 3, 4, dtype=torch.float64)
    )
    torch.testing.assert_close(
        bias[..., 0], sinks.reshape(1, 2, 3, 1).expand(1, 2, 3, 4)
    )
    # the rest of the weights are what reads
    torch.testing.assert_close(heads, weights[..., 1:] @ v[..., 1:, :])
    assert (mask is None) is not masked
