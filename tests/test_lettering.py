"""Letters: what is said of an axis, and what each rule passes on."""

import re

import pytest

from xfmr import lettering
from xfmr.lettering import Axis, Sizes


def axes(*sizes, said=""):
    made = [Axis(size) for size in sizes]
    if said:
        lettering.state(made, said)
    return made


def letters(made):
    return [axis.letter for axis in made]


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("B T D", ["B", "T", "D"]),
        ("B T (K G H)", ["B", "T", "KGH"]),
        ("(B T) 1 D", ["BT", "1", "D"]),
        ("B () D", ["B", "1", "D"]),
        ("... D", ["...", "D"]),
        ("(...) D", ["_", "D"]),
        ("#B *rest 3", ["#B", "*rest", "3"]),
    ],
)
def test_patterns_are_split_into_axes(pattern, words):
    assert lettering.split(pattern) == words


@pytest.mark.parametrize(
    ("sizes", "pattern", "known"),
    [
        ((2, 3), "T D", ["T", "D"]),
        ((2, 3, 4), "... D", [None, None, "D"]),
        ((2, 3, 4), "B ...", ["B", None, None]),
        ((2, 3, 4), "B *rest D", ["B", None, "D"]),
        ((2, 3), "B ... D", ["B", "D"]),
        ((1, 3), "#B #T", ["1", "T"]),
        ((2, 1), "_ _", [None, "1"]),
        ((6, 1), "NH 1", ["NH", "1"]),
        ((2, 6), "T width", ["T", "width"]),
        ((2, 6), "... width", [None, None]),
        ((2, 6, 3), "B *rest width", ["B", None, None]),
    ],
)
def test_what_is_said(sizes, pattern, known):
    assert letters(axes(*sizes, said=pattern)) == known


@pytest.mark.parametrize("pattern", ["T", "T D F", "B ... T D F"])
def test_as_many_words_as_axes(pattern):
    with pytest.raises(ValueError, match="must name 2 axes"):
        axes(2, 3, said=pattern)


def test_what_is_said_first_stays():
    (axis,) = axes(3, said="T")
    axis.state("S")
    assert axis.letter == "T"


def test_what_is_made_of_an_axis_as_something_else_leaves_it():
    (x,), (made,), (further,) = axes(3, said="T"), axes(3), axes(3)
    x.join(made)
    assert made.letter == "T"
    made.state("S")
    made.join(further)
    assert (x.letter, made.letter, further.letter) == ("T", "S", "S")


def test_letters_reach_all_that_were_joined_before():
    a, b, c = axes(3, 3, 3)
    a.join(b)
    b.join(c)
    c.state("F")
    assert letters([a, b, c]) == ["F"] * 3
    late = Axis(3)
    late.join(a)
    assert late.letter == "F"


def test_a_one_is_passed_to_nobody():
    one, other = axes(1, 1)
    one.join(other)
    one.state("1")
    assert one.said == "1" and other.said is None


def test_axes_of_different_sizes_or_letters_do_not_join():
    a, b = axes(3, 4)
    a.join(b)
    a.state("T")
    assert b.letter is None
    a, b = axes(3, 3, said="T S")
    a.join(b)
    assert letters([a, b]) == ["T", "S"]
    assert a.differs(b) and not a.differs(a) and not a.differs(Axis(3))


def test_a_pattern_joins_what_its_dots_span():
    q, k = axes(2, 3, 5, 7), axes(2, 1, 6, 7, said="B 1 S H")
    result = axes(2, 3, 5, 6)
    lettering.rearranged("... T H, ... S H -> ... T S", [q, k], result)
    assert letters(result) == ["B", None, "T", "S"]
    q[1].state("N")
    assert letters(q) == ["B", "N", "T", "H"]
    assert letters(result) == ["B", "N", "T", "S"]
    short, whole = axes(5), axes(2, 5, said="B D")
    lettering.rearranged("... , ... -> ...", [short, whole], result[:2])
    lettering.rearranged("..., ... -> ...", [short, whole], axes(2, 5))
    assert short[0].letter == "D"


def test_elementwise_aligns_from_the_right():
    x, bias, result = axes(2, 3, said="B D"), axes(3), axes(2, 3)
    lettering.elementwise([x, bias], result)
    assert (letters(bias), letters(result)) == (["D"], ["B", "D"])


