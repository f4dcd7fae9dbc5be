"""The log of a run: a row for each step, in CSV and in lines of JSON.

    step  tokens  loss  learning_rate  gradient_norm     each step
    held_out  bits_per_byte                              where it was evaluated
    tokens_per_second  mfu                               of that step

The JSON holds every number to its last bit, and the CSV what a spreadsheet
reads. A run that goes on from a checkpoint takes up both at its step.
"""

import csv
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from xfmr import plot
from xfmr.svg import Figure
from xfmr.train import checkpoint

CSV, LINES = "log.csv", "log.jsonl"
COLUMNS = (
    *("step", "tokens", "loss", "learning_rate", "gradient_norm"),
    *("held_out", "bits_per_byte", "tokens_per_second", "mfu"),
)
Row = dict[str, int | float]


class Log:
    """Both files of a run, open to be added to.

    Args:
        folder: that of the run.
        step: what was logged after this step is dropped, as it comes again.

    Raises:
        ValueError: if the disk does not take what is kept.
    """

    def __init__(self, folder: Path, *, step: int):
        kept = [row for row in rows(folder) if row["step"] <= step]
        lines = "".join(f"{json.dumps(row)}\n" for row in kept)
        checkpoint.write(folder / LINES, lines.encode())
        checkpoint.write(folder / CSV, b"")
        self._lines = open(folder / LINES, "a", encoding="utf8")
        self._csv = open(folder / CSV, "a", encoding="utf8", newline="")
        self._writer = csv.DictWriter(self._csv, COLUMNS)
        self._writer.writeheader()
        self._writer.writerows(kept)

    def close(self) -> None:
        """Close both files."""
        self._lines.close()
        self._csv.close()

    def add(self, row: Row) -> None:
        """Put a row at the end of both files.

        Raises:
            ValueError: if the disk does not take it.
        """
        try:
            self._lines.write(f"{json.dumps(row)}\n")
            self._writer.writerow(row)
            self._lines.flush()
            self._csv.flush()
        except OSError as error:
            raise ValueError(
                f"{self._lines.name} cannot be written: {error.strerror}"
            ) from None


def rows(folder: str | Path) -> list[Row]:
    """What a run has logged, without a last line that was cut off."""
    path = Path(folder) / LINES
    if not path.is_file():
        return []
    lines = path.read_text("utf8").splitlines(keepends=True)
    return [json.loads(line) for line in lines if line.endswith("\n")]


def curve(logged: Sequence[Mapping[str, int | float]]) -> Figure:
    """The losses over the tokens read: a point for each evaluation.

    The trained loss is the mean over all steps since the evaluation before.

    Raises:
        ValueError: if nothing was evaluated.
    """
    tokens, trained, held_out, since = [], [], [], []
    for row in logged:
        since.append(row["loss"])
        if "held_out" in row:
            tokens.append(row["tokens"])
            trained.append(sum(since) / len(since))
            held_out.append(row["held_out"])
            since = []
    return plot.lines(
        tokens,
        {"trained": trained, "held out": held_out},
        x_label="tokens read",
        y_label="nats per token",
        roles={"trained": "query", "held out": "key-value"},
    )
