"""Numbers in bits: what is written, and where the boxes stand."""

import re

import pytest

from xfmr.bits import layout, written
from xfmr.precision import BF16, E4M3, FP16, FP32


def test_bits_by_hand():
    assert written(FP16, -6.5) == ("1", "10001", "1010000000")
    assert written(E4M3, 448.0) == ("0", "1111", "110")
    assert written(BF16, 0.0) == ("0", "0" * 8, "0" * 7)


def test_the_text_form_has_the_value_and_the_bits():
    figure = layout([(FP16, 1 + 2.0**-9), (BF16, 1 + 2.0**-9)])
    assert repr(figure) == (
        "fp16: 1.001953125 = 0 01111 0000000010\nbf16: 1 = 0 01111111 0000000"
    )
    for words in ("fp16: 1.001953125", "bf16: 1"):
        assert f">{words}</text>" in figure.svg


def boxes(svg):
    """The corners of all boxes, and what they are filled with."""
    found = re.findall(
        r'<rect x="([\d.]+)" y="([\d.]+)" width="15" height="22" '
        r'fill="([^"]+)" stroke="([^"]+)"',
        svg,
    )
    return [(float(x), float(y), fill, ink) for x, y, fill, ink in found]


def test_a_box_for_each_bit_with_a_gap_between_parts():
    found = boxes(layout([(E4M3, 1.0), (E4M3, 2.0)]).svg)
    assert len(found) == 2 * 8
    xs = [x for x, *_ in found[:8]]
    assert xs == [1, 21, 36, 51, 66, 86, 101, 116]
    assert {y for _, y, *_ in found[:8]} == {20}
    assert {y for _, y, *_ in found[8:]} == {80}


def test_parts_have_their_colours():
    found = boxes(layout([(E4M3, 1.0)]).svg)
    fills = [fill.split(",")[0] for *_, fill, _ in found]
    inks = [ink.split(",")[0] for *_, ink in found]
    assert fills == (
        ["var(--masked-fill"] + ["var(--result-fill"] * 4 + ["none"] * 3
    )
    assert inks == (
        ["var(--masked"] + ["var(--result"] * 4 + ["var(--soft"] * 3
    )


def test_digits_stand_in_their_boxes():
    svg = layout([(E4M3, 448.0)]).svg
    digits = re.findall(
        r'<text x="([\d.]+)" y="([\d.]+)" text-anchor="middle" '
        r'font-size="12">(\d)</text>',
        svg,
    )
    assert "".join(d for *_, d in digits) == "01111110"
    assert [float(x) for x, *_ in digits[:3]] == [8.5, 28.5, 43.5]
    assert {float(y) for _, y, _ in digits} == {35.2}


def test_the_frame_holds_the_widest_row():
    svg = layout([(FP32, 1.0), (E4M3, 1.0)]).svg
    assert 'width="492" height="103"' in svg  # 32 * 15 + 2 * 5 + 2
    narrow = layout([(E4M3, 2.0**-9)]).svg
    assert 'width="153.2"' in narrow  # 'fp8 e4m3: 0.001953125', and 2


def test_nothing_to_show():
    with pytest.raises(ValueError, match=r"^rows must hold at least one$"):
        layout([])
