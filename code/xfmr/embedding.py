"""Embeddings: the vectors with which tokens enter the stream.

Three tables are added, row by row: what the token is, where it stands, and
which segment it belongs to. A table that a model lacks is None.
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from xfmr.position import PositionTable


class Embedding(nn.Module):
    """The sum of a token, a position and a segment vector.

    Devlin et al. 2019, figure 2.

    Args:
        vocab_size: V, the rows of the token table.
        d_model: D, the columns of all three.
        context_length: positions that have a row in their table.
        n_spare: rows of that table before them, which nothing reads.
        position: whether that table is `learned` or `sinusoidal`.
        n_segments: rows of the segment table.
        scale: what rows of the token table are multiplied by, if anything.

    Raises:
        ValueError: if there is no such position table.
    """

    def __init__(
        self,
        *,
        vocab_size: int,
        d_model: int,
        context_length: int | None = None,
        n_spare: int = 0,
        position: str = "learned",
        n_segments: int | None = None,
        scale: float | None = None,
    ):
        super().__init__()
        self.scale, self.n_spare = scale, n_spare
        self.token = nn.Embedding(vocab_size, d_model)
        self.position = self.segment = None
        if context_length is not None:
            self.position = PositionTable(
                position,
                context_length=n_spare + context_length,
                d_model=d_model,
            )
        if n_segments is not None:
            self.segment = nn.Embedding(n_segments, d_model)

    def forward(
        self,
        tokens: Int[Tensor, "B T"],
        segments: Int[Tensor, "B T"] | None = None,
        *,
        n_before: int = 0,
        positions: Int[Tensor, "B T"] | None = None,
    ) -> Float[Tensor, "B T D"]:
        """The rows of all tables, added; without segments, all are the first.

        Args:
            n_before: how many tokens precede these in their text.
            positions: where each token stands, if not one after the other.

        Raises:
            ValueError: if there are more tokens than positions, or segments
                or positions for a model that tells none apart.
        """
        x = self.token(tokens)
        if self.scale is not None:
            x = x * self.scale
        if self.position is None:
            if positions is not None:
                raise ValueError("positions must be None without a table")
        elif positions is None:
            x = x + self.position(tokens.shape[1], self.n_spare + n_before)
        else:
            x = x + self.position.weight[self.n_spare + positions]
        if self.segment is not None:
            if segments is None:
                segments = torch.zeros_like(tokens)
            return x + self.segment(segments)
        if segments is not None:
            raise ValueError("segments must be None without a segment table")
        return x
