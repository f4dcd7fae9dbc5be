"""Traffic by hand."""

import pytest

from xfmr import roofline


def test_traffic_by_hand():
    # 2 queries of 3 numbers, 5 keys and 5 values: 6 + 15 + 15 in, 6 out;
    # 10 scores, 10 scaled, 10 weights, each out and in
    size = {"n_queries": 2, "n_keys": 5, "d_head": 3}
    assert roofline.attention_traffic(**size) == 6 + 15 + 15 + 6 + 2 * 30
    whole = roofline.flash_traffic(**size, query_tile=2)
    assert whole == 6 + 15 + 15 + 6 + 2
    assert roofline.flash_traffic(**size, query_tile=3) == whole
    assert roofline.flash_traffic(**size, query_tile=1) == whole + 30


def test_flash_tiles():
    # H = 64: 4 x 64 numbers a row; more keys than H would outgrow a tile
    assert roofline.flash_tiles(n_fast=25_600, d_head=64) == {
        "query_tile": 100,
        "key_tile": 64,
    }
    assert roofline.flash_tiles(n_fast=25_601, d_head=64)["query_tile"] == 101
    assert roofline.flash_tiles(n_fast=256, d_head=64) == {
        "query_tile": 1,
        "key_tile": 1,
    }


@pytest.mark.parametrize(
    ("function", "names"),
    [
        (roofline.attention_traffic, ["n_queries", "n_keys", "d_head"]),
        (
            roofline.flash_traffic,
            ["n_queries", "n_keys", "d_head", "query_tile"],
        ),
        (roofline.flash_tiles, ["n_fast", "d_head"]),
    ],
)
def test_traffic_of_nothing(function, names):
    for name in names:
        sizes = dict.fromkeys(names, 4) | {name: 0}
        with pytest.raises(ValueError, match=f"^{name}=0 must be at least 1$"):
            function(**sizes)
