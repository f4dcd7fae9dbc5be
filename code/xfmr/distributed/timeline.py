"""A pipeline's schedule, drawn: a row for each rank, time to the right."""

from collections.abc import Sequence

from xfmr import svg
from xfmr.distributed.schedule import Timed
from xfmr.svg import DROP, Figure

# style: lengths in pixels
UNIT, BAR, BETWEEN = 15.0, 24.0, 6.0  # a forward, a rank, to the next
NAME, LINE, EDGE = 56.0, 22.0, 1.0
SIZE, SMALL = 13, 12
ROLES = {"forward": "masked", "backward": "result"}


def timeline(run: Sequence[Sequence[Timed]], *, alt: str) -> Figure:
    """Boxes with the numbers of micro-batches, forwards grey, backwards green.

    Args:
        run: of each rank the tasks and their times.
        alt: what the figure shows, in words.

    Raises:
        ValueError: if there are no tasks.
    """
    if not run or not all(run):
        raise ValueError(f"{run=} must have tasks on every rank")
    body, plain = [], [alt]
    for rank, tasks in enumerate(run):
        y = EDGE + rank * (BAR + BETWEEN)
        middle = y + BAR / 2
        base = middle + SIZE * DROP
        body.append(svg.text(0, base, f"rank {rank}", font_size=SIZE))
        for task, start, end in tasks:
            role = ROLES[task.kind]
            x, width = NAME + UNIT * start, UNIT * (end - start)
            number = str(task.batch + 1)
            body += [
                svg.rect(
                    x,
                    y,
                    width,
                    BAR,
                    fill=svg.colour(f"{role}-fill"),
                    stroke=svg.colour(role),
                ),
                svg.text(
                    x + width / 2,
                    middle + SMALL * DROP,
                    number,
                    anchor="middle",
                    font_size=SMALL,
                ),
            ]
        words = [f"{t.kind[0]}{t.batch + 1}" for t, _, _ in tasks]
        plain.append(f"rank {rank}  {' '.join(words)}")
    height = len(run) * (BAR + BETWEEN)
    last = max(t.end for tasks in run for t in tasks)
    body.append(
        svg.text(
            NAME + UNIT * last,
            height + SMALL,
            "time",
            anchor="end",
            font_size=SMALL,
        )
    )
    return svg.figure(
        "".join(body),
        width=NAME + UNIT * last + EDGE,
        height=height + LINE,
        alt=alt,
        plain="\n".join(plain),
    )
