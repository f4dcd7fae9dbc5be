"""The commands as they are typed: what they leave, and what stops them."""

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import nullcontext

import joblib
import pytest
import torch

from tests.test_train_parallel import words
from tests.trained import TEXT, losses, small_files, toy_run, without_times
from xfmr.train import checkpoint, log, writing
from xfmr.train.material import in_file
from xfmr.train.progress import stoppable

SECONDS = 60


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


@pytest.fixture
def text(tmp_path):
    path = tmp_path / "text.txt"
    path.write_text(TEXT)
    return path


def test_trained_and_sampled(call, text, tmp_path):
    out = tmp_path / "run"
    status, said, err = call(*words(out, text, micro_batch=6))
    assert (status, err) == (0, "")
    lines = said.splitlines()
    assert lines[0].startswith("10,816 parameters, 48 tokens a step, 1,")
    assert [line.split()[:2] for line in lines[1:]] == [
        *(["step", "4"], ["step", "8"]),
    ]
    expected = [*toy_run(in_file(text)).train()]
    assert without_times(log.rows(out)) == expected
    last = expected[-1]
    assert f"loss {last['loss']:.4f}  held out" in lines[-1]
    assert f"{last['held_out']:.4f} nats a token" in lines[-1]
    assert f"{last['bits_per_byte']:.4f} bits a byte" in lines[-1]
    timed = log.rows(out)[-1]
    speed = f"{timed['tokens_per_second']:,.0f} tokens/s"
    assert lines[-1].endswith(f"{speed}, MFU {timed['mfu']:.0%}")
    sample = ["sample", out, "--prompt", "one", "--tokens", 12]
    status, said, err = call(*sample)
    assert (status, err) == (0, "")
    assert said.startswith("one") and said == call(*sample)[1]
    assert said != call(*sample, "--seed", 1)[1]
    cold = call(*sample, "--temperature", 0)[1]
    assert cold == call(*sample, "--temperature", 0, "--seed", 1)[1]
    counted = json.loads(call("count", out, "--json")[1])
    assert counted["total"] == 10_816


def test_more_steps_of_a_run(call, text, tmp_path):
    out = tmp_path / "run"
    call(*words(out, text))
    status, _, err = call("train", "--resume", out, "--steps", 9)
    assert (status, err) == (0, "")
    assert len(log.rows(out)) == 9


def test_threads_compute(call, text, tmp_path, monkeypatch):
    seen = []
    monkeypatch.setattr(torch, "set_num_threads", seen.append)
    assert call(*words(tmp_path / "run", text), "--threads", 3)[0] == 0
    assert seen == [3]


def test_what_is_written_unless_it_is_said(call, monkeypatch):
    monkeypatch.setattr(writing, "load", lambda folder: ("model", folder))
    monkeypatch.setattr(writing, "written", lambda *given, **named: named)
    _, out, _ = call("sample", "run", "--prompt", "one")
    assert out == "{'n_new': 300, 'temperature': 0.8, 'seed': 0}\n"


def test_a_sweep(call, text, tmp_path):
    short = words(tmp_path / "all", text)[1:]
    grid = ["--grid", "d_model=8,16", "--grid", "seed=0,1"]
    for _ in range(2):
        status, said, err = call("sweep", *short, *grid, "--steps", 2)
        assert (status, err) == (0, "")
        lines = [line.split() for line in said.splitlines()]
        head = ["d_model", "seed", "loss", "held_out", "bits_per_byte"]
        assert lines[0] == head
        assert sorted(line[:2] for line in lines[1:]) == [
            *(["16", "0"], ["16", "1"], ["8", "0"], ["8", "1"]),
        ]
    _, said, _ = call("sweep", *short, *grid, "--steps", 2, "--json")
    found = json.loads(said)
    assert [f"{each['held_out']:.4f}" for each in found] == [
        line[3] for line in lines[1:]
    ]


