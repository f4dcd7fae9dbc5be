"""Records: whole or not at all, and never trusted unseen."""

import os

import pytest

from checkbook.store import KEPT, Record, Store

RECORD = Record(
    outputs=[[{"output_type": "stream", "name": "stdout", "text": "x\n"}]],
    results=[[], [["num", "x", 12, None, None]]],
    seconds=1.5,
    check_seconds=0.25,
    peak_bytes=10**6,
)


@pytest.fixture
def store(tmp_path):
    store = Store(tmp_path)
    store.save("a/page", "f0", RECORD)
    return store


def test_what_is_saved_is_loaded(store):
    assert store.load("a/page", "f0") == RECORD
    assert store.load("a/page", "f0").outputs_of(0)[0].text == "x\n"


def test_what_was_not_saved_is_not_there(store):
    assert store.load("a/page", "f1") is None
    assert store.load("page", "f0") is None


def test_every_changed_byte_is_noticed(store, tmp_path):
    path = tmp_path / "a" / "page" / "f0.json"
    whole = path.read_bytes()
    for place in range(0, len(whole), 7):
        other = bytes([whole[place] ^ 1])
        path.write_bytes(whole[:place] + other + whole[place + 1 :])
        assert store.load("a/page", "f0") is None
    path.write_bytes(whole)
    assert store.load("a/page", "f0") == RECORD


def test_old_records_are_forgotten(store, tmp_path):
    for number in range(1, KEPT + 3):
        store.save("a/page", f"f{number}", RECORD)
        path = tmp_path / "a" / "page" / f"f{number}.json"
        os.utime(path, (10**9 + number, 10**9 + number))
    store.save("a/page", "last", RECORD)
    left = {p.stem for p in (tmp_path / "a" / "page").iterdir()}
    assert len(left) == KEPT
    assert {"last", f"f{KEPT + 2}"} <= left
    assert "f1" not in left


def test_the_last_run_time(store):
    assert store.last_seconds("a/page") == 1.5
    assert store.last_seconds("b") is None
