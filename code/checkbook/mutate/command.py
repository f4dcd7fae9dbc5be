"""The command line of the mutation score."""

import argparse
import signal
import sys
from pathlib import Path

from checkbook.mutate.judge import Broken, Commands
from checkbook.mutate.operators import OPERATORS
from checkbook.mutate.processes import Stopped
from checkbook.mutate.runs import run

DONE, WRONG, INTERRUPTED = 0, 1, 130


def parser() -> argparse.ArgumentParser:
    """The arguments that `main` takes."""
    parser = argparse.ArgumentParser(
        prog="checkbook mutate",
        description="Put one wrong thing into a book, see whether its build "
        "or its tests notice; again for many wrong things.",
    )
    parser.add_argument("book", type=Path)
    parser.add_argument("--n", type=int, default=60, help="how many faults")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=2, help="at a time")
    parser.add_argument(
        "--page",
        nargs="+",
        action="extend",
        default=[],
        help="such as attention/single-head",
    )
    parser.add_argument(
        "--imports",
        action="store_true",
        help="with --page: and the modules that those pages import",
    )
    parser.add_argument(
        "--module", nargs="+", default=[], help="such as package.module"
    )
    parser.add_argument(
        "--operator",
        nargs="+",
        default=[],
        choices=OPERATORS,
        metavar="KIND",
        help=", ".join(OPERATORS),
    )
    parser.add_argument("--json", type=Path, help="file for the account")
    return parser


def main(arguments: list[str], how: Commands | None = None) -> int:
    """Run it; 0 with a score, 1 if the run can say nothing."""
    options = parser().parse_args(arguments)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    try:
        report = run(
            options.book,
            n=options.n,
            seed=options.seed,
            pages=options.page,
            kinds=options.operator,
            modules=options.module,
            imports=options.imports,
            jobs=options.jobs,
            how=how,
            say=lambda line: print(line, flush=True),
        )
    except Broken as error:
        print(f"checkbook: {error}", file=sys.stderr)
        return WRONG
    except (KeyboardInterrupt, Stopped):
        print(
            "checkbook: interrupted; nothing is left behind", file=sys.stderr
        )
        return INTERRUPTED
    print(report.text())
    if options.json:
        options.json.write_text(report.json(), "utf8")
    return DONE
