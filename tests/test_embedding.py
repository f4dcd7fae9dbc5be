"""Embeddings: sums of rows, looked up by hand."""

import pytest
import torch

from xfmr.embedding import Embedding
from xfmr.position import sinusoids

TOKENS = torch.tensor([[4, 0, 4], [2, 2, 1]])
SEGMENTS = torch.tensor([[0, 0, 1], [0, 1, 1]])


def embedding(**tables):
    torch.manual_seed(0)
    return Embedding(vocab_size=5, d_model=8, **tables)


def test_the_sum_of_three_rows():
    ours = embedding(context_length=4, n_segments=2)
    x = ours(TOKENS, SEGMENTS)
    assert x.shape == (2, 3, 8)
    for b in range(2):
        for t in range(3):
            row = (
                ours.token.weight[TOKENS[b, t]]
                + ours.position.weight[t]
                + ours.segment.weight[SEGMENTS[b, t]]
            )
            torch.testing.assert_close(x[b, t], row)


def test_without_segments_all_are_the_first():
    ours = embedding(context_length=4, n_segments=2)
    first = torch.zeros_like(TOKENS)
    assert torch.equal(ours(TOKENS), ours(TOKENS, first))
    assert not torch.equal(ours(TOKENS), ours(TOKENS, first + 1))


def test_tokens_after_others_have_later_positions():
    ours = embedding(context_length=5)
    later = torch.cat((TOKENS[:, :2], TOKENS), dim=1)
    assert torch.equal(ours(TOKENS, n_before=2), ours(later)[:, 2:])


def test_tables_that_a_model_lacks():
    ours = embedding()
    assert ours.position is ours.segment is None
    assert torch.equal(ours(TOKENS), ours.token.weight[TOKENS])
    assert torch.equal(
        embedding(context_length=3)(TOKENS)[0, 0] != ours(TOKENS)[0, 0],
        torch.ones(8, dtype=torch.bool),
    )


@pytest.mark.parametrize(
    ("tables", "rows"),
    [
        ({}, 5),
        ({"context_length": 4}, 5 + 4),
        ({"n_segments": 2}, 5 + 2),
        ({"context_length": 4, "n_segments": 2}, 5 + 4 + 2),
    ],
)
def test_parameters(tables, rows):
    n = sum(p.numel() for p in embedding(**tables).parameters())
    assert n == rows * 8


def test_fixed_positions_have_no_parameters():
    ours = embedding(context_length=4, position="sinusoidal")
    rows = sinusoids(n_positions=3, d_model=8)
    assert torch.equal(ours(TOKENS), ours.token(TOKENS) + rows)
    assert sum(p.numel() for p in ours.parameters()) == 5 * 8


def test_rows_that_are_spared():
    ours = embedding(context_length=3, n_spare=2)
    rows = ours.position.weight
    assert rows.shape == (5, 8)
    expected = ours.token.weight[TOKENS] + rows[2:]
    assert torch.equal(ours(TOKENS), expected)
    later = ours(TOKENS[:, :1], n_before=2)
    assert torch.equal(later, ours.token.weight[TOKENS[:, :1]] + rows[4])


def test_positions_that_have_no_table():
    with pytest.raises(
        ValueError, match=r"^scheme='rotary' must be 'learned' or 'sinusoidal'"
    ):
        embedding(context_length=4, position="rotary")


def test_a_sequence_as_long_as_the_table_fits():
    assert embedding(context_length=3)(TOKENS).shape == (2, 3, 8)


def test_a_sequence_longer_than_the_table():
    with pytest.raises(
        ValueError,
        match=r"^n_before \+ n_tokens=3 must not exceed context_length=2$",
    ):
        embedding(context_length=2)(TOKENS)


def test_segments_for_a_model_without_them():
    with pytest.raises(ValueError, match="segments must be None"):
        embedding()(TOKENS, SEGMENTS)


def test_tokens_may_stand_anywhere():
    ours = embedding(context_length=4)
    positions = torch.tensor([[3, 0, 0], [1, 2, 1]])
    found = ours(TOKENS, positions=positions)
    expected = ours.token(TOKENS) + ours.position.weight[positions]
    assert torch.equal(found, expected)
    in_order = torch.arange(3).expand(2, 3)
    assert torch.equal(ours(TOKENS, positions=in_order), ours(TOKENS))


def test_positions_for_a_model_without_them():
    with pytest.raises(ValueError, match="positions must be None without"):
        embedding()(TOKENS, positions=torch.zeros_like(TOKENS))
