"""The alphabet, and the shapes it spells."""

import pytest

from xfmr.axes import AXES, check_positive, check_sizes, group_size, shape


def test_the_alphabet_is_the_one_the_book_prints():
    assert "".join(AXES) == "BTSDNKGHFVLE"


def test_each_letter_names_its_size_in_code():
    assert [axis.size for axis in AXES.values()] == [
        "batch_size",
        "n_queries",
        "n_keys",
        "d_model",
        "n_heads",
        "n_kv_heads",
        "n_group",
        "d_head",
        "d_ff",
        "vocab_size",
        "n_layers",
        "n_experts",
    ]


def test_meanings_tell_the_letters_apart():
    meanings = [axis.indexes for axis in AXES.values()]
    assert len(set(meanings)) == len(meanings)
    assert all(meanings)


@pytest.mark.parametrize(
    ("axes", "expected"),
    [
        ("", ()),
        ("D", (7,)),
        ("NH D", (15, 7)),
        ("D NH", (7, 15)),
        ("1 D", (1, 7)),
        ("DD D", (49, 7)),
        ("12 N", (12, 3)),
    ],
)
def test_shape_multiplies_letters_written_together(axes, expected):
    assert shape(axes, {"N": 3, "H": 5, "D": 7}) == expected


def test_shape_of_a_letter_without_a_size():
    with pytest.raises(ValueError, match=r"letter='K' of axis='KH' is not in"):
        shape("KH D", {"N": 3, "H": 5, "D": 7})


@pytest.mark.parametrize(
    ("n_heads", "n_kv_heads", "expected"),
    [(12, 12, 1), (64, 8, 8), (8, 1, 8), (1, 1, 1), (6, 3, 2)],
)
def test_group_size(n_heads, n_kv_heads, expected):
    assert group_size(n_heads=n_heads, n_kv_heads=n_kv_heads) == expected


@pytest.mark.parametrize(
    ("n_heads", "n_kv_heads"), [(8, 3), (8, 16), (8, 0), (8, -1), (0, 1)]
)
def test_heads_that_cannot_be_grouped(n_heads, n_kv_heads):
    with pytest.raises(
        ValueError, match=rf"^n_kv_heads={n_kv_heads} must divide {n_heads=}$"
    ):
        group_size(n_heads=n_heads, n_kv_heads=n_kv_heads)


def test_sizes_that_something_can_have():
    check_sizes(d_model=1, n_heads=2)
    with pytest.raises(ValueError, match=r"^n_heads=0 must be at least 1$"):
        check_sizes(d_model=1, n_heads=0)


@pytest.mark.parametrize("number", [0, -0.5])
def test_numbers_above_nothing(number):
    check_positive(peak=1, write=1e-9)
    with pytest.raises(ValueError, match=f"^write={number} must be positive$"):
        check_positive(peak=1, write=number)
