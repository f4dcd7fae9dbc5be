"""Tables that are read off a run, so that they print what happened.

A table shows itself: as accessible HTML on a page, as aligned text in a
notebook that is read without it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from xfmr.trace import Run

TIMES = " × "

# style
LONG = 36  # characters of code beyond which it is broken into lines
BROKEN = ' style="display:block;min-width:16em;white-space:normal"'


class Code(str):
    """Text that is source code.

    Args:
        where: its file and line, if it is shown with them.
    """

    def __new__(cls, text: str, where: str = "") -> "Code":
        """Text with a place."""
        made = super().__new__(cls, text)
        made.where = where
        return made


class Tex(str):
    """A formula, as TeX between \\( and \\)."""


@dataclass(frozen=True, kw_only=True)
class Table:
    """Rows under column names; the first column names the rows.

    Args:
        total: the columns whose sum stands below.
    """

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple, ...]
    total: tuple[str, ...] = ()

    def __getitem__(self, key: str | tuple[str, str]) -> object:
        """A column, as a tuple; or the cell of a row's name and a column.

        Raises:
            ValueError: if there is none, or several rows of that name.
        """
        row, column = key if isinstance(key, tuple) else (None, key)
        if column not in self.columns:
            raise ValueError(f"{column=} must be one of {self.columns}")
        at = self.columns.index(column)
        values = [r[at] for r in self.rows if row in (None, r[0])]
        if row is None:
            return tuple(values)
        if len(values) != 1:
            names = [r[0] for r in self.rows]
            raise ValueError(f"{row=} must be one of {names}, once")
        return values[0]

    @property
    def _footer(self) -> tuple | None:
        if not self.total:
            return None
        sums = [
            sum(self[name]) if name in self.total else None
            for name in self.columns[1:]
        ]
        return ("total", *sums)

    def _right(self, at: int) -> bool:
        return any(isinstance(row[at], int | float) for row in self.rows)

    def _repr_html_(self) -> str:
        body = "".join(map(self._html_row, self.rows))
        head = "".join(
            _cell("th", name, self._right(n), ' scope="col"')
            for n, name in enumerate(self.columns)
        )
        foot = self._footer
        below = f"<tfoot>{self._html_row(foot)}</tfoot>" if foot else ""
        return (
            f'<table class="numbers"><caption>{escape(self.caption)}</caption>'
            f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody>{below}"
            "</table>"
        )

    def _html_row(self, row: tuple) -> str:
        first = _cell("th", row[0], False, ' scope="row"')
        rest = [
            _cell("td", value, self._right(n))
            for n, value in enumerate(row[1:], start=1)
        ]
        return f"<tr>{first}{''.join(rest)}</tr>"

    def __repr__(self) -> str:
        """Aligned columns of text."""
        foot = self._footer
        texts = [
            [_text(value) for value in row]
            for row in (self.columns, *self.rows, *([foot] if foot else []))
        ]
        widths = [max(map(len, column)) for column in zip(*texts, strict=True)]
        lines = [
            "  ".join(
                text.rjust(width) if self._right(n) else text.ljust(width)
                for n, (text, width) in enumerate(
                    zip(row, widths, strict=True)
                )
            ).rstrip()
            for row in texts
        ]
        return "\n".join([self.caption, *lines])


def _text(value: object) -> str:
    match value:
        case None:
            return ""
        case Code() if value.where:
            return f"{value}  {value.where}"
        case bool() | str():
            return str(value)
        case int():
            return f"{value:,}"
        case float():
            return f"{value:,.4f}"
        case tuple():
            return TIMES.join(map(_text, value))
    raise ValueError(f"{value=} must be text, a number or a tuple of them")


def _code(text: str) -> str:
    style = BROKEN if len(text) > LONG else ""
    return f"<code{style}>{escape(text, quote=False)}</code>"


def _cell(tag: str, value: object, right: bool, scope: str = "") -> str:
    if isinstance(value, Code):
        content = _code(value) if value else ""
        if value.where:
            content += "" if BROKEN in content else "<br>"
            content += f"<small>{escape(value.where)}</small>"
    else:
        content = escape(_text(value), quote=False)
        if isinstance(value, Tex):
            content = f'<span class="math notranslate">{content}</span>'
    side = ' class="text-right"' if right else ""
    return f"<{tag}{scope}{side}>{content}</{tag}>"


def table(
    rows: Iterable[Mapping[str, object]],
    *,
    caption: str,
    total: Sequence[str] = (),
) -> Table:
    """A table of records that all have the same keys, in the same order.

    Raises:
        ValueError: if there are no rows, if their keys differ, or if a total
            is asked of a column that is not there.
    """
    records = [dict(row) for row in rows]
    columns = {tuple(record) for record in records}
    if len(columns) != 1:
        raise ValueError(f"rows must have the same columns, not {columns}")
    (names,) = columns
    if unknown := set(total) - set(names[1:]):
        raise ValueError(f"total={sorted(unknown)} must be among {names[1:]}")
    return Table(
        caption=caption,
        columns=names,
        rows=tuple(tuple(record.values()) for record in records),
        total=tuple(total),
    )


def tensors(run: Run, *, caption: str) -> Table:
    """Every tensor of a run: its axes, its numbers, and what made it."""
    return table(
        (
            {
                "tensor": Code(t.name),
                "axes": t.axes,
                "size": t.shape,
                "numbers": t.value.numel(),
                "bytes": t.bytes,
                "made by": Code(t.code, t.where) if t.code else t.kind,
            }
            for t in run.tensors
        ),
        caption=caption,
    )


def weights(run: Run, *, caption: str) -> Table:
    """The parameters that a run used, each once, and their sum."""
    return table(
        (
            {
                "weight": Code(t.name),
                "axes": t.axes,
                "size": t.shape,
                "numbers": t.value.numel(),
            }
            for t in run.tensors
            if t.kind == "parameter"
        ),
        caption=caption,
        total=["numbers"],
    )


def steps(run: Run, *, caption: str) -> Table:
    """The execution trace: one row for each operation, in order.

    Parameters have a column where the run used any.
    """
    learned = any(step.parameters for step in run.steps)
    return table(
        (
            {
                "step": str(n),
                "result": Code(step.result.name),
                "operation": Code(step.operation, step.result.where),
                "axes": step.result.axes,
                "size": step.result.shape,
                "FLOPs": step.flops,
                "bytes": step.result.bytes,
            }
            | ({"parameters": step.parameters} if learned else {})
            for n, step in enumerate(run.steps, start=1)
        ),
        caption=caption,
        total=["FLOPs", "parameters"] if learned else ["FLOPs"],
    )
