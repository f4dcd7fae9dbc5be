"""The drawing of a schedule: every task once, to scale."""

import re
from itertools import pairwise

import pytest

from xfmr.distributed.schedule import one_forward_one_backward, timed
from xfmr.distributed.timeline import NAME, UNIT, timeline

RUN = timed(one_forward_one_backward, ranks=3, batches=4)
DRAWN = timeline(RUN, alt="three ranks")
BOX = re.compile(r"<rect ([^>]*)/>")


def boxes():
    found = []
    for attributes in BOX.findall(DRAWN.svg):
        values = dict(re.findall(r'([\w-]+)="([^"]*)"', attributes))
        place = [float(values[n]) for n in ("x", "y", "width")]
        found.append((*place, values["fill"]))
    return found


def test_a_box_for_each_task_where_and_as_long_as_it_is_at_work():
    tasks = [t for row in RUN for t in row]
    assert len(boxes()) == len(tasks) == 2 * 3 * 4
    for (x, _, width, fill), (task, start, end) in zip(
        boxes(), tasks, strict=True
    ):
        assert x == NAME + UNIT * start
        assert width == UNIT * (end - start)
        role = {"forward": "masked", "backward": "result"}[task.kind]
        assert f"--{role}-fill" in fill


def test_a_row_for_each_rank_and_none_touches_the_next():
    rows = sorted({y for _, y, _, _ in boxes()})
    assert len(rows) == 3
    heights = {
        float(h) for h in re.findall(r'height="([\d.]+)" fill', DRAWN.svg)
    }
    assert len(heights) == 1
    (height,) = heights
    assert all(b - a > height for a, b in pairwise(rows))


def test_numbers_count_from_one_and_ranks_from_zero():
    texts = re.findall(r">([^<>]+)</text>", DRAWN.svg)
    assert texts.count("rank 0") == texts.count("rank 2") == 1
    assert [texts.count(str(n)) for n in range(6)] == [0, 6, 6, 6, 6, 0]
    assert "time" in texts


def test_the_text_form():
    assert repr(DRAWN) == (
        "three ranks\n"
        "rank 0  f1 f2 f3 b1 f4 b2 b3 b4\n"
        "rank 1  f1 f2 b1 f3 b2 f4 b3 b4\n"
        "rank 2  f1 b1 f2 b2 f3 b3 f4 b4"
    )
    assert 'aria-label="three ranks"' in DRAWN.svg


@pytest.mark.parametrize("run", [[], [[], RUN[0]]])
def test_there_must_be_tasks(run):
    with pytest.raises(ValueError, match="must have tasks on every rank"):
        timeline(run, alt="")
