"""The process of a build: how it starts, and what it never loads.

A build after one changed word takes about as long as Python needs to start
and to import Sphinx. So the process settles itself before it imports
anything, and leaves out what nothing here uses.
"""

import gc
import os
import sys
from importlib import import_module
from types import ModuleType
from typing import NoReturn

# By the module that imports them: what runs notebooks for it, shows values in
# kernels or lists kernels. Pages come from our records, so nothing calls these
# names; they would bring a database, IPython and a client of kernels along.
NEVER_CALLED = {
    "jupyter_book.utils": {"jupyter_client.kernelspec": "find_kernel_specs"},
    "myst_nb.ext.glue": {"IPython": "", "IPython.display": "display"},
    "myst_nb.core.execute": {
        "myst_nb.core.execute.cache": "NotebookClientCache",
        "myst_nb.core.execute.direct": "NotebookClientDirect",
        "myst_nb.core.execute.inline": "NotebookClientInline",
    },
}


def settle() -> None:
    """Start Python again if its hash seed or encoding is the machine's."""
    wanted = {"PYTHONHASHSEED": "0", "PYTHONUTF8": "1"}
    if wanted.items() <= os.environ.items():
        return
    os.environ |= wanted
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])


def lighten() -> None:
    """Leave out of a build's process what would only cost it time.

    It ends soon and gives back its memory then, so nothing is collected.
    """
    from importlib import metadata

    import yaml

    gc.disable()
    # `yaml.safe_load` reads ten times as fast by libyaml, which wheels have
    yaml.SafeLoader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    found = metadata.entry_points()  # nothing is installed meanwhile
    metadata.entry_points = lambda **of: found.select(**of) if of else found
    for importer, left_out in NEVER_CALLED.items():
        missing = [name for name in left_out if name not in sys.modules]
        for name in missing:
            sys.modules[name] = ModuleType(name)
            setattr(sys.modules[name], left_out[name] or "__doc__", None)
        import_module(importer)
        for name in missing:
            del sys.modules[name]


def leave(status: int) -> NoReturn:
    """End the process without taking apart, piece by piece, what it built."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)
