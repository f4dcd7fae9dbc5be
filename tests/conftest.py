"""Settings that every test shares."""

import os
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import pytest
from hypothesis import settings

from checkbook import dot

# The same examples in every run, however slow the machine.
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")

# A machine without `dot` has the one that builds use.
os.environ |= dot.on_path(os.environ, Path(__file__).parents[1] / "_build/bin")


@pytest.fixture(scope="module")
def double_precision():
    """Tensors and layers of a module's tests are float64 unless they say."""
    import torch  # not for the tests that need none

    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


@pytest.fixture(scope="session")
def letters_hold():
    """Compare the letters of a function's annotation with what came back."""
    from xfmr.axes import shape

    def compare(function, result, **sizes):
        stated = function.__annotations__["return"].dim_str
        assert tuple(result.shape) == shape(stated, sizes), stated

    return compare


@pytest.fixture
def call(capsys):
    """Run a command; its status, and what it wrote to both outputs."""
    from xfmr.__main__ import main

    def run(*arguments):
        status = main([*map(str, arguments)])
        written = capsys.readouterr()
        return status, written.out, written.err

    return run


@pytest.fixture(scope="session")
def four_ranks():
    """Four processes that tests share; none may end them."""
    from tests.ranks import check_annotations
    from xfmr.distributed.launch import Ranks

    with Ranks(4) as ranks:
        ranks.run(check_annotations)
        yield ranks
