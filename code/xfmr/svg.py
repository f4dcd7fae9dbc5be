"""Figures as SVG that belong to the page: its colours, its ink, light or dark.

A figure carries its own text form, for a notebook that is read without
pictures. Nothing in it needs a script, a style sheet or an identifier.
"""

from dataclasses import dataclass
from html import escape

# style: what stands for a colour where no page defines it
FALLBACKS = {
    "query": "#0072b2",
    "query-fill": "#cfe6f4",
    "key-value": "#b35900",
    "key-value-fill": "#fbe3b5",
    "result": "#00795a",
    "result-fill": "#cdebe0",
    "masked": "#6b675f",
    "masked-fill": "#e9e6df",
    "soft": "#77736b",
    "ink": "#1c1a17",
}
INK = "currentColor"
FONT = 'font-family="sans-serif"'
DROP = 0.35  # of type, from the middle of a line to its base
ROLES = ("query", "key-value", "result", "masked")


def colour(name: str) -> str:
    """The page's colour of that name, and what stands for it elsewhere."""
    return f"var(--{name}, {FALLBACKS[name]})"


def checked_role(role: str) -> str:
    """The role, if it is one that has a colour.

    Raises:
        ValueError: if it is not.
    """
    if role not in ROLES:
        raise ValueError(f"{role=} must be one of {ROLES}")
    return role


def number(value: float | int) -> str:
    """A coordinate, to a hundredth."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def element(tag: str, content: str = "", **attributes: object) -> str:
    """One element; `_` in a name is a hyphen, floats are rounded."""
    words = [tag]
    for name, value in attributes.items():
        text = str(value) if isinstance(value, str) else number(value)
        name = name.rstrip("_").replace("_", "-")
        words.append(f'{name}="{escape(text)}"')
    opened = " ".join(words)
    return f"<{opened}>{content}</{tag}>" if content else f"<{opened}/>"


def rect(
    x: float | int,
    y: float | int,
    width: float | int,
    height: float | int,
    **attributes: object,
) -> str:
    """A rectangle."""
    place = {"x": x, "y": y, "width": width, "height": height}
    return element("rect", **place, **attributes)


def text(
    x: float | int,
    y: float | int,
    content: str,
    *,
    anchor: str = "start",
    **attributes: object,
) -> str:
    """A line of text; `anchor` is start, middle or end."""
    return element(
        "text",
        escape(content, quote=False),
        x=x,
        y=y,
        text_anchor=anchor,
        **attributes,
    )


@dataclass(frozen=True)
class Figure:
    """A drawing with what stands for it where it cannot be seen.

    Args:
        svg: the whole element.
        plain: the same as text, for a notebook.
    """

    svg: str
    plain: str

    def _repr_html_(self) -> str:
        return f'<div class="figure">{self.svg}</div>'

    def __repr__(self) -> str:
        """The text form."""
        return self.plain


def figure(
    body: str, *, width: float | int, height: float | int, alt: str, plain: str
) -> Figure:
    """The body in a frame of its own size, with its alternative text."""
    w, h = number(width), number(height)
    root = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{w}" height="{h}" '
        f'viewBox="0 0 {w} {h}" role="img" aria-label="{escape(alt)}" '
        f'style="min-width:{w}px" '  # its frame scrolls; its type stays
        f'fill="{INK}" {FONT}>'
    )
    return Figure(f"{root}{body}</svg>", plain)
