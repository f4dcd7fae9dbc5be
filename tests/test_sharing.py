"""Drawn heads: counted, linked, and bars to scale."""

import re

import pytest

from xfmr.config import Latent
from xfmr.sharing import head_sharing

LATENT = Latent(d_latent=64, d_content=16, d_rotary=8, d_value=16)
BOXES = re.compile(
    r'<rect x="([\d.]+)" y="([\d.]+)" width="18" height="18"[^>]*>'
)
BARS = re.compile(r'<rect x="0" y="[\d.]+" width="([\d.]+)" height="10"')


def panels_of(figure):
    return figure.svg.split("<svg")[1:]


def test_every_head_has_a_box():
    figure = head_sharing(8, [8, 2, 1], d_head=16, latent=LATENT)
    four = panels_of(figure)
    assert [len(BOXES.findall(p)) for p in four] == [16, 10, 9, 17]
    for panel, n_rows in zip(four, (2, 2, 2, 3), strict=True):
        assert len({y for _, y in BOXES.findall(panel)}) == n_rows
    dashed = [p.count("stroke-dasharray") for p in four]
    assert dashed == [0, 0, 0, 8]


def test_each_query_is_linked_to_what_it_reads():
    four = panels_of(head_sharing(8, [8, 2, 1], d_head=16, latent=LATENT))
    ends = [
        [m[1] for m in re.finditer(r"L([\d.]+) [\d.]+", panel)]
        for panel in four
    ]
    assert [len(e) for e in ends] == [8, 8, 8, 16]
    assert len({*ends[0]}) == 8
    assert ends[1] == ["48"] * 4 + ["144"] * 4
    assert ends[2] == ["96"] * 8
    assert ends[3][:8] == ends[0] and ends[3][8:] == ["96"] * 8
    starts = re.findall(r"M([\d.]+) ", four[1])
    assert starts == ends[0]


def test_bars_and_words_count_what_is_kept():
    figure = head_sharing(8, [8, 2, 1], d_head=16, latent=LATENT)
    assert repr(figure).splitlines() == [
        "8 key/value heads: 256 numbers a token",
        "2 key/value heads: 64 numbers a token",
        "1 key/value head: 32 numbers a token",
        "latent: 72 numbers a token",
    ]
    widths = [float(w) for w in BARS.findall(figure.svg)]
    assert widths == [192, 48, 24, 54]
    assert 'aria-label="8 query heads, latent: 72 numbers a token"' in (
        figure.svg
    )


def test_places_by_hand():
    small = Latent(d_latent=6, d_content=2, d_rotary=2, d_value=2)
    shared, latent = panels_of(head_sharing(4, [2], d_head=2, latent=small))
    queries = [(x, "36") for x in ("3", "27", "51", "75")]
    assert BOXES.findall(shared) == [*queries, ("15", "70"), ("63", "70")]
    made = [(x, "70") for x, _ in queries]
    # links are drawn between the rows, and read by another test
    assert BOXES.findall(latent) == [*queries, *made, ("39", "104")]
    assert "L48 104" in latent and "L12 70" in latent and "M12 54" in latent
    for panel in (shared, latent):
        assert re.search(
            r'<rect x="0" y="138" width="[^"]*" height="10"', panel
        )
        assert '<text x="0" y="166"' in panel and '<text x="0" y="14"' in panel
        assert 'viewBox="0 0 190 172"' in panel
    wide = panels_of(head_sharing(8, [2], d_head=2))
    assert 'viewBox="0 0 192 172"' in wide[0]


def test_without_a_latent():
    assert len(panels_of(head_sharing(4, [4, 1], d_head=2))) == 2


def test_heads_that_do_not_divide():
    with pytest.raises(ValueError, match=r"^n_kv_heads=3 must divide n_heads"):
        head_sharing(8, [3], d_head=2)
    with pytest.raises(ValueError, match=r"^d_head=0 must be at least 1$"):
        head_sharing(8, [8], d_head=0)
