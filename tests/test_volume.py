"""Bytes of messages against published formulas and sums by hand."""

from dataclasses import replace

import pytest

from tests.toys import SMALL
from xfmr.config import Experts
from xfmr.distributed import volume
from xfmr.presets import GPT2

MIXED = replace(SMALL, experts=Experts(n_experts=8, n_active=3, d_ff=7))


@pytest.mark.parametrize(
    ("collective", "times"),
    [
        ("all-reduce", 2),
        ("reduce-scatter", 1),
        ("all-gather", 1),
        ("all-to-all", 1),
        ("broadcast", 1),
    ],
)
def test_a_ring_sends_all_pieces_but_one(collective, times):
    assert volume.sent(collective, 100, ranks=4) == times * 75
    assert volume.sent(collective, 100, ranks=1) == 0
    assert volume.sent(collective, 64, ranks=64) == times * 63


def test_an_all_reduce_is_a_reduce_scatter_and_an_all_gather():
    halves = [
        volume.sent(name, 1000, ranks=8)
        for name in ("reduce-scatter", "all-gather")
    ]
    assert volume.sent("all-reduce", 1000, ranks=8) == sum(halves)


def test_stages_of_zero_send_as_much_and_the_last_half_as_much_again():
    # Rajbhandari et al. 2020: 2 and 3 times the parameters, for many ranks
    n, ranks = 1024, 64
    sent = [
        volume.data_parallel(n, ranks=ranks, zero=stage) for stage in range(4)
    ]
    each = 2 * n * 63 / 64
    assert sent == [2 * each, 2 * each, 2 * each, 3 * each]
    wide = volume.data_parallel(n, ranks=ranks, bytes_per_number=4)
    assert wide == 2 * sent[0]


def test_tensor_parallel_sums_the_stream_four_times_a_layer():
    stream = 7 * 3 * 20 * 2
    found = volume.tensor_parallel(SMALL, n_tokens=7, batch_size=3, ranks=4)
    assert found == 4 * 3 * 2 * (3 / 4) * stream
    one = volume.tensor_parallel(SMALL, n_tokens=7, ranks=4)
    assert found == 3 * one
    wide = volume.tensor_parallel(
        SMALL, n_tokens=7, ranks=4, bytes_per_number=4
    )
    assert wide == 2 * one


def test_context_parallel_passes_keys_and_values_and_their_gradients():
    # one block: keys and values of a fourth of the tokens
    block = 2 * (8 // 4) * 2 * 5 * 2
    found = volume.context_parallel(SMALL, n_tokens=8, ranks=4)
    assert found == 3 * block * (3 + 3 + 4)
    assert volume.context_parallel(SMALL, n_tokens=8, ranks=1) == 0
    wide = volume.context_parallel(
        SMALL, n_tokens=8, ranks=4, batch_size=5, bytes_per_number=8
    )
    assert wide == 5 * 4 * found


def test_a_stage_sends_the_stream_on_and_its_gradient_back():
    assert volume.pipeline(SMALL, n_tokens=7, batch_size=3) == {
        "next": 7 * 3 * 20 * 2,
        "before": 7 * 3 * 20 * 2,
    }
    wide = volume.pipeline(SMALL, n_tokens=7, bytes_per_number=8)
    assert wide["next"] == 7 * 20 * 8


def test_each_choice_of_an_expert_travels_four_times():
    choices = 8 * 5 * 3
    found = volume.expert_parallel(MIXED, n_tokens=8, batch_size=5, ranks=4)
    assert found == 3 * 4 * (3 / 4) * choices * 20 * 2
    experts = replace(MIXED.experts, layers=(1,))
    one = volume.expert_parallel(
        replace(MIXED, experts=experts), n_tokens=8, batch_size=5, ranks=4
    )
    assert one == found / 3
    wide = volume.expert_parallel(
        MIXED, n_tokens=8, ranks=4, bytes_per_number=4
    )
    assert wide == found * 2 / 5


def test_what_cannot_be():
    with pytest.raises(ValueError, match=r"collective='gather' must be one"):
        volume.sent("gather", 1, ranks=2)
    with pytest.raises(ValueError, match="ranks=0 must be at least 1"):
        volume.sent("all-gather", 1, ranks=0)
    for zero in (-1, 4):
        with pytest.raises(ValueError, match=f"zero={zero} must be 0, 1"):
            volume.data_parallel(1, ranks=2, zero=zero)
    with pytest.raises(ValueError, match="n_parameters=0 must be at least"):
        volume.data_parallel(0, ranks=2)
    with pytest.raises(ValueError, match="bytes_per_number=0 must be at"):
        volume.data_parallel(1, ranks=2, bytes_per_number=0)
    with pytest.raises(ValueError, match="GPT-2 must have experts"):
        volume.expert_parallel(GPT2, n_tokens=1, ranks=2)


@pytest.mark.parametrize("name", ["n_tokens", "batch_size"])
@pytest.mark.parametrize(
    ("function", "others"),
    [
        (volume.tensor_parallel, {"ranks": 2}),
        (volume.context_parallel, {"ranks": 2}),
        (volume.pipeline, {}),
        (volume.expert_parallel, {"ranks": 2}),
    ],
)
def test_sizes_are_at_least_one(function, others, name):
    sizes = {"n_tokens": 1, "batch_size": 1} | others | {name: 0}
    with pytest.raises(ValueError, match=f"{name}=0 must be at least 1"):
        function(MIXED, **sizes)
    sizes = {"n_tokens": 1, "bytes_per_number": 0} | others
    with pytest.raises(ValueError, match="bytes_per_number=0 must be at"):
        function(MIXED, **sizes)
