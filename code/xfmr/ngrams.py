"""N-grams: the next token from the few before it, by counting alone.

Kneser & Ney 1995, interpolated as in Chen & Goodman 1999, with one discount d
for all. What was counted after a context gives up d of each count, and the
model of the next shorter context shares that out:

    p(w | h) = (max(c(h w) - d, 0) + d n(h) p(w | h')) / c(h)

c(h w) is how often w follows h, c(h) the sum of that over w, n(h) the number
of different w. In a model that only helps a longer one, c(h w) is not how
often, but after how many different tokens h w stands. Below the shortest all
tokens are equally probable, so that none is impossible.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Integer

from xfmr.axes import check_sizes

DISCOUNT = 0.75
LARGEST = 2**63  # an n-gram is a number to the base V, of 64 bits


class NGrams:
    """The counts of a text, and what follows from them.

    Args:
        ids: the tokens of a text.
        order: n, the tokens of an n-gram: n - 1 are read to predict one.
        vocab_size: V.

    Raises:
        ValueError: if a size is below one, an n-gram has too many tokens of
            so many kinds, a token is not one of V, or there are fewer than n.
    """

    def __init__(
        self, ids: Integer[np.ndarray, "T"], *, order: int, vocab_size: int
    ):
        check_sizes(order=order, vocab_size=vocab_size)
        if vocab_size**order > LARGEST:
            raise ValueError(
                f"{order=} must leave {vocab_size=} to its power at most 2**63"
            )
        if len(ids) < order:
            raise ValueError(f"{len(ids)=} must be at least {order=}")
        self.order, self.vocab_size = order, vocab_size
        self._check(ids)
        kinds = [np.unique(self._grams(ids, n)) for n in range(2, order + 1)]
        each = [g % vocab_size**n for n, g in enumerate(kinds, 1)]
        each.append(self._grams(ids, order))
        self._levels = [_Level(grams, vocab_size) for grams in each]

    def _check(self, ids: np.ndarray) -> None:
        if len(ids) and not 0 <= ids.min() <= ids.max() < self.vocab_size:
            raise ValueError(
                f"ids from {ids.min()} to {ids.max()} must be from 0 to below "
                f"vocab_size={self.vocab_size}"
            )

    def _grams(self, ids: np.ndarray, n: int) -> np.ndarray:
        """Each token with the n - 1 before it, as a number to the base V."""
        n_grams, grams = len(ids) - n + 1, np.int64(0)
        for k in range(n):
            grams = grams * self.vocab_size + ids[k : k + n_grams]
        return grams

    def nats(self, ids: Integer[np.ndarray, "T"]) -> Float[np.ndarray, "T"]:
        """-ln p of each token, given those before it in this text.

        Raises:
            ValueError: if a token is not one of V.
        """
        self._check(ids)
        p = np.full(len(ids), 1 / self.vocab_size)
        for n, level in enumerate(self._levels, 1):
            # the first tokens have fewer before them, and stay as they are
            if len(ids) >= n:
                p[n - 1 :] = level.share(self._grams(ids, n), p[n - 1 :])
        return -np.log(p)

    def probabilities(self, before: Sequence[int]) -> Float[np.ndarray, "V"]:
        """The probability of each token after some, of which n - 1 count.

        Raises:
            ValueError: if a token is not one of V.
        """
        self._check(np.array(before, np.int64))
        tokens = np.arange(self.vocab_size)
        p, context = np.full(self.vocab_size, 1 / self.vocab_size), 0
        for n, level in enumerate(self._levels, 1):
            if n - 1 > len(before):
                break
            if n > 1:
                context += before[1 - n] * self.vocab_size ** (n - 2)
            p = level.share(context * self.vocab_size + tokens, p)
        return p

    def written(
        self, before: Sequence[int], *, n_new: int, seed: int
    ) -> list[int]:
        """The tokens, and after them `n_new` that were drawn.

        Raises:
            ValueError: if a token is not one of V.
        """
        rng, ids = np.random.default_rng(seed), [*before]
        for _ in range(n_new):
            p = self.probabilities(ids)
            ids.append(int(rng.choice(self.vocab_size, p=p)))
        return ids


class _Level:
    """Counts of the n-grams of one length, and of what they begin with."""

    def __init__(self, grams: np.ndarray, V: int):
        self.V = V
        self.grams, self.counts = np.unique(grams, return_counts=True)
        self.contexts, at, self.kinds = np.unique(
            self.grams // V, return_inverse=True, return_counts=True
        )
        self.totals = np.bincount(at, self.counts)

    def share(self, grams: np.ndarray, shorter: np.ndarray) -> np.ndarray:
        """Probabilities, given those of the next shorter contexts."""
        count = _found(self.grams, self.counts, grams)
        total = _found(self.contexts, self.totals, grams // self.V)
        kinds = _found(self.contexts, self.kinds, grams // self.V)
        own = np.maximum(count - DISCOUNT, 0) + DISCOUNT * kinds * shorter
        return np.where(total > 0, own / np.maximum(total, 1), shorter)


def _found(
    keys: np.ndarray, values: np.ndarray, wanted: np.ndarray
) -> np.ndarray:
    """The values of keys, which are sorted; 0 of those that are missing."""
    at = np.searchsorted(keys, wanted)
    at = np.minimum(at, len(keys) - 1)
    return np.where(keys[at] == wanted, values[at], 0)
