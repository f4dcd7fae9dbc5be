"""Both logs hold the same rows, and survive a process that was killed."""

import csv
import json

import pytest

from tests.trained import small_files
from xfmr import plot
from xfmr.train.log import COLUMNS, Log, curve, rows

ROWS = [
    {"step": n, "tokens": 10 * n, "loss": 1 / n, "learning_rate": 0.1}
    | {"gradient_norm": 1.5, "tokens_per_second": 7.0, "mfu": 0.5}
    | ({"held_out": 2 / n, "bits_per_byte": 3.0} if n % 2 == 0 else {})
    for n in range(1, 7)
]


def written(folder, some, step=0):
    log = Log(folder, step=step)
    for row in some:
        log.add(row)
    log.close()


def in_csv(folder):
    with open(folder / "log.csv", encoding="utf8", newline="") as file:
        found = [*csv.DictReader(file)]
    return [
        {name: float(x) for name, x in row.items() if x != ""} for row in found
    ]


def test_the_same_rows_in_both(tmp_path):
    assert rows(tmp_path) == []
    written(tmp_path, ROWS)
    assert rows(tmp_path) == in_csv(tmp_path) == ROWS
    head = (tmp_path / "log.csv").read_text().splitlines()[0]
    assert head == ",".join(COLUMNS)
    lines = (tmp_path / "log.jsonl").read_text().splitlines()
    assert [json.loads(line) for line in lines] == ROWS


def test_a_row_is_there_at_once(tmp_path):
    log = Log(tmp_path, step=0)
    log.add(ROWS[0])
    assert rows(tmp_path) == in_csv(tmp_path) == ROWS[:1]
    log.close()


def test_what_came_after_the_checkpoint_comes_again(tmp_path):
    written(tmp_path, ROWS)
    written(tmp_path, ROWS[4:], step=4)
    assert rows(tmp_path) == in_csv(tmp_path) == ROWS
    written(tmp_path, [], step=2)
    assert rows(tmp_path) == in_csv(tmp_path) == ROWS[:2]


def test_a_line_that_was_cut_off(tmp_path):
    written(tmp_path, ROWS)
    path = tmp_path / "log.jsonl"
    path.write_text(path.read_text()[:-5])
    assert rows(tmp_path) == ROWS[:5]


def test_a_full_disk(tmp_path):
    log = Log(tmp_path, step=0)
    with small_files(100), pytest.raises(ValueError) as error:
        log.add(ROWS[1])
    assert str(error.value) == (
        f"{tmp_path / 'log.jsonl'} cannot be written: File too large"
    )
    log.close()


def test_the_curve_has_a_point_for_each_evaluation():
    expected = plot.lines(
        [20, 40, 60],
        {
            "trained": [(1 + 1 / 2) / 2, (1 / 3 + 1 / 4) / 2, 11 / 60],
            "held out": [2 / 2, 2 / 4, 2 / 6],
        },
        x_label="tokens read",
        y_label="nats per token",
        roles={"trained": "query", "held out": "key-value"},
    )
    assert curve(ROWS).plain == expected.plain
    assert curve(ROWS).svg == expected.svg


def test_no_curve_without_an_evaluation():
    with pytest.raises(ValueError, match="must be there"):
        curve(ROWS[:1])