def test_elementwise_leaves_open_what_operands_disagree_on():
    result = axes(3)
    lettering.elementwise([axes(3, said="T"), axes(3, said="S")], result)
    assert letters(result) == [None]


def test_a_one_is_there_to_be_broadcast():
    result = axes(1, 3)
    nameless, named = axes(1, 3), axes(1, 3, said="B T")
    lettering.elementwise([nameless, named], result)
    assert letters(result) == ["B", "T"]
    assert nameless[0].said is None and nameless[1].said == "T"
    result = axes(1)
    lettering.elementwise([axes(1, said="1"), axes(1, said="G")], result)
    assert letters(result) == ["G"]
    result, first = axes(1), axes(1)
    lettering.elementwise([first], result)
    first[0].state("B")
    assert letters(result) == ["B"]


def test_linear():
    x, weight, result = axes(2, 3, said="T D"), axes(4, 3), axes(2, 4)
    lettering.linear(x, weight, result)
    result[1].state("F")
    assert (letters(weight), letters(result)) == (["F", "D"], ["T", "F"])


@pytest.mark.parametrize(
    ("left", "right", "result"),
    [
        ("T D", "D F", "T F"),
        ("B T D", "D F", "B T F"),
        ("B N T H", "B N H S", "B N T S"),
        ("N T H", "B N H S", "B N T S"),
        ("T D", "D", "T"),
        ("D", "D F", "F"),
        ("B T D", "D", "B T"),
    ],
)
def test_matmul(left, right, result):
    size = {letter: n for n, letter in enumerate("BNTSDFH", start=2)}
    made = [
        axes(*(size[x] for x in side.split()))
        for side in (left, right, result)
    ]
    inner = right.split()[-2:][0]
    lettering.state(made[0], left)
    sides = [x if x != inner else "_" for x in right.split()]
    lettering.state(made[1], " ".join(sides))
    lettering.matmul(*made)
    assert letters(made[1]) == right.split()
    assert letters(made[2]) == result.split()


def test_attention_and_lookup():
    result = axes(2, 3, 5)
    lettering.attention(
        axes(2, 3, 4, said="N T H"), axes(2, 6, 5, said="N S F"), result
    )
    assert letters(result) == ["N", "T", "F"]
    result, table = axes(2, 3, 4), axes(9, 4, said="V D")
    lettering.lookup(axes(2, 3, said="B T"), table, result)
    assert letters(result) == ["B", "T", "D"]


OPERATIONS = {
    "softmax": [((), "B T D"), ((-1,), "B T D")],
    "relu": [((), "B T D")],
    "mT": [((), "B D T")],
    "transpose": [((0, 1), "T B D"), ((-1, 0), "D T B")],
    "swapaxes": [((1, 2), "B D T")],
    "swapdims": [((1, 2), "B D T")],
    "T": [((), "D T B")],
    "t": [((), "D T B")],
    "sum": [((), ""), ((0,), "T D"), ((-1,), "B T"), (((0, 2),), "T")],
    "mean": [((1,), "B D")],
    "amax": [(([1],), "B D")],
    "unsqueeze": [((0,), "1 B T D"), ((-1,), "B T D 1"), ((2,), "B T 1 D")],
    "getitem": [
        ((0,), "T D"),
        ((None,), "1 B T D"),
        ((slice(None),), "B T D"),
        ((slice(0, 1),), "1 T D"),
        ((slice(1, 3),), "_ T D"),
        ((...,), "B T D"),
        (((..., 0),), "B T"),
        (((0, ..., None),), "T D 1"),
        (((slice(None), 0, None),), "B 1 D"),
        (((..., slice(None), 0),), "B T"),
    ],
}
SIZE = {"B": 4, "T": 5, "D": 6, "1": 1, "_": 2}


@pytest.mark.parametrize(
    ("operation", "arguments", "after"),
    [
        (operation, arguments, after)
        for operation, cases in OPERATIONS.items()
        for arguments, after in cases
    ],
)
def test_operations(operation, arguments, after):
    x = axes(4, 5, 6, said="B T D")
    result = axes(*(SIZE[letter] for letter in after.split()))
    given = lambda value: x if value == "x" else None
    lettering.relate(operation, ("x", *arguments), {}, result, given)
    known = [None if letter == "_" else letter for letter in after.split()]
    assert letters(result) == known


