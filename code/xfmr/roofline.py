"""The arithmetic of time: FLOPs against the bytes that have to pass for them.

A machine that does P FLOPs and moves M bytes a second needs for a task at
least the longer of

    FLOPs / P    and    bytes / M

The first is longer where a task does more FLOPs for a byte, its intensity,
than P / M, the machine's ridge. Williams et al. 2009. Which bytes have to pass
depends on what fits the fast memory; each function says what it assumes.
"""

from math import ceil

from xfmr import compute, count, memory
from xfmr.axes import check_positive, check_sizes
from xfmr.config import Config


def bounds(
    *, n_flops: int, n_bytes: int, peak: float | int, bandwidth: float | int
) -> dict[str, float]:
    """The least seconds of a task, by what takes them.

    Args:
        peak: FLOPs a second.
        bandwidth: bytes a second.

    Raises:
        ValueError: if a number is not positive.
    """
    check_positive(
        n_flops=n_flops, n_bytes=n_bytes, peak=peak, bandwidth=bandwidth
    )
    return {"arithmetic": n_flops / peak, "memory": n_bytes / bandwidth}


def ridge(*, peak: float | int, bandwidth: float | int) -> float:
    """FLOPs a byte at which arithmetic takes as long as memory.

    Raises:
        ValueError: if a number is not positive.
    """
    check_positive(peak=peak, bandwidth=bandwidth)
    return peak / bandwidth


def step_flops(
    config: Config, *, n_new: int, n_before: int = 0, batch_size: int = 1
) -> int:
    """FLOPs of reading new tokens in each text of a batch.

    Args:
        n_before: the tokens before them, whose keys and values are kept.

    Raises:
        ValueError: if a size is below one, a number of tokens below zero, or
            the model reads both ways or two texts.
    """
    _check_step(config, n_new, n_before, batch_size)
    after = compute.forward_flops(
        config, n_tokens=n_before + n_new, causal=True
    )
    if n_before:
        after -= compute.forward_flops(config, n_tokens=n_before, causal=True)
    return batch_size * after


def step_bytes(
    config: Config,
    *,
    n_new: int,
    n_before: int = 0,
    batch_size: int = 1,
    bytes_per_number: int = 2,
) -> int:
    """Bytes that have to pass for such a step, at the least.

    Every weight once, for all tokens of the batch, and the keys and values of
    each text once, read or written. Of experts, as many as the tokens may
    choose. What runs from layer to layer is taken to stay in fast memory, and
    rows that are looked up in a table are not counted.

    Raises:
        ValueError: as `step_flops`.
    """
    _check_step(config, n_new, n_before, batch_size)
    n_tokens = n_before + n_new
    cache = memory.kv_cache_bytes(
        config, n_tokens=n_tokens, bytes_per_number=bytes_per_number
    )
    weights = weights_read(config, n_tokens=batch_size * n_new)
    return bytes_per_number * weights + batch_size * cache


def weights_read(config: Config, *, n_tokens: int) -> int:
    """Parameters that a forward pass over so many tokens reads whole.

    Raises:
        ValueError: if there are no tokens.
    """
    check_sizes(n_tokens=n_tokens)
    parts = count.parts(config)
    looked_up = parts.get("position embedding", 0)
    if not config.tied:
        looked_up += parts["token embedding"]
    idle = 0
    if config.experts is not None:
        E, chosen = config.experts.n_experts, config.experts.n_active
        idle = parts["experts"] * max(E - chosen * n_tokens, 0) // E
    return sum(parts.values()) - looked_up - idle


def _check_step(
    config: Config, n_new: int, n_before: int, batch_size: int
) -> None:
    check_sizes(n_new=n_new, batch_size=batch_size)
    if n_before < 0:
        raise ValueError(f"{n_before=} must not be negative")
    if config.n_decoder_layers is not None:
        raise ValueError(f"{config.name} must have one stack to take a step")


def attention_traffic(*, n_queries: int, n_keys: int, d_head: int) -> int:
    """Numbers that a head moves whose kernels are not fused.

    Queries, keys, values and what is read pass once each. Between them scores
    are scaled and normalised: three matrices of T S, each written and read.

    Raises:
        ValueError: if a size is below one.
    """
    check_sizes(n_queries=n_queries, n_keys=n_keys, d_head=d_head)
    T, S, H = n_queries, n_keys, d_head
    return 2 * T * H + 2 * S * H + 3 * 2 * T * S


def flash_traffic(
    *, n_queries: int, n_keys: int, d_head: int, query_tile: int
) -> int:
    """Numbers that a head of Flash Attention moves forwards.

    Keys and values pass once for each tile of queries; queries and what they
    read pass once, and one number more for each query is written.

    Raises:
        ValueError: if a size is below one.
    """
    check_sizes(n_queries=n_queries, n_keys=n_keys, d_head=d_head)
    check_sizes(query_tile=query_tile)
    T, S, H = n_queries, n_keys, d_head
    return 2 * T * H + T + 2 * S * H * ceil(T / query_tile)


def flash_tiles(*, n_fast: int, d_head: int) -> dict[str, int]:
    """Tiles for a fast memory that holds so many numbers.

    Four tiles of H columns fit: of queries, keys, values and what is read.
    Dao et al. 2022, algorithm 1, line 1, where the outer loop is over keys;
    ours is over queries, which therefore have the larger tile.

    Raises:
        ValueError: if a size is below one.
    """
    check_sizes(n_fast=n_fast, d_head=d_head)
    query_tile = ceil(n_fast / (4 * d_head))
    return {"query_tile": query_tile, "key_tile": min(query_tile, d_head)}
