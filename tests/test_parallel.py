"""Every scheme against the same step on one process, and its bytes."""

from collections import Counter
from dataclasses import replace

import pytest
import torch

from xfmr import count, memory
from xfmr.config import Experts
from xfmr.distributed import (
    context,
    data,
    expert,
    pipeline,
    step,
    tensor,
    volume,
    zero,
)
from xfmr.distributed.launch import RankError, Ranks
from xfmr.distributed.schedule import one_forward_one_backward
from xfmr.distributed.step import SMALL, difference

N = count.parameters(SMALL)
TEXTS = 8
STREAM = {"n_tokens": SMALL.context_length, "bytes_per_number": 8}


@pytest.fixture(scope="module")
def whole():
    return step.whole(SMALL)


def assert_same(ours, theirs):
    assert difference(ours, theirs) < 1e-12
    assert max(float(x.abs().max()) for x in theirs.values()) > 1e-3


def test_the_step_that_all_reproduce(whole):
    gpt, tokens = step.model(SMALL), step.batch(SMALL)
    assert tokens.shape == (TEXTS, 32) and tokens.max() < 64
    logits = gpt(tokens)
    loss = step.next_token_loss(logits, tokens)
    plain = torch.nn.functional.cross_entropy(
        logits[:, :-1].reshape(-1, 64), tokens[:, 1:].reshape(-1)
    )
    torch.testing.assert_close(loss, plain)
    halves = [
        step.next_token_loss(logits[:, a : a + 16], tokens, n_before=a)
        for a in (0, 16)
    ]
    torch.testing.assert_close(sum(halves), loss)
    loss.backward()
    assert_same(step.gradients(gpt), whole.gradients)
    assert whole.sent == 0
    before = {n: p.detach() for n, p in gpt.named_parameters()}
    moved = difference(before, whole.weights)
    assert step.RATE / 2 < moved < 2 * step.RATE


def test_a_difference_is_the_largest_of_all():
    one = {"a": torch.zeros(2), "b": torch.ones(3)}
    other = {"a": torch.tensor([0.0, 0.5]), "b": torch.full((3,), 3.0)}
    assert difference(one, other) == 2.0
    with pytest.raises(ValueError, match=r"odd=\['b'\] must be in both"):
        difference(one, {"a": torch.zeros(2)})


def test_data_parallel(four_ranks, whole):
    for found in four_ranks.run(data.step, SMALL):
        assert_same(found.gradients, whole.gradients)
        formula = volume.data_parallel(N, ranks=4, bytes_per_number=8)
        assert found.sent == formula
        assert found.calls.keys() == {"all-reduce"}


@pytest.mark.parametrize("stage", [0, 1, 2, 3])
def test_zero_takes_the_same_step(four_ranks, whole, stage):
    for found in four_ranks.run(zero.step, SMALL, stage):
        assert_same(found.gradients, whole.gradients)
        assert difference(found.weights, whole.weights) < 1e-9


@pytest.mark.parametrize("stage", [0, 1, 2, 3])
def test_zero_holds_what_the_formula_says(four_ranks, stage):
    found = four_ranks.run(zero.step, SMALL, stage, torch.float32)
    expected = memory.training_bytes(N, dtype="fp32", zero=stage, ranks=4)
    for outcome in found:
        held = dict(outcome.held)
        if stage == 1:  # whole tensors are shared out
            held["optimizer"] = expected["optimizer"]
        assert held == expected
    of_all = sum(outcome.held["optimizer"] for outcome in found)
    assert of_all == (4 if stage == 0 else 1) * 8 * N


@pytest.mark.parametrize("stage", [0, 2, 3])
def test_zero_sends_what_the_formula_says(four_ranks, stage):
    for found in four_ranks.run(zero.step, SMALL, stage, torch.float32):
        assert found.sent == volume.data_parallel(
            N, ranks=4, zero=stage, bytes_per_number=4
        )


def test_stage_one_of_torch_sends_more(four_ranks):
    found = four_ranks.run(zero.step, SMALL, 1, torch.float32)
    for outcome in found:
        assert outcome.sent == 4 * N * (2 + 1) * 3 / 4
        assert outcome.calls.keys() == {"all-reduce", "broadcast"}


