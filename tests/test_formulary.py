"""The formulas of training and serving, on random numbers."""

from random import Random

import jaxtyping
import pytest
from sympy import simplify

from xfmr.axes import AXES
from xfmr.formulary import RANGES, SIZES, entries
from xfmr.formulas import LETTERS

B, T, S, D, N, K, H, F, V, L, b, P, R = (LETTERS[x] for x in "BTSDNKHFVLbPR")


@pytest.fixture(autouse=True)
def letters_are_no_integers(monkeypatch):
    # annotations promise integers to everyone but a formula
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)


@pytest.fixture
def by_name():
    return {entry.quantity: entry for entry in entries()}


def drawn(random):
    """Numbers from all ranges, small ones as often as large ones."""
    numbers = {
        letter: random.choice(
            [least, most, round(least + (most - least) * random.random() ** 4)]
        )
        for letter, (least, most) in RANGES.items()
    }
    return numbers | {"N": numbers["K"] * numbers["G"]}


def test_every_formula_is_its_function():
    random = Random(0)
    for entry in entries():
        for _ in range(12):
            numbers = drawn(random)
            assert entry.formula.agrees(**numbers), (entry.quantity, numbers)


def test_what_the_papers_print(by_name):
    def equal(name, expected):
        found = by_name[name].formula.expression
        assert simplify(found - expected) == 0, found

    weights = 2 * L * D * H * (N + K) + 2 * L * D * F
    train = 6 * (weights + D * V) * T + 12 * L * N * H * T**2
    equal("training GPT", train)
    equal("training Llama", train + 6 * L * D * F * T)
    again = 2 * weights * T + 4 * L * N * H * T**2
    equal("training GPT, all layers recomputed", train + again)
    # with K = N, N H = D, F = 4 D and b = 2: B T L (34 D + 5 N T)
    kept = by_name["activations of GPT, with dropout"].formula.expression
    special = kept.subs({K: N, F: 4 * D, b: 2}).subs(H, D / N)
    assert simplify(special - B * T * L * (34 * D + 5 * N * T)) == 0
    equal("activations, layers recomputed", B * T * L * D * b)
    equal("cache of a batch", 2 * B * T * L * K * H * b)
    equal("logits", 4 * B * T * V)
    equal("states on a rank, ZeRO stage 0", 16 * P)


def test_shares_of_ranks_are_rounded_up(by_name):
    for stage, bytes_of in enumerate(
        [
            lambda part: 16 * 10,
            lambda part: 4 * 10 + 12 * part,
            lambda part: 2 * 10 + 14 * part,
            lambda part: 16 * part,
        ]
    ):
        entry = by_name[f"states on a rank, ZeRO stage {stage}"]
        for ranks, part in ((1, 10), (3, 4), (10, 1), (11, 1)):
            assert entry.formula.value(P=10, R=ranks) == bytes_of(part)
    assert "lceil" in by_name["states on a rank, ZeRO stage 3"].formula.tex


def test_a_step_is_linear_in_its_batch_but_for_the_weights(by_name):
    step = by_name["a step of T tokens after S"].formula.expression
    assert simplify(step.subs(B, 2) - 2 * step.subs(B, 1)) == 0
    passing = by_name["what passes in such a step"].formula.expression
    cache = by_name["cache of a batch"].formula.expression.subs(T, S + T)
    weights = simplify(passing - cache)
    assert not weights.has(B) and not weights.has(T)


def test_each_entry_can_be_used():
    found = entries()
    names = [entry.quantity for entry in found]
    assert len({*names}) == len(names)
    for entry in found:
        letters = {str(x) for x in entry.formula.expression.free_symbols}
        assert entry.ranges.keys() == letters
        assert entry.unit and entry.symbol and entry.source
        assert all(RANGES[x] == entry.ranges[x] for x in letters)


def test_ranges_are_of_letters_and_in_order():
    assert RANGES.keys() == LETTERS.keys() - {"E"}
    assert {*SIZES} < {*AXES}
    assert all(1 <= least < most for least, most in RANGES.values())
