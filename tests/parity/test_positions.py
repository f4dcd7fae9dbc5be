"""Positions against the transformers library's: T5, Llama, GPT-J, BLOOM."""

import pytest
import torch
from transformers import LlamaConfig
from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS
from transformers.models.bloom.modeling_bloom import build_alibi_tensor
from transformers.models.gptj import modeling_gptj as gptj
from transformers.models.llama import modeling_llama as llama
from transformers.models.t5.modeling_t5 import T5Attention

from xfmr.config import Scaling
from xfmr.mask import causal_mask
from xfmr.position import (
    alibi,
    alibi_slopes,
    frequencies,
    relative_buckets,
)
from xfmr.rotary import Rotary, magnitude, slowed

DOUBLE = torch.float64


def double(*shape, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator, dtype=DOUBLE)


@pytest.mark.parametrize(
    ("n_buckets", "max_distance", "bidirectional"),
    [(32, 128, True), (32, 128, False), (16, 64, True), (64, 256, False)],
)
def test_t5_buckets(n_buckets, max_distance, bidirectional):
    distances = torch.arange(-140, 141)
    theirs = T5Attention._relative_position_bucket(
        -distances,  # theirs counts from the query to the key
        bidirectional=bidirectional,
        num_buckets=n_buckets,
        max_distance=max_distance,
    )
    ours = relative_buckets(
        distances,
        n_buckets=n_buckets,
        max_distance=max_distance,
        bidirectional=bidirectional,
    )
    assert torch.equal(ours, theirs)


def angles(d_head, base, n_positions):
    frequency = base ** -(torch.arange(0, d_head, 2, dtype=DOUBLE) / d_head)
    return torch.arange(n_positions, dtype=DOUBLE)[:, None] * frequency


@pytest.mark.parametrize("base", [10_000.0, 500_000.0])
def test_half_split_is_llama(base):
    q, k = double(2, 3, 50, 16), double(2, 3, 50, 16, seed=1)
    twice = torch.cat([angles(16, base, 50)] * 2, dim=-1)[None]
    rotary = Rotary(d_head=16, layout="half", base=base)
    theirs = llama.apply_rotary_pos_emb(q, k, twice.cos(), twice.sin())
    for x, y in zip((q, k), theirs, strict=True):
        torch.testing.assert_close(rotary(x), y, rtol=0, atol=1e-14)


NAMES = {
    "llama3": ("low_freq_factor", "high_freq_factor"),
    "yarn": ("beta_slow", "beta_fast"),
}


@pytest.mark.parametrize("kind", ["linear", "llama3", "yarn"])
@pytest.mark.parametrize(
    ("base", "factor", "length", "slow", "fast", "d_head"),
    [
        (500_000.0, 8.0, 8192, 1.0, 4.0, 128),  # Llama 3.1
        (500_000.0, 32.0, 8192, 1.0, 4.0, 64),  # Llama 3.2
        (10_000.0, 32.0, 4096, 1.0, 32.0, 128),  # YaRN's Llama 2
        (150_000.0, 32.0, 4096, 1.0, 32.0, 64),
        (10_000.0, 2.5, 100, 2.0, 3.0, 6),
        (10_000.0, 4.0, 7, 1.0, 32.0, 10),  # all planes slower than slow
        (16.0, 4.0, 10_000, 1.0, 2.0, 16),  # all faster than fast
        (10_000.0, 1.0, 2048, 1.0, 32.0, 64),  # nothing to do
    ],
)
def test_scaled_frequencies(kind, base, factor, length, slow, fast, d_head):
    if (kind, base) == ("yarn", 16.0):
        pytest.skip("theirs has the ends of its ramp the wrong way round")
    scaling = Scaling(
        kind=kind,
        factor=factor,
        original_length=length,
        slow=slow,
        fast=fast,
    )
    parameters = {"rope_type": kind, "rope_theta": base, "factor": factor}
    if kind in NAMES:
        parameters |= dict(zip(NAMES[kind], (slow, fast), strict=True))
        parameters["original_max_position_embeddings"] = length
    config = LlamaConfig(
        head_dim=d_head,
        hidden_size=4 * d_head,
        num_attention_heads=4,
        max_position_embeddings=round(factor * length),
        rope_parameters=parameters,
    )
    theirs, size = ROPE_INIT_FUNCTIONS[kind](config)
    ours = slowed(frequencies(d_head, base=base), scaling, base=base)
    torch.testing.assert_close(ours.float(), theirs, rtol=2e-6, atol=0)
    assert magnitude(scaling) == size


def test_interleaved_is_gpt_j():
    x, angle = double(2, 50, 3, 16), angles(16, 10_000, 50)[None]
    theirs = gptj.apply_rotary_pos_emb(x, angle.sin(), angle.cos())
    ours = Rotary(d_head=16, layout="interleaved")(x.transpose(1, 2))
    torch.testing.assert_close(
        ours.transpose(1, 2), theirs, rtol=0, atol=1e-14
    )


@pytest.mark.parametrize("n_heads", [1, 2, 3, 8, 12, 16, 20, 71, 112])
def test_alibi_slopes_are_blooms(n_heads):
    # at position 1 the library's bias is the slope itself
    ones = torch.ones(1, 2, dtype=torch.long)
    theirs = build_alibi_tensor(ones, n_heads, torch.float32)[:, 0, 1]
    torch.testing.assert_close(alibi_slopes(n_heads), theirs)


def test_alibi_gives_blooms_weights():
    # theirs counts from the first key, which softmax does not see
    size = {"n_queries": 9, "n_keys": 9}
    scores, mask = double(12, 9, 9), causal_mask(**size)
    ones = torch.ones(1, 9, dtype=torch.long)
    theirs = build_alibi_tensor(ones, 12, DOUBLE)
    ours, theirs = (
        (scores + bias).masked_fill(~mask, -torch.inf).softmax(-1)
        for bias in (alibi(n_heads=12, **size), theirs)
    )
    torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-6)