def test_runs_at_the_same_time(call, text, tmp_path, monkeypatch):
    seen = []

    def configured(**named):
        seen.append(named)
        return nullcontext()

    monkeypatch.setattr(joblib, "parallel_config", configured)
    short = words(tmp_path / "all", text)[1:]
    found = call(
        "sweep", *short, "--grid", "seed=0", "--steps", 1, "--jobs", 3
    )
    assert found[0] == 0
    assert seen == [{"n_jobs": 3}]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["train"], "one of --out DIR and --resume DIR must be given"),
        (
            ["train", "--out", "a", "--resume", "b"],
            "one of --out DIR and --resume DIR must be given",
        ),
        (
            ["train", "--resume", "a", "--set", "seed=1"],
            "--resume takes no --text and no --set",
        ),
        (
            ["train", "--resume", "a", "--text", "b"],
            "--resume takes no --text and no --set",
        ),
        (
            ["train", "--resume", "none"],
            "none/recipe.json: No such file or directory",
        ),
        (
            ["train", "--out", "a", "--text", "none"],
            "none cannot be read: No such file or directory",
        ),
        (
            ["train", "--out", "a", "--engine", "zero"],
            "engine='zero' must be in ('ddp', 'fsdp')",
        ),
        (
            ["train", "--out", "a", "--preset", "maxi"],
            "preset='maxi' must be one of ['mini']",
        ),
        (
            ["sample", "none", "--prompt", "x"],
            "none does not exist",
        ),
        (
            ["sweep", "--out", "a", "--grid", "depth=3"],
            "'depth=3' must name one of",
        ),
    ],
)
def test_what_is_refused_in_one_line(
    call, tmp_path, monkeypatch, arguments, message
):
    monkeypatch.chdir(tmp_path)
    status, out, err = call(*arguments)
    assert (status, out) == (2, "")
    assert err.startswith(f"xfmr: {message}")
    assert err.count("\n") == 1
    assert [*tmp_path.iterdir()] == []


def test_a_text_that_is_no_text(call, tmp_path):
    (tmp_path / "text").write_bytes(b"abc\xff")
    given = ["--text", tmp_path / "text", "--out", tmp_path / "run"]
    status, _, err = call("train", *given)
    assert status == 2
    assert err.startswith(f"xfmr: {tmp_path / 'text'} is not UTF-8: ")


def test_a_full_disk_is_one_line_and_the_run_goes_on(call, text, tmp_path):
    out = tmp_path / "run"
    call(*words(out, text))
    with small_files(20_000):
        status, _, err = call("train", "--resume", out, "--steps", 12)
    assert status == 2
    assert err.count("\n") == 1
    assert err.startswith(f"xfmr: {out}/checkpoints/step-00000012-")
    assert err.endswith("cannot be written: File too large\n")
    assert call("train", "--resume", out, "--steps", 12)[0] == 0
    assert len(log.rows(out)) == 12


def test_a_broken_checkpoint_is_one_line(call, text, tmp_path):
    out = tmp_path / "run"
    call(*words(out, text))
    newest = checkpoint.found(out)[-1]
    data = bytearray(newest.read_bytes())
    data[len(data) // 2] ^= 4
    newest.write_bytes(data)
    status, said, err = call("train", "--resume", out)
    assert (status, said) == (2, "")
    assert err.startswith(f"xfmr: {newest} is not what was written")
    assert err.count("\n") == 1
    newest.unlink()
    assert call("train", "--resume", out)[0] == 0
    assert losses(log.rows(out)) == losses(
        toy_run(in_file(text), micro_batch=2).train()
    )


# Signals ---------------------------------------------------------------------


def running(out, text):
    """A long run in a process of its own, after its first checkpoint."""
    program = [sys.executable, "-m", "xfmr"]
    process = subprocess.Popen(
        [*program, *words(out, text), "--steps", "100000", "--threads", "1"],
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    end = time.monotonic() + SECONDS
    while not checkpoint.found(out) and time.monotonic() < end:
        assert process.poll() is None, process.stderr.read()
        time.sleep(0.02)
    return process


@pytest.mark.parametrize(
    ("number", "status"),
    [(signal.SIGINT, 130), (signal.SIGTERM, 130), (signal.SIGKILL, -9)],
)
def test_a_process_that_is_stopped(call, text, tmp_path, number, status):
    out = tmp_path / "run"
    process = running(out, text)
    process.send_signal(number)
    _, err = process.communicate(timeout=SECONDS)
    assert process.returncode == status
    kept = int(checkpoint.found(out)[-1].name[5:13])
    logged = log.rows(out)
    if number == signal.SIGKILL:
        assert err == "" and kept % 4 == 0
    else:
        assert err == f"stopped: xfmr train --resume {out} goes on\n"
        assert kept == logged[-1]["step"]
    assert call("train", "--resume", out, "--steps", kept + 3)[0] == 0
    again = losses(log.rows(out))
    assert again[:kept] == losses(logged)[:kept]
    assert len(again) == kept + 3


def test_signals_end_processes_again_afterwards():
    before = signal.getsignal(signal.SIGINT)
    with stoppable() as stop:
        assert not stop()
        os.kill(os.getpid(), signal.SIGINT)
        assert stop()
    assert signal.getsignal(signal.SIGINT) is before
