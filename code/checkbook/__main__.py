"""The command line: `python -m checkbook build|doctor|mutate|bench BOOK`."""

import argparse
import sys
from pathlib import Path

from checkbook import process


def main(arguments: list[str]) -> int:
    """Run one command; the exit status."""
    parser = argparse.ArgumentParser(
        prog="checkbook", description="Books whose numbers are checked."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    for name, what in (
        ("build", "build, check and publish the book"),
        ("doctor", "say what the machine lacks"),
        ("mutate", "plant errors and count how many are caught"),
        ("bench", "measure the build"),
    ):
        command = commands.add_parser(
            name, help=what, add_help=name not in ("mutate", "bench")
        )
        if name in ("build", "doctor"):
            command.add_argument("book", type=Path)
        if name == "build":
            command.add_argument(
                "--clean", action="store_true", help="start from nothing"
            )
            command.add_argument(
                "--jobs", type=int, default=0, help="pages run at a time"
            )
    options, rest = parser.parse_known_args(arguments)
    process.settle()
    from checkbook import doctor
    from checkbook.build import LACKING, build, complain

    if options.command == "mutate":
        from checkbook import mutate

        return mutate.main(rest)
    if options.command == "bench":
        from checkbook import bench

        return bench.main(rest)
    if rest:
        parser.error(f"unknown: {' '.join(rest)}")
    if options.command == "doctor":
        return doctor.report(options.book)
    if not options.book.is_dir():
        complain(f"{options.book} is not a folder")
        return LACKING
    return build(options.book, clean=options.clean, jobs=options.jobs)


if __name__ == "__main__":
    process.leave(main(sys.argv[1:]))
