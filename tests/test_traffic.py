"""Traffic by hand, kernel by kernel, and of attention by its formula."""

import pytest
import torch

from xfmr import roofline
from xfmr.attention import attend
from xfmr.flash import flash_attention
from xfmr.traffic import Traffic, traffic

LONG, SHORT = torch.zeros(8, 2), torch.zeros(4, 4)


def moved(function, *inputs):
    n_read, n_written = traffic(function, *inputs, tile=4)
    return n_read, n_written


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (lambda x, y: x + 1, (16, 16)),
        (lambda x, y: x + x, (32, 16)),
        (lambda x, y: y + 1, (0, 0)),
        (lambda x, y: x[:4] + 1, (8, 0)),
        (lambda x, y: x[:4].clone().T @ y, (8, 0)),
        (lambda x, y: x.T.reshape(4, 4) + y, (16 + 16, 16)),
        (lambda x, y: x[None], (0, 0)),
        (lambda x, y: x.sum(), (16, 0)),
        (lambda x, y: torch.empty_like(x), (0, 0)),
        (lambda x, y: x.new_empty(9), (0, 0)),
        (lambda x, y: torch.empty(9), (0, 0)),
        (lambda x, y: torch.zeros_like(x), (0, 16)),
        (lambda x, y: torch.ones_like(x), (0, 16)),
        (lambda x, y: torch.full_like(x, 2), (0, 16)),
        (lambda x, y: x.new_zeros(9), (0, 9)),
        (lambda x, y: torch.empty(8).fill_(3), (0, 8)),
        (lambda x, y: torch.empty(8).zero_(), (0, 8)),
        (lambda x, y: torch.empty(8).add_(1), (8, 8)),
        (lambda x, y: torch.empty(8)[:4].copy_(y[0]), (0, 4)),
        (lambda x, y: torch.empty(8).copy_(x[:, 0]), (8, 8)),
        (lambda x, y: torch.add(x, other=x), (32, 16)),
        (lambda x, y: x.exp().max(0), (16 + 16, 16)),
        (lambda x, y: x @ x.T, (32, 64)),
        (lambda x, y: torch.tensor(1.0) + 1, (0, 0)),
    ],
)
@pytest.mark.parametrize("device", ["cpu", "meta"])
def test_by_hand(function, expected, device):
    with torch.device(device):
        assert moved(function, LONG.to(device), SHORT.to(device)) == expected


def test_arguments_by_name():
    result = traffic(lambda x, *, y: x + y, LONG, tile=4, y=LONG)
    assert result == Traffic(n_read=32, n_written=16)


def test_the_longest_axis_decides():
    assert traffic(lambda: LONG + 1, tile=8) == (0, 0)
    assert traffic(lambda: LONG + 1, tile=7) == (16, 16)


def test_a_single_number_is_always_fast():
    one = torch.tensor(2.0)
    assert traffic(lambda: one[None] + one, tile=1) == (0, 0)
    assert traffic(lambda: torch.ones(2), tile=1) == (0, 2)


def test_memory_is_judged_anew_when_it_is_used_again():
    def in_turns():
        for _ in range(5):
            torch.ones(64).exp()
            torch.ones(4, 16).exp()

    assert traffic(in_turns, tile=16) == (5 * 64, 5 * 128)


SIZE = {"n_queries": 48, "n_keys": 80, "d_head": 8}


def heads(n_queries, n_keys, d_head):
    q, k = torch.zeros(n_queries, d_head), torch.zeros(n_keys, d_head)
    return q, k, k.clone()


def test_plain_attention_by_the_formula():
    both = traffic(attend, *heads(**SIZE), tile=16)
    assert sum(both) == roofline.attention_traffic(**SIZE)


@pytest.mark.parametrize("query_tile", [16, 24, 10])
def test_flash_attention_by_the_formula(query_tile):
    tiles = {"query_tile": query_tile, "key_tile": 16}
    both = traffic(flash_attention, *heads(**SIZE), tile=24, **tiles)
    expected = roofline.flash_traffic(**SIZE, query_tile=query_tile)
    assert sum(both) == expected


@pytest.mark.parametrize("tile", [0, -1])
def test_a_fast_memory_that_holds_nothing(tile):
    with pytest.raises(ValueError, match=f"^{tile=} must be at least 1$"):
        traffic(lambda: None, tile=tile)
