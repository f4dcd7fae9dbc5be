"""Losses: equal to torch's, in chunks too, and no larger than a chunk."""

import pytest
import torch
from torch.nn import functional

from xfmr.objectives.loss import chunked_cross_entropy, cross_entropy
from xfmr.peak import peak_bytes

B, T, D, V = 3, 7, 5, 11


def made(seed=0):
    g = torch.Generator().manual_seed(seed)
    x = torch.randn(B, T, D, generator=g, dtype=torch.float64)
    weight = 2 * torch.randn(V, D, generator=g, dtype=torch.float64)
    targets = torch.randint(V, (B, T), generator=g)
    counts = torch.rand(B, T, generator=g) < 0.6
    return x.requires_grad_(), weight.requires_grad_(), targets, counts


def plain(x, weight, targets, counts, **named):
    return cross_entropy(x @ weight.T, targets, counts, **named)


def test_it_is_torchs():
    x, weight, targets, counts = made()
    hidden = targets.masked_fill(~counts, -100)
    logits = x @ weight.T
    torchs = functional.cross_entropy(logits.flatten(0, 1), hidden.flatten())
    torch.testing.assert_close(cross_entropy(logits, targets, counts), torchs)


def test_the_weight_of_z():
    x, weight, targets, counts = made()
    z = (x @ weight.T).logsumexp(-1)[counts]
    torch.testing.assert_close(
        plain(x, weight, targets, counts, z_weight=0.3),
        plain(x, weight, targets, counts) + 0.3 * (z**2).mean(),
    )


@pytest.mark.parametrize("chunk", [1, 4, 100])
@pytest.mark.parametrize("z_weight", [0.0, 0.2])
def test_chunks_change_neither_value_nor_slopes(chunk, z_weight):
    found = []
    for function, size in (
        (plain, {}),
        (chunked_cross_entropy, {"chunk": chunk}),
    ):
        x, weight, targets, counts = made()
        loss = function(x, weight, targets, counts, z_weight=z_weight, **size)
        (3 * loss).backward()
        found.append((loss, x.grad, weight.grad))
    for one, other in zip(*found, strict=True):
        assert (one - other).abs().max() < 1e-12


def test_slopes_by_finite_differences():
    x, weight, targets, counts = made()

    def loss(x, weight):
        return chunked_cross_entropy(
            x, weight, targets, counts, chunk=4, z_weight=0.1
        )

    assert torch.autograd.gradcheck(loss, (x, weight))


def test_what_does_not_count_has_no_slope():
    x, weight, targets, counts = made()
    chunked_cross_entropy(x, weight, targets, counts, chunk=4).backward()
    assert (x.grad[~counts] == 0).all()
    assert (x.grad[counts] != 0).all()


def test_logits_are_never_more_than_a_chunk():
    g = torch.Generator().manual_seed(0)
    n, d, v = 256, 4, 512
    x = torch.randn(1, n, d, generator=g).requires_grad_()
    weight = torch.randn(v, d, generator=g).requires_grad_()
    targets = torch.randint(v, (1, n), generator=g)
    counts = torch.ones(1, n, dtype=torch.bool)

    def run(function, **size):
        x.grad = weight.grad = None
        function(x, weight, targets, counts, **size).backward()

    whole = peak_bytes(run, plain)
    assert whole > 2 * 4 * n * v
    parts = {
        chunk: peak_bytes(run, chunked_cross_entropy, chunk=chunk)
        for chunk in (8, 16, 32)
    }
    # twice a chunk's logits, the second for their exponentials, and what does
    # not depend on it
    for chunk in (8, 16):
        assert 4 * chunk * v <= parts[2 * chunk] - parts[chunk]
        assert parts[2 * chunk] - parts[chunk] <= 3 * 4 * chunk * v
    assert parts[8] < whole / 8


def test_without_learning_slopes_are_not_kept():
    x, weight, targets, counts = made()
    named = {"chunk": 2, "z_weight": 0.1}
    with torch.no_grad():
        loss = chunked_cross_entropy(x, weight, targets, counts, **named)
        quiet = peak_bytes(
            lambda: chunked_cross_entropy(x, weight, targets, counts, **named)
        )
    assert not loss.requires_grad
    torch.testing.assert_close(
        loss, plain(x, weight, targets, counts, z_weight=0.1).detach()
    )
    loud = peak_bytes(
        lambda: chunked_cross_entropy(x, weight, targets, counts, **named)
    )
    assert loud - quiet > V * D * 8


def test_nothing_counts_and_chunks_of_nothing():
    x, weight, targets, counts = made()
    none = torch.zeros_like(counts)
    with pytest.raises(ValueError, match=r"^counts must be true somewhere$"):
        plain(x, weight, targets, none)
    with pytest.raises(ValueError, match=r"^counts must be true somewhere$"):
        chunked_cross_entropy(x, weight, targets, none, chunk=4)
    with pytest.raises(ValueError, match=r"^chunk=0 must be at least 1$"):
        chunked_cross_entropy(x, weight, targets, counts, chunk=0)
