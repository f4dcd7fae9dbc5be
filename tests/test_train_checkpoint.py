"""A checkpoint is whole or not there, whatever happens to the disk."""

import errno
import hashlib
import os

import pytest
import torch

from tests.trained import small_files
from xfmr.train import checkpoint
from xfmr.train.checkpoint import found, keep, load_newest, write

TENSORS = {
    "model.w": torch.arange(6.0).reshape(2, 3),
    "step": torch.tensor(3.0),
    "rng": torch.arange(5, dtype=torch.uint8),
}


def kept(folder, step):
    return keep(
        folder, step=step, tensors=TENSORS, facts={"step": step, "x": [0.1]}
    )


def test_what_is_kept_comes_back(tmp_path):
    assert load_newest(tmp_path) is None
    path = kept(tmp_path, 3)
    tensors, facts = load_newest(tmp_path)
    assert facts == {"step": 3, "x": [0.1]}
    assert tensors.keys() == TENSORS.keys()
    for name, x in TENSORS.items():
        assert tensors[name].dtype == x.dtype
        assert torch.equal(tensors[name], x)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert path.name == f"step-00000003-{digest[:16]}.safetensors"
    assert path.parent == tmp_path / "checkpoints"


def test_a_slice_is_kept_as_what_it_shows(tmp_path):
    x = torch.arange(6.0).reshape(2, 3).T
    keep(tmp_path, step=1, tensors={"x": x}, facts={})
    assert torch.equal(load_newest(tmp_path)[0]["x"], x)


def test_the_last_two_stay(tmp_path):
    paths = [kept(tmp_path, step) for step in (9, 10, 100)]
    assert found(tmp_path) == paths[1:]
    assert sorted((tmp_path / "checkpoints").iterdir()) == paths[1:]
    assert load_newest(tmp_path)[1]["step"] == 100


def test_other_files_are_let_alone(tmp_path):
    kept(tmp_path, 1)
    folder = tmp_path / "checkpoints"
    (folder / "step-notes.txt").write_text("mine")
    (folder / "step-00000009-00.safetensors.partial").write_text("cut off")
    assert [path.name[:13] for path in found(tmp_path)] == ["step-00000001"]
    kept(tmp_path, 2)
    assert (folder / "step-notes.txt").exists()
    assert not [*folder.glob("*.partial")]


@pytest.mark.parametrize("others", [0, 1])
@pytest.mark.parametrize("damage", ["cut", "flipped", "header"])
def test_what_the_disk_has_changed_is_not_loaded(tmp_path, damage, others):
    before = [kept(tmp_path, step) for step in range(1, others + 1)]
    path = kept(tmp_path, 9)
    data = bytearray(path.read_bytes())
    if damage == "cut":
        del data[-1:]
    else:
        data[-1 if damage == "flipped" else 20] ^= 1
    path.write_bytes(data)
    advice = "no other is left"
    if others:
        advice = f"delete it to go on from {before[0].name}"
    with pytest.raises(ValueError) as error:
        load_newest(tmp_path)
    assert str(error.value) == (
        f"{path} is not what was written, by its hash: {advice}"
    )
    path.unlink()
    state = load_newest(tmp_path)
    assert state[1]["step"] == 1 if others else state is None


def test_a_full_disk_leaves_what_was_there(tmp_path):
    first = kept(tmp_path, 1)
    with small_files(100), pytest.raises(ValueError, match="File too large"):
        kept(tmp_path, 2)
    assert [*(tmp_path / "checkpoints").iterdir()] == [first]
    assert load_newest(tmp_path)[1]["step"] == 1


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_an_error_at_any_moment_leaves_the_old_file(
    tmp_path, monkeypatch, call
):
    path = tmp_path / "file"
    write(path, b"old")

    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(checkpoint.os, call, full)
    with pytest.raises(ValueError) as error:
        write(path, b"new")
    assert str(error.value) == (
        f"{path} cannot be written: No space left on device"
    )
    assert path.read_bytes() == b"old"
    assert [*tmp_path.iterdir()] == [path]


def test_the_bytes_are_on_the_disk_before_they_have_a_name(
    tmp_path, monkeypatch
):
    calls = []
    for name in ("fsync", "replace"):
        real = getattr(os, name)

        def spied(*args, name=name, real=real):
            calls.append(name)
            return real(*args)

        monkeypatch.setattr(checkpoint.os, name, spied)
    write(tmp_path / "file", b"new")
    assert calls == ["fsync", "replace", "fsync"]


def test_no_folder(tmp_path):
    with pytest.raises(ValueError, match=r"file cannot be written: No such"):
        write(tmp_path / "none" / "file", b"")
