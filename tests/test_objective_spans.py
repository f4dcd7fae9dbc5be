"""Spans that are cut out: budgets, places, and texts that come back whole."""

from collections import Counter
from itertools import combinations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from xfmr.objectives.spans import (
    Budget,
    Marks,
    budget,
    cut_out,
    fitting,
    places,
    restored,
    spans,
)

MARKS = Marks(range(100, 200), end=99)


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def by_hand(text, cut):
    """Source and target, token by token."""
    source, target, marks = [], [], iter(MARKS.spans)
    for n, token in enumerate(text):
        if cut[n] and (n == 0 or not cut[n - 1]):
            mark = next(marks)
            source.append(mark)
            target.append(mark)
        (target if cut[n] else source).append(token)
    return [*source, MARKS.end], [*target, MARKS.end]


@given(st.lists(st.booleans(), min_size=1, max_size=40))
def test_source_and_target_token_by_token_and_back(cut):
    text = torch.arange(len(cut))
    made = cut_out(text, torch.tensor(cut), MARKS)
    assert [part.tolist() for part in made] == [*by_hand(text.tolist(), cut)]
    assert torch.equal(restored(*made, MARKS), text)


def test_the_text_itself_is_left_alone():
    text = torch.arange(6)
    cut_out(text, torch.tensor([True, True, False, True, False, True]), MARKS)
    assert text.tolist() == [0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("n_source", "rate", "mean_length", "n_tokens", "n_target"),
    [
        # google-research/text-to-text-transfer-transformer,
        # t5/data/preprocessors_test.py, test_random_spans_helper
        (64, 0.20, 2.0, 70, 22),
        (64, 0.20, 1.0, 63, 27),
        # the lengths of T5's own configuration, by the same helper
        (512, 0.15, 3.0, 568, 114),
    ],
)
def test_budgets_of_t5(n_source, rate, mean_length, n_tokens, n_target):
    found = fitting(n_source, rate=rate, mean_length=mean_length)
    assert (found.n_tokens, found.n_target) == (n_tokens, n_target)
    longer = budget(n_tokens + 1, rate=rate, mean_length=mean_length)
    assert found.n_source <= n_source < longer.n_source


@pytest.mark.parametrize(
    ("n_tokens", "rate", "mean_length", "n_cut", "n_spans"),
    [
        (32, 0.25, 2.0, 8, 4),
        (2, 0.9, 1.0, 1, 1),  # one is left
        (10, 0.01, 3.0, 1, 1),  # one is cut
        (100, 0.15, 64.0, 15, 1),  # a span longer than all that is cut
        (10, 0.25, 1.0, 2, 2),  # halves round to even
        (10, 0.35, 1.0, 4, 4),
        (14, 0.5, 2.0, 7, 4),
    ],
)
def test_budgets_by_hand(n_tokens, rate, mean_length, n_cut, n_spans):
    made = budget(n_tokens, rate=rate, mean_length=mean_length)
    assert made == Budget(n_tokens, n_cut, n_spans)
    assert made.n_source + made.n_target == n_tokens + 2 * n_spans + 2


@given(
    n_tokens=st.integers(2, 60),
    rate=st.floats(0.05, 0.5),
    mean_length=st.floats(1, 9),
    seed=st.integers(0, 99),
)
def test_places_keep_to_the_budget(n_tokens, rate, mean_length, seed):
    of = budget(n_tokens, rate=rate, mean_length=mean_length)
    cut = places(of, generator=generator(seed))
    source, target = cut_out(torch.arange(n_tokens) % 99, cut, MARKS)
    assert int(cut.sum()) == of.n_cut
    assert not cut[0] and cut[-1]
    assert (len(source), len(target)) == (of.n_source, of.n_target)


def test_all_places_are_equally_likely():
    # left: 5 in 2 parts (4 ways); cut: 4 in 2 parts (3 ways)
    of, n = Budget(9, 4, 2), 2400
    g = generator()
    found = Counter(tuple(places(of, generator=g).tolist()) for _ in range(n))
    ways = {
        tuple([False] * a + [True] * c + [False] * (5 - a) + [True] * (4 - c))
        for a in range(1, 5)
        for c in range(1, 4)
    }
    assert found.keys() == ways and len(ways) == 12
    spread = (n * (1 / 12) * (11 / 12)) ** 0.5
    assert all(abs(k - n / 12) < 4 * spread for k in found.values())
    assert len([*combinations(range(4), 1)]) == 4


def test_one_span_is_the_end():
    cut = places(Budget(10, 3, 1), generator=generator())
    assert cut.tolist() == [False] * 7 + [True] * 3


def test_examples_ask_for_the_targets():
    tokens = torch.randint(90, (3, 40), generator=generator(1))
    made = spans(tokens, marks=MARKS, generator=generator())
    of = budget(40, rate=0.15, mean_length=3.0)
    assert made.inputs.shape == (3, of.n_source + of.n_target - 1)
    assert (made.counts.sum(1) == of.n_target).all()
    g = generator()
    for n, text in enumerate(tokens):
        source, target = cut_out(text, places(of, generator=g), MARKS)
        assert torch.equal(made.inputs[n, : len(source)], source)
        assert torch.equal(made.targets[n][made.counts[n]], target)
        assert made.mask[n, 0].sum() == len(source)


def test_another_share_and_length():
    tokens = torch.randint(90, (1, 40), generator=generator(1))
    made = spans(
        tokens, rate=0.5, mean_length=4.0, marks=MARKS, generator=generator()
    )
    assert int(made.counts.sum()) == 20 + 5 + 1


@pytest.mark.parametrize("rate", [0.0, 1.0])
def test_rates_that_leave_or_cut_nothing(rate):
    with pytest.raises(ValueError, match=rf"^rate={rate} must be between 0"):
        budget(10, rate=rate, mean_length=3.0)


def test_budgets_that_cannot_be():
    with pytest.raises(ValueError, match=r"^mean_length=0\.9 must be at le"):
        budget(10, rate=0.2, mean_length=0.9)
    with pytest.raises(ValueError, match=r"^n_tokens=1 must be at least 2$"):
        budget(1, rate=0.2, mean_length=1.0)
    with pytest.raises(
        ValueError, match=r"^n_spans=8 must not exceed the 2 tokens left$"
    ):
        budget(10, rate=0.8, mean_length=1.0)
    with pytest.raises(ValueError, match=r"^n_source=2 must be at least 3$"):
        fitting(2, rate=0.2, mean_length=1.0)
    assert fitting(3, rate=0.2, mean_length=1.0).n_tokens == 2


def test_marks_in_the_text_and_too_few_of_them():
    cut = torch.tensor([True, False, True])
    for token in (*MARKS.spans[:2], MARKS.end):
        with pytest.raises(ValueError, match=r"^marks=.* must not be in the"):
            cut_out(torch.tensor([token, 1, 2]), cut, MARKS)
    few = Marks([100], end=99)
    with pytest.raises(
        ValueError, match=r"^len\(marks\.spans\)=1 must be at least 2$"
    ):
        cut_out(torch.arange(3), cut, few)
    cut_out(torch.arange(3), cut, Marks([100, 101], end=99))
