"""Records: whole or not at all, and never trusted unseen."""

import os

import pytest

from checkbook.store import KEPT, Folder, Record, Store, keep, kept, memo

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


def test_a_text_is_kept_for_what_it_was_made_from(tmp_path):
    path = tmp_path / "a" / "text"
    assert kept(path, "mark") is None
    keep(path, "one\ntwo\n", "mark")
    assert kept(path, "mark") == "one\ntwo\n"
    assert kept(path, "other") is None
    assert kept(path) is None
    path.write_bytes(path.read_bytes().replace(b"two", b"six"))
    assert kept(path, "mark") is None
    path.write_bytes(b"\xff")
    assert kept(path, "mark") is None


def test_a_memo_makes_what_is_new_and_forgets_what_is_not_asked_for(tmp_path):
    source, path, made = tmp_path / "maker.py", tmp_path / "memo.json", []

    def make(text):
        made.append(text)
        return [text, len(text)]

    def ask(*texts):
        made.clear()
        with memo(path, make, str(source)) as known:
            assert [known(t) for t in texts] == [[t, len(t)] for t in texts]
        return [*made]

    source.write_text("one = 1")
    assert ask("ä", "bb", "ä") == ["ä", "bb"]
    before = path.stat().st_mtime_ns
    assert ask("bb", "ä") == []
    assert path.stat().st_mtime_ns == before
    assert ask("bb", "c") == ["c"]
    assert ask("ä", "bb") == ["ä"]
    source.write_text("one = 2")
    assert ask("bb") == ["bb"]
    path.write_text(path.read_text("utf8").replace("bb", "bc"), "utf8")
    assert ask("bb") == ["bb"]


def test_a_memo_that_was_left_by_an_error_keeps_nothing(tmp_path):
    path = tmp_path / "memo.json"
    with (
        pytest.raises(KeyError),
        memo(path, {"a": 1}.__getitem__, __file__) as known,
    ):
        assert known("a") == 1
        known("b")
    assert not path.exists()


def test_a_folder_shares_with_the_one_before_what_is_the_same(tmp_path):
    before, after = tmp_path / "before", tmp_path / "after"
    old, new = Folder(before), Folder(after, before)
    for name, content in {"a/b": "é", "c": b"c", "d": "d"}.items():
        old.put(name, content)
    (before / "d").write_text("changed by hand")
    for name, content in {
        "a/b": "é",
        "c": "other",
        "d": "d",
        "e": "e",
    }.items():
        new.put(name, content)
    assert (after / "a/b").read_text("utf8") == "é"
    assert (after / "a/b").samefile(before / "a/b")
    for name, content in {"c": "other", "d": "d", "e": "e"}.items():
        assert (after / name).read_text() == content
    assert (before / "c").read_text() == "c"
    assert (before / "d").read_text() == "changed by hand"


def test_a_folder_is_whole_where_files_have_one_name(tmp_path, monkeypatch):
    def link(*_):
        raise OSError("no second names here")

    monkeypatch.setattr(os, "link", link)
    Folder(tmp_path / "before").put("a", "text")
    Folder(tmp_path / "after", tmp_path / "before").put("a", "text")
    assert (tmp_path / "after" / "a").read_text() == "text"
