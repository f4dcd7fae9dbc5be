"""Rows of tokens in an order that a seed and a number decide.

A text is cut into rows of T tokens, which each epoch takes in an order of its
own. Which row stands at a place, counted from the beginning of the training,
is a function of the seed and the place. So the state of a loader is a number:
a training that resumes goes on with the row that would have come, and ranks
that share the work out read together what one would read alone.
"""

from collections.abc import Iterator
from functools import lru_cache

import numpy as np
import torch
from jaxtyping import Int
from torch import Tensor

from xfmr.axes import check_sizes
from xfmr.data.tokens import Tokens

Batch = tuple[Int[Tensor, "B T"], Int[Tensor, "B T"]]


class Loader:
    """Batches without end: tokens, and those that come next.

    Args:
        tokens: the tokens of a file, or ids in an array.
        batch_size: B, the rows of a batch, on this rank.
        n_tokens: T, the tokens of a row.
        seed: decides the order.
        rank: which one this is of those that share the rows out.
        n_ranks: how many those are.

    Raises:
        ValueError: if a size is below one, there is no such rank, or the text
            is shorter than a row and the token after it.
    """

    def __init__(
        self,
        tokens: Tokens | np.ndarray,
        *,
        batch_size: int,
        n_tokens: int,
        seed: int,
        rank: int = 0,
        n_ranks: int = 1,
    ):
        check_sizes(batch_size=batch_size, n_tokens=n_tokens)
        if not 0 <= rank < n_ranks:
            raise ValueError(f"{rank=} must be from 0 to below {n_ranks=}")
        self.batch_size, self.n_tokens, self.seed = batch_size, n_tokens, seed
        self.rank, self.n_ranks = rank, n_ranks
        self.ids, self.n_rows = _rows(tokens, n_tokens)
        self.place = 0  # rows that all ranks together have taken
        self._order = lru_cache(maxsize=2)(self._drawn)

    def _drawn(self, epoch: int) -> np.ndarray:
        """The order of the rows in an epoch."""
        rng = np.random.default_rng([self.seed, epoch])
        return rng.permutation(self.n_rows)

    def __iter__(self) -> Iterator[Batch]:
        """Batches from where the loader stands."""
        return self

    def __next__(self) -> Batch:
        """The batch that comes next, and the loader is one further."""
        first = self.place + self.rank * self.batch_size
        places = range(first, first + self.batch_size)
        rows = []
        for epoch, place in (divmod(p, self.n_rows) for p in places):
            rows.append(int(self._order(epoch)[place]))
        self.place += self.n_ranks * self.batch_size
        return _batch(self.ids, rows, self.n_tokens)

    @property
    def epoch(self) -> float:
        """How often the text has been read."""
        return self.place / self.n_rows

    def state_dict(self) -> dict[str, int]:
        """Where the loader stands, for `load_state_dict`."""
        return {"seed": self.seed, "place": self.place, "n_rows": self.n_rows}

    def load_state_dict(self, state: dict[str, int]) -> None:
        """Go on from where another loader stood.

        The batch size and the number of ranks may be others.

        Raises:
            ValueError: if the other one's order or rows were others.
        """
        for name in ("seed", "n_rows"):
            own = getattr(self, name)
            if state[name] != own:
                raise ValueError(
                    f"{name}={own} must be {state[name]}, as saved"
                )
        self.place = state["place"]


def in_order(
    tokens: Tokens | np.ndarray, *, batch_size: int, n_tokens: int
) -> Iterator[Batch]:
    """All rows of a text once, the last batch with what is left.

    Raises:
        ValueError: if a size is below one, or the text is shorter than a row
            and the token after it.
    """
    check_sizes(batch_size=batch_size, n_tokens=n_tokens)
    ids, n_rows = _rows(tokens, n_tokens)
    for first in range(0, n_rows, batch_size):
        rows = [*range(first, min(first + batch_size, n_rows))]
        yield _batch(ids, rows, n_tokens)


def _rows(
    tokens: Tokens | np.ndarray, n_tokens: int
) -> tuple[np.ndarray, int]:
    """The ids, and the number of rows that have a token after them."""
    ids = tokens.ids if isinstance(tokens, Tokens) else tokens
    n_rows = (len(ids) - 1) // n_tokens
    if n_rows < 1:
        raise ValueError(
            f"a text of {len(ids)} tokens must have more than {n_tokens=}"
        )
    return ids, n_rows


def _batch(ids: np.ndarray, rows: list[int], n_tokens: int) -> Batch:
    """Rows by number, and the same one token on."""
    starts = [row * n_tokens for row in rows]
    both = np.stack([ids[a : a + n_tokens + 1] for a in starts])
    found = torch.from_numpy(both.astype(np.int64))
    return found[:, :-1], found[:, 1:]
