"""The command line: `python -m checkbook build|doctor|mutate|bench BOOK`."""

import argparse
import sys
from pathlib import Path

from checkbook.build import LACKING, build, complain, settle_environment


def main(arguments: list[str]) -> int:
    """Run one command; the exit status."""
    parser = argparse.ArgumentParser(
        prog="checkbook", description="Books whose numbers are checked."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    building = commands.add_parser("build", help="build, check and publish")
    building.add_argument("book", type=Path)
    building.add_argument(
        "--clean", action="store_true", help="start from an empty folder"
    )
    building.add_argument(
        "--jobs", type=int, default=0, help="pages run at the same time"
    )
    options = parser.parse_args(arguments)
    if sys.flags.optimize:
        complain("PYTHONOPTIMIZE removes every assert: unset it")
        return LACKING
    if not options.book.is_dir():
        complain(f"{options.book} is not a folder")
        return LACKING
    settle_environment()
    return build(options.book, clean=options.clean, jobs=options.jobs)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
