"""Numbers in bits: a row of boxes for each, one box a bit.

The sign is grey, the exponent stands in the colour of results, and the
fraction on the page's own ground. Boxes are as wide in all rows, so that
formats can be compared by eye.
"""

from collections.abc import Sequence

from xfmr import svg
from xfmr.precision import Format
from xfmr.svg import DROP, Figure

# style: lengths in pixels
BIT, TALL = 15.0, 22.0  # a box
LINE = 19.0  # of text
ROW = TALL + 2 * LINE  # from number to number
GAP = 5.0  # between sign, exponent and fraction
EDGE = 1.0
LETTER = 7.2  # the width of a character
SIZE, SMALL = 13, 12  # of type


def layout(rows: Sequence[tuple[Format, float]]) -> Figure:
    """Each number as its format writes it, under its name and its value.

    Raises:
        ValueError: if there are no rows.
    """
    if not rows:
        raise ValueError("rows must hold at least one")
    body, plain, widths = [], [], []
    for n, (form, x) in enumerate(rows):
        y, parts = EDGE + n * ROW, written(form, x)
        title = f"{form.name}: {form.rounded(x):.10g}"
        body.append(svg.text(0, y + SIZE, title, font_size=SIZE))
        body += _boxes(parts, y + LINE)
        plain.append(f"{title} = {' '.join(parts)}")
        widths += [form.n_bits * BIT + 2 * GAP, len(title) * LETTER]
    return svg.figure(
        "".join(body),
        width=max(widths) + 2 * EDGE,
        height=len(rows) * ROW - LINE + 2 * EDGE,
        alt="Numbers in bits: sign, exponent, fraction",
        plain="\n".join(plain),
    )


def written(form: Format, x: float) -> tuple[str, str, str]:
    """Sign, exponent and fraction of the nearest number, in bits."""
    digits = f"{form.bits(x):0{form.n_bits}b}"
    end = 1 + form.n_exponent
    return digits[:1], digits[1:end], digits[end:]


def _boxes(parts: tuple[str, str, str], y: float) -> list[str]:
    """The boxes of one number, a gap between its three parts."""
    fills = (
        svg.colour("masked-fill"),
        svg.colour("result-fill"),
        "none",
    )
    inks = (svg.colour("masked"), svg.colour("result"), svg.colour("soft"))
    x, body = EDGE, []
    for digits, fill, ink in zip(parts, fills, inks, strict=True):
        for digit in digits:
            box = {"fill": fill, "stroke": ink}
            body.append(svg.rect(x, y, BIT, TALL, **box))
            base = y + TALL / 2 + SMALL * DROP
            body.append(
                svg.text(
                    x + BIT / 2, base, digit, anchor="middle", font_size=SMALL
                )
            )
            x += BIT
        x += GAP
    return body
