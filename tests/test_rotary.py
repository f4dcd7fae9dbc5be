"""Rotary positions as complex rotations, by their invariances, and layouts."""

from math import cos, log, pi, sin

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from xfmr.config import Scaling
from xfmr.position import frequencies
from xfmr.rotary import LAYOUTS, Rotary, magnitude, planes, relayout, slowed

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


# Part of a head, and longer texts -------------------------------------------

LLAMA3 = Scaling(
    kind="llama3", factor=8.0, original_length=8192, slow=1.0, fast=4.0
)
YARN = Scaling(kind="yarn", factor=4.0, original_length=64, slow=1.0, fast=4.0)


@BOTH
@pytest.mark.parametrize("d_rotary", [2, 4, 8])
def test_the_first_coordinates_alone_may_be_turned(d_rotary, layout):
    x = randn(2, 5, 8)
    y = Rotary(d_head=8, d_rotary=d_rotary, layout=layout)(x, 3)
    alone = Rotary(d_head=d_rotary, layout=layout)
    assert torch.equal(y[..., :d_rotary], alone(x[..., :d_rotary], 3))
    assert torch.equal(y[..., d_rotary:], x[..., d_rotary:])


def test_linear_slows_all_as_if_positions_were_nearer():
    scaling = Scaling(kind="linear", factor=4.0)
    x = randn(9, 8)
    slow, plain = Rotary(d_head=8, scaling=scaling), Rotary(d_head=8)
    torch.testing.assert_close(slow(x[8:], 8), plain(x[8:], 2))
    torch.testing.assert_close(slow.speeds(), plain.speeds() / 4)


def test_llama_3_by_its_turns():
    # turns within the original length: under 1, over 4, and 2.5 between
    turns = torch.tensor([0.5, 1.0, 2.5, 4.0, 9.0]).double()
    speeds = turns * 2 * pi / 8192
    kept = slowed(speeds, LLAMA3, base=5e5) / speeds
    half = 0.5 + 0.5 / 8
    assert kept.tolist() == pytest.approx([1 / 8, 1 / 8, half, 1, 1])


def test_yarn_by_its_planes():
    # of 8 planes of base 2: a plane n makes 64 / 2 pi 2^(n / 8) turns
    speeds = frequencies(16, base=2.0**8)
    turns = 64 * speeds / (2 * pi)
    first, last = (8 / log(2.0**8) * log(64 / (t * 2 * pi)) for t in (4, 1))
    assert 1 < first < 2
    assert 3 < last < 4
    share = (torch.arange(8).double() - 1) / (4 - 1)
    kept = 1 - share.clamp(0, 1)
    torch.testing.assert_close(
        slowed(speeds, YARN, base=2.0**8), speeds * (kept + (1 - kept) / 4)
    )
    assert turns[1] > 4 > turns[2]
    assert turns[3] > 1 > turns[4]


@pytest.mark.parametrize(("length", "kept"), [(1, 1 / 2), (10**9, 1)])
def test_yarn_where_all_planes_are_slow_or_all_are_fast(length, kept):
    scaling = Scaling(
        kind="yarn", factor=2.0, original_length=length, slow=1.0, fast=4.0
    )
    speeds = frequencies(8)
    found = slowed(speeds, scaling, base=1e4) / speeds
    # the first plane is never slowed down
    assert found.tolist() == pytest.approx([1, kept, kept, kept])


def test_yarn_makes_queries_and_keys_longer():
    longer = 0.1 * log(4) + 1
    assert magnitude(YARN) == longer
    assert magnitude(LLAMA3) == magnitude(None) == 1
    x = randn(5, 8)
    turned = Rotary(d_head=8, base=2.0**8, scaling=YARN)(x)
    torch.testing.assert_close(turned.norm(dim=-1), x.norm(dim=-1) * longer)


@pytest.mark.parametrize("factor", [4.0, 32.0])
def test_published_magnitudes(factor):
    # Peng et al. 2024, equation 15, at the factors of their models
    scaling = Scaling(
        kind="yarn", factor=factor, original_length=4096, slow=1.0, fast=32.0
    )
    assert magnitude(scaling) == pytest.approx(
        {4: 1.138629, 32: 1.346574}[factor], abs=5e-7
    )


def test_yarn_of_part_of_a_head():
    with pytest.raises(
        ValueError, match=r"^d_rotary=4 must be d_head=8 for YaRN$"
    ):
        Rotary(d_head=8, d_rotary=4, scaling=YARN)
    assert Rotary(d_head=8, d_rotary=8, scaling=YARN).magnitude > 1
    assert Rotary(d_head=8, d_rotary=4, scaling=LLAMA3).magnitude == 1
