"""Losses in both units, from probabilities that are known."""

from math import log, log2

import pytest
import torch
from torch import nn

from xfmr.data.packing import IGNORED
from xfmr.train.evaluate import evaluate, total


class Known(nn.Module):
    """Gives token n the probability shares[n], whatever it reads."""

    def __init__(self, shares):
        super().__init__()
        self.logits = torch.tensor(shares).log() + 3.0

    def forward(self, tokens):
        return self.logits.expand(*tokens.shape, -1)


MODEL = Known([0.5, 0.25, 0.125, 0.125])
BATCHES = [
    (torch.zeros(2, 2, dtype=int), torch.tensor([[0, 1], [IGNORED, 3]])),
    (torch.zeros(1, 2, dtype=int), torch.tensor([[0, IGNORED]])),
]


def test_the_sum_leaves_out_what_is_ignored():
    found = total(MODEL, *BATCHES[0])
    assert found.item() == pytest.approx(-log(0.5 * 0.25 * 0.125))


def test_nats_a_token_and_bits_a_byte():
    sizes = torch.tensor([1, 2, 5, 3])
    found = evaluate(MODEL, BATCHES, token_bytes=sizes)
    assert found == {
        "held_out": pytest.approx((1 + 2 + 3 + 1) * log(2) / 4),
        "bits_per_byte": pytest.approx((1 + 2 + 3 + 1) / (1 + 2 + 3 + 1)),
    }
    sizes = torch.tensor([2, 2, 5, 4])
    found = evaluate(MODEL, BATCHES, token_bytes=sizes)
    assert found["bits_per_byte"] == pytest.approx(-log2(2**-7) / 10)


def test_nothing_is_kept_for_a_backward_pass():
    MODEL.logits.requires_grad_(True)
    evaluate(MODEL, BATCHES, token_bytes=torch.ones(4, dtype=int))
    assert MODEL.logits.grad is None


@pytest.mark.parametrize("n_rows", [0, 1])
def test_nothing_to_predict(n_rows):
    ignored = torch.full((1, 2), IGNORED)
    batches = [(torch.zeros(1, 2, dtype=int), ignored)] * n_rows
    with pytest.raises(ValueError, match="n_bytes=0 of the targets must be"):
        evaluate(MODEL, batches, token_bytes=torch.ones(4, dtype=int))
