"""The benchmark trains the same thing twice, and judges what it measured."""

import time
from collections import Counter

import pytest

from tests.tokenized import prose
from xfmr.tokenizer import bench, merges
from xfmr.tokenizer.bpe import vocabulary

TEXT = prose(0, 200)


def test_a_text_of_as_many_bytes():
    text = bench.written(30_000)
    assert 29_999 <= len(text.encode()) <= 30_000
    assert text == bench.written(30_000)
    counts = Counter(text.split())
    assert len(counts) > 1000
    assert counts.most_common(1)[0][1] > 100


def test_the_library_learns_the_same():
    theirs = bench.library(TEXT, 40)
    ours = merges.train([TEXT], vocab_size=296)
    assert theirs.encode(TEXT).ids == ours.encode(TEXT)


def test_the_textbooks_turns_learn_the_same():
    counts = merges.counted([TEXT], "gpt2")
    learned = merges.learned(counts, 30)
    start = bench.BPE(vocabulary([]), [])
    spelled = [start.encode_bytes(word) for word in counts]
    for turn in range(30):
        bench.textbook_turn(spelled, [*counts.values()], 256 + turn)
    upto = bench.BPE(vocabulary(learned), learned)
    assert spelled == [upto.encode_bytes(word) for word in counts]


def clocked(monkeypatch):
    """A clock that moves when it is told to."""
    now = [0.0]
    monkeypatch.setattr(time, "process_time", lambda: now[0])
    return now


def test_seconds_of_a_call(monkeypatch):
    now = clocked(monkeypatch)

    def called():
        now[0] += 3
        return "x"

    assert bench.seconds(called) == (3, "x")


def test_turns_stand_for_all_merges(monkeypatch):
    now, begun = clocked(monkeypatch), []
    ours = merges.train([TEXT], vocab_size=256 + 32)

    def turn(spelled, times, token):
        begun.append(token)
        assert len(spelled) == len(times)
        now[0] += 1

    monkeypatch.setattr(bench, "textbook_turn", turn)
    assert bench.textbook_seconds(TEXT, ours) == 32
    assert begun == [256 + 2 * n for n in range(16)]


@pytest.mark.parametrize(
    ("times", "status"),
    [
        ((20.0, 1.0, 1.0, 50.0, 1.0), 0),
        ((20.1, 1.0, 1.0, 50.0, 1.0), 1),
        ((20.0, 1.0, 1.0, 49.9, 1.0), 1),
        ((20.0, 1.0, 1.0, 50.0, 1.1), 1),
    ],
)
def test_the_status_says_whether_the_bounds_hold(
    monkeypatch, capsys, times, status
):
    ours, theirs, small, textbook, warm = times
    taken = iter([ours, theirs, small, 9.0, warm, 5.0])
    monkeypatch.setattr(bench, "written", lambda n: "ab " * 1000)
    monkeypatch.setattr(bench, "textbook_seconds", lambda *x: textbook)
    monkeypatch.setattr(bench, "seconds", lambda f: (next(taken), f()))
    monkeypatch.setattr(bench, "N_MERGES", 3)
    monkeypatch.setattr(bench, "LEAST_SPEED", 300 / 1e6)
    assert bench.main() == status
    printed = capsys.readouterr().out
    assert f"ratio {ours:.2f}, at most 20" in printed
    assert f"{textbook:.0f} times as fast, at least 50" in printed


def test_ids_that_differ_fail(monkeypatch):
    monkeypatch.setattr(bench, "written", lambda n: "ab " * 1000)
    monkeypatch.setattr(bench, "textbook_seconds", lambda *x: 50.0)
    monkeypatch.setattr(bench, "seconds", lambda f: (0.0001, f()))
    assert bench.main() == 0
    other = bench.library("ba " * 9, 9)
    monkeypatch.setattr(bench, "library", lambda *x: other)
    assert bench.main() == 1


def test_what_is_promised():
    assert (bench.MEGABYTES, bench.N_MERGES, bench.TURNS) == (10, 4096, 16)
    assert (bench.SLOWEST, bench.LEAST_GAIN) == (20, 50)
    assert bench.LEAST_SPEED == 1.0
