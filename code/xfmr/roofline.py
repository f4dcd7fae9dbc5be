"""The arithmetic of traffic: what has to pass between two memories."""

from math import ceil

from xfmr.axes import check_sizes


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
