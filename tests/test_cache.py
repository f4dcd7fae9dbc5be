"""Caches: what they keep, what a window reads of them, what they weigh."""

from dataclasses import replace

import pytest
import torch

from xfmr import memory
from xfmr.cache import KVCache, empty_caches
from xfmr.presets import GPT2, LLAMA2_70B


def numbered(first, n):
    """Keys and values that say which positions they are."""
    k = torch.arange(first, first + n, dtype=torch.float32)
    k = k[:, None].expand(2, 3, 1, n, 4)
    return k, -k


def positions(k):
    return k[0, 0, 0, :, 0].tolist()


def test_a_whole_cache_returns_all():
    cache = KVCache()
    assert (cache.n_tokens, cache.n_readable, cache.n_bytes) == (0, 0, 0)
    cache.extend(*numbered(0, 3))
    k, v = cache.extend(*numbered(3, 2))
    assert positions(k) == [0, 1, 2, 3, 4]
    assert torch.equal(v, -k)
    assert torch.equal(cache.k, k)
    assert torch.equal(cache.v, v)
    assert (cache.n_tokens, cache.n_readable) == (5, 5)


@pytest.mark.parametrize("window", [1, 2, 3, 7])
@pytest.mark.parametrize("pieces", [[1] * 6, [4, 1, 1], [2, 3, 1, 1], [5, 4]])
def test_a_rolling_cache_returns_what_the_window_reads(window, pieces):
    cache, n = KVCache(window), 0
    for piece in pieces:
        k, v = cache.extend(*numbered(n, piece))
        first = max(0, n - (window - 1))
        n += piece
        assert positions(k) == list(range(first, n))
        assert torch.equal(v, -k)
        kept = list(range(max(0, n - window), n))
        assert positions(cache.k) == kept
        assert positions(-cache.v) == kept
        assert cache.n_tokens == n
        assert cache.n_readable == min(n, window - 1)


def test_a_rolling_cache_stops_growing():
    cache = KVCache(4)
    for n in range(9):
        k, v = numbered(n, 1)
        cache.extend(k.clone(), v.clone())
        assert cache.n_bytes == 2 * 2 * 3 * 4 * 4 * min(n + 1, 4)
    cache = KVCache(4)  # no view of a long prompt holds on to all of it
    cache.extend(*(x.clone() for x in numbered(0, 50)))
    assert cache.n_bytes == 2 * 2 * 3 * 4 * 4 * 4


@pytest.mark.parametrize("config", [GPT2, LLAMA2_70B], ids=["GPT", "Llama"])
def test_bytes_equal_the_count(config):
    config = replace(config, n_layers=3)
    caches = empty_caches(config)
    for cache in caches:
        k = torch.empty(1, config.n_kv_heads, 1, 5, config.d_head)
        cache.extend(k, k.clone())
    assert sum(cache.n_bytes for cache in caches) == memory.kv_cache_bytes(
        config, n_tokens=5, bytes_per_number=4
    )


def test_caches_roll_where_the_layer_has_a_window():
    config = replace(GPT2, n_layers=3)
    assert [c.window for c in empty_caches(config)] == [None] * 3
    config = replace(config, window=5)
    assert [c.window for c in empty_caches(config)] == [5] * 3
    config = replace(config, windowed=(True, False, True))
    assert [c.window for c in empty_caches(config)] == [5, None, 5]


@pytest.mark.parametrize("window", [0, -2])
def test_a_window_below_one(window):
    with pytest.raises(
        ValueError, match=rf"^window={window} must be at least 1$"
    ):
        KVCache(window)
