"""A run's folder: complete, gone on with exactly, and safe from the disk."""

import json
from dataclasses import replace

import pytest
import torch

from tests.trained import (
    SOURCE,
    TOY,
    losses,
    small_files,
    toy_run,
    without_times,
)
from xfmr.train import checkpoint, folder, log, recipe
from xfmr.train.folder import begin, go_on, resumed
from xfmr.train.material import in_memory
from xfmr.train.speed import token_flops


@pytest.fixture(autouse=True)
def one_thread(monkeypatch):
    torch.set_num_threads(1)
    monkeypatch.setattr(folder, "peak_flops", lambda *given: 1e11)


@pytest.fixture
def where(tmp_path):
    begin(tmp_path / "run", TOY, SOURCE)
    return tmp_path / "run"


def test_what_a_new_run_leaves(where):
    assert sorted(path.name for path in where.iterdir()) == [
        *("held-out.tokens", "recipe.json", "tokenizer.json", "train.tokens"),
    ]
    assert recipe.read(where / "recipe.json") == TOY


def test_what_an_ended_run_leaves(where):
    found = [*go_on(resumed(where), where)]
    assert without_times(found) == [*toy_run().train()]
    assert log.rows(where) == found
    assert [path.name[:13] for path in checkpoint.found(where)] == [
        *("step-00000004", "step-00000008"),
    ]
    assert {path.name for path in where.iterdir()} == {
        *("held-out.tokens", "recipe.json", "tokenizer.json", "train.tokens"),
        *("checkpoints", "log.csv", "log.jsonl", "loss.svg"),
        *("config.json", "model.safetensors"),
    }
    assert (where / "loss.svg").read_text() == log.curve(found).svg


def test_speeds_of_a_row(where, monkeypatch):
    seconds = iter(range(100))
    monkeypatch.setattr(
        folder.time, "perf_counter", lambda: 0.5 * next(seconds)
    )
    monkeypatch.setattr(folder, "peak_flops", lambda device, dtype: 1e6)
    row = next(go_on(resumed(where), where))
    assert row["tokens_per_second"] == 48 / 0.5
    flops = token_flops(TOY.config(vocab_size=256), n_tokens=8)
    assert row["mfu"] == 48 / 0.5 * flops / 1e6


@pytest.mark.parametrize(
    ("precision", "dtype"),
    [("fp32", torch.float32), ("bf16", torch.bfloat16)],
)
def test_the_peak_is_that_of_the_precision(
    tmp_path, monkeypatch, precision, dtype
):
    seen = []

    def peak(*given):
        seen.append(given)
        return 1.0

    monkeypatch.setattr(folder, "peak_flops", peak)
    begin(tmp_path, replace(TOY, precision=precision), SOURCE)
    next(go_on(resumed(tmp_path), tmp_path))
    assert seen == [(torch.device("cpu"), dtype)]


def test_stopped_and_gone_on_with(where):
    answers = iter([False, False, True])
    first = [*go_on(resumed(where), where, stop=lambda: next(answers))]
    assert [row["step"] for row in first] == [1, 2, 3]
    assert len(checkpoint.found(where)) == 1
    assert not (where / "loss.svg").exists()
    run = resumed(where)
    assert run.n_done == 3
    found = [*first, *go_on(run, where)]
    assert without_times(found) == [*toy_run().train()]
    assert without_times(log.rows(where)) == without_times(found)


def test_steps_after_the_last_checkpoint_come_again(where):
    steps = go_on(resumed(where), where)
    for _ in range(6):
        next(steps)
    del steps  # as if the process had been killed
    assert len(log.rows(where)) == 6
    run = resumed(where)
    assert run.n_done == 4
    [*go_on(run, where)]
    assert without_times(log.rows(where)) == [*toy_run().train()]


def test_another_end(where):
    [*go_on(resumed(where), where)]
    run = resumed(where, n_steps=10)
    assert len([*go_on(run, where)]) == 2
    assert recipe.read(where / "recipe.json") == replace(TOY, n_steps=10)
    assert len(log.rows(where)) == 10
    assert [*go_on(resumed(where), where)] == []


def test_a_full_disk_leaves_the_last_checkpoint(where):
    steps = go_on(resumed(where), where)
    for _ in range(4):
        next(steps)
    with small_files(20_000), pytest.raises(ValueError) as error:
        list(steps)
    assert "safetensors cannot be written: File too large" in str(error.value)
    assert resumed(where).n_done == 4
    [*go_on(resumed(where), where)]
    assert without_times(log.rows(where)) == [*toy_run().train()]


def test_a_broken_checkpoint_is_named_and_the_one_before_loads(where):
    [*go_on(resumed(where), where)]
    before, newest = checkpoint.found(where)
    newest.write_bytes(newest.read_bytes()[:-100])
    with pytest.raises(ValueError, match=f"to go on from {before.name}"):
        resumed(where)
    newest.unlink()
    run = resumed(where)
    assert run.n_done == 4
    assert losses(run.train()) == losses(toy_run().train())[4:]


def test_a_folder_that_has_a_run(where):
    with pytest.raises(ValueError) as error:
        begin(where, TOY, SOURCE)
    assert str(error.value) == f"{where} has a run: --resume {where} goes on"


def test_a_run_that_was_never_whole_is_begun_again(where):
    (where / "recipe.json").unlink()
    begin(where, TOY, SOURCE)
    assert resumed(where).n_done == 0


def test_no_folder_can_be_made(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(
        ValueError, match=r"file/train\.tokens cannot be written"
    ):
        begin(tmp_path / "file", TOY, SOURCE)


def test_no_run(tmp_path):
    with pytest.raises(ValueError, match=r"recipe\.json: No such file"):
        resumed(tmp_path)


def test_a_short_text_makes_no_run(tmp_path):
    with pytest.raises(ValueError, match="must have more than"):
        begin(tmp_path / "run", TOY, in_memory("short"))
    assert not (tmp_path / "run" / "recipe.json").exists()


def test_facts_are_json(where):
    [*go_on(resumed(where), where)]
    _, facts = checkpoint.load_newest(where)
    assert json.loads(json.dumps(facts)) == facts
    assert facts["step"] == 8
