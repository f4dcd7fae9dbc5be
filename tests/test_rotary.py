"""Rotary positions as complex rotations, by their invariances, and layouts."""

from math import cos, sin

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from xfmr.position import frequencies
from xfmr.rotary import LAYOUTS, Rotary, planes, relayout

BOTH = pytest.mark.parametrize("layout", LAYOUTS)


def randn(*shape, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator, dtype=torch.float64)


def test_planes_by_hand():
    assert planes(d_head=6, layout="half").tolist() == [[0, 3], [1, 4], [2, 5]]
    assert planes(d_head=6, layout="interleaved").tolist() == [
        [0, 1],
        [2, 3],
        [4, 5],
    ]


def test_a_head_may_be_a_single_plane():
    assert planes(d_head=2, layout="half").tolist() == [[0, 1]]


def test_by_hand():
    # one plane turns by one radian a position, the other by a hundredth
    x = torch.tensor([[0.0] * 4, [3.0, 5.0, 2.0, 7.0]], dtype=torch.float64)
    y = Rotary(d_head=4)(x)
    assert y[0].tolist() == [0] * 4
    assert y[1].tolist() == pytest.approx(
        [
            3 * cos(1) - 2 * sin(1),
            5 * cos(0.01) - 7 * sin(0.01),
            2 * cos(1) + 3 * sin(1),
            7 * cos(0.01) + 5 * sin(0.01),
        ],
        abs=1e-15,
    )


@BOTH
@pytest.mark.parametrize("base", [10_000.0, 500_000.0])
def test_each_plane_is_a_complex_number_that_turns(layout, base):
    x = randn(2, 3, 5, 8)
    y = Rotary(d_head=8, layout=layout, base=base)(x, n_before=7)
    first, second = planes(d_head=8, layout=layout).T
    angles = torch.arange(7, 12)[:, None] * base ** -(
        torch.arange(4).double() / 4
    )
    turned = torch.complex(x[..., first], x[..., second]) * torch.exp(
        1j * angles
    )
    for ours, theirs in ((first, turned.real), (second, turned.imag)):
        torch.testing.assert_close(y[..., ours], theirs, rtol=0, atol=1e-14)


def test_the_half_layout_and_the_usual_base_unless_asked():
    x = randn(5, 8)
    asked = Rotary(d_head=8, layout="half", base=10_000.0)
    assert torch.equal(Rotary(d_head=8)(x), asked(x))


@BOTH
@settings(max_examples=20)
@given(shift=st.integers(0, 10_000))
def test_scores_depend_on_the_distance_alone(layout, shift):
    rotary = Rotary(d_head=8, layout=layout)
    q, k = randn(5, 8), randn(5, 8, seed=1)
    here = rotary(q) @ rotary(k).T
    there = rotary(q, shift) @ rotary(k, shift).T
    torch.testing.assert_close(there, here, rtol=0, atol=1e-10)
    assert not torch.allclose(rotary(q) @ rotary(k, 1).T, here)


@BOTH
def test_lengths_stay(layout):
    x = randn(3, 5, 8)
    y = Rotary(d_head=8, layout=layout)(x, n_before=100)
    torch.testing.assert_close(y.norm(dim=-1), x.norm(dim=-1))


@BOTH
def test_the_first_position_is_not_turned(layout):
    x = randn(3, 1, 8)
    assert torch.equal(Rotary(d_head=8, layout=layout)(x), x)


@BOTH
def test_pieces_turn_as_the_whole(layout):
    rotary, x = Rotary(d_head=8, layout=layout), randn(2, 5, 8)
    pieces = [rotary(x[:, :3]), rotary(x[:, 3:], 3)]
    assert torch.equal(torch.cat(pieces, dim=1), rotary(x))


@pytest.mark.parametrize(
    ("old", "new"), [("half", "interleaved"), ("interleaved", "half")]
)
def test_a_permutation_leads_from_layout_to_layout(old, new):
    x, order = randn(2, 5, 8), relayout(d_head=8, old=old, new=new)
    torch.testing.assert_close(
        Rotary(d_head=8, layout=new)(x[..., order]),
        Rotary(d_head=8, layout=old)(x)[..., order],
        rtol=0,
        atol=0,
    )
    back = relayout(d_head=8, old=new, new=old)
    assert torch.equal(x[..., order][..., back], x)


def test_relayout_by_hand():
    order = relayout(d_head=6, old="half", new="interleaved")
    assert order.tolist() == [0, 3, 1, 4, 2, 5]


def test_angles_survive_low_precision():
    low = Rotary(d_head=8).bfloat16()
    x = randn(3000, 8)
    exact = Rotary(d_head=8)(x.bfloat16().double())
    turned = low(x.bfloat16())
    assert turned.dtype == torch.bfloat16
    # three roundings of numbers below 8, where bfloat16 steps by 1/64 or less
    torch.testing.assert_close(turned.double(), exact, rtol=0, atol=3 / 64)


def test_float32_angles_would_drift():
    # the reason for float64: a hundred thousand radians, in float32 digits
    angle = 99_999 * frequencies(8)[1]
    assert abs(angle - angle.float()) > 1e-4


def test_runs_on_meta_inside_and_outside_a_context():
    with torch.device("meta"):
        rotary, x = Rotary(d_head=8), torch.empty(2, 5, 8)
        assert rotary(x).shape == x.shape
    assert rotary(x).shape == x.shape


def test_nothing_is_learned_or_saved():
    rotary = Rotary(d_head=8)
    assert not [*rotary.parameters()]
    assert not rotary.state_dict()


@pytest.mark.parametrize("d_head", [7, 1, 0, -2])
def test_heads_without_whole_planes(d_head):
    for build in (lambda: Rotary(d_head=d_head), lambda: split(d_head)):
        with pytest.raises(
            ValueError, match=f"^d_head={d_head} must be even and at least 2$"
        ):
            build()


def split(d_head):
    return planes(d_head=d_head, layout="half")


def test_an_unknown_layout():
    message = r"^layout='halves' must be one of \['half', 'interleaved'\]$"
    with pytest.raises(ValueError, match=message):
        Rotary(d_head=8, layout="halves")
    with pytest.raises(ValueError, match=message):
        relayout(d_head=8, old="half", new="halves")


def test_the_letters_hold(letters_hold):
    order = relayout(d_head=8, old="half", new="interleaved")
    letters_hold(relayout, order, H=8)
