"""Time, and what passes for it: by hand, and in models that are built."""

from dataclasses import replace

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from tests.toys import SMALL
from xfmr import compute, count, memory, roofline
from xfmr.cache import empty_caches
from xfmr.config import Experts
from xfmr.models.gpt import GPT
from xfmr.presets import BERT_BASE, GPT2, TRANSFORMER_BASE


def test_the_longer_of_two_times():
    task = {"n_flops": 600, "n_bytes": 20}
    machine = {"peak": 100.0, "bandwidth": 5.0}
    found = roofline.bounds(**task, **machine)
    assert found == {"arithmetic": 6.0, "memory": 4.0}
    assert roofline.ridge(**machine) == 20.0
    level = roofline.bounds(n_flops=400, n_bytes=20, **machine)
    assert level["arithmetic"] == level["memory"]


def test_a_step_of_a_model_with_a_cache():
    with torch.device("meta"):
        model = GPT(GPT2).requires_grad_(False)
        caches = empty_caches(GPT2)
        tokens = torch.zeros(2, 9, dtype=torch.long)
        found = []
        for start, end in ((0, 6), (6, 7), (7, 9)):
            with FlopCounterMode(display=False) as counter:
                model(tokens[:, start:end], caches)
            found.append(counter.get_total_flops())
    # the model computes scores that a mask then hides: those of the square
    hidden = [6 * 5 // 2, 0, 1]
    for n, (n_new, n_before) in enumerate(((6, 0), (1, 6), (2, 7))):
        step = roofline.step_flops(
            GPT2, n_new=n_new, n_before=n_before, batch_size=2
        )
        assert step == found[n] - 2 * 12 * 4 * 768 * hidden[n]
    kept = sum(x.n_bytes for x in caches)
    assert memory.kv_cache_bytes(GPT2, n_tokens=9, bytes_per_number=4) == (
        kept // 2
    )


def test_steps_add_up_to_the_whole():
    windowed = replace(SMALL, window=4, windowed=(True, False, True))
    for config in (SMALL, windowed):
        steps = [
            roofline.step_flops(config, n_new=1, n_before=n) for n in range(9)
        ]
        whole = compute.forward_flops(config, n_tokens=9, causal=True)
        assert sum(steps) == whole
        assert steps == sorted(steps)
        assert roofline.step_flops(config, n_new=9) == whole


def test_weights_that_are_read():
    with torch.device("meta"):
        model = GPT(GPT2)
    looked_up = model.embedding.position.weight.numel()
    whole = sum(p.numel() for p in model.parameters())
    for n_tokens in (1, 50):
        found = roofline.weights_read(GPT2, n_tokens=n_tokens)
        assert found == whole - looked_up
    untied = replace(SMALL, tied=False)
    read = roofline.weights_read(untied, n_tokens=1)
    assert read == count.parameters(untied) - 13 * 20


def test_experts_that_may_be_chosen():
    experts = Experts(n_experts=7, n_active=2, d_ff=9)
    config = replace(SMALL, experts=experts)
    one = 3 * 3 * 20 * 9
    all_read = count.parameters(config) - 13 * 20
    for n_tokens, idle in ((1, 5), (2, 3), (3, 1), (4, 0), (90, 0)):
        found = roofline.weights_read(config, n_tokens=n_tokens)
        assert found == all_read - idle * one


def test_bytes_of_a_step():
    size = {"n_new": 2, "n_before": 7, "batch_size": 3}
    weights = count.parameters(SMALL) - 13 * 20
    cache = 3 * 9 * 2 * 3 * 2 * 5
    assert roofline.step_bytes(SMALL, **size) == 2 * weights + 2 * cache
    assert roofline.step_bytes(SMALL, **size, bytes_per_number=4) == (
        2 * roofline.step_bytes(SMALL, **size)
    )
    first = roofline.step_bytes(SMALL, n_new=1)
    assert first == 2 * weights + 2 * 3 * 2 * 2 * 5


STEP = {"config": GPT2, "n_new": 1}
TIME = {"n_flops": 1, "n_bytes": 1, "peak": 1.0, "bandwidth": 1.0}


@pytest.mark.parametrize(
    ("function", "arguments", "wrong", "message"),
    [
        *(
            (roofline.bounds, TIME, {name: 0}, f"{name}=0 must be positive")
            for name in TIME
        ),
        (
            roofline.ridge,
            {"peak": 1.0, "bandwidth": 1.0},
            {"peak": -1.0},
            "peak=-1.0 must be positive",
        ),
        *(
            (function, STEP, {name: value}, f"{name}={value} must {rule}")
            for function in (roofline.step_flops, roofline.step_bytes)
            for name, value, rule in (
                ("n_new", 0, "be at least 1"),
                ("batch_size", 0, "be at least 1"),
                ("n_before", -1, "not be negative"),
            )
        ),
        (
            roofline.step_flops,
            STEP,
            {"config": TRANSFORMER_BASE},
            "Transformer base must have one stack",
        ),
        (
            roofline.step_flops,
            STEP,
            {"config": BERT_BASE},
            "causal=True must be False for BERT-base",
        ),
        (roofline.weights_read, {"config": GPT2}, {"n_tokens": 0}, "n_tokens"),
    ],
)
def test_what_takes_no_time(function, arguments, wrong, message):
    with pytest.raises(ValueError, match=f"^{message}"):
        function(**(arguments | wrong))


def test_traffic_by_hand():
    # 2 queries of 3 numbers, 5 keys and 5 values: 6 + 15 + 15 in, 6 out;
    # 10 scores, 10 scaled, 10 weights, each out and in
    size = {"n_queries": 2, "n_keys": 5, "d_head": 3}
    assert roofline.attention_traffic(**size) == 6 + 15 + 15 + 6 + 2 * 30
    whole = roofline.flash_traffic(**size, query_tile=2)
    assert whole == 6 + 15 + 15 + 6 + 2
    assert roofline.flash_traffic(**size, query_tile=3) == whole
    assert roofline.flash_traffic(**size, query_tile=1) == whole + 30


def test_flash_tiles():
    # H = 64: 4 x 64 numbers a row; more keys than H would outgrow a tile
    assert roofline.flash_tiles(n_fast=25_600, d_head=64) == {
        "query_tile": 100,
        "key_tile": 64,
    }
    assert roofline.flash_tiles(n_fast=25_601, d_head=64)["query_tile"] == 101
    assert roofline.flash_tiles(n_fast=256, d_head=64) == {
        "query_tile": 1,
        "key_tile": 1,
    }


@pytest.mark.parametrize(
    ("function", "names"),
    [
        (roofline.attention_traffic, ["n_queries", "n_keys", "d_head"]),
        (
            roofline.flash_traffic,
            ["n_queries", "n_keys", "d_head", "query_tile"],
        ),
        (roofline.flash_tiles, ["n_fast", "d_head"]),
    ],
)
def test_traffic_of_nothing(function, names):
    for name in names:
        sizes = dict.fromkeys(names, 4) | {name: 0}
        with pytest.raises(ValueError, match=f"^{name}=0 must be at least 1$"):
            function(**sizes)