def test_arguments_by_name():
    for operation, named, after in (
        ("sum", {"dim": 1}, "B D"),
        ("sum", {"dim": 1, "keepdim": True}, "B 1 D"),
        ("unsqueeze", {"dim": 1}, "B 1 T D"),
        ("softmax", {"dim": 1}, "B T D"),
    ):
        x = axes(4, 5, 6, said="B T D")
        result = axes(*(SIZE[letter] for letter in after.split()))
        given = lambda value, x=x: x if value == "x" else None
        lettering.relate(operation, ("x",), named, result, given)
        assert letters(result) == after.split()


@pytest.mark.parametrize(
    ("operation", "arguments"),
    [
        ("reshape", (6, 20)),
        ("flip", (0,)),
        ("getitem", ([0, 1, 2, 3],)),
        ("getitem", ((0, [1]),)),
    ],
)
def test_what_no_rule_covers_passes_nothing_on(operation, arguments):
    x, result = axes(4, 5, 6, said="B T D"), axes(4, 5, 6)
    given = lambda value: x if isinstance(value, str) else None
    lettering.relate(operation, ("x", *arguments), {}, result, given)
    assert letters(result) == [None] * 3


def test_products_by_operation():
    size = {letter: n for n, letter in enumerate("BTSDF", start=2)}
    for operation, left, right, after in (
        ("matmul", "T D", "D F", "T F"),
        ("mm", "T D", "D F", "T F"),
        ("bmm", "B T D", "B D F", "B T F"),
        ("rmatmul", "D F", "T D", "T F"),
        ("linear", "T D", "F D", "T F"),
        ("embedding", "B T", "F D", "B T D"),
    ):
        a, b, result = (
            axes(*(size[x] for x in side.split()))
            for side in (left, right, after)
        )
        lettering.state(a, left)
        lettering.state(b, right)
        given = {"a": a, "b": b}.get
        lettering.relate(operation, ("a", "b"), {}, result, given)
        assert letters(result) == after.split()


def test_a_linear_bias_has_the_result_s_last_axis():
    x, w, b, y = axes(2, 3, said="T D"), axes(4, 3), axes(4), axes(2, 4)
    given = {"x": x, "w": w, "b": b}.get
    lettering.relate("linear", ("x", "w", "b"), {}, y, given)
    y[1].state("F")
    assert letters(b) == ["F"]


def test_fused_attention_by_operation():
    q, k = axes(3, 4, said="T H"), axes(6, 4, said="S H")
    v, result = axes(6, 5, said="S F"), axes(3, 5)
    given = {"q": q, "k": k, "v": v}.get
    name = "scaled_dot_product_attention"
    lettering.relate(name, ("q", "k", "v"), {}, result, given)
    assert letters(result) == ["T", "F"]


@pytest.mark.parametrize(
    ("letter", "size", "message"),
    [
        ("D", 6, None),
        ("D", 5, "axis D has size 5, not 6"),
        ("D", 12, "axis D has size 12, not 6"),
        ("NH", 8, None),
        ("NH", 4, "axis NH has size 4, not 8"),
        ("NF", 4, None),
        ("NF", 5, "axis NF has size 5, not 2"),
        ("7", 7, None),
        ("7", 14, "axis 7 has size 14, not 7"),
        ("X", 99, None),
    ],
)
def test_letters_multiply_out(letter, size, message):
    sizes = Sizes({"D": 6, "N": 2, "H": 4})
    (axis,) = axes(size, said=letter)
    if message is None:
        sizes.note(axis)
    else:
        with pytest.raises(ValueError, match=re.escape(message)):
            sizes.note(axis)


def test_nameless_axes_go_by_their_size():
    sizes = Sizes({"D": 6})
    assert sizes.letter(Axis(6)) == "D"
    assert sizes.letter(Axis(7)) == "7"
    assert sizes.letter(Axis(1)) == "1"
    sizes.note(axes(7, said="T")[0])
    sizes.note(Axis(8))
    assert sizes.letter(Axis(7)) == "T"
    assert sizes.letter(Axis(8)) == "8"
    sizes.note(axes(6, said="T")[0])
    with pytest.raises(ValueError, match=r"size 6 could be any of \['D', 'T'"):
        sizes.letter(Axis(6))
    assert sizes.letter(axes(6, said="F")[0]) == "F"
