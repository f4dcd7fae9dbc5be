"""The few words of SVG that all figures are written in."""

import pytest

from xfmr import svg


def test_numbers_are_short():
    written = {1.0: "1", 1.25: "1.25", -0.126: "-0.13", 100: "100", 0: "0"}
    assert [svg.number(n) for n in written] == [*written.values()]


def test_elements():
    assert svg.element("g", "x") == "<g>x</g>"
    line = svg.element("path", d="M0 0", stroke_width=1.5, class_='a<"b')
    assert line == ('<path d="M0 0" stroke-width="1.5" class="a&lt;&quot;b"/>')
    box = svg.rect(1, 2.5, 3, 4, fill="none")
    assert box == '<rect x="1" y="2.5" width="3" height="4" fill="none"/>'
    words = svg.text(1, 2, 'a<b "c"', anchor="end")
    assert words == '<text x="1" y="2" text-anchor="end">a&lt;b "c"</text>'
    assert 'text-anchor="start"' in svg.text(0, 0, "a")


def test_a_figure_has_both_forms():
    figure = svg.figure("<g/>", width=10, height=2.5, alt='a "b"', plain="ab")
    assert repr(figure) == "ab"
    html = figure._repr_html_()
    assert html.startswith('<div class="figure"><svg xmlns="http://www.w3')
    assert html.endswith("><g/></svg></div>")
    for part in (
        'width="10" height="2.5" viewBox="0 0 10 2.5" role="img"',
        'aria-label="a &quot;b&quot;"',
        'style="min-width:10px"',
        'fill="currentColor"',
    ):
        assert part in html


def test_colours_have_fallbacks():
    assert svg.colour("query") == "var(--query, #0072b2)"
    assert svg.checked_role("result") == "result"
    with pytest.raises(ValueError, match="role='ink' must be one of"):
        svg.checked_role("ink")
