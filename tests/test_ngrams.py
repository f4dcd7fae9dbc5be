"""N-grams against sets and fractions, a text counted by hand, and sums."""

from collections import Counter
from fractions import Fraction
from itertools import pairwise
from math import log
from random import Random

import numpy as np
import pytest

from xfmr.ngrams import DISCOUNT, NGrams

V = 5
HAND = np.array([0, 1, 0, 1, 0, 2])


def drawn(n, seed=0):
    return np.array(Random(seed).choices(range(V), [9, 5, 3, 2, 1], k=n))


def exact(text, context, token, *, order):
    """The formula as it is written, by looking through the text."""
    if order == 0:
        return Fraction(1, V)

    def windows(n):
        return [(*text[a : a + n],) for a in range(len(text) - n + 1)]

    context = context[len(context) - order + 1 :]
    if order == exact.longest:
        counts = Counter(windows(order))
    else:  # each once for every different token before it
        counts = Counter(gram[1:] for gram in {*windows(order + 1)})
    after = {g[-1]: c for g, c in counts.items() if g[:-1] == context}
    shorter = exact(text, context[1:], token, order=order - 1)
    if not after:
        return shorter
    d = Fraction(DISCOUNT)
    own = max(after.get(token, 0) - d, 0) + d * len(after) * shorter
    return own / sum(after.values())


@pytest.mark.parametrize("longest", [1, 2, 3, 5])
def test_every_probability_is_that_of_the_formula(longest):
    text, exact.longest = tuple(drawn(60).tolist()), longest
    grams = NGrams(drawn(60), order=longest, vocab_size=V)
    for seed in range(3):
        context = tuple(drawn(7, seed + 1).tolist())
        found = grams.probabilities(context)
        for token in range(V):
            wanted = exact(text, context, token, order=longest)
            assert found[token] == pytest.approx(float(wanted), rel=1e-12)


def test_a_text_that_is_counted_by_hand():
    # 0 is followed by 1 twice and by 2 once; 0, 1 and 2 each follow one token
    one = [(1 - 0.75) / 3 + 0.75 * 3 / 3 / 4] * 3 + [0.75 * 3 / 3 / 4]
    grams = NGrams(HAND, order=2, vocab_size=4)
    assert grams.probabilities([]) == pytest.approx(one, rel=1e-12)
    two = [
        0.75 * 2 / 3 * one[0],
        (2 - 0.75) / 3 + 0.75 * 2 / 3 * one[1],
        (1 - 0.75) / 3 + 0.75 * 2 / 3 * one[2],
        0.75 * 2 / 3 * one[3],
    ]
    assert grams.probabilities([0]) == pytest.approx(two, rel=1e-12)
    # nothing follows 2 or 3
    for token in (2, 3):
        assert grams.probabilities([token]) == pytest.approx(one, rel=1e-12)


def test_one_token_is_as_probable_as_it_is_frequent():
    grams = NGrams(HAND, order=1, vocab_size=4)
    even = 0.75 * 3 / 6 / 4
    wanted = [2.25 / 6 + even, 1.25 / 6 + even, 0.25 / 6 + even, even]
    assert grams.probabilities([3]) == pytest.approx(wanted, rel=1e-12)


@pytest.mark.parametrize("order", [1, 2, 4, 6])
def test_probabilities_sum_to_one(order):
    grams = NGrams(drawn(200), order=order, vocab_size=V + 1)
    for n in range(8):
        context = [
            *drawn(n, seed=n).tolist(),
            *[V] * (n == 7),
        ]  # V was never seen
        p = grams.probabilities(context)
        assert p.sum() == pytest.approx(1, rel=1e-12)
        assert p.min() > 0


@pytest.mark.parametrize("order", [1, 3])
@pytest.mark.parametrize("n", [0, 1, 2, 40])
def test_nats_are_of_each_token_after_those_before(order, n):
    grams = NGrams(drawn(200), order=order, vocab_size=V)
    text = drawn(n, seed=1).astype(np.uint8)
    wanted = [
        -log(grams.probabilities(text[:at].tolist())[token])
        for at, token in enumerate(text)
    ]
    assert grams.nats(text) == pytest.approx(wanted, rel=1e-12)


def test_longer_contexts_help_where_there_is_something_to_learn():
    text = np.array([0, 1, 2, 0, 3, 4] * 50)
    nats = [
        NGrams(text, order=n, vocab_size=V).nats(text)[6:].mean()
        for n in (1, 2, 3)
    ]
    assert nats[0] > nats[1] > 3 * nats[2]


def test_numbers_up_to_the_largest():
    text = np.array([254, 255, 255, 254, 255, 255, 254], np.uint8)
    grams = NGrams(text, order=7, vocab_size=256)
    assert grams.probabilities([254, 255, 255, 254, 255, 255]).argmax() == 254
    ones = np.ones(63, np.int64)
    assert NGrams(ones, order=63, vocab_size=2).probabilities([1])[1] > 0.6
    with pytest.raises(
        ValueError, match=r"^order=64 must leave vocab_size=2 .* at most"
    ):
        NGrams(ones, order=64, vocab_size=2)


def test_what_is_written_is_drawn():
    grams = NGrams(drawn(300), order=2, vocab_size=V)
    ids = grams.written([0], n_new=800, seed=0)
    assert ids[:51] == grams.written([0], n_new=50, seed=0)
    assert ids[:51] != grams.written([0], n_new=50, seed=1)
    assert (len(ids), ids[0]) == (801, 0)
    after = Counter(b for a, b in pairwise(ids) if a == 1)
    p = grams.probabilities([1])
    for token in range(V):
        share = after[token] / after.total()
        # four standard deviations
        assert abs(share - p[token]) < 4 * (p[token] / after.total()) ** 0.5


def test_more_that_is_refused():
    for name in ("order", "vocab_size"):
        size = {"order": 2, "vocab_size": V} | {name: 0}
        with pytest.raises(ValueError, match=f"^{name}=0 must be at least 1"):
            NGrams(HAND, **size)
    with pytest.raises(ValueError, match=r"^len\(ids\)=2 must .* order=3$"):
        NGrams(HAND[:2], order=3, vocab_size=V)
    NGrams(HAND[:3], order=3, vocab_size=V)
    message = r"^ids from 0 to 2 must be from 0 to below vocab_size=2$"
    with pytest.raises(ValueError, match=message):
        NGrams(HAND, order=2, vocab_size=2)
    grams = NGrams(HAND, order=2, vocab_size=3)
    with pytest.raises(ValueError, match=r"^ids from 0 to 3 must be"):
        grams.written([0, 3], n_new=1, seed=0)
    for ids, range_ in {(0, -1): "-1 to 0", (0, 3): "0 to 3"}.items():
        with pytest.raises(ValueError, match=f"^ids from {range_} must be"):
            grams.nats(np.array(ids))
        with pytest.raises(ValueError, match=f"^ids from {range_} must be"):
            grams.probabilities(ids)
