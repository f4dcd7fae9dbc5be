"""Corrupted texts: shares in their intervals, and nothing else touched."""

from math import sqrt

import pytest
import torch

from xfmr.objectives.masked import masked, masked_text

V, MASK = 1000, 3
TEXT = torch.randint(4, V, (300, 400), generator=torch.manual_seed(1))


def corrupted(tokens=TEXT, **options):
    named = {"mask_token": MASK, "vocab_size": V} | options
    named.setdefault("generator", torch.Generator().manual_seed(0))
    return masked_text(tokens, **named)


def within_four_deviations(n_hits, n_tries, share):
    spread = sqrt(n_tries * share * (1 - share))
    return abs(n_hits - n_tries * share) < 4 * spread


def test_shares():
    read, chosen = corrupted()
    n = int(chosen.sum())
    assert within_four_deviations(n, TEXT.numel(), 0.15)
    masked = chosen & (read == MASK)
    # a redrawn token is the mask or the old one in 2 of V cases
    other = chosen & (read != MASK) & (read != TEXT)
    assert within_four_deviations(int(masked.sum()), n, 0.8 + 0.1 / V)
    assert within_four_deviations(int(other.sum()), n, 0.1 * (1 - 2 / V))
    assert within_four_deviations(
        int((chosen & (read == TEXT)).sum()), n, 0.1 + 0.1 / V
    )


def test_another_rate():
    _, chosen = corrupted(rate=0.4)
    assert within_four_deviations(int(chosen.sum()), TEXT.numel(), 0.4)


def test_tokens_that_are_not_chosen_stay():
    before = TEXT.clone()
    read, chosen = corrupted()
    assert torch.equal(read[~chosen], TEXT[~chosen])
    assert torch.equal(TEXT, before)


def test_redrawn_tokens_come_from_the_whole_vocabulary():
    text = torch.full((300, 400), 500)
    read, _ = corrupted(text, vocab_size=501, rate=1.0)
    redrawn = read[(read != 500) & (read != MASK)]
    assert redrawn.min() == 0 and redrawn.max() == 499
    assert abs(redrawn.double().mean() - 249.5) < 10


def test_an_example_asks_for_what_was_chosen():
    read, chosen = corrupted()
    made = masked(
        TEXT,
        mask_token=MASK,
        vocab_size=V,
        generator=torch.Generator().manual_seed(0),
    )
    assert torch.equal(made.inputs, read)
    assert torch.equal(made.targets, TEXT)
    assert torch.equal(made.counts, chosen)
    assert made.mask.shape == (400, 400) and made.mask.all()


def test_extremes_of_the_rate():
    assert not corrupted(rate=0.0)[1].any()
    assert corrupted(rate=1.0)[1].all()


def test_kept_tokens_are_never_chosen():
    keep = torch.zeros(300, 400, dtype=torch.bool)
    keep[:, 0] = True
    read, chosen = corrupted(keep=keep, rate=1.0)
    assert torch.equal(chosen, ~keep)
    assert torch.equal(read[:, 0], TEXT[:, 0])


def test_a_seed_is_a_text():
    assert torch.equal(corrupted()[0], corrupted()[0])
    other = torch.Generator().manual_seed(2)
    assert not torch.equal(corrupted()[0], corrupted(generator=other)[0])


@pytest.mark.parametrize("rate", [-0.1, 1.1])
def test_rates_that_are_no_share(rate):
    with pytest.raises(ValueError, match=rf"^rate={rate} must be from 0 to 1"):
        corrupted(rate=rate)


@pytest.mark.parametrize("mask_token", [-1, V])
def test_mask_tokens_that_are_none(mask_token):
    with pytest.raises(ValueError, match=f"^mask_token={mask_token} must be"):
        corrupted(mask_token=mask_token)


def test_the_smallest_and_the_largest_mask_token():
    for mask_token in (0, V - 1):
        read, chosen = corrupted(mask_token=mask_token)
        n = int((chosen & (read == mask_token)).sum())
        assert n > 0.7 * chosen.sum()
