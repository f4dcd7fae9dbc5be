"""Formulas: what the functions return for letters, and for numbers."""

import jaxtyping
import pytest
from sympy import latex

from xfmr import compute, count
from xfmr.formulas import LETTERS, Formula, formula, of_model, of_sizes
from xfmr.presets import BERT_BASE, GPT2, LLAMA2_70B

D, N, K, H, F, T, V, L = (LETTERS[x] for x in "DNKHFTVL")


@pytest.fixture(autouse=True)
def letters_are_no_integers(monkeypatch):
    # annotations promise integers to everyone but a formula
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)


def test_letters_for_sizes():
    found = of_sizes(count.attention, "DNKH")
    assert found.expression.equals(2 * D * H * (N + K))
    assert found.tex == rf"\({latex(2 * D * H * (K + N))}\)"
    assert found.value(D=512, N=8, K=8, H=64) == 4 * 512**2
    assert found.agrees(D=8192, N=64, K=8, H=128)


def test_settings_that_are_no_sizes():
    found = of_sizes(count.feed_forward, "DF", gated=True)
    assert found.expression.equals(3 * D * F)


def test_quotients():
    def longer(D, N, K):
        return D * (N + K) / N

    found = formula(longer, "DNK")
    assert found.expression.equals(D * (N + K) / N)
    assert found.agrees(D=8192, N=64, K=8)


@pytest.mark.parametrize("config", [BERT_BASE, GPT2, LLAMA2_70B])
def test_whole_models(config):
    numbers = {x: config.axes[x] for x in "LDNKHFV"}
    whole = of_model(count.parameters, config, "LDNKHFV")
    assert whole.value(**numbers) == count.parameters(config)
    scores = of_model(
        lambda c, T: compute.flops(c, n_tokens=T)["attention"],
        config,
        "LDNKHFV",
        "T",
    )
    assert scores.expression.equals(4 * L * T**2 * N * H)
    assert scores.agrees(**numbers, T=77)


def test_a_formula_that_is_not_the_function():
    def square(D):
        return D * D

    wrong = Formula(expression=2 * D, function=square, letters="D")
    assert wrong.agrees(D=2) and not wrong.agrees(D=3)
    assert formula(square, "D").agrees(D=3, N=1)


def test_letters_without_numbers():
    found = of_sizes(count.attention, "DNKH")
    with pytest.raises(ValueError, match=r"letters=\['H', 'K'\] must have"):
        found.value(D=1, N=1)


def test_unknown_letters():
    with pytest.raises(ValueError, match=r"letters=\['X'\] must be of"):
        of_sizes(count.attention, "DX")
