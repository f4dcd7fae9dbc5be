"""Muon: torch's own, singular values by the polynomial, errors."""

import pytest
import torch
from torch import nn

from xfmr.train.muon import Muon, orthogonalised, polynomial

pytestmark = pytest.mark.usefixtures("double_precision")

SHAPES = [(6, 9), (9, 6), (7, 7)]
THEIRS = {"shape": "original", "rms": "match_rms_adamw"}


def matrices():
    generator = torch.Generator().manual_seed(0)
    return [
        nn.Parameter(torch.randn(shape, generator=generator))
        for shape in SHAPES
    ]


def walked(made, n_steps=8):
    """Three matrices after steps against gradients that are drawn."""
    ws = matrices()
    unused = nn.Parameter(torch.ones(2, 2))
    optimiser = made([*ws, unused])
    generator = torch.Generator().manual_seed(1)
    for _ in range(n_steps):
        for w in ws:
            w.grad = torch.randn(w.shape, generator=generator)
        optimiser.step()
    assert torch.equal(unused, torch.ones(2, 2))
    return torch.cat([w.detach().flatten() for w in ws])


@pytest.mark.parametrize("scale", THEIRS)
@pytest.mark.parametrize("decay", [0.0, 0.3])
def test_it_is_torchs_where_torch_computes_in_float64(
    scale, decay, monkeypatch
):
    # torch's own casts to bfloat16 first, whatever it is given
    monkeypatch.setattr(torch.Tensor, "bfloat16", torch.Tensor.double)
    settings = {"lr": 0.1, "momentum": 0.9, "weight_decay": decay}
    ours = walked(
        lambda p: Muon(p, scale=scale, dtype=torch.float64, **settings)
    )
    theirs = walked(
        lambda p: torch.optim.Muon(p, adjust_lr_fn=THEIRS[scale], **settings)
    )
    torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-12)


def test_it_is_torchs_to_the_bit_in_bfloat16():
    ours = walked(lambda p: Muon(p, lr=0.1))
    theirs = walked(lambda p: torch.optim.Muon(p, lr=0.1, weight_decay=0.0))
    torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-15)
    exact = walked(lambda p: Muon(p, lr=0.1, dtype=torch.float64))
    assert 0 < (ours - exact).norm() < 0.02 * exact.norm()


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("n_rounds", [0, 1, 5])
def test_singular_values_follow_the_polynomial(shape, n_rounds):
    matrix = torch.randn(shape, generator=torch.Generator().manual_seed(2))
    u, s, v = torch.linalg.svd(matrix, full_matrices=False)
    after = polynomial(s / s.norm(), n_rounds)
    found = orthogonalised(matrix, n_rounds)
    torch.testing.assert_close(found, u * after @ v)


def test_five_rounds_bring_singular_values_about_one():
    s = polynomial(torch.linspace(0.01, 1, 1000))
    assert s.min() > 0.66
    assert s.max() < 1.21
    assert polynomial(torch.tensor(1e-4)) < 0.1
    assert polynomial(torch.tensor(0.0)) == 0


def test_coefficients_are_those_of_the_source():
    by_hand = 3.4445 - 4.7750 + 2.0315
    assert polynomial(torch.tensor(1.0), 1).item() == pytest.approx(by_hand)
    half = 3.4445 / 2 - 4.7750 / 8 + 2.0315 / 32
    assert polynomial(torch.tensor(0.5), 1).item() == pytest.approx(half)


@pytest.mark.parametrize("factor", [1e-3, 1e3])
def test_the_size_of_a_gradient_does_not_matter(factor):
    matrix = torch.randn(4, 6, generator=torch.Generator().manual_seed(2))
    torch.testing.assert_close(
        orthogonalised(matrix), orthogonalised(factor * matrix)
    )


def test_nothing_becomes_nothing():
    assert torch.equal(orthogonalised(torch.zeros(2, 3)), torch.zeros(2, 3))


def test_the_least_norm_is_that_of_the_source():
    found = orthogonalised(torch.full((1, 1), 1e-8), 0)
    torch.testing.assert_close(found, torch.full((1, 1), 0.1))


@pytest.mark.parametrize(
    ("shape", "scale", "expected"),
    [
        ((8, 2), "shape", 2.0),
        ((2, 8), "shape", 1.0),
        ((4, 1), "rms", 0.4),
        ((1, 9), "rms", 0.6),
    ],
)
def test_how_far_a_matrix_moves(shape, scale, expected):
    w = nn.Parameter(torch.zeros(shape))
    w.grad = torch.randn(shape, generator=torch.Generator().manual_seed(3))
    Muon([w], lr=0.5, scale=scale, dtype=torch.float64).step()
    step = orthogonalised(w.grad)
    torch.testing.assert_close(w.detach(), -0.5 * expected * step)


def test_scaled_by_rms_it_moves_entries_about_as_adamw_does():
    w = nn.Parameter(torch.zeros(64, 256))
    w.grad = torch.randn(w.shape, generator=torch.Generator().manual_seed(4))
    Muon([w], lr=1.0, scale="rms", dtype=torch.float64).step()
    assert w.detach().square().mean().sqrt() == pytest.approx(0.2, rel=0.15)


def test_what_is_no_matrix():
    with pytest.raises(
        ValueError, match=r"^shape=\(3,\) must be that of a matrix$"
    ):
        Muon([nn.Parameter(torch.ones(3))], lr=0.1)


def test_numbers_that_nothing_can_have():
    def made(**settings):
        return Muon(matrices(), **{"lr": 0.1} | settings)

    for name in ("lr", "weight_decay"):
        with pytest.raises(
            ValueError, match=f"^{name}=-0.1 must be at least 0$"
        ):
            made(**{name: -0.1})
    with pytest.raises(
        ValueError, match=r"^momentum=1.0 must be at least 0 and below 1$"
    ):
        made(momentum=1.0)
    with pytest.raises(
        ValueError,
        match=r"^scale='size' must be one of \('shape', 'rms'\)$",
    ):
        made(scale="size")
