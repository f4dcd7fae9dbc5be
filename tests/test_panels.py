"""Panels hold the pictures of their grids, in order."""

import pytest

from xfmr import draw
from xfmr.panels import panels

GRIDS = [
    draw.matrix([[1, 2]], "T S", name="first", role="result"),
    draw.matrix([[3], [4]], "T S", name="second", role="result"),
]


def test_each_grid_is_drawn_once_in_order():
    figure = panels(GRIDS)
    one, two = (draw.picture(grid) for grid in GRIDS)
    assert figure.svg.count("<svg") == 2
    assert -1 < figure.svg.find(one.svg) < figure.svg.find(two.svg)
    assert repr(figure) == f"{one!r}\n\n{two!r}"
    assert figure._repr_html_().startswith('<div class="figure"><div style=')


def test_without_any_grid():
    with pytest.raises(ValueError, match=r"^grids must hold at least one$"):
        panels([])
