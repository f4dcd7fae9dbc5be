"""A Sphinx extension that puts the lab's scripts beside the pages.

Those of the book are copied from its folder `widgets`, as it is; those that
hold the model are made whenever the package has changed, and stay otherwise. A
page loads them by `<script src="../widgets/attention/engine.js"></script>`.
They do not lie in `_static`, because Jupyter Book loads every script there on
every page.
"""

import shutil
from pathlib import Path

from xfmr.export import stamp

FOLDER = "widgets"
MODEL = "attention"  # the folder in it that has those of the model


def bring(source: Path, target: Path) -> None:
    """Copy the scripts of one folder to another, and make what is missing."""
    shutil.copytree(source, target, dirs_exist_ok=True)
    if stamp.is_stale(target / MODEL):
        # slow to import, and seldom needed
        from xfmr.demo import artefact
        from xfmr.export import scripts

        cards = artefact.kept()["scores"]["heads"]
        scripts.write(target / MODEL, *artefact.load(), cards)


def finished(app, error: Exception | None) -> None:
    """Bring the scripts to what Sphinx wrote."""
    if error is None and app.builder.format == "html":
        bring(Path(app.srcdir) / FOLDER, Path(app.outdir) / FOLDER)


def setup(app) -> dict[str, bool]:
    """Register with Sphinx."""
    app.connect("build-finished", finished)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
