"""What a kernel answers: values, truths, operands, errors."""

import json

import numpy as np
import pytest

from checkbook import kernel


@pytest.fixture
def ask(monkeypatch):
    monkeypatch.setattr(kernel, "_watch", lambda: [])

    def ask(role: str, text: str, **names):
        return json.loads(kernel.evaluate([(role, text)], names))["results"][0]

    return ask


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("3 * 4", 12),
        ("10**30", 10**30),
        ("1 / 8", 0.125),
        ("n", 7),
        ("f", 0.5),
        ("a.sum()", 6),
    ],
)
def test_numbers(ask, text, value):
    names = {"n": np.int64(7), "f": np.float32(0.5), "a": np.arange(4)}
    assert ask("num", text, **names) == [value, None, None]


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("True", "TypeError"),
        ("b", "TypeError"),
        ("nothing", "NameError"),
        ("1 / 0", "ZeroDivisionError"),
        ("float('nan')", "ValueError"),
        ("float('inf')", "ValueError"),
        ("'x'", "ValueError"),
        ("[1]", "TypeError"),
    ],
)
def test_what_is_no_number(ask, text, error):
    value, _, said = ask("num", text, b=np.bool_(True))
    assert value is None
    assert said.startswith(error)


@pytest.mark.parametrize(
    ("text", "truth", "shown"),
    [
        ("x < 3", True, "2 < 3"),
        ("x > 3", False, "2 > 3"),
        ("x <= 2 < 1", False, "2 <= 2 < 1"),
        ("x == 2 and x != 3", True, None),
        ("x >= 2.5", False, "2 >= 2.5"),
        ("x in [2]", True, None),
        ("big == 1_000_000", True, "1,000,000 == 1,000,000"),
        ("np.float64(x) == x", True, "2 == 2"),
    ],
)
def test_predicates_show_their_operands(ask, text, truth, shown):
    assert ask("chk", text, x=2, big=10**6, np=np) == [truth, shown, None]


@pytest.mark.parametrize("text", ["x", "np.array([1, 2]) == 1", "'yes'"])
def test_what_is_no_truth(ask, text):
    value, _, said = ask("claim", text, x=2, np=np)
    assert value is None
    assert "Error" in said


def test_protected_folders(monkeypatch, tmp_path):
    monkeypatch.setattr(kernel, "_sources", (f"{tmp_path}/book/",))
    inside = tmp_path / "book" / "x.txt"
    for args in ((inside, "w", 0), (str(inside), "a", 0), (inside, None, 1)):
        with pytest.raises(PermissionError, match=r"writes into"):
            kernel._audit("open", args)
    with pytest.raises(PermissionError, match=r"changes"):
        kernel._audit("os.rename", (tmp_path / "y", inside))
    kernel._audit("open", (inside, "r", 0))
    kernel._audit("open", (inside, None, 0))
    kernel._audit("open", (tmp_path / "x.txt", "w", 0))
    kernel._audit("open", (inside.parent / "__pycache__" / "x.pyc", "w", 0))
    kernel._audit("open", (3, "w", 0))
