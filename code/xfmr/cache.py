"""What decoding keeps: the keys and values of the positions read so far."""

import torch
from jaxtyping import Float
from torch import Tensor


class KVCache:
    """The keys and values of one attention layer; empty at first.

    A layer that gets a cache adds its new keys and values and reads them all,
    so a text may come in pieces, down to single tokens.
    """

    def __init__(self):
        self.k: Tensor | None = None
        self.v: Tensor | None = None

    @property
    def n_tokens(self) -> int:
        """How many positions are kept."""
        return 0 if self.k is None else self.k.shape[-2]

    def extend(
        self, k: Float[Tensor, "... T H"], v: Float[Tensor, "... T H"]
    ) -> tuple[Float[Tensor, "... S H"], Float[Tensor, "... S H"]]:
        """Keep the new keys and values, and return all of them."""
        if self.k is not None:
            k = torch.cat((self.k, k), dim=-2)
            v = torch.cat((self.v, v), dim=-2)
        self.k, self.v = k, v
        return k, v
