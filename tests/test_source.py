"""What a frame is computing: its text, its place, the name it will have."""

import functools
import runpy
import sys
from pathlib import Path

import pytest
from torch import nn

from xfmr import source

SEEN = {}


def spy(*_, n=0, **__):
    """Note what its caller's caller says of the expression that it is."""
    frame = sys._getframe(1)
    SEEN.update(source.origin(frame, n, last=outermost.__code__))
    return Value()


class Value:
    def more(self, *_, **__):
        SEEN.update(
            source.origin(sys._getframe(1), 0, last=outermost.__code__)
        )
        return self

    def __add__(self, other):
        return self.more_of(sys._getframe(1))

    def more_of(self, frame):
        SEEN.update(source.origin(frame, 0, last=outermost.__code__))
        return self


def outermost(function, *arguments):
    return function(*arguments)


def seen(function, *arguments):
    SEEN.clear()
    outermost(function, *arguments)
    return SEEN["name"], SEEN["code"]


def assigned():
    q = spy("text", 3)
    return [q]


def annotated():
    q: Value = spy()
    return [q]


def walrus():
    if q := spy():
        return [q]


def two():
    first, second = Value(), spy(1)
    return [first, second]


def unpacked():
    first, second = [spy(n=1)] * 2
    return [first, second]


def split():
    first, second = both()
    return [first, second]


def both():
    return spy_two()


def spy_two():
    SEEN.update(source.origin(sys._getframe(1), 1, last=outermost.__code__))
    return Value(), Value()


def chained():
    q = k = spy()
    return [q, k]


def attribute():
    holder = Value()
    holder.q = spy()
    return holder


def argument():
    return [len([spy("a", 2, mode="fast")])]


def added():
    q = Value() + 1
    return [q]


def deep():
    return inner()


def inner():
    return spy()


def named_outside():
    found = inner()
    return [found]


def method():
    q = (
        spy(1)
        .more()
        .more(2)
    )  # fmt: skip
    return [q]


def of_self():
    self = Value()
    self.w_q, self.x = spy, 1
    return [self.w_q(self.x)]


def through_a_library():
    called = functools.singledispatch(lambda x: spy())(1)
    return [called]


def long():
    return [
        spy(
            1,
            [2],
        )
    ]


@pytest.mark.parametrize(
    ("function", "name", "code"),
    [
        (assigned, "q", 'spy("text", 3)'),
        (annotated, "q", "spy()"),
        (walrus, "q", "spy()"),
        (two, "second", "spy(1)"),
        (unpacked, "spy()", "spy(n=1)"),
        (split, "second", "spy_two()"),
        (chained, "spy()", "spy()"),
        (attribute, "spy()", "spy()"),
        (argument, "spy(2)", 'spy("a", 2, mode="fast")'),
        (added, "q", "Value() + 1"),
        (deep, "output", "spy()"),
        (named_outside, "found", "spy()"),
        (method, "q", "spy(1) .more() .more(2)"),
        (of_self, "w_q(x)", "self.w_q(self.x)"),
        (through_a_library, "spy()", "spy()"),
        (long, "spy(1, [2])", "spy(1, [2])"),
        (lambda: spy(), "output", "spy()"),
    ],
)
def test_names_and_code(function, name, code):
    assert seen(function) == (name, code)


class Part(nn.Module):
    def forward(self):
        return spy()


class Whole(nn.Module):
    def __init__(self):
        super().__init__()
        self.part = Part()

    def forward(self):
        found = self.part()
        return [found]


def test_a_module_hands_on_what_its_part_returns():
    assert seen(Whole()) == ("found", "spy()")
    assert seen(Part()) == ("output", "spy()")


def test_places():
    seen(assigned)
    lines = Path(assigned.__code__.co_filename).read_text().splitlines()
    name, _, line = SEEN["where"].partition(":")
    assert name == "test_source.py"
    assert lines[int(line) - 1] == '    q = spy("text", 3)'
    path = source.PACKAGE / "source.py"
    assert source._place(str(path)) == "xfmr/source.py"
    assert source._place("/tmp/ipykernel_12/34.py") == "cell"
    assert source.origin(None, 0, last=spy.__code__) == {
        "name": "result",
        "where": "",
        "code": "",
    }


def test_what_has_no_source_is_shown_by_its_line():
    frame = sys._getframe()
    line = "some text"
    assert source._text("nowhere.py", 3, None) == ""
    assert source._brief(None) == "result"
    assert source.is_ours(frame) and line


def test_frames():
    frame = sys._getframe()
    assert [*source.outwards(frame)][:2] == [frame, frame.f_back]
    assert [*source.outwards(None)] == []
    assert source.ours(None) is None
    assert source.ours(frame) is frame
    frames = functools.reduce(lambda a, b: [sys._getframe(1)], [1, 2])
    assert frames[0] is frame
    assert not source.is_ours(frame.f_back)


@pytest.mark.parametrize(
    ("folder", "ours"),
    [
        ("pages", True),
        ("site-packages", False),
        ("dist-packages", False),
        ("my-site-packages", True),
    ],
)
def test_installed_code_is_a_library_s_in_any_environment(
    folder, ours, tmp_path
):
    path = tmp_path / folder / "part.py"
    path.parent.mkdir()
    path.write_text("import sys\n\n\ndef f():\n    return sys._getframe()\n")
    found = runpy.run_path(str(path))["f"]()
    assert source.is_ours(found) is ours


def outer(x: int) -> str:
    return sys._getframe()


class Holder:
    def method(self, y: float):
        return sys._getframe()


def test_annotations_are_those_of_the_running_function():
    assert source.annotations(outer(1)) == {"x": int, "return": str}
    assert source.annotations(Holder().method(1)) == {"y": float}
    wrapped = functools.wraps(outer)(lambda x: outer(x))
    assert source.annotations(wrapped(1)) == {"x": int, "return": str}

    def local(z: int):
        return sys._getframe()

    assert source.annotations(local(1)) == {}
