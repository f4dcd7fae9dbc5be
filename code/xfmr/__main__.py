"""The command line: `xfmr count gpt2`, or `python -m xfmr count gpt2`."""

import os
import sys
from importlib import import_module

from typer.exceptions import Abort, TyperException

from xfmr.cli.app import app, say

# where each command is; only what is asked for is imported, for speed
MODULES = {
    "count": "counting",
    "compare": "counting",
    "presets": "counting",
    "flops": "costs",
    "memory": "costs",
    "trace": "tracing",
    "logits": "logits",
    "train": "training",
    "sample": "training",
    "sweep": "training",
}


def main(arguments: list[str] | None = None) -> int:
    """Run one command; the exit status.

    What a caller got wrong is one line on the error output and the status 2.
    """
    if arguments is None:
        arguments = sys.argv[1:]
    asked = MODULES.get(arguments[0]) if arguments else None
    for module in [asked] if asked else dict.fromkeys(MODULES.values()):
        import_module(f"xfmr.cli.{module}")
    # typer reads every option by way of pydantic, --help included, and to
    # import that takes as long as all the rest
    for part in (app.info, *app.registered_commands):
        part.add_help_option = "--help" in arguments
    try:
        status = app(arguments, prog_name="xfmr", standalone_mode=False)
        sys.stdout.flush()
    except BrokenPipeError:  # whoever reads the output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except (ValueError, TyperException) as error:
        message = getattr(error, "format_message", error.__str__)()
        say(f"xfmr: {' '.join(message.split())}")
        return 2
    except (Abort, KeyboardInterrupt):
        return 130
    return status or 0


if __name__ == "__main__":
    sys.exit(main())
