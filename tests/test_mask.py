"""Masks by hand, as rules on pairs of positions, and at their edges."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from xfmr.mask import (
    causal_mask,
    document_mask,
    padding_mask,
    prefix_mask,
    sliding_window_mask,
)


@st.composite
def sizes(draw):
    n_keys = draw(st.integers(1, 7))
    return {"n_queries": draw(st.integers(1, n_keys)), "n_keys": n_keys}


def pairs(size):
    """Query and key positions; the queries are the last of the keys."""
    n_before = size["n_keys"] - size["n_queries"]
    return [
        [(n_before + t, s) for s in range(size["n_keys"])]
        for t in range(size["n_queries"])
    ]


def by_rule(size, rule):
    return [[rule(t, s) for t, s in row] for row in pairs(size)]


def test_causal_mask_by_hand():
    assert causal_mask(n_queries=3, n_keys=3).tolist() == [
        [True, False, False],
        [True, True, False],
        [True, True, True],
    ]
    assert causal_mask(n_queries=2, n_keys=4).tolist() == [
        [True, True, True, False],
        [True, True, True, True],
    ]


@given(sizes())
def test_causal(size):
    assert causal_mask(**size).tolist() == by_rule(size, lambda t, s: s <= t)


@given(sizes(), st.integers(1, 8))
def test_window(size, window):
    near = sliding_window_mask(window=window, **size)
    assert near.tolist() == by_rule(size, lambda t, s: abs(t - s) < window)
    assert (near & causal_mask(**size)).tolist() == by_rule(
        size, lambda t, s: t - window < s <= t
    )


@given(sizes(), st.data())
def test_prefix(size, data):
    prefixes = data.draw(
        st.lists(st.integers(0, size["n_keys"]), min_size=1, max_size=3)
    )
    assert prefix_mask(prefixes, **size).tolist() == [
        by_rule(size, lambda t, s, n=n: s <= t or s < n) for n in prefixes
    ]


@given(st.lists(st.integers(1, 5), min_size=1, max_size=4))
def test_padding(lengths):
    assert padding_mask(lengths, n_keys=5).tolist() == [
        [[s < n for s in range(5)]] for n in lengths
    ]


def test_documents():
    mask = document_mask(torch.tensor([[4, 4, 7], [1, 2, 1]]))
    same = [[True, True, False], [True, True, False], [False, False, True]]
    split = [[True, False, True], [False, True, False], [True, False, True]]
    assert mask.tolist() == [same, split]


def test_masks_combine():
    both = causal_mask(n_queries=3, n_keys=3) & padding_mask([2], n_keys=3)
    assert both.tolist() == [
        [[True, False, False], [True, True, False], [True, True, False]]
    ]


def test_a_packed_row_reads_as_its_documents_would_apart():
    documents = torch.tensor([[0, 0, 0, 1, 1]])
    whole = document_mask(documents) & causal_mask(n_queries=5, n_keys=5)
    apart = torch.block_diag(
        *(causal_mask(n_queries=n, n_keys=n) for n in (3, 2))
    )
    assert torch.equal(whole[0], apart)


@pytest.mark.parametrize(("n_queries", "n_keys"), [(3, 2), (0, 2), (-1, 2)])
@pytest.mark.parametrize(
    "mask",
    [
        causal_mask,
        lambda **size: sliding_window_mask(window=1, **size),
        lambda **size: prefix_mask([1], **size),
    ],
)
def test_queries_without_a_place_among_the_keys(mask, n_queries, n_keys):
    with pytest.raises(
        ValueError, match=f"^{n_queries=} must be from 1 to {n_keys=}$"
    ):
        mask(n_queries=n_queries, n_keys=n_keys)


@pytest.mark.parametrize("length", [0, 4, -1])
def test_lengths_outside_the_sequence(length):
    with pytest.raises(
        ValueError,
        match=rf"^lengths\[1\]={length} must be from 1 to n_keys=3$",
    ):
        padding_mask([3, length], n_keys=3)


@pytest.mark.parametrize("prefix", [-1, 4])
def test_prefixes_outside_the_sequence(prefix):
    with pytest.raises(
        ValueError,
        match=rf"^prefixes\[1\]={prefix} must be from 0 to n_keys=3$",
    ):
        prefix_mask([0, prefix], n_queries=3, n_keys=3)


@pytest.mark.parametrize("window", [0, -1])
def test_a_window_without_width(window):
    with pytest.raises(
        ValueError, match=f"^window={window} must be at least 1$"
    ):
        sliding_window_mask(window=window, n_queries=2, n_keys=2)


@pytest.mark.parametrize(
    ("build", "arguments"),
    [
        (causal_mask, {"n_queries": 3}),
        (sliding_window_mask, {"window": 2, "n_queries": 3}),
        (prefix_mask, {"prefixes": [1, 4], "n_queries": 3}),
        (padding_mask, {"lengths": [1, 4]}),
    ],
)
def test_the_letters_hold(letters_hold, build, arguments):
    letters_hold(build, build(**arguments, n_keys=5), B=2, T=3, S=5)


def test_the_letters_of_documents_hold(letters_hold):
    mask = document_mask(torch.zeros(2, 5, dtype=torch.long))
    letters_hold(document_mask, mask, B=2, S=5)
