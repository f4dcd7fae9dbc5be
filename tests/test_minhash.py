"""Signatures estimate what sets share, and bands find what they promise."""

from hashlib import blake2b
from itertools import combinations
from math import sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xfmr.data import minhash

N = 200  # members of each of two sets


def pair(shared, label=""):
    """Two sets of N, which have so many in common."""
    common = {f"{label} both {n}" for n in range(shared)}
    return [
        frozenset(common | {f"{label} {x} {n}" for n in range(N - shared)})
        for x in "ab"
    ]


def splitmix(x):
    """The finalizer in Python's whole numbers."""
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9 % 2**64
    x = (x ^ (x >> 27)) * 0x94D049BB133111EB % 2**64
    return x ^ (x >> 31)


def test_a_signature_is_of_the_least_hashes():
    members = {"a", "bé", "c d"}
    for seed in (0, 7):
        keys = np.random.default_rng(seed).integers(2**64, size=5, dtype="u8")
        digests = [
            blake2b(x.encode(), digest_size=8).digest() for x in members
        ]
        hashed = [int.from_bytes(d, "little") for d in digests]
        expected = [min(splitmix(h ^ int(k)) for h in hashed) for k in keys]
        found = minhash.signature(members, 5, seed)
        assert found.dtype == np.uint64
        assert [*map(int, found)] == expected
    assert minhash.signature(members, 5).tolist() != expected


def test_hashes_are_spread_evenly():
    least = minhash.signature({f"{n}" for n in range(99)}, 4000) / 2.0**64
    # the least of 99 even numbers from 0 to 1 has this mean and deviation
    assert abs(least.mean() - 1 / 100) < 4 * (1 / 100) / sqrt(4000)


@pytest.mark.parametrize("shared", [0, 20, 67, 100, 133, 160, 190, 200])
def test_the_estimate_is_the_share_within_two_hundredths(shared):
    a, b = pair(shared)
    exact = minhash.jaccard(a, b)
    assert exact == shared / (2 * N - shared)
    found = minhash.estimate(*(minhash.signature(x, 4096) for x in (a, b)))
    assert abs(found - exact) < 0.02
    assert abs(found - exact) <= 4 * sqrt(exact * (1 - exact) / 4096)


@given(
    n_bands=st.integers(1, 4),
    n_rows=st.integers(1, 3),
    tenths=st.integers(0, 10),
)
def test_the_probability_to_be_found_is_a_sum_over_agreements(
    n_bands, n_rows, tenths
):
    p, n = tenths / 10, n_bands * n_rows
    total = 0.0
    for bits in range(2**n):
        agree = [bits >> k & 1 for k in range(n)]
        bands = [agree[k : k + n_rows] for k in range(0, n, n_rows)]
        if any(map(all, bands)):
            total += p ** sum(agree) * (1 - p) ** (n - sum(agree))
    found = minhash.probability_found(p, n_bands=n_bands, n_rows=n_rows)
    assert found == pytest.approx(total)


@pytest.mark.parametrize("shared", [100, 133, 150])
def test_pairs_are_found_as_often_as_the_formula_says(shared):
    hits, n = 0, 150
    for label in range(n):
        sets = pair(shared, str(label))
        both = [minhash.signature(x, 24) for x in sets]
        hits += minhash.found(both, n_bands=8) == {(0, 1)}
    p = minhash.probability_found(
        minhash.jaccard(*pair(shared)), n_bands=8, n_rows=3
    )
    assert abs(hits / n - p) < 3 * sqrt(p * (1 - p) / n)


def test_what_is_found_agrees_in_a_band():
    rng = np.random.default_rng(0)
    whole = [rng.integers(3, size=6, dtype="u8") for _ in range(40)]
    expected = {
        (a, b)
        for a, b in combinations(range(40), 2)
        if any(
            (whole[a][k : k + 3] == whole[b][k : k + 3]).all() for k in (0, 3)
        )
    }
    assert 0 < len(expected) < 100
    assert minhash.found(whole, n_bands=2) == expected


def test_equal_parts_of_different_bands_do_not_meet():
    one, other = np.array([1, 2], "u8"), np.array([2, 1], "u8")
    assert minhash.found([one, other], n_bands=2) == set()
    assert minhash.found([one, one, one], n_bands=1) == {
        (0, 1),
        (0, 2),
        (1, 2),
    }


def test_groups_hold_together_what_pairs_do():
    assert minhash.groups(6, [(4, 1), (5, 4), (0, 2)]) == [
        [0, 2],
        [1, 4, 5],
        [3],
    ]
    assert minhash.groups(4, [(2, 3), (0, 1), (1, 3)]) == [[0, 1, 2, 3]]
    assert minhash.groups(0, []) == []


def test_runs_are_of_five_words():
    text = "a b  c\nd e f"
    assert minhash.runs(text) == {"a b c d e", "b c d e f"}
    assert minhash.runs("a b c d e") == {"a b c d e"}
    assert minhash.runs("a b") == {"a b"}
    assert minhash.runs("a b a b", 2) == {"a b", "b a"}
    assert minhash.runs("") == {""}


def test_exact_copies_go_and_the_first_stays():
    assert minhash.distinct(["b", "a", "b", "a ", "a"]) == ["b", "a", "a "]


def test_places_that_make_no_bands():
    with pytest.raises(ValueError, match="n_bands=4 must divide 6 places"):
        minhash.found([np.zeros(6, "u8")], n_bands=4)
