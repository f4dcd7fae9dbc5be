"""Our ring against torch's collectives, and its bytes against the formula."""

from pathlib import Path

import pytest
import torch

from tests import ranks as called
from xfmr.distributed import collectives, volume
from xfmr.distributed.launch import RankError, Ranks


@pytest.mark.parametrize("name", [*collectives.THEIRS])
def test_equals_torch_and_sends_what_the_formula_says(four_ranks, name):
    whole = 32 if name == "all-gather" else 8
    formula = volume.sent(name, 8 * whole, ranks=4)
    for found in four_ranks.run(collectives.compared, name, 8):
        assert found.difference < 1e-14
        assert found.sent == formula


@pytest.mark.skipif(
    not Path("/proc/self/io").exists(), reason="the system does not count"
)
@pytest.mark.parametrize("name", [*collectives.THEIRS])
def test_the_system_has_sent_as_much(four_ranks, name):
    # on gloo, torch's reduce-scatter sends as much as an all-reduce
    times = 2 if name == "reduce-scatter" else 1
    for sent, ours, theirs in four_ranks.run(called.written, name, 2**16):
        assert sent < ours < 1.005 * sent
        assert times * sent < theirs < 1.005 * times * sent


@pytest.mark.parametrize("name", [*collectives.THEIRS])
def test_by_hand(four_ranks, name):
    a, b, c, d = (torch.arange(4) + 10 * rank for rank in range(4))
    expected = {
        "all-reduce": [(a + b + c + d).tolist()] * 4,
        "reduce-scatter": [[60], [64], [68], [72]],
        "all-gather": [torch.cat([a, b, c, d]).tolist()] * 4,
        "all-to-all": torch.stack([a, b, c, d]).T.tolist(),
    }
    assert four_ranks.run(called.of_arange, name) == expected[name]


def test_a_difference_would_be_seen(four_ranks):
    found = four_ranks.run(called.with_a_wrong_ring)
    assert min(one.difference for one in found) > 0.1


def test_each_piece_goes_once_round(four_ranks):
    found = four_ranks.run(collectives.compared, "all-reduce", 8)
    assert [one.pieces for one in found] == [
        [3, 2, 1, 0, 3, 2],
        [0, 3, 2, 1, 0, 3],
        [1, 0, 3, 2, 1, 0],
        [2, 1, 0, 3, 2, 1],
    ]
    found = four_ranks.run(collectives.compared, "all-to-all", 8)
    assert [one.pieces for one in found] == [[]] * 4


@pytest.mark.parametrize("by", [1, 2, -1])
def test_a_shift_takes_from_behind(four_ranks, by):
    assert four_ranks.run(called.shifted, by) == [
        ((rank - by) % 4, 8) for rank in range(4)
    ]


def test_pieces_are_equal():
    with Ranks(4) as ranks:
        with pytest.raises(RankError, match=r"len\(x\)=6 must be a multiple"):
            ranks.run(called.uneven)


def test_one_rank_alone_sends_nothing():
    with Ranks(1) as ranks:
        for name in collectives.THEIRS:
            (found,) = ranks.run(collectives.compared, name, 8)
            assert (found.difference, found.sent) == (0, 0)


def test_there_is_no_such_collective():
    with pytest.raises(ValueError, match="name='gather' must be one of"):
        collectives.compared("gather", 8)