def test_tensor_parallel(four_ranks, whole):
    kept = whole_of_rows = 0
    for name, x in whole.weights.items():
        if name.startswith("blocks"):
            parted = any(w in name for w in ("w_q", "w_k", "w_v", "w_in"))
            parted |= name.endswith(("w_o.weight", "w_out.weight"))
            kept += x.numel() / (4 if parted else 1)
            whole_of_rows += x.numel()
    for found in four_ranks.run(tensor.step, SMALL):
        assert_same(found.gradients, whole.gradients)
        assert found.sent == volume.tensor_parallel(
            SMALL, batch_size=TEXTS, ranks=4, **STREAM
        )
        assert found.calls == Counter({"all-reduce": 4 * SMALL.n_layers})
        assert found.held["weights"] == 8 * kept < 8 * whole_of_rows / 3


def test_context_parallel(four_ranks, whole):
    for found in four_ranks.run(context.step, SMALL):
        assert_same(found.gradients, whole.gradients)
        assert found.sent == volume.context_parallel(
            SMALL, batch_size=TEXTS, ranks=4, **STREAM
        )


@pytest.mark.parametrize("n_batches", [4, 8])
def test_pipeline_parallel(four_ranks, whole, n_batches):
    found = four_ranks.run(pipeline.step, SMALL, n_batches)
    joined = {}
    each = volume.pipeline(SMALL, batch_size=TEXTS, **STREAM)
    for rank, (outcome, tasks) in enumerate(found):
        for name, gradient in outcome.gradients.items():
            if name in joined:
                assert name == "embedding.token.weight" and rank == 3
                assert torch.equal(joined[name], gradient)
            joined[name] = gradient
        assert tasks == one_forward_one_backward(
            rank, ranks=4, batches=n_batches
        )
        expected = (rank < 3) * each["next"] + (rank > 0) * each["before"]
        assert outcome.sent == expected
    assert_same(joined, whole.gradients)


@pytest.mark.parametrize("gated", [False, True])
def test_expert_parallel(four_ranks, gated):
    config = replace(expert.SMALL_MIXTURE, gated=gated)
    reference = expert.whole(config)
    found = four_ranks.run(expert.step, config)
    for outcome in found:
        assert_same(outcome.gradients, reference.gradients)
        assert outcome.calls["all-to-all"] == 4
    # every choice of an expert elsewhere goes there and back, twice
    mixture, x, _ = expert.drawn(config, 64)
    own = torch.arange(64)[:, None] // (64 // 4)
    away = int((mixture.router(x)[1] // (8 // 4) != own).sum())
    width = 8 * config.d_model
    assert sum(o.sent for o in found) == 4 * away * width


def test_what_ranks_cannot_share():
    three = replace(SMALL, n_heads=3, n_kv_heads=3)
    for call, message in [
        ((tensor.step, three), r"ranks=2 must divide config.n_kv_heads=3"),
        (
            (context.step, replace(SMALL, context_length=31)),
            r"tokens.shape\[1\]=31 must be a multiple of ring.size=2",
        ),
        (
            (context.step, replace(SMALL, n_kv_heads=2)),
            r"n_kv_heads=2 must be n_heads=4",
        ),
        (
            (pipeline.step, replace(SMALL, n_layers=1), 2),
            r"n_layers=1 must be at least ranks=2",
        ),
        (
            (expert.step, odd_mixture()),
            r"ranks=2 must divide n_experts=3",
        ),
        ((zero.step, SMALL, 4), r"stage=4 must be 0, 1, 2 or 3"),
    ]:
        with Ranks(2) as ranks:
            with pytest.raises(RankError, match=message):
                ranks.run(*call)


def odd_mixture():
    experts = Experts(n_experts=3, n_active=2, d_ff=8)
    return replace(expert.SMALL_MIXTURE, experts=experts)


def test_texts_are_shared_out_equally():
    with Ranks(3) as ranks:
        with pytest.raises(RankError, match=r"len\(tokens\)=8 must be a mul"):
            ranks.run(data.step, SMALL)
