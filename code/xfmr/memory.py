"""The arithmetic of memory: bytes from a configuration."""

from xfmr.axes import check_sizes
from xfmr.config import Config


def kv_cache_bytes(
    config: Config, *, n_tokens: int, bytes_per_number: int = 2
) -> int:
    """Bytes that decoding keeps of one sequence: 2 L K H numbers a token.

    Raises:
        ValueError: if a size is below one, or the model has an encoder.
    """
    check_sizes(n_tokens=n_tokens, bytes_per_number=bytes_per_number)
    _check_one_stack(config)
    L, K, H = config.n_layers, config.n_kv_heads, config.d_head
    return 2 * L * K * H * n_tokens * bytes_per_number


def score_bytes(
    config: Config, *, n_tokens: int, bytes_per_number: int = 2
) -> int:
    """Bytes of one layer's scores of one sequence: N T^2 numbers.

    Raises:
        ValueError: if a size is below one.
    """
    check_sizes(n_tokens=n_tokens, bytes_per_number=bytes_per_number)
    return config.n_heads * n_tokens**2 * bytes_per_number


def _check_one_stack(config: Config) -> None:
    if config.n_decoder_layers is not None:
        raise ValueError(
            f"n_decoder_layers={config.n_decoder_layers} of {config.name} "
            "must be absent: its encoder reads a sequence of its own"
        )
