"""Several matrices side by side, for a reader to compare.

They stand in a row as long as there is room, and below each other where there
is none.
"""

from collections.abc import Sequence

from xfmr.draw import picture
from xfmr.grids import Grid
from xfmr.svg import Figure

# style
ROW = "display:flex;flex-wrap:wrap;gap:1.2em 1.8em;justify-content:safe center"
EACH = "flex:0 0 auto"


def panels(grids: Sequence[Grid]) -> Figure:
    """The pictures of all grids, each under its own title.

    Raises:
        ValueError: if there are none.
    """
    if not grids:
        raise ValueError("grids must hold at least one")
    pictures = [picture(grid) for grid in grids]
    inside = "".join(f'<div style="{EACH}">{p.svg}</div>' for p in pictures)
    return Figure(
        f'<div style="{ROW}">{inside}</div>',
        "\n\n".join(p.plain for p in pictures),
    )
