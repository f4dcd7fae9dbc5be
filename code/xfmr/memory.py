"""The arithmetic of memory: bytes from a configuration.

What training keeps of each parameter, in mixed precision with Adam:

    weights       2    read by every product
    gradients     2    as the weights
    optimizer    12    weights, mean and square of gradients, in 4 bytes each

and what decoding keeps of each token, 2 L K H numbers. What a forward pass
keeps for its backward pass is in `xfmr.activations`.
"""

from xfmr.axes import check_sizes
from xfmr.config import Config

BYTES = {"fp32": 4, "bf16": 2, "fp16": 2}
STATES = ("optimizer", "gradients", "weights")  # as the stages share them out


def training_bytes(
    n_parameters: int, *, dtype: str = "bf16", zero: int = 0, ranks: int = 1
) -> dict[str, int]:
    """Bytes of weights, gradients and optimiser states on one rank.

    Adam keeps two numbers of four bytes for each parameter, and where weights
    have fewer bytes a copy of them too. Rajbhandari et al. 2020, section 3.1.

    Args:
        dtype: of weights and gradients, a name of BYTES.
        zero: the stage of ZeRO: how many of optimiser states, gradients and
            weights, in this order, are shared out among the ranks.
        ranks: how many train together on data of their own.

    Raises:
        ValueError: if a number is out of range or the type unknown.
    """
    check_sizes(n_parameters=n_parameters, ranks=ranks)
    if zero not in range(len(STATES) + 1):
        raise ValueError(f"{zero=} must be 0, 1, 2 or 3")
    size = bytes_of(dtype)
    each = {
        "weights": size,
        "gradients": size,
        "optimizer": 8 if size == 4 else 12,
    }
    share = -(-n_parameters // ranks)  # rounded up
    return {
        state: n * (share if state in STATES[:zero] else n_parameters)
        for state, n in each.items()
    }


def bytes_of(dtype: str) -> int:
    """Bytes of a number of that type.

    Raises:
        ValueError: if the type is unknown.
    """
    if dtype not in BYTES:
        raise ValueError(f"{dtype=} must be one of {[*BYTES]}")
    return BYTES[dtype]


def kv_cache_bytes(
    config: Config,
    *,
    n_tokens: int,
    n_source: int | None = None,
    bytes_per_number: int = 2,
) -> int:
    """Bytes that decoding keeps of one sequence: 2 L K H numbers a token.

    A layer with a window keeps the last W tokens. One whose keys and values
    are made of a latent vector keeps that and the key that all heads share;
    Liu et al. 2024, table 1. A decoder beside an encoder keeps what it makes
    of the encoder's output too, once.

    Args:
        n_tokens: what has been decoded.
        n_source: what the encoder has read; as many if None.

    Raises:
        ValueError: if a size is below one, or a model without a decoder has
            a source.
    """
    check_sizes(n_tokens=n_tokens, bytes_per_number=bytes_per_number)
    if config.n_decoder_layers is None:
        if n_source is not None:
            raise ValueError(f"{n_source=} must be None without an encoder")
        kept = _kept_by_layers(config, n_tokens)
    else:
        n_source = n_tokens if n_source is None else n_source
        check_sizes(n_source=n_source)
        kept = config.n_decoder_layers * (n_tokens + n_source)
    return kept * _numbers_kept(config) * bytes_per_number


def _kept_by_layers(config: Config, n_tokens: int) -> int:
    """Tokens that the layers keep, all layers together."""
    L = config.n_layers
    if config.window is None:
        return L * n_tokens
    n_windowed = L if config.windowed is None else sum(config.windowed)
    in_window = min(n_tokens, config.window)
    return n_windowed * in_window + (L - n_windowed) * n_tokens


def _numbers_kept(config: Config) -> int:
    """Numbers that one layer keeps of one token."""
    latent = config.latent
    if latent is None:
        return 2 * config.n_kv_heads * config.d_head
    return latent.d_latent + latent.d_rotary


def score_bytes(
    config: Config, *, n_tokens: int, bytes_per_number: int = 2
) -> int:
    """Bytes of one layer's scores of one sequence: N T^2 numbers.

    Raises:
        ValueError: if a size is below one.
    """
    check_sizes(n_tokens=n_tokens, bytes_per_number=bytes_per_number)
    return config.n_heads * n_tokens**2 * bytes_per_number
