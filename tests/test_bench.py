"""The benchmark compares what it says, and judges it."""

import time

import pytest
import torch
from torch.nn.functional import scaled_dot_product_attention

from xfmr import bench

CASES = [(c, b) for c in (False, True) for b in (False, True)]


@pytest.mark.parametrize(("causal", "backward"), CASES)
def test_both_sides_compute_the_same(monkeypatch, causal, backward):
    made, asked = {}, []
    monkeypatch.setattr(bench, "SIZES", {"B": 2, "N": 3, "H": 4})

    def watched(name, function):
        def run(*inputs, **named):
            asked.append((name, named))
            made[name] = function(*inputs, **named)
            return made[name]

        return run

    for name in ("attend_fused", "scaled_dot_product_attention"):
        function = watched(name, getattr(bench, name))
        monkeypatch.setattr(bench, name, function)
    for run in bench.pair(5, causal=causal, backward=backward):
        run()
    ours = made["attend_fused"][:, :, 0]
    theirs = made["scaled_dot_product_attention"]
    assert ours.shape == (2, 3, 5, 4)
    assert ours.requires_grad == theirs.requires_grad == backward
    torch.testing.assert_close(ours, theirs)
    assert asked == [
        ("attend_fused", {"causal": causal}),
        ("scaled_dot_product_attention", {"is_causal": causal}),
    ]


def test_gradients_are_taken_of_all_three(monkeypatch):
    taken = []
    grad = torch.autograd.grad

    def watched(heads, inputs, d_heads):
        taken.append(grad(heads, inputs, d_heads))
        return taken[-1]

    monkeypatch.setattr(bench, "SIZES", {"B": 2, "N": 3, "H": 4})
    monkeypatch.setattr(torch.autograd, "grad", watched)
    for run in bench.pair(5, causal=False, backward=True):
        run()
    ours, theirs = taken
    assert len(ours) == len(theirs) == 3
    for a, b in zip(ours, theirs, strict=True):
        torch.testing.assert_close(a, b)
    taken.clear()
    for run in bench.pair(5, causal=False, backward=False):
        run()
    assert not taken


def test_medians_of_turns_without_the_first(monkeypatch):
    clock, calls = [0.0], []
    costs = {"a": [9, 1, 5, 2], "b": [9, 3, 3, 8]}
    monkeypatch.setattr(time, "process_time", lambda: clock[0])

    def called(name):
        def run():
            clock[0] += costs[name][calls.count(name)]
            calls.append(name)

        return run

    assert bench.medians(called("a"), called("b"), n_turns=3) == [2, 3]
    assert calls == ["a", "b"] * 4


@pytest.mark.parametrize(("ratio", "status"), [(1.15, 0), (1.16, 1)])
def test_the_status_says_whether_the_bound_holds(
    monkeypatch, capsys, ratio, status
):
    monkeypatch.setattr(bench, "pair", lambda n, **what: (n, what))
    seen = []

    def medians(n_tokens, what, n_turns):
        seen.append((n_tokens, *what.values(), n_turns))
        worst = what["causal"] and n_tokens == 512 and not what["backward"]
        return [ratio if worst else 0.5, 1.0]

    monkeypatch.setattr(bench, "medians", medians)
    assert bench.main() == status
    sizes = [(256, 15), (512, 9), (1024, 5)]
    assert seen == [(t, c, b, n) for t, n in sizes for c, b in CASES]
    printed = capsys.readouterr().out
    assert printed.count("ratio 0.500") == 11
    assert f"largest ratio {ratio:.3f}, at most 1.15" in printed


def test_the_shapes_that_are_promised():
    assert bench.SIZES == {"B": 8, "N": 12, "H": 64}
    assert bench.BOUND == 1.15
    assert bench.scaled_dot_product_attention is scaled_dot_product_attention


def test_the_fastest_process_counts(monkeypatch):
    clock, costs, asked = [0.0], [5, 3, 4, 3.5, 9, 9, 9], []
    monkeypatch.setattr(time, "perf_counter", lambda: clock[0])

    def run(words, *, check, stdout):
        clock[0] += costs[len(asked)]
        asked.append((words[1:], check))

    monkeypatch.setattr(bench.subprocess, "run", run)
    assert bench.fastest("count gpt2") == 3
    assert asked == [(["-m", "xfmr", "count", "gpt2"], True)] * bench.N_RUNS


@pytest.mark.parametrize(
    ("seconds", "status"), [([0.4, 1.0], 0), ([0.41, 0], 1), ([0, 1.01], 1)]
)
def test_commands_have_bounds(monkeypatch, capsys, seconds, status):
    taken = dict(zip(["count gpt2", "presets"], seconds, strict=True))
    monkeypatch.setattr(bench, "fastest", taken.__getitem__)
    assert bench.commands() == status
    printed = capsys.readouterr().out
    assert f"xfmr count gpt2  {seconds[0]:.3f} s, at most 0.4 s" in printed
    assert f"xfmr presets     {seconds[1]:.3f} s, at most 1.0 s" in printed
