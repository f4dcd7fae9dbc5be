"""Both sides of the comparison train the same thing, and are judged."""

from dataclasses import replace

import pytest
import torch

from tests.trained import TOY, losses, toy_run
from xfmr.train import bench
from xfmr.train.recipe import MINI

SAME = {"weight_decay": 0.0, "warmup": 0.0, "schedule": "wsd", "fall": 0.0}


def test_the_same_weights_give_the_same_logits():
    model = toy_run().model
    generator = torch.Generator().manual_seed(0)
    for p in model.parameters():
        p.data.normal_(0, 0.3, generator=generator)
    tokens = torch.tensor([[3, 1, 4, 1, 5, 9, 2, 6]])
    plain = bench.with_weights_of(model)
    torch.testing.assert_close(plain(tokens), model(tokens))
    n_numbers = [
        sum(p.numel() for p in some.parameters()) for some in (model, plain)
    ]
    assert n_numbers[0] == n_numbers[1]


def test_both_learn_the_same():
    # at a constant rate without decay both follow one path
    run = toy_run(**SAME)
    plain = [*bench.plain_steps(run, bench.with_weights_of(run.model))]
    assert losses(run.train()) == pytest.approx(plain, rel=1e-4)
    assert len(plain) == 8 and plain[-1] < plain[0]


def test_loops_take_turns_and_the_first_turns_do_not_count(monkeypatch):
    monkeypatch.setattr(bench, "N_WARM", 2)
    monkeypatch.setattr(bench, "N_TURNS", 3)
    clock, order = [0.0], []

    def loop(name, times):
        for seconds in times:
            order.append(name)
            clock[0] += seconds
            yield

    monkeypatch.setattr(bench.time, "perf_counter", lambda: clock[0])
    loops = loop("a", [9, 9, 1, 3, 2]), loop("b", [9, 9, 8, 4, 16])
    assert bench.seconds(*loops) == [2, 8]
    assert order == ["a", "b"] * 5


def test_steps_of_a_folders_run_are_timed(monkeypatch):
    seen = []

    def seconds(ours, theirs):
        seen.extend((next(ours), next(theirs)))
        return [1.0, 2.0]

    monkeypatch.setattr(bench, "seconds", seconds)
    assert bench.compared(replace(TOY, **SAME)) == (1.0, 2.0)
    row, loss = seen
    assert row["step"] == 1 and row["mfu"] > 0
    assert row["loss"] == pytest.approx(loss, rel=1e-4)


@pytest.mark.parametrize(("ratio", "status"), [(0.97, 0), (0.96, 1)])
@pytest.mark.parametrize("slow", [1, 2])
def test_the_status_says_whether_the_bound_holds(
    monkeypatch, capsys, slow, ratio, status
):
    seen, threads = [], []

    def compared(recipe):
        seen.append(recipe)
        return 1.0, ratio if threads[-1] == slow else 1.5

    monkeypatch.setattr(bench, "compared", compared)
    monkeypatch.setattr(bench, "peak_flops", lambda device: 1e11)
    monkeypatch.setattr(torch, "set_num_threads", threads.append)
    assert bench.main() == status
    assert threads == [1, 2] and seen == [MINI, MINI]
    printed = capsys.readouterr().out
    assert f"smallest ratio {ratio:.3f}, at least 0.97" in printed
    assert f"{MINI.n_tokens:8,.0f}" in printed
    assert "of 100 GFLOP/s" in printed


def test_as_many_steps_as_are_timed():
    assert (bench.N_TURNS, bench.N_WARM, bench.THREADS) == (30, 3, (1, 2))
    assert MINI.n_steps >= bench.N_WARM + bench.N_TURNS
