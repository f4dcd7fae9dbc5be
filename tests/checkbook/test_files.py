"""Files: whole or not at all, kept for what they were made from, shared."""

import os

import pytest

from checkbook.files import Folder, keep, kept, memo


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


def test_a_file_that_is_put_again_leaves_the_one_before_alone(tmp_path):
    Folder(tmp_path / "before").put("a", "text")
    new = Folder(tmp_path / "after", tmp_path / "before")
    for content in ("text", "other"):
        new.put("a", content)
    assert (tmp_path / "after" / "a").read_text() == "other"
    assert (tmp_path / "before" / "a").read_text() == "text"
