"""Pieces of a file are its text, and are held out by their place."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xfmr.data import corpus


def pieces(path, content):
    path.write_bytes(content)
    return [*corpus.pieces(path)]


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    return tmp_path_factory.mktemp("corpus") / "text.txt"


@given(text=st.text("ab é日\n\r", min_size=1).filter(str.strip))
def test_pieces_are_the_text(file, text):
    assert "".join(pieces(file, text.encode())) == text


@given(n=st.integers(1, 400), every=st.integers(1, 9))
def test_pieces_end_at_the_end_of_a_line(file, n, every):
    lines = [f"{'x' * (k % every)}\n" for k in range(n)]
    found = pieces(file, "".join([*lines, "end"]).encode())
    size = 1 + sum(map(len, [*lines, "end"])) // 40
    for piece in found[:-1]:
        assert piece.endswith("\n") or len(piece) == 2 * size
        assert len(piece) >= size


def test_a_text_has_at_most_forty_pieces(file):
    found = pieces(file, b"two\n" * 1000)
    assert len(found) == 39
    # 101 bytes, and on to the end of the line
    assert {*map(len, found[:-1])} == {104}


def test_pieces_of_a_long_text_have_a_length(file, monkeypatch):
    assert corpus.LONGEST == 2**20
    monkeypatch.setattr(corpus, "LONGEST", 8)
    assert {*map(len, pieces(file, b"two\n" * 1000))} == {8}


def test_a_line_longer_than_a_piece_is_cut_between_letters(file):
    text = "é日" * 300
    found = pieces(file, text.encode())
    assert "".join(found) == text
    assert max(len(piece.encode()) for piece in found) <= 2 * 38 + 3


def test_every_tenth_is_held_out(file):
    whole = pieces(file, b"".join(b"%04d\n" % n for n in range(500)))
    held = [*corpus.held_out(file)]
    assert held == whole[9::10] and len(held) == 3
    rest = [*corpus.learned(file)]
    assert rest == [p for n, p in enumerate(whole) if n % 10 != 9]


def refusal(path):
    with pytest.raises(ValueError) as error:
        [*corpus.pieces(path)]
    message = str(error.value)
    assert "\n" not in message
    return message.replace(str(path), "FILE")


def test_files_that_are_refused(tmp_path):
    path = tmp_path / "text.txt"
    assert refusal(path) == "FILE cannot be read: No such file or directory"
    assert refusal(tmp_path) == "FILE cannot be read: Is a directory"
    path.write_bytes(b"")
    assert refusal(path) == "FILE is empty"
    path.write_bytes(b" \n\t\n" * 100)
    assert refusal(path) == "FILE is empty"


@pytest.mark.parametrize(
    ("content", "place"),
    [
        (b"\xff", "0"),
        (b"four\n" * 1000 + b"\xff" + b"four\n" * 400, "5,000"),
        (b"\xc3", "0"),  # a letter that lacks its end
        ("é".encode() * 400 + b"\xc3", "800"),
        (b"a" + "é".encode() * 400 + b"\xc3\x28" + b"a" * 40, "801"),
    ],
)
def test_the_byte_that_is_not_utf8(tmp_path, content, place):
    path = tmp_path / "text.txt"
    path.write_bytes(content)
    assert refusal(path) == f"FILE is not UTF-8: byte {place} spells nothing"


def test_pieces_hold_no_more_than_they_need(file):
    # what is decoded is given at once: nothing is read ahead
    file.write_bytes(b"good\n" * 1000 + b"\xff")
    stream = corpus.pieces(file)
    assert next(stream) == "good\n" * 26
    assert all(a == b for a, b in pairwise(next(stream).split()))
