"""What depth does, against theory and against another way to compute it."""

from dataclasses import replace

import pytest
import torch
from torch.nn.functional import cross_entropy, layer_norm

from xfmr.depth import profile
from xfmr.presets import TRANSFORMER_BASE

SMALL = replace(
    TRANSFORMER_BASE,
    name="small",
    n_layers=6,
    d_model=32,
    n_heads=4,
    n_kv_heads=4,
    d_head=8,
    d_ff=128,
    vocab_size=16,
)


def test_one_block_that_writes_nothing_is_logistic_regression():
    one = replace(SMALL, n_layers=1, norm_order="pre")
    found = profile(one, n_tokens=8, seeds=[3], residual_gain=0.0)
    assert found.stream[0] == found.stream[1]
    generator = torch.Generator().manual_seed(3)
    shapes = [(32, 32)] * 4 + [(128, 32), (32, 128)]
    w = [torch.empty(shape, dtype=torch.float64) for shape in shapes]
    for matrix in w:
        torch.nn.init.xavier_normal_(matrix, generator=generator)
    x, read = (
        torch.randn(n, 32, generator=generator).double() for n in (8, 16)
    )
    targets = torch.randint(16, (8,), generator=generator)
    hidden = layer_norm(x, (32,), eps=1e-6) @ w[4].T
    w_out = torch.zeros(32, 128, dtype=torch.float64, requires_grad=True)
    y = x + hidden.relu() @ w_out.T
    logits = layer_norm(y, (32,), eps=1e-6) @ read.T / 32**0.5
    cross_entropy(logits, targets).backward()
    assert found.stream[0] == pytest.approx(x.square().mean().sqrt().item())
    assert found.gradients[0] == pytest.approx(w_out.grad.norm().item())


def test_post_norm_keeps_the_stream_at_one():
    stream, gradients = profile(SMALL, n_tokens=16, seeds=range(2))
    assert len(stream) == 7 and len(gradients) == 6
    assert stream[1:] == pytest.approx([1] * 6, rel=1e-5)


@pytest.mark.parametrize("order", ["pre", "sandwich"])
def test_the_stream_grows_where_nothing_normalises_it(order):
    config = replace(SMALL, norm_order=order)
    stream, _ = profile(config, n_tokens=16, seeds=range(2))
    assert list(stream) == sorted(stream)
    # each of sandwich's twelve sublayers adds mean square one
    if order == "sandwich":
        assert stream[-1] ** 2 == pytest.approx(1 + 12, rel=0.35)


def test_seeds_decide():
    config = replace(SMALL, norm_order="pre")

    def draw(*seeds):
        return profile(config, n_tokens=4, seeds=seeds)

    assert draw(1) == draw(1) != draw(2)
    both = draw(1, 2).gradients[0]
    each = draw(1).gradients[0], draw(2).gradients[0]
    assert both**2 == pytest.approx((each[0] ** 2 + each[1] ** 2) / 2)


def test_no_seeds():
    with pytest.raises(ValueError, match="seeds must hold at least one"):
        profile(SMALL, n_tokens=4, seeds=[])
