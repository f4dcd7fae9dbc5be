"""Speeds are ratios of what was counted and what was timed."""

import torch

from xfmr import compute
from xfmr.train import speed
from xfmr.train.recipe import MINI


def test_flops_of_a_token():
    config = MINI.config(vocab_size=256)
    forward = compute.forward_flops(config, n_tokens=128, causal=True)
    assert speed.token_flops(config, n_tokens=128) == 3 * forward / 128


def test_the_fastest_product_counts(monkeypatch):
    seconds = iter([0.0, 3.0, 10.0, 10.5, 20.0, 21.0, 30.0, 34.0, 40.0, 42.0])
    monkeypatch.setattr(speed.time, "perf_counter", lambda: next(seconds))
    found = speed.peak_flops(torch.device("cpu"))
    assert found == 2 * 1024**3 / 0.5
    assert next(seconds, None) is None


def test_in_the_type_that_is_asked_for(monkeypatch):
    seen = []
    monkeypatch.setattr(torch, "mm", lambda x, y: seen.append(x.dtype))
    speed.peak_flops(torch.device("cpu"), torch.bfloat16)
    assert seen == [torch.bfloat16] * 5


def test_a_peak_that_a_machine_can_have():
    assert 1e8 < speed.peak_flops(torch.device("cpu")) < 1e14
