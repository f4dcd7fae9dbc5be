"""The command line: `xfmr count gpt2`, or `python -m xfmr count gpt2`."""

import os
import sys

from typer.exceptions import Abort, TyperException

from xfmr.cli import costs, counting, logits  # noqa: F401
from xfmr.cli.app import app, say


def main(arguments: list[str] | None = None) -> int:
    """Run one command; the exit status.

    What a caller got wrong is one line on the error output and the status 2.
    """
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
