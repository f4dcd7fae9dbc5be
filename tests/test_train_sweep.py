"""A sweep runs each combination once, wherever joblib takes it."""

import csv
from dataclasses import replace

import joblib
import pytest

from tests.trained import SOURCE, TOY, toy_run
from xfmr.train import folder, log, recipe
from xfmr.train import sweep as module
from xfmr.train.sweep import ended, sweep


@pytest.fixture(autouse=True)
def known_peak(monkeypatch):
    monkeypatch.setattr(folder, "peak_flops", lambda *given: 1e11)


GRID = {"learning_rate": [1e-4, 1e-2], "d_model": [16, 8]}
SHORT = replace(TOY, n_steps=4)


def test_each_combination_best_first(tmp_path):
    found = sweep(SHORT, GRID, SOURCE, tmp_path)
    assert [*found[0]] == [*GRID, "loss", "held_out", "bits_per_byte"]
    pairs = {(each["learning_rate"], each["d_model"]) for each in found}
    assert pairs == {(1e-4, 16), (1e-4, 8), (1e-2, 16), (1e-2, 8)}
    held_out = [each["held_out"] for each in found]
    assert held_out == sorted(held_out)
    for each in found:
        fields = {name: each[name] for name in GRID}
        last = [*toy_run(n_steps=4, **fields).train()][-1]
        assert each == fields | {
            name: last[name] for name in ("loss", "held_out", "bits_per_byte")
        }
    with open(tmp_path / "results.csv", newline="") as file:
        rows = [*csv.DictReader(file)]
    assert [{k: float(v) for k, v in row.items()} for row in rows] == found
    names = {path.name for path in tmp_path.iterdir() if path.is_dir()}
    assert "learning_rate=0.01,d_model=8" in names and len(names) == 4


def test_what_has_ended_is_not_run_again(tmp_path, monkeypatch):
    found = sweep(SHORT, GRID, SOURCE, tmp_path)
    monkeypatch.setattr(module.folder, "go_on", None)
    assert sweep(SHORT, GRID, SOURCE, tmp_path) == found


def test_what_was_stopped_goes_on(tmp_path):
    folder.begin(tmp_path, TOY, SOURCE)
    answers = iter([False, True])
    steps = folder.go_on(
        folder.resumed(tmp_path), tmp_path, stop=lambda: next(answers)
    )
    assert len([*steps]) == 2
    last = ended(TOY, SOURCE, tmp_path)
    assert last == log.rows(tmp_path)[-1]
    assert last["step"] == 8
    assert last["loss"] == [*toy_run().train()][-1]["loss"]


def test_a_folder_that_has_another_run(tmp_path):
    folder.begin(tmp_path, TOY, SOURCE)
    with pytest.raises(ValueError, match="has a run of another recipe"):
        ended(SHORT, SOURCE, tmp_path)
    assert recipe.read(tmp_path / "recipe.json") == TOY


def test_the_runs_go_where_joblib_is_told(tmp_path):
    calls = []

    class Counted(joblib._parallel_backends.SequentialBackend):
        def configure(self, n_jobs=1, parallel=None, **named):
            calls.append(n_jobs)
            return super().configure(n_jobs, parallel, **named)

    joblib.register_parallel_backend("counted", Counted)
    with joblib.parallel_config(backend="counted", n_jobs=3):
        sweep(SHORT, {"seed": [0]}, SOURCE, tmp_path)
    assert calls == [3]
