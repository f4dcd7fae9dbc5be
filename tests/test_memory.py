"""Bytes against caches of the library and exact sums."""

from dataclasses import replace

import pytest

from xfmr import memory
from xfmr.presets import GPT2, LLAMA2_7B, LLAMA2_70B, TRANSFORMER_BASE

SMALL = replace(
    LLAMA2_70B,
    n_layers=3,
    d_model=20,
    n_heads=6,
    n_kv_heads=2,
    d_head=5,
    d_ff=11,
    vocab_size=13,
)


@pytest.mark.parametrize(
    ("config", "per_token"),
    [  # bf16; the first two from a transformers cache, the third 4 L K H
        (LLAMA2_7B, 524_288),
        (LLAMA2_70B, 327_680),
        (GPT2, 36_864),
    ],
    ids=lambda value: getattr(value, "name", value),
)
def test_cache_of_a_token(config, per_token):
    assert memory.kv_cache_bytes(config, n_tokens=1) == per_token
    assert memory.kv_cache_bytes(config, n_tokens=9) == 9 * per_token
    assert (
        memory.kv_cache_bytes(config, n_tokens=1, bytes_per_number=4)
        == 2 * per_token
    )
    assert (
        memory.kv_cache_bytes(config, n_tokens=1, bytes_per_number=1)
        == per_token / 2
    )


def test_a_score_for_every_pair_and_head():
    assert memory.score_bytes(SMALL, n_tokens=7) == 6 * 49 * 2
    assert memory.score_bytes(SMALL, n_tokens=7, bytes_per_number=4) == (
        6 * 49 * 4
    )


@pytest.mark.parametrize("value", [0, -1])
@pytest.mark.parametrize(
    ("function", "size", "name"),
    [
        (function, {"config": GPT2, "n_tokens": 1}, name)
        for function in (memory.kv_cache_bytes, memory.score_bytes)
        for name in ("n_tokens", "bytes_per_number")
    ],
)
def test_sizes_below_one(function, size, name, value):
    with pytest.raises(
        ValueError, match=rf"^{name}={value} must be at least 1$"
    ):
        function(**(size | {name: value}))


def test_two_stacks_read_two_sequences():
    with pytest.raises(
        ValueError, match=r"^n_decoder_layers=6 of Transformer base must be"
    ):
        memory.kv_cache_bytes(TRANSFORMER_BASE, n_tokens=4)
