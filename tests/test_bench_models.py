"""Both sides of the comparison compute the same, and are judged."""

from dataclasses import replace

import pytest
import torch

from xfmr import bench_models as bench
from xfmr.norm import FusedLayerNorm
from xfmr.presets import GPT2

TOY = replace(
    GPT2,
    n_layers=2,
    d_model=24,
    n_heads=3,
    n_kv_heads=3,
    d_head=8,
    d_ff=40,
    vocab_size=29,
    context_length=30,
)


@pytest.fixture
def pair(monkeypatch):
    for name, value in {"B": 2, "T": 5, "N_PROMPT": 3, "N_NEW": 9}.items():
        monkeypatch.setattr(bench, name, value)
    return bench.models(TOY)


def test_the_same_weights_and_the_fast_kernels(pair):
    ours, theirs = pair
    tokens = torch.tensor([[1, 5, 3]])
    torch.testing.assert_close(ours(tokens), theirs(tokens).logits)
    assert isinstance(ours.final_norm, FusedLayerNorm)
    assert theirs.config._attn_implementation == "sdpa"
    assert not theirs.training


def test_both_passes_give_the_same_loss_and_gradients(pair):
    losses = [run() for run in bench.both_passes(*pair)]
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)
    ours, theirs = pair
    torch.testing.assert_close(
        ours.embedding.token.weight.grad,
        theirs.transformer.wte.weight.grad,
    )
    assert all(p.grad is not None for p in ours.parameters())


def test_both_write_the_same(pair):
    ours, theirs = (run() for run in bench.decoding(*pair))
    assert torch.equal(ours, theirs)
    assert ours.shape == (1, 12)
    assert not pair[0].blocks[0].attention.w_q.weight.is_contiguous()


@pytest.mark.parametrize(("ratio", "status"), [(0.97, 0), (0.96, 1)])
@pytest.mark.parametrize("slow", ["both_passes", "decoding"])
def test_the_status_says_whether_the_bound_holds(
    monkeypatch, capsys, slow, ratio, status
):
    seen = []
    monkeypatch.setattr(bench, "models", lambda config: (config, None))
    for name in ("both_passes", "decoding"):
        monkeypatch.setattr(bench, name, lambda *pair, name=name: (name, pair))

    def medians(name, pair, n_turns):
        seen.append((name, pair[0], n_turns))
        return [1.0, ratio if name == slow else 1.5]

    monkeypatch.setattr(bench, "medians", medians)
    assert bench.main() == status
    assert seen == [("both_passes", GPT2, 5), ("decoding", GPT2, 7)]
    printed = capsys.readouterr().out
    assert f"smallest ratio {ratio:.3f}, at least 0.97" in printed
    assert "1.500 times" in printed


def test_the_sizes_that_are_promised():
    assert (bench.B, bench.T, bench.N_NEW, bench.LEAST) == (4, 256, 64, 0.97)
