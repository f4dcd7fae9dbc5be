"""An abacus as a drawing."""

from IPython.display import SVG

from abacus.beads import Abacus, digits

STYLE = {"width": 12, "height": 80, "bead": 4, "bar": 24}


def rods(number: int, abacus: Abacus) -> tuple[int, SVG]:
    """How many beads count, and a drawing of them: one rod a digit."""
    parts, moved = [], 0
    for place, (above, below) in enumerate(digits(number, abacus)):
        moved += above + below
        x = STYLE["width"] * (place + 1)
        parts.append(f'<path d="M {x} 0 V {STYLE["height"]}" stroke="gray"/>')
        parts += [_bead(x, STYLE["bar"] - step) for step in _steps(above)]
        parts += [_bead(x, STYLE["bar"] + step) for step in _steps(below)]
    width = STYLE["width"] * (len(str(number)) + 1)
    return moved, SVG(
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" '
        f'height="{STYLE["height"]}">{"".join(parts)}</svg>'
    )


def _steps(beads: int) -> list[int]:
    return [2 * STYLE["bead"] * (n + 1) for n in range(beads)]


def _bead(x: int, y: int) -> str:
    return f'<circle cx="{x}" cy="{y}" r="{STYLE["bead"]}"/>'
