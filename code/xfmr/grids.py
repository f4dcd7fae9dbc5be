"""Matrices that are to be seen: numbers with names, axes and a colour.

This is the data of a drawn matrix and its text form; `xfmr.draw` makes the
picture.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from xfmr.svg import checked_role
from xfmr.trace import Traced

MOST_NUMBERS = 8  # rows or columns whose cells still hold their numbers
TOLERANCE = 1e-6  # how far a drawn product may be from its factors'

Numbers = tuple[tuple[float | int | bool, ...], ...]


@dataclass(frozen=True, kw_only=True)
class Grid:
    """A matrix to be drawn, alone or as part of a product.

    Args:
        name: what the matrix is called.
        axes: a letter for the rows and one for the columns.
        values: its numbers, row by row.
        role: whose colour it has: query, key-value, result or masked.
        rows: a name for each row, or nothing.
        columns: a name for each column, or nothing.
        mask: where True, the cell is hidden behind a hatch.
        digits: behind the point, where the numbers are not all whole.
    """

    name: str
    axes: tuple[str, str]
    values: Numbers
    role: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    mask: Numbers | None
    digits: int

    @property
    def shape(self) -> tuple[int, int]:
        """How many rows and columns."""
        return len(self.values), len(self.values[0])

    @property
    def numbered(self) -> bool:
        """Whether the grid is small enough for its numbers to be read."""
        return max(self.shape) <= MOST_NUMBERS

    @property
    def whole(self) -> bool:
        """Whether all numbers are whole ones."""
        return all(v == int(v) for line in self.values for v in line)

    @property
    def T(self) -> "Grid":
        """The same numbers with rows and columns exchanged."""
        return replace(
            self,
            name=f"{self.name}ᵀ",
            axes=self.axes[::-1],
            values=tuple(zip(*self.values, strict=True)),
            rows=self.columns,
            columns=self.rows,
            mask=self.mask and tuple(zip(*self.mask, strict=True)),
        )

    @property
    def title(self) -> str:
        """The name, with axes and sizes: `q: T × H = 3 × 64`."""
        rows, columns = self.shape
        return f"{self.name}: {' × '.join(self.axes)} = {rows:,} × {columns:,}"

    def hidden(self, row: int, column: int) -> bool:
        """Whether a cell lies behind the hatch."""
        return self.mask is not None and bool(self.mask[row][column])

    def text(self, row: int, column: int) -> str:
        """What stands in a cell."""
        if self.hidden(row, column):
            return ""
        digits = 0 if self.whole else self.digits
        written = f"{self.values[row][column]:.{digits}f}"
        return written.removeprefix("-") if float(written) == 0 else written

    def _repr_html_(self) -> str:
        from xfmr.draw import picture

        return picture(self)._repr_html_()

    def __repr__(self) -> str:
        """The numbers as aligned text, or their range if they are many."""
        return "\n".join([self.title, *_lines(self)])


def matrix(
    values: object,
    axes: str,
    *,
    name: str,
    role: str = "masked",
    rows: Sequence[str] = (),
    columns: Sequence[str] = (),
    mask: object = None,
    digits: int = 2,
) -> Grid:
    """A matrix that shows itself as a grid.

    Args:
        values: a tensor, an array or nested lists.
        axes: the letters of rows and columns, `T H`.
        mask: of the same shape; True hides a cell behind a hatch.

    Raises:
        ValueError: if axes, names, values or mask do not fit each other, or
            the role has no colour.
    """
    letters, numbers = tuple(axes.split()), _rows(values)
    if len(letters) != 2:
        raise ValueError(f"{axes=} must name rows and columns")
    made = Grid(
        name=name,
        axes=letters,
        values=numbers,
        role=checked_role(role),
        rows=tuple(rows),
        columns=tuple(columns),
        mask=None if mask is None else _rows(mask),
        digits=digits,
    )
    if len(made.rows) not in (0, made.shape[0]):
        raise ValueError(f"{rows=} must name {made.shape[0]}")
    if len(made.columns) not in (0, made.shape[1]):
        raise ValueError(f"{columns=} must name {made.shape[1]}")
    if made.mask and (len(made.mask), len(made.mask[0])) != made.shape:
        raise ValueError(f"mask must have the shape {made.shape} of {name}")
    return made


def traced(tensor: Traced, *, axes: str = "", **options: object) -> Grid:
    """A tensor of a run as a matrix, under its own name and letters.

    Args:
        axes: other letters, where the same tensor is read as something else.
        options: those of `matrix`.
    """
    letters = axes or tensor.axes
    return matrix(tensor.value, letters, name=tensor.name, **options)


def _rows(values: object) -> Numbers:
    lines = values.tolist() if hasattr(values, "tolist") else values
    if not all(isinstance(line, list | tuple) and line for line in lines):
        raise ValueError("values must be rows of numbers")
    if len({len(line) for line in lines}) != 1:
        raise ValueError("values must have rows of one length")
    return tuple(tuple(line) for line in lines)


def _lines(grid: Grid) -> list[str]:
    """The lines of a matrix's text form."""
    if not grid.numbered:
        flat = [v for line in grid.values for v in line]
        return [f"from {min(flat):.2f} to {max(flat):.2f}"]
    n_rows, n_columns = grid.shape
    cells = [
        [*grid.rows[i : i + 1]]
        + [grid.text(i, j) or "·" for j in range(n_columns)]
        for i in range(n_rows)
    ]
    if grid.columns:
        cells.insert(0, [*([""] if grid.rows else []), *grid.columns])
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return ["  ".join(map(str.rjust, line, widths)) for line in cells]


def check_product(left: Grid, right: Grid, result: Grid) -> None:
    """Refuse three matrices that are not a product and its factors.

    Raises:
        ValueError: if the inner axes differ, or a number is not its sum.
    """
    if (left.axes[1], left.shape[1]) != (right.axes[0], right.shape[0]):
        raise ValueError(
            f"the inner axes of {left.title} and {right.title} differ"
        )
    wanted = (left.axes[0], right.axes[1], left.shape[0], right.shape[1])
    if (*result.axes, *result.shape) != wanted:
        raise ValueError(f"{result.title} must have the outer axes")
    columns = [*zip(*right.values, strict=True)]
    for i, row in enumerate(left.values):
        for j, column in enumerate(columns):
            terms = [x * y for x, y in zip(row, column, strict=True)]
            drawn, room = result.values[i][j], 1 + sum(map(abs, terms))
            if abs(sum(terms) - drawn) > TOLERANCE * room:
                raise ValueError(
                    f"{result.name}[{i}, {j}] is {drawn}, "
                    f"the product {sum(terms)}"
                )


def written_sum(
    left: Grid, right: Grid, result: Grid, at: tuple[int, int]
) -> str:
    """A number of a product as the sum that it is, where it can be read."""
    if not (left.numbered and right.numbered):
        return ""
    i, j = at
    terms = [
        f"{_bracketed(left.text(i, n))} · {_bracketed(right.text(n, j))}"
        for n in range(left.shape[1])
    ]
    sign = "=" if left.whole and right.whole else "≈"
    return f"{' + '.join(terms)} {sign} {result.text(i, j)}"


def _bracketed(text: str) -> str:
    return f"({text})" if text.startswith("-") else text
