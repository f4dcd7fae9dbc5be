"""Formulas, from the code that computes them.

The functions of `xfmr.count` and its neighbours are called with letters in
place of numbers, and what comes back is the formula. Nothing is typed twice.
Query heads enter as K G, since a letter K divides no letter N, and leave as N.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction

from sympy import Expr, Symbol, ceiling, expand, factor, latex, sympify

from xfmr.axes import AXES
from xfmr.config import Config
from xfmr.tables import Tex

LETTERS = {
    letter: Symbol(letter, integer=True, positive=True)
    for letter in [*AXES, *"bPR"]  # bytes of a number, parameters, ranks
}


@dataclass(frozen=True, kw_only=True)
class Formula:
    """What a function returns for letters.

    Args:
        expression: in factors, with N for K G.
        function: what was called; it takes the values of letters by name.
        letters: those letters.
    """

    expression: Expr
    function: Callable
    letters: str

    @property
    def tex(self) -> Tex:
        """The formula for a table."""
        return Tex(rf"\({latex(self.expression)}\)")

    def value(self, **numbers: int) -> Fraction:
        """The formula with numbers for its letters.

        Raises:
            ValueError: if a letter has no number.
        """
        letters = {str(letter) for letter in self.expression.free_symbols}
        if missing := sorted(letters - numbers.keys()):
            raise ValueError(f"letters={missing} must have numbers")
        found = self.expression.subs(
            {LETTERS[letter]: n for letter, n in numbers.items()}
        )
        return Fraction(int(found.p), int(found.q))

    def agrees(self, **numbers: int) -> bool:
        """Whether the formula's value is the function's, as it rounds it."""
        sizes = {letter: numbers[letter] for letter in self.letters}
        value, found = self.value(**numbers), self.function(**sizes)
        return (float(value) if isinstance(found, float) else value) == found


def formula(function: Callable, letters: str) -> Formula:
    """The formula of a function that takes sizes by their letters.

    Raises:
        ValueError: if a letter is not of the alphabet.
    """
    if unknown := sorted(set(letters) - LETTERS.keys()):
        raise ValueError(f"letters={unknown} must be of {[*LETTERS]}")
    K, G, N = (LETTERS[letter] for letter in "KGN")
    sizes = {letter: LETTERS[letter] for letter in letters}
    if "N" in sizes:
        sizes["N"] = K * G
    found = expand(sympify(function(**sizes))).subs(G, N / K)
    return Formula(
        expression=factor(found).rewrite(ceiling),
        function=function,
        letters=letters,
    )


def of_sizes(function: Callable, letters: str, **fixed: object) -> Formula:
    """The formula of a function that takes sizes by their names in code."""

    def named(**sizes: object) -> object:
        names = {AXES[letter].size: n for letter, n in sizes.items()}
        return function(**names, **fixed)

    return formula(named, letters)


def of_model(
    function: Callable, config: Config, letters: str, others: str = ""
) -> Formula:
    """The formula of a function of a model, for all models of its kind.

    Args:
        letters: the sizes of the model that are not numbers.
        others: letters that the function takes beside the model.
    """

    def sized(**sizes: object) -> object:
        rest = {letter: sizes[letter] for letter in others}
        fields = {AXES[letter].size: sizes[letter] for letter in letters}
        return function(replace(config, **fields), **rest)

    return formula(sized, letters + others)
