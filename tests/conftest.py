"""Settings that every test shares."""

import os
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

from hypothesis import settings

from checkbook import dot

# The same examples in every run, however slow the machine.
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")

# A machine without `dot` has the one that builds use.
os.environ |= dot.on_path(os.environ, Path(__file__).parents[1] / "_build/bin")
