"""A `dot` for machines that have none, from the libraries in pygraphviz.

Figures of structure are laid out by the program `dot`, which both the Python
package `graphviz` and `sphinx.ext.graphviz` look for on the PATH. The wheel
of `pygraphviz` brings the libraries without the program; `main` is the
program. `on_path` puts it behind the PATH, so that Graphviz comes first
where it is installed.

    python -m checkbook.dot -Tsvg -o figure.svg figure.dot
    python -m checkbook.dot --shim FOLDER        write an executable FOLDER/dot
"""

import os
import shlex
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

SETS = {"-G": "graph_attr", "-N": "node_attr", "-E": "edge_attr"}


def available(path: str | None = None) -> str | None:
    """Where a `dot` comes from: a program on the PATH, or "pygraphviz"."""
    if found := shutil.which("dot", path=path):
        return found
    return "pygraphviz" if find_spec("pygraphviz") else None


def on_path(env: Mapping[str, str], folder: Path) -> dict[str, str]:
    """`env` with a `dot` on its PATH: the one it has, else a shim in folder.

    Where neither Graphviz nor pygraphviz is installed, `env` as it was: the
    doctor has said so, if the book needs one.
    """
    before = env.get("PATH", "")
    if available(before) != "pygraphviz":
        return dict(env)
    write_shim(folder)
    return {**env, "PATH": f"{before}:{folder}" if before else str(folder)}


def write_shim(folder: Path) -> Path:
    """An executable named `dot` in folder, which calls this module."""
    folder.mkdir(parents=True, exist_ok=True)
    shim = folder / "dot"
    # -P: the folder that calls it must not lend its modules, such as code/
    run = f"{shlex.quote(sys.executable)} -P -m checkbook.dot"
    # written apart: another process may be starting it
    fresh = folder / f"dot.{os.getpid()}"
    fresh.write_text(f'#!/bin/sh\nexec {run} "$@"\n', encoding="utf-8")
    fresh.chmod(0o755)
    return fresh.replace(shim)


def read_arguments(arguments: list[str]) -> dict:
    """What the command line asks for, in the words of `draw`.

    -T formats pair with -o files in their order, and -Kneato names a layout.

    Raises:
        ValueError: on an option that `dot` has and this program has not.
    """
    asked = {"prog": "dot", "formats": [], "outputs": [], "sets": []}
    asked |= {"source": None, "beside": False}
    rest = iter(arguments)
    for argument in rest:
        option, value = argument[:2], argument[2:]
        if not argument.startswith("-"):
            asked["source"] = Path(argument)
        elif argument == "-O":
            asked["beside"] = True
        elif option in ("-T", "-K", "-o", *SETS):
            value = value or next(rest, "")
            match option:
                case "-T":
                    asked["formats"].append(value.split(":")[0])
                case "-K":
                    asked["prog"] = value
                case "-o":
                    asked["outputs"].append(Path(value))
                case _:
                    name, _, value = value.partition("=")
                    asked["sets"].append((SETS[option], name, value or "true"))
        else:
            raise ValueError(f"unknown option {argument}")
    asked["formats"] = asked["formats"] or ["dot"]
    return asked


def draw(text: str, *, prog: str, formats: list[str], sets=()) -> list[bytes]:
    """The graph in text, laid out by prog, once in each format."""
    import pygraphviz

    graph = pygraphviz.AGraph(string=text)
    for kind, name, value in sets:
        attributes = getattr(graph, kind)
        if name not in attributes:  # what the file says goes first
            attributes[name] = value
    try:
        return [graph.draw(format=kind, prog=prog) for kind in formats]
    except TypeError:  # pygraphviz indexes the status of a failed rendering
        raise ValueError(f"no format among {formats}") from None


@contextmanager
def without_font_warnings() -> Iterator[None]:
    """Keep what Fontconfig says of the system's own files off stderr.

    The wheel's Fontconfig may be older than the system's configuration, and
    `graphviz` repeats on a page whatever its `dot` writes to stderr.
    """
    with tempfile.TemporaryFile() as said:
        stderr = os.dup(2)
        os.dup2(said.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)
            said.seek(0)
            for line in said:
                if not line.startswith(b"Fontconfig"):
                    sys.stderr.buffer.write(line)
            sys.stderr.flush()


def main(arguments: list[str]) -> int:
    """Do what `dot` would do with these arguments; the exit status."""
    if arguments[:1] == ["--shim"]:
        write_shim(Path(arguments[1]).resolve())
        return 0
    if arguments[:1] == ["-V"]:
        from pygraphviz import __graphviz_version__ as version

        print(f"dot - graphviz version {version} (0)", file=sys.stderr)
        return 0
    try:
        asked = read_arguments(arguments)
        source, outputs = asked["source"], asked["outputs"]
        data = source.read_bytes() if source else sys.stdin.buffer.read()
        with without_font_warnings():
            pictures = draw(
                data.decode("utf-8"),
                prog=asked["prog"],
                formats=asked["formats"],
                sets=asked["sets"],
            )
    except (OSError, ValueError) as error:
        print(f"dot: {error}", file=sys.stderr)
        return 1
    if asked["beside"] and source:
        outputs = [Path(f"{source}.{kind}") for kind in asked["formats"]]
    for picture in pictures[len(outputs) :]:
        sys.stdout.buffer.write(picture)
    for output, picture in zip(outputs, pictures, strict=False):
        output.write_bytes(picture)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
