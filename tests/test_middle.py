"""Middles that are moved, and moved back."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from xfmr.objectives.middle import Marks, middle, moved, restored

MARKS = Marks(before=90, after=91, between=92, end=93)
TEXT = torch.arange(6)


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def test_psm_and_spm_by_hand():
    psm = moved(TEXT, 2, 4, MARKS)
    assert psm.tolist() == [90, 0, 1, 91, 4, 5, 92, 2, 3, 93]
    spm = moved(TEXT, 2, 4, MARKS, suffix_first=True)
    assert spm.tolist() == [90, 91, 4, 5, 92, 0, 1, 2, 3, 93]


@given(
    n=st.integers(0, 20),
    places=st.tuples(st.integers(0, 20), st.integers(0, 20)),
    suffix_first=st.booleans(),
)
def test_every_text_comes_back(n, places, suffix_first):
    text = torch.arange(n)
    start, stop = sorted(min(place, n) for place in places)
    made = moved(text, start, stop, MARKS, suffix_first=suffix_first)
    assert len(made) == n + 4
    assert torch.equal(restored(made, MARKS), text)


def made_of(tokens, seed=0, **named):
    return middle(tokens, marks=MARKS, generator=generator(seed), **named)


def rows(made):
    """The texts as they were written, without what fills them."""
    whole = torch.cat([made.inputs, made.targets[:, -1:]], dim=1)
    return [
        row[: 1 + int(counts.sum())]
        for row, counts in zip(whole, made.counts, strict=True)
    ]


def test_all_moved_and_every_token_counts():
    tokens = torch.randint(90, (50, 12), generator=generator(1))
    for suffix_first in (0.0, 1.0):
        made = made_of(tokens, rate=1.0, suffix_first=suffix_first)
        assert made.signal == 1.0 and made.mask is None
        for row, text in zip(rows(made), tokens, strict=True):
            assert torch.equal(restored(row, MARKS), text)
            if suffix_first:
                assert row[1] == MARKS.after
    assert (
        sum(
            int(row[1] != MARKS.after)
            for row in rows(made_of(tokens, rate=1.0, suffix_first=0.0))
        )
        > 30
    )


def test_none_moved():
    tokens = torch.randint(90, (5, 12), generator=generator(1))
    made = made_of(tokens, rate=0.0)
    for row, text in zip(rows(made), tokens, strict=True):
        assert row.tolist() == [*text.tolist(), MARKS.end]
    assert made.signal == 12 / 15
    assert (made.targets[~made.counts] == MARKS.end).all()


def test_shares():
    tokens = torch.zeros(1600, 3, dtype=torch.long)
    for named, rate, first in (
        ({}, 0.5, 0.5),
        ({"rate": 0.8, "suffix_first": 0.1}, 0.8, 0.1),
    ):
        made = made_of(tokens, **named)
        is_moved = made.inputs[:, 0] == MARKS.before
        n = int(is_moved.sum())
        assert abs(n - 1600 * rate) < 4 * (1600 * rate * (1 - rate)) ** 0.5
        # a prefix of nothing looks like SPM: of 16 draws of two places, 7
        second = made.inputs[is_moved, 1] == MARKS.after
        share = first + (1 - first) * 7 / 16
        spread = (n * share * (1 - share)) ** 0.5
        assert abs(int(second.sum()) - n * share) < 4 * spread


def test_places_are_all_that_there_are():
    tokens = torch.arange(3).repeat(800, 1)
    made = made_of(tokens, rate=1.0, suffix_first=0.0)
    found = set()
    for row in rows(made):
        after, between = (
            (row == mark).nonzero().item() for mark in MARKS[1:3]
        )
        found.add((after - 1, len(row) - between - 2))
    assert found == {(a, m) for a in range(4) for m in range(4 - a)}


def test_marks_in_the_text_and_places_outside():
    for mark in MARKS:
        with pytest.raises(ValueError, match=r"^marks=.* must not be in the"):
            moved(torch.tensor([1, mark]), 0, 1, MARKS)
    for start, stop in ((-1, 2), (3, 2), (2, 7)):
        with pytest.raises(
            ValueError,
            match=rf"^start={start} and stop={stop} must be in order, up to 6",
        ):
            moved(TEXT, start, stop, MARKS)


@pytest.mark.parametrize("name", ["rate", "suffix_first"])
@pytest.mark.parametrize("share", [-0.1, 1.1])
def test_probabilities_that_are_none(name, share):
    with pytest.raises(ValueError, match=rf"^{name}={share} must be from 0"):
        made_of(TEXT[None], **{name: share})
