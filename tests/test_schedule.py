"""Schedules: the transformers library's, values by hand, errors."""

from functools import partial

import pytest
import torch
from transformers import optimization

from xfmr.train import schedule

SIZES = [(20, 0), (20, 5), (21, 20), (7, 7)]


def theirs(made, n_steps, lr=0.5):
    """The library's learning rates, of the steps that a run takes."""
    optimiser = torch.optim.SGD([torch.nn.Parameter(torch.ones(1))], lr=lr)
    scheduler = made(optimiser)
    rates = []
    for _ in range(n_steps):
        rates.append(optimiser.param_groups[0]["lr"])
        optimiser.step()
        scheduler.step()
    return rates


def ours(factor, n_steps, lr=0.5):
    return [lr * factor(step) for step in range(n_steps)]


def same(a, b):
    assert a == pytest.approx(b, rel=0, abs=1e-12)


@pytest.mark.parametrize(("n_steps", "n_warmup"), SIZES)
def test_linear(n_steps, n_warmup):
    factor = schedule.linear(n_steps=n_steps, n_warmup=n_warmup)
    made = partial(
        optimization.get_linear_schedule_with_warmup,
        num_warmup_steps=n_warmup,
        num_training_steps=n_steps,
    )
    same(ours(factor, n_steps + 3), theirs(made, n_steps + 3))


@pytest.mark.parametrize(("n_steps", "n_warmup"), SIZES)
@pytest.mark.parametrize("least", [0.0, 0.1])
def test_cosine(n_steps, n_warmup, least):
    factor = schedule.cosine(n_steps=n_steps, n_warmup=n_warmup, least=least)
    made = partial(
        optimization.get_cosine_with_min_lr_schedule_with_warmup,
        num_warmup_steps=n_warmup,
        num_training_steps=n_steps,
        min_lr_rate=least,
    )
    same(ours(factor, n_steps), theirs(made, n_steps))
    # after the end the library's rises again; a run that goes on is at rest
    assert factor(n_steps) == factor(2 * n_steps) == least


def test_cosine_that_falls_to_nothing():
    made = partial(
        optimization.get_cosine_schedule_with_warmup,
        num_warmup_steps=5,
        num_training_steps=20,
    )
    factor = schedule.cosine(n_steps=20, n_warmup=5)
    same(ours(factor, 20), theirs(made, 20))


@pytest.mark.parametrize("fall", schedule.FALLS)
@pytest.mark.parametrize("least", [0.0, 0.1])
def test_wsd(fall, least):
    factor = schedule.wsd(
        n_steps=20, n_warmup=4, n_fall=6, fall=fall, least=least
    )
    made = partial(
        optimization.get_wsd_schedule,
        num_warmup_steps=4,
        num_decay_steps=6,
        num_training_steps=20,
        decay_type=fall,
        min_lr_ratio=least,
    )
    # the library begins its warm-up at the least rate, ours begins at zero
    same(ours(factor, 25)[4:], theirs(made, 25)[4:])
    if not least:
        same(ours(factor, 4), theirs(made, 4))


def test_values_by_hand():
    wave = schedule.cosine(n_steps=12, n_warmup=4, least=0.2)
    assert [wave(n) for n in (0, 1, 4, 8, 12)] == pytest.approx(
        [0, 0.25, 1, 0.6, 0.2]
    )
    line = schedule.linear(n_steps=12, n_warmup=4, least=0.2)
    assert [line(n) for n in (2, 4, 6, 12)] == pytest.approx(
        [0.5, 1, 0.8, 0.2]
    )
    flat = schedule.wsd(n_steps=12, n_warmup=2, n_fall=4)
    assert [flat(n) for n in (1, 2, 7, 8, 9, 12)] == pytest.approx(
        [0.5, 1, 1, 1, 0.5, 0]
    )
    assert schedule.wsd(n_steps=4, n_fall=0)(3) == 1


@pytest.mark.parametrize("made", [schedule.cosine, schedule.linear])
def test_no_step_is_zero_without_a_warm_up(made):
    assert made(n_steps=3)(0) == 1
    assert min(made(n_steps=3)(n) for n in range(3)) > 0


@pytest.mark.parametrize(
    "made",
    [
        schedule.cosine,
        schedule.linear,
        partial(schedule.wsd, n_fall=0),
    ],
)
@pytest.mark.parametrize("n_warmup", [-1, 6])
def test_warm_ups_that_do_not_fit(made, n_warmup):
    with pytest.raises(
        ValueError, match=f"^{n_warmup=} must be from 0 to n_steps=5$"
    ):
        made(n_steps=5, n_warmup=n_warmup)


@pytest.mark.parametrize("least", [-0.1, 1.1])
def test_least_factors_that_are_none(least):
    with pytest.raises(ValueError, match=f"^{least=} must be from 0 to 1$"):
        schedule.cosine(n_steps=5, least=least)
    assert schedule.cosine(n_steps=5, least=1.0)(3) == 1


@pytest.mark.parametrize("n_fall", [-1, 4])
def test_falls_that_do_not_fit(n_fall):
    with pytest.raises(ValueError, match=f"^{n_fall=} must be from 0 to 3$"):
        schedule.wsd(n_steps=5, n_warmup=2, n_fall=n_fall)


def test_a_fall_that_nobody_knows():
    names = r"\['linear', 'cosine', '1-sqrt'\]"
    with pytest.raises(
        ValueError, match=f"^fall='steep' must be one of {names}$"
    ):
        schedule.wsd(n_steps=5, n_fall=2, fall="steep")
