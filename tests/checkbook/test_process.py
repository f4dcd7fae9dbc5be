"""How the process of a build starts, what it leaves out, how it ends."""

import subprocess
import sys

from checkbook.process import NEVER_CALLED

HEAVY = (
    "sqlalchemy",
    "jupyter_cache",
    "IPython",
    "jupyter_client",
    "nbclient",
)


def python(code: str, *arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, *arguments, "-c", code],
        capture_output=True,
        text=True,
    )


def test_a_build_loads_nothing_heavy_and_can_still():
    done = python(
        "import gc, sys\n"
        "from checkbook.process import NEVER_CALLED, lighten\n"
        "lighten()\n"
        "import checkbook.extension, jupyter_book.config\n"
        f"print([n for n in {HEAVY} if n in sys.modules], gc.isenabled())\n"
        "from IPython.display import display\n"
        "from jupyter_client.kernelspec import find_kernel_specs\n"
        "from myst_nb.core.execute.direct import NotebookClientDirect\n"
        "print(all([display, find_kernel_specs, NotebookClientDirect]))\n"
    )
    assert done.stdout.split("\n")[:2] == ["[] False", "True"], done.stderr


def test_what_is_loaded_already_stays():
    done = python(
        "import sys, IPython.display\n"
        "from checkbook.process import lighten\n"
        "lighten()\n"
        "print(sys.modules['IPython.display'].display is not None)\n"
    )
    assert done.stdout == "True\n", done.stderr


def test_entry_points_are_found_as_before():
    done = python(
        "from importlib import metadata\n"
        "from checkbook.process import lighten\n"
        "before = metadata.entry_points(group='pygments.lexers')\n"
        "lighten()\n"
        "after = metadata.entry_points(group='pygments.lexers')\n"
        "print(set(before) == set(after) and len(after) > 0)\n"
        "print(len(metadata.entry_points()) > 0)\n"
    )
    assert done.stdout == "True\nTrue\n", done.stderr


def test_names_that_are_left_out_exist():
    for importer, left_out in NEVER_CALLED.items():
        for module, name in left_out.items():
            code = f"import {importer}, {module}\n"
            code += f"{module}.{name}" if name else ""
            assert python(code).returncode == 0, (importer, module)


def test_the_end_prints_everything_and_has_a_status():
    code = "from checkbook.process import leave\nprint('x')\nleave(3)"
    done = python(code)
    assert (done.stdout, done.returncode) == ("x\n", 3)
