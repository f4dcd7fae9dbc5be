"""Matrices that are to be seen: their numbers, names, text and checks."""

import numpy as np
import pytest
import torch

from xfmr import grids, trace

TOKENS = ["the", "cat", "sat"]
Q = [[1, 0], [2, -1], [0, 2]]


def matrix(values=Q, axes="T H", **options):
    options = {"name": "q", "role": "query"} | options
    return grids.matrix(values, axes, **options)


@pytest.mark.parametrize(
    ("values", "digits", "written"),
    [
        ([[1.0, -2.0]], 2, ["1", "-2"]),
        ([[0.125, -2.0]], 2, ["0.12", "-2.00"]),
        ([[0.125, -0.001]], 1, ["0.1", "0.0"]),
        ([[1234.5, -0.6]], 0, ["1234", "-1"]),
    ],
)
def test_how_numbers_are_written(values, digits, written):
    m = matrix(values, digits=digits)
    assert [m.text(0, j) for j in range(2)] == written


def test_what_is_transposed_keeps_its_names_and_its_mask():
    m = matrix(rows=TOKENS, mask=[[False, True], [False] * 2, [False] * 2]).T
    assert (m.name, m.axes, m.shape) == ("qᵀ", ("H", "T"), (2, 3))
    assert m.values == ((1, 2, 0), (0, -1, 2))
    assert (m.rows, m.columns) == ((), tuple(TOKENS))
    assert (m.text(1, 0), m.text(0, 1)) == ("", "2")
    assert matrix().T.mask is None


def test_the_text_form():
    m = matrix(
        rows=TOKENS,
        columns=["a", "bb"],
        mask=[[True, False]] + [[False] * 2] * 2,
    )
    assert repr(m).splitlines() == [
        "q: T × H = 3 × 2",
        "     a  bb",
        "the  ·   0",
        "cat  2  -1",
        "sat  0   2",
    ]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"axes": "T"}, "axes='T' must name rows and columns"),
        ({"role": "red"}, "role='red' must be one of"),
        ({"rows": ["a"]}, "rows=.* must name 3"),
        ({"columns": TOKENS}, "columns=.* must name 2"),
        ({"values": [1, 2]}, "values must be rows of numbers"),
        ({"values": [[]]}, "values must be rows of numbers"),
        ({"values": [[1], [1, 2]]}, "values must have rows of one length"),
        ({"mask": [[True, False]]}, r"mask must have the shape \(3, 2\)"),
    ],
)
def test_what_does_not_fit(options, message):
    with pytest.raises(ValueError, match=message):
        matrix(**options)


def test_a_traced_tensor_brings_its_name_and_letters():
    x = torch.tensor([[1.0, 2.0]])
    run = trace.follow(lambda x: x + 1, x, axes={"x": "T D"})
    m = grids.traced(run["output"], role="result", rows=["a"])
    assert (m.title, m.role, m.rows) == (
        "output: T × D = 1 × 2",
        "result",
        ("a",),
    )
    assert m.values == ((2, 3),)
    assert grids.traced(run["x"], axes="S D").axes == ("S", "D")


def test_which_grids_show_numbers():
    for shape, numbered in {
        (8, 8): True,
        (9, 8): False,
        (8, 9): False,
        (1, 1): True,
    }.items():
        assert matrix(np.ones(shape)).numbered == numbered
        assert matrix(np.ones(shape)).shape == shape


def test_products_are_checked():
    q, k = matrix(), matrix([[1, 1], [0, 2]], "S H", name="k")
    right = [[1, 0], [1, -2], [2, 4]]
    scores = matrix(right, "T S", name="scores")
    grids.check_product(q, k.T, scores)
    for i in range(3):
        for j in range(2):
            for by in (1e-5, -1e-5, 1e-4):
                wrong = np.array(right, dtype=float)
                wrong[i, j] += by * 10
                with pytest.raises(ValueError, match=rf"s\[{i}, {j}\] is "):
                    grids.check_product(q, k.T, matrix(wrong, "T S", name="s"))
    large = matrix([[1e6, 1.0]], "T H"), matrix([[1e6], [1.0]], "H S")
    grids.check_product(*large, matrix([[1e12 + 1e5]], "T S"))
    with pytest.raises(ValueError, match="is"):
        grids.check_product(*large, matrix([[1e12 + 1e7]], "T S"))
    cancel = matrix([[1e6, 1.0]], "T H"), matrix([[-1.0], [1e6]], "H S")
    grids.check_product(*cancel, matrix([[1e-1]], "T S"))


def test_sums_are_written_out():
    left, right = matrix([[2, -1]]), matrix([[-3], [4]], "H S")
    result = matrix([[-10]], "T S")
    written = grids.written_sum(left, right, result, (0, 0))
    assert written == "2 · (-3) + (-1) · 4 = -10"
    halves = matrix([[0.5, 1]])
    result = matrix([[2.5]], "T S")
    about = grids.written_sum(halves, right, result, (0, 0))
    assert about == "0.50 · (-3) + 1.00 · 4 ≈ 2.50"
    about = grids.written_sum(right.T, halves.T, result, (0, 0))
    assert about == "(-3) · 0.50 + 4 · 1.00 ≈ 2.50"
    many = matrix(np.ones((1, 9))), matrix(np.ones((9, 1)), "H S")
    assert grids.written_sum(*many, matrix([[9]], "T S"), (0, 0)) == ""
    tall = matrix(np.ones((9, 1))), matrix(np.ones((1, 1)), "H S")
    assert grids.written_sum(*tall, matrix([[9]], "T S"), (0, 0)) == ""
    wide = matrix(np.ones((1, 1))), matrix(np.ones((1, 9)), "H S")
    assert grids.written_sum(*wide, matrix([[9]], "T S"), (0, 0)) == ""


def test_many_numbers_are_a_range_in_text():
    values = np.linspace(-1.256, 7.126, 18).reshape(2, 9)
    assert repr(matrix(values)) == "q: T × H = 2 × 9\nfrom -1.26 to 7.13"
