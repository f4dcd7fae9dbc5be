"""What decoding keeps: the keys and values of the positions read so far.

whole      every position
rolling    the last W, which is all that a window of W may read;
           Jiang et al. 2023, section 2
"""

import torch
from jaxtyping import Float
from torch import Tensor

from xfmr.config import Config


class KVCache:
    """The keys and values of one attention layer; empty at first.

    A layer that gets a cache adds its new keys and values and reads them all,
    so a text may come in pieces, down to single tokens.

    Args:
        window: W, the positions that are kept; all if None.

    Raises:
        ValueError: if the window is below 1.
    """

    def __init__(self, window: int | None = None):
        if window is not None and window < 1:
            raise ValueError(f"{window=} must be at least 1")
        self.window, self.n_tokens = window, 0
        self.k: Tensor | None = None
        self.v: Tensor | None = None

    @property
    def n_readable(self) -> int:
        """How many positions the next token may read besides its own."""
        if self.window is None:
            return self.n_tokens
        return min(self.n_tokens, self.window - 1)

    @property
    def n_bytes(self) -> int:
        """Bytes of memory that the keys and values hold."""
        kept = [x for x in (self.k, self.v) if x is not None]
        return sum(x.untyped_storage().nbytes() for x in kept)

    def extend(
        self, k: Float[Tensor, "... T H"], v: Float[Tensor, "... T _"]
    ) -> tuple[Float[Tensor, "... S H"], Float[Tensor, "... S _"]]:
        """Keep the new keys and values; return all that their queries read.

        With a window these are the W - 1 before the first of them, and
        themselves.
        """
        n_new = k.shape[-2]
        if self.k is not None:
            n_readable = self.n_readable
            k = torch.cat((_last(self.k, n_readable), k), dim=-2)
            v = torch.cat((_last(self.v, n_readable), v), dim=-2)
        self.n_tokens += n_new
        self.k, self.v = k, v
        if self.window is not None and k.shape[-2] > self.window:
            # copies: a view would hold on to what it does not show
            self.k = _last(k, self.window).clone()
            self.v = _last(v, self.window).clone()
        return k, v


def empty_caches(
    config: Config,
) -> list[KVCache] | list[tuple[KVCache, KVCache]]:
    """A cache for each layer that writes; it rolls where that has a window.

    Where the layer reads an encoder too, a second one for what it reads.
    """
    if config.n_decoder_layers is not None:
        layers = range(config.n_decoder_layers)
        return [(KVCache(), KVCache()) for _ in layers]
    return [KVCache(config.window_of(n)) for n in range(config.n_layers)]


def _last(x: Float[Tensor, "... S _"], n: int) -> Float[Tensor, "... {n} _"]:
    return x[..., x.shape[-2] - n :, :]
