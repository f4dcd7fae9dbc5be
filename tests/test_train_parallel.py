"""Two processes take the steps of one, with either of torch's engines."""

import os
import socket
import subprocess
import sys

import pytest
import torch

from tests.trained import TEXT, without_times
from xfmr.__main__ import main
from xfmr.train import checkpoint, folder, log
from xfmr.train.parallel import ALONE, Ranks, joined, like, whole

SECONDS = 150  # at most; alone a machine needs a tenth
CHANGES = {
    **{"n_layers": 2, "d_model": 16, "n_heads": 2, "context_length": 8},
    **{"batch_size": 6, "micro_batch": 2, "evaluate_every": 4},
    **{"n_evaluated": 5, "checkpoint_every": 4},
}

SHORT = ["--steps", "4"]


def words(out, text, **more):
    fields = {**CHANGES, **more}
    found = ["train", "--text", text, "--out", out, "--steps", 8]
    for name, value in fields.items():
        found += ["--set", f"{name}={value}"]
    return [*map(str, found)]


@pytest.fixture(scope="module")
def text(tmp_path_factory):
    path = tmp_path_factory.mktemp("text") / "text.txt"
    path.write_text(TEXT)
    return path


@pytest.fixture(scope="module")
def alone(text, tmp_path_factory):
    """A run of one process, with all its rows at once."""
    torch.set_num_threads(1)
    out = tmp_path_factory.mktemp("alone") / "run"
    assert main([*words(out, text, micro_batch=6), *SHORT]) == 0
    return out


def free_port():
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return listening.getsockname()[1]


def two(arguments):
    """The outputs of two processes as torchrun sets them up."""
    shared = {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1"}
    shared |= {"MASTER_PORT": str(free_port()), "OMP_NUM_THREADS": "1"}
    started = [
        subprocess.Popen(
            [sys.executable, "-m", "xfmr", *arguments],
            env=os.environ | shared | {"RANK": str(n), "LOCAL_RANK": str(n)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for n in range(2)
    ]
    try:
        ends = [process.communicate(timeout=SECONDS) for process in started]
    finally:
        for process in started:
            process.kill()
    return [process.returncode for process in started], ends


def torchrun(arguments):
    program = [sys.executable, "-m", "torch.distributed.run"]
    done = subprocess.run(
        [*program, "--nproc-per-node", "2", "-m", "xfmr", *arguments],
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    return done


def assert_same(one, other):
    """Two folders' runs, but for the order of sums."""
    ours, theirs = (without_times(log.rows(each)) for each in (one, other))
    assert len(ours) == len(theirs) == 4
    for a, b in zip(ours, theirs, strict=True):
        assert a == pytest.approx(b, rel=1e-4)
    state, expected = (checkpoint.load_newest(each) for each in (one, other))
    assert state[1] == expected[1]
    assert state[0].keys() == expected[0].keys()
    for name, x in expected[0].items():
        if name.startswith("model."):
            torch.testing.assert_close(state[0][name], x, rtol=0, atol=1e-4)


def test_torchrun_with_ddp(text, alone, tmp_path):
    done = torchrun([*words(tmp_path / "run", text), *SHORT])
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("held out") == 1
    assert_same(tmp_path / "run", alone)


def test_parts_of_tensors_with_fsdp(text, alone, tmp_path):
    out = tmp_path / "run"
    status, ends = two([*words(out, text), *SHORT, "--engine", "fsdp"])
    assert status == [0, 0], ends
    assert [err for _, err in ends] == ["", ""]
    assert ends[1][0] == ""  # the first process alone says something
    assert_same(out, alone)
    # what two processes kept, one goes on with
    run = folder.resumed(out, n_steps=5)
    assert run.n_done == 4
    assert [row["step"] for row in run.train()] == [5]


def test_a_process_alone():
    with joined() as ranks:
        assert (ranks.rank, ranks.n_ranks, ranks.engine) == (0, 1, "ddp")
    model = torch.nn.Linear(2, 2)
    assert ALONE.shared(model) is model
    assert ALONE.sum(3.0) == 3.0
    ALONE.wait()
    x = torch.ones(2, 2)
    assert whole(x) is x
    assert torch.equal(like(x, torch.zeros(2, 2)), x)


def test_rows_of_each_process():
    assert Ranks(n_ranks=3).rows(6) == 2
    with pytest.raises(ValueError) as error:
        Ranks(n_ranks=4).rows(6)
    assert str(error.value) == "batch_size=6 must be a multiple of n_ranks=4"


def test_an_engine_that_there_is_not():
    with pytest.raises(ValueError, match="engine='zero' must be in"):
        Ranks(engine="zero")
