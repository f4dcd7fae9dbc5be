"""A page as a notebook to download: executed, its roles as plain text.

Markdown cells lose what only the book's build understands. A check becomes
what it prints, a reference its words, a box a quotation, included code a
code block. Cell ids are numbers, so that the same page gives the same bytes.
"""

import re
from pathlib import Path

import nbformat

from checkbook import pages

ROLE = re.compile(
    r"\{(?P<role>[\w:.-]+)\}(?P<tick>`+)(?!`)(?P<text>.+?)(?<!`)(?P=tick)(?!`)",
    re.DOTALL,
)
TITLED = re.compile(r"(?P<title>.+?)\s*<(?P<target>[^<>]+)>", re.DOTALL)
FENCE = re.compile(
    r"^(?P<fence>`{3,}|:{3,})\{(?P<name>[\w:-]+)\}[ \t]*(?P<argument>[^\n]*)\n"
    r"(?P<body>.*?)^(?P=fence)[ \t]*$",
    re.MULTILINE | re.DOTALL,
)
OPTION = re.compile(r":(?P<name>[\w-]+):[ \t]*(?P<value>.*)")
TARGET = re.compile(r"^\([\w-]+\)=\n", re.MULTILINE)
DROPPED = {"bibliography", "ledger", "solution-end", "exercise-end"}


def executed(notebook, record, *, folder: Path) -> str:
    """A page's notebook with the outputs of its record, as a file's text.

    Args:
        notebook: the page's cells, as read from its source.
        record: the page's execution, or None if it runs nothing.
        folder: where the page lies, for the files that it includes.
    """
    cells, number = [], 0
    for index, cell in enumerate(notebook.cells):
        if cell.cell_type == "code":
            fresh = nbformat.v4.new_code_cell(cell.source)
            if record is not None:
                fresh.outputs = record.outputs_of(number)
                fresh.execution_count = number + 1
            tags = cell.metadata.get("tags", [])
            fresh.metadata = nbformat.from_dict({"tags": tags} if tags else {})
            number += 1
        else:
            fresh = nbformat.v4.new_markdown_cell(plain(cell.source, folder))
            if not fresh.source:
                continue
        fresh.id = f"cell-{index}"
        cells.append(fresh)
    kernel = {"name": "python3", "display_name": "Python 3"}
    whole = nbformat.v4.new_notebook(
        cells=cells,
        metadata={
            "kernelspec": {**kernel, "language": "python"},
            "language_info": {"name": "python"},
        },
    )
    return nbformat.writes(whole) + "\n"


def plain(text: str, folder: Path) -> str:
    """Markdown that any notebook program shows."""
    text = TARGET.sub("", text)
    text = FENCE.sub(lambda m: directive(m, folder), text)
    text = ROLE.sub(role, text)
    return re.sub(r"\n{3,}", "\n\n", text).strip()


def role(match: re.Match) -> str:
    """What a role says, as plain text."""
    name, text = match["role"], " ".join(match["text"].split())
    if name in pages.ROLES:
        try:
            printed = pages.split(name, text)[0]
        except ValueError:
            return text
        return f"${printed}$" if name == "chk" else printed
    if titled := TITLED.fullmatch(text):
        return titled["title"]
    if name == "math":
        return f"${text}$"
    if name.startswith("cite"):
        return f"[{text}]"
    if name in ("code", "python", "py", "file", "command"):
        return f"`{text}`"
    return text


def directive(match: re.Match, folder: Path) -> str:
    """What a directive shows, as plain Markdown."""
    name, argument = match["name"], match["argument"].strip()
    options, lines = {}, match["body"].splitlines()
    while lines and (option := OPTION.fullmatch(lines[0].strip())):
        if option["name"] not in options:
            options[option["name"]] = option["value"]
        lines.pop(0)
    body = "\n".join(lines).strip("\n")
    body = FENCE.sub(lambda inner: directive(inner, folder), body)
    if name in DROPPED:
        return ""
    if name in ("math", "chk"):
        return f"$$\n{body}\n$$"
    if name == "literalinclude":
        return f"```python\n{included(folder / argument, options)}\n```"
    if name in ("code", "code-block"):
        return f"```{argument}\n{body}\n```"
    if name in ("figure", "image"):
        alt = options.get("alt", "")
        return "\n\n".join(filter(None, [f"![{alt}]({argument})", body]))
    heading = {
        "dropdown": argument,
        "exercise": f"Exercise: {argument}" if argument else "Exercise",
        "exercise-start": "Exercise",
        "solution": "Solution",
        "solution-start": "Solution",
    }.get(name, argument or ("" if name == "margin" else name.capitalize()))
    quoted = f"**{heading}**\n\n{body}" if heading else body
    if name.endswith("-start"):
        return quoted
    return "\n".join(
        f"> {line}".rstrip() for line in quoted.strip().splitlines()
    )


def included(path: Path, options: dict[str, str]) -> str:
    """The lines of a file that a literalinclude shows."""
    lines = path.read_text("utf8").splitlines()
    if shown := options.get("lines"):
        chosen = []
        for piece in shown.split(","):
            first, dash, last = piece.strip().partition("-")
            end = int(last) if last else len(lines) if dash else int(first)
            chosen += lines[int(first or 1) - 1 : end]
        return "\n".join(chosen)
    if name := options.get("pyobject"):
        from sphinx.pycode import ModuleAnalyzer

        tags = ModuleAnalyzer.for_file(path, path.stem).find_tags()
        _, start, end = tags[name]
        return "\n".join(lines[start - 1 : end]).rstrip()
    start = next(
        (
            i
            for i, line in enumerate(lines)
            if options.get("start-at", "") in line
        ),
        0,
    )
    return "\n".join(lines[start:])
