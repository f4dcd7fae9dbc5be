"""Made-up books to time a build with: pages of a known amount of work.

The same pages build with `checkbook` and with plain Jupyter Book, so that the
two can be timed side by side. Every page imports torch and matplotlib, as the
pages of a technical book do; the first few import a package of the sample's
own, for seeing which pages a changed module runs again.
"""

import time
from pathlib import Path
from textwrap import dedent

PACKAGE = "sample_parts"
HEADER = """\
---
jupytext:
  text_representation: {extension: .md, format_name: myst}
kernelspec: {name: python3, display_name: Python 3}
---

"""
CHECKED = f"""\
title: A sample
execute:
  execute_notebooks: "off"
  timeout: 300
sphinx:
  config:
    extensions:
      - sphinx.ext.mathjax
      - jupyter_book
      - myst_nb
      - sphinx_external_toc
      - checkbook.extension
    html_theme: checkbook
    html_theme_options: {{}}
    mathjax_path: mathjax/tex-svg.js
    use_jupyterbook_latex: false
    checkbook_packages: [{PACKAGE}]
"""
PLAIN = """\
title: A sample
execute:
  timeout: 300
"""
LEDGER = "# Every check\n\n```{ledger}\n```\n"
LETTERS = "abcdefghijklmnopqrstuvwxyz"
PROSE = """\
A paragraph of ordinary length stands here, so that a page is not all cells.
It says nothing, and says it in the words that a page would use: a model
reads a sequence, each position takes what it needs from the others, and what
it took goes on to the next layer.

"""


def write_sample(
    folder: Path, *, pages: dict[str, str], plain: bool = False
) -> Path:
    """Write a book of these pages, and its package; the book's folder.

    Args:
        folder: where; the package goes into its `code`.
        pages: the text of each page by its name.
        plain: configure it for Jupyter Book itself.
    """
    book, package = folder / "book", folder / "code" / PACKAGE
    if not plain:
        pages = pages | {"reference/ledger": LEDGER}
    chapters = "".join(f"  - file: {name}\n" for name in pages)
    files = {
        book / "_config.yml": PLAIN if plain else CHECKED,
        book / "_toc.yml": f"format: jb-book\nroot: index\n"
        f"chapters:\n{chapters}",
        book / "index.md": f"# A sample\n\n{PROSE}",
        package / "__init__.py": "",
        package / "parts.py": "WORD = 'before'\n",
    }
    files |= {book / f"{name}.md": text for name, text in pages.items()}
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return book


def working_pages(
    *, n_pages: int, n_importing: int, turns: int
) -> dict[str, str]:
    """Pages that work for a number of turns; the first import the package."""
    pages = {}
    for index, letter in enumerate(LETTERS[:n_pages]):
        imports = f"from {PACKAGE} import parts" if index < n_importing else ""
        cells = [
            f"import matplotlib.pyplot as plt\nimport torch\n{imports}",
            f"total = {float(index)}\n"
            f"for turn in range({turns}):\n"
            "    total += turn * 1e-9",
            "steps = torch.linspace(0, 1, 50)\n"
            "fig, ax = plt.subplots()\n"
            "ax.plot(steps, steps**2);",
        ]
        text = "".join(f"{PROSE}{cell(code)}" for code in cells)
        pages[f"page-{letter}"] = f"{HEADER}# Page {letter}\n\n{text}{PROSE}"
    return pages


def turns_taking(seconds: float) -> int:
    """How many turns of a working page's loop fill that much CPU time."""
    turns = 2_000_000
    scope: dict = {}
    start = time.process_time()
    exec(
        f"total = 0.0\nfor turn in range({turns}):\n    total += turn * 1e-9",
        scope,
    )
    return round(turns * seconds / (time.process_time() - start))


def counting_page(n_checks: int) -> dict[str, str]:
    """One page of many numbers, of which the first few are checked."""
    n_numbers = 400
    head = f"{HEADER}# Numbers\n\n{cell('start = 1000')}"
    lines = []
    for index in range(n_numbers):
        words = f"word {LETTERS[index % 26]}"
        if index < n_checks:
            words = f"{{num}}`{1000 + index:,} = start + {index}`"
        lines.append(f"Here stands {words} in a sentence of its own.\n")
    return {"numbers": head + "\n".join(lines)}


def cell(code: str) -> str:
    """A code cell."""
    return f"```{{code-cell}} ipython3\n{dedent(code).strip()}\n```\n\n"
