"""The arithmetic of a run against draws, exact optima and published runs."""

from math import exp, sqrt

import pytest

from xfmr import run

CASES = [(60, 11_160), (600, 11_160), (3600, 11_160), (5, 1000)]


def test_how_long_and_how_well_used():
    # PaLM: 6144 devices of 275 TFLOP/s at 46.2%, Chowdhery et al. 2022
    work = {"ranks": 6144, "peak": 275e12, "utilisation": 0.462}
    seconds = run.seconds(1e24, **work)
    assert seconds == pytest.approx(1e24 / 6144 / 275e12 / 0.462)
    reached = run.utilisation(1e24, device_seconds=6144 * seconds, peak=275e12)
    assert reached == pytest.approx(0.462)
    assert run.seconds(10, ranks=2, peak=5, utilisation=1) == 1


def test_failures_come_as_often_as_there_are_devices():
    assert run.between_failures(1000, ranks=8) == 125


@pytest.mark.parametrize(("write", "between"), CASES)
def test_the_best_interval_is_the_best(write, between):
    best = run.best_interval(write=write, between=between)
    costs = {"write": write, "restart": 0, "between": between}
    least = run.slowdown(best, **costs)
    for factor in (0.98, 0.999, 1.001, 1.02):
        assert run.slowdown(factor * best, **costs) > least
    x = best / between
    assert 1 - x == pytest.approx(exp(-x - write / between))


@pytest.mark.parametrize(("write", "between"), CASES)
def test_approximations_come_near_the_best(write, between):
    sizes = {"write": write, "between": between}
    best = run.best_interval(**sizes)
    small = sqrt(write / 2 / between)
    young, daly = run.young_interval(**sizes), run.daly_interval(**sizes)
    assert young == pytest.approx(best, rel=small)
    assert young - best > write / 2  # what the first order leaves out
    assert daly == pytest.approx(best, rel=small**3)
    assert abs(daly - best) < abs(young - best) / 20


def test_intervals_by_hand():
    assert run.young_interval(write=2, between=400) == 40
    assert run.daly_interval(write=2, between=100) == pytest.approx(
        20 * (1 + 0.1 / 3 + 0.01 / 9) - 2
    )
    assert run.daly_interval(write=8, between=4) == 4
    assert run.daly_interval(write=7.99, between=4) != 4


@pytest.mark.parametrize(
    ("interval", "write", "restart"),
    [(1157, 60, 300), (3000, 600, 0), (400, 0, 2000), (9000, 60, 60)],
)
def test_the_expected_time_is_that_of_drawn_failures(interval, write, restart):
    costs = {"write": write, "restart": restart, "between": 11_160}
    drawn = [
        run.simulated_slowdown(interval, **costs, n_intervals=2500, seed=seed)
        for seed in range(8)
    ]
    mean = sum(drawn) / 8
    spread = sqrt(sum((x - mean) ** 2 for x in drawn) / 7 / 8)
    expected = run.slowdown(interval, **costs)
    assert abs(mean - expected) < 3.5 * spread
    assert spread < 0.01 * expected


def test_where_nothing_fails_only_writing_costs():
    costs = {"write": 10, "restart": 5, "between": 1e15}
    assert run.slowdown(100, **costs) == pytest.approx(1.1)
    drawn = run.simulated_slowdown(100, **costs, n_intervals=50)
    assert drawn == pytest.approx(1.1)


def test_a_seed_draws_the_same_failures():
    costs = {"write": 1, "restart": 1, "between": 50, "n_intervals": 30}
    one = run.simulated_slowdown(10, **costs)
    assert run.simulated_slowdown(10, **costs, seed=0) == one
    assert run.simulated_slowdown(10, **costs, seed=1) != one


def test_what_cannot_be():
    work = {"ranks": 1, "peak": 1, "utilisation": 1}
    for name in ("peak", "utilisation"):
        with pytest.raises(ValueError, match=f"{name}=0 must be positive"):
            run.seconds(1, **work | {name: 0})
    with pytest.raises(ValueError, match="n_flops=0 must be positive"):
        run.seconds(0, **work)
    with pytest.raises(ValueError, match="ranks=0 must be at least 1"):
        run.seconds(1, **work | {"ranks": 0})
    with pytest.raises(ValueError, match=r"utilisation=1.1 must be at most"):
        run.seconds(1, **work | {"utilisation": 1.1})
    for name in ("n_flops", "device_seconds", "peak"):
        sizes = {"n_flops": 1, "device_seconds": 1, "peak": 1} | {name: 0}
        with pytest.raises(ValueError, match=f"{name}=0 must be positive"):
            run.utilisation(**sizes)
    with pytest.raises(ValueError, match="device=0 must be positive"):
        run.between_failures(0, ranks=1)
    with pytest.raises(ValueError, match="ranks=0 must be at least 1"):
        run.between_failures(1, ranks=0)


@pytest.mark.parametrize(
    "function", [run.young_interval, run.daly_interval, run.best_interval]
)
@pytest.mark.parametrize("name", ["write", "between"])
def test_intervals_need_numbers_above_zero(function, name):
    with pytest.raises(ValueError, match=f"{name}=0 must be positive"):
        function(**{"write": 1, "between": 1} | {name: 0})


@pytest.mark.parametrize("function", [run.slowdown, run.simulated_slowdown])
def test_times_of_a_run(function):
    times = {"interval": 1, "write": 1, "restart": 1, "between": 1}
    more = {"n_intervals": 1} if function is run.simulated_slowdown else {}
    for name in ("interval", "between"):
        with pytest.raises(ValueError, match=f"{name}=0 must be positive"):
            function(**times | {name: 0} | more)
    for name in ("write", "restart"):
        with pytest.raises(ValueError, match=f"{name}=-1 must not be neg"):
            function(**times | {name: -1} | more)
    if more:
        with pytest.raises(ValueError, match="n_intervals=0 must be at"):
            function(**times, n_intervals=0)
