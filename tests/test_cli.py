"""The command line: what it prints, and what it says of what is wrong."""

import json
import subprocess
import sys

import pytest

from xfmr.__main__ import main


@pytest.fixture
def call(capsys):
    """Run a command; its status, and what it wrote to both outputs."""

    def run(*arguments):
        status = main([*map(str, arguments)])
        written = capsys.readouterr()
        return status, written.out, written.err

    return run


def test_count_as_json(call):
    status, out, err = call("count", "GPT2", "--json")
    counted = json.loads(out)
    assert (status, err) == (0, "")
    assert [*counted] == [
        *("name", "family", "total", "non_embedding", "active"),
        *("embedding", "parts"),
    ]
    assert counted["total"] == sum(counted["parts"].values()) == 124_439_808


@pytest.mark.parametrize("name", ["count", "presets"])
def test_counting_needs_no_torch(name):
    program = (
        "import sys\nfrom xfmr.__main__ import main\n"
        f"main({[name] + ['gpt2'] * (name == 'count')})\n"
        "heavy = {'torch', 'numpy', 'sympy', 'einops', 'rich'}\n"
        "assert not heavy & sys.modules.keys()"
    )
    subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["count", "gpt-2"], "gpt-2 is no preset: perhaps gpt2 or "),
        (["count"], "Missing argument 'CONFIG'."),
        (["conut"], "No such command 'conut'."),
        ([], "Missing command."),
        (["count", "nowhere/config.json"], "nowhere/config.json does not"),
    ],
)
def test_errors_are_one_line(call, arguments, message):
    status, out, err = call(*arguments)
    assert (status, out) == (2, "")
    assert err.startswith(f"xfmr: {message}")
    assert err.count("\n") == 1
