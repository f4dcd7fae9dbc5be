"""Bytes against caches of the library and exact sums."""

from dataclasses import replace

import pytest
import torch

from tests.toys import SMALL
from xfmr import memory
from xfmr.config import Latent
from xfmr.presets import GPT2, LLAMA2_7B, LLAMA2_70B, TRANSFORMER_BASE


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


# Liu et al. 2024, table 1: (d_c + d_h^R) numbers a layer; table 9: 34.6K for
# 60 layers, 15.6K for 27, and 110.6K where 27 layers have 16 heads of 128
LATENT = replace(
    LLAMA2_70B,
    n_layers=60,
    n_heads=128,
    n_kv_heads=128,
    d_head=192,
    latent=Latent(
        d_latent=512, d_query=1536, d_content=128, d_rotary=64, d_value=128
    ),
)


@pytest.mark.parametrize(
    ("config", "numbers"),
    [
        (LATENT, 34_560),
        (replace(LATENT, n_layers=27), 15_552),
        (
            replace(
                LLAMA2_70B, n_layers=27, n_heads=16, n_kv_heads=16, d_head=128
            ),
            110_592,
        ),
    ],
)
def test_cache_of_latents(config, numbers):
    found = memory.kv_cache_bytes(config, n_tokens=1, bytes_per_number=1)
    assert found == numbers


@pytest.mark.parametrize(
    ("n_layers", "n_kv_heads", "d_head", "per_token"),
    [  # bytes in bf16, 4 L K H: Llama 3 70B, 8B, Llama 3.1 405B, GPT-3
        (80, 8, 128, 327_680),
        (32, 8, 128, 131_072),
        (126, 8, 128, 516_096),
        (96, 96, 128, 4_718_592),
    ],
)
def test_cache_of_published_models(n_layers, n_kv_heads, d_head, per_token):
    config = replace(
        LLAMA2_70B,
        n_layers=n_layers,
        n_heads=n_kv_heads * 2,
        n_kv_heads=n_kv_heads,
        d_head=d_head,
    )
    assert memory.kv_cache_bytes(config, n_tokens=1) == per_token


def test_a_window_keeps_its_own_length():
    rolling = replace(SMALL, window=4)
    mixed = replace(rolling, windowed=(True, False, True))
    each = 2 * 2 * 5 * 2
    for n_tokens in (1, 3, 4, 5, 90):
        whole = memory.kv_cache_bytes(SMALL, n_tokens=n_tokens)
        assert whole == 3 * n_tokens * each
        kept = min(n_tokens, 4)
        found = memory.kv_cache_bytes(rolling, n_tokens=n_tokens)
        assert found == 3 * kept * each
        found = memory.kv_cache_bytes(mixed, n_tokens=n_tokens)
        assert found == (2 * kept + n_tokens) * each


def test_a_decoder_keeps_what_it_makes_of_its_source():
    config = replace(TRANSFORMER_BASE, n_decoder_layers=5)
    size = {"n_tokens": 3, "n_source": 7}
    assert memory.kv_cache_bytes(config, **size) == 5 * 2 * 512 * 2 * (3 + 7)
    assert memory.kv_cache_bytes(config, n_tokens=3) == 5 * 2 * 512 * 2 * 6


# Rajbhandari et al. 2020, table 1: parameters in billions, ranks, and GB of
# 1e9 bytes at stages 1, 2 and 3. The print rounds some figures and truncates
# others, so one of the last digit may be missing.
ZERO = [
    (7.5, 1, 120, 120, 120),
    (7.5, 4, 52.5, 41.3, 30),
    (7.5, 16, 35.6, 21.6, 7.5),
    (7.5, 64, 31.4, 16.6, 1.88),
    (7.5, 256, 30.4, 15.4, 0.47),
    (7.5, 1024, 30.1, 15.1, 0.12),
    (128, 1, 2048, 2048, 2048),
    (128, 4, 896, 704, 512),
    (128, 16, 608, 368, 128),
    (128, 64, 536, 284, 32),
    (128, 256, 518, 263, 8),
    (128, 1024, 513, 257, 2),
    (1000, 1, 16000, 16000, 16000),
    (1000, 4, 7000, 5500, 4000),
    (1000, 16, 4750, 2875, 1000),
    (1000, 64, 4187, 2218, 250),
    (1000, 256, 4046, 2054, 62.5),
    (1000, 1024, 4011, 2013, 15.6),
]


@pytest.mark.parametrize("row", ZERO, ids=str)
def test_zero_table_1(row):
    billions, ranks, *printed = row
    n = int(billions * 1e9)
    for stage, figure in enumerate(printed, start=1):
        states = memory.training_bytes(n, zero=stage, ranks=ranks)
        digits = len(str(figure).partition(".")[2])
        found = sum(states.values()) / 1e9
        assert abs(found - figure) <= 10**-digits


def test_states_of_one_rank():
    assert memory.training_bytes(10) == {
        "weights": 20,
        "gradients": 20,
        "optimizer": 120,
    }
    assert memory.training_bytes(10, dtype="fp16") == memory.training_bytes(10)
    assert memory.training_bytes(10, dtype="fp32") == {
        "weights": 40,
        "gradients": 40,
        "optimizer": 80,
    }


def test_stages_share_out_one_state_more_each():
    plain = memory.training_bytes(10)
    shared = memory.training_bytes(4)  # of 10 by 3 ranks, rounded up
    for stage, states in enumerate(
        [
            [],
            ["optimizer"],
            ["optimizer", "gradients"],
            ["optimizer", "gradients", "weights"],
        ]
    ):
        found = memory.training_bytes(10, zero=stage, ranks=3)
        assert found == plain | {state: shared[state] for state in states}
        alone = memory.training_bytes(10, zero=stage)
        assert alone == plain


def test_adam_keeps_two_numbers_of_four_bytes():
    weights = [torch.ones(5, 3, requires_grad=True)]
    adam = torch.optim.AdamW(weights)
    weights[0].sum().backward()
    adam.step()
    kept = sum(
        x.nbytes
        for state in adam.state.values()
        for name, x in state.items()
        if name != "step"
    )
    assert memory.training_bytes(15, dtype="fp32")["optimizer"] == kept


def test_bytes_of_a_type():
    assert [*map(memory.bytes_of, ("fp32", "bf16", "fp16"))] == [4, 2, 2]
    for dtype, size in (("float32", 4), ("bfloat16", 2), ("float16", 2)):
        assert getattr(torch, dtype).itemsize == size
    with pytest.raises(ValueError, match=r"^dtype='int3' must be one of \["):
        memory.bytes_of("int3")


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"n_parameters": 0}, "n_parameters=0 must be at least 1"),
        ({"ranks": 0}, "ranks=0 must be at least 1"),
        ({"zero": 4}, "zero=4 must be 0, 1, 2 or 3"),
        ({"zero": -1}, "zero=-1 must be 0, 1, 2 or 3"),
        ({"dtype": "int3"}, r"dtype='int3' must be one of \['fp32'"),
    ],
)
def test_states_that_cannot_be(wrong, message):
    with pytest.raises(ValueError, match=f"^{message}"):
        memory.training_bytes(**({"n_parameters": 1} | wrong))


def test_sources_of_no_length_or_no_encoder():
    with pytest.raises(ValueError, match=r"^n_source=0 must be at least 1$"):
        memory.kv_cache_bytes(TRANSFORMER_BASE, n_tokens=4, n_source=0)
    with pytest.raises(
        ValueError, match=r"^n_source=4 must be None without an encoder$"
    ):
        memory.kv_cache_bytes(GPT2, n_tokens=4, n_source=4)
