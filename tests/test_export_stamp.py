"""Whether scripts are those that would be made now."""

from tests import lab
from xfmr.export import scripts, stamp


def test_stale_scripts_are_found(tmp_path, monkeypatch):
    assert stamp.is_stale(tmp_path)
    texts = lab.made()
    monkeypatch.setattr(scripts, "scripts", lambda *_: texts)
    given = lab.model(), lab.tokenizer(), lab.cards()
    scripts.write(tmp_path / "new", *given)
    assert not stamp.is_stale(tmp_path / "new")
    for name in stamp.NAMES:
        path = tmp_path / "new" / f"{name}.js"
        text = path.read_text("utf8")
        path.write_text(text.replace(stamp.made_of(), "0" * 64), "utf8")
        assert stamp.is_stale(tmp_path / "new")
        path.unlink()
        assert stamp.is_stale(tmp_path / "new")
        path.write_text(text, "utf8")
    assert not stamp.is_stale(tmp_path / "new")


def test_all_files_of_the_package_make_the_stamp(tmp_path, monkeypatch):
    (tmp_path / "deep").mkdir()
    monkeypatch.setattr(stamp.xfmr, "__file__", str(tmp_path / "x.py"))
    seen = set()
    for name, text in [
        ("x.py", "1"),
        ("x.py", "2"),
        ("deep/weights", "1"),
        ("deep/others", "1"),
    ]:
        (tmp_path / name).write_text(text)
        seen.add(stamp.made_of.__wrapped__())
    (tmp_path / "x.pyc").write_text("3")
    seen.add(stamp.made_of.__wrapped__())
    assert len(seen) == 4
