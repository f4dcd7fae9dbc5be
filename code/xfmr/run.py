"""The arithmetic of a run: from FLOPs to days, and from failures to waiting.

A run of C FLOPs on R devices of P FLOPs a second, used to a share u, takes

    C / (R P u)    seconds,

if nothing fails. If devices fail, at any moment alike, M seconds apart on
average for all of them together, the run starts again from its last
checkpoint. With checkpoints that take d seconds after every s seconds of work,
and r seconds for a start, a second of work takes on average

    (M / s) e^(r / M) (e^((s + d) / M) - 1)

seconds, Daly 2006. The s for which this is least is near
sqrt(2 d M), Young 1974. Nothing here has seen a machine.
"""

from math import exp, expm1, log1p, sqrt
from random import Random

from xfmr.axes import check_positive, check_sizes


def seconds(
    n_flops: float | int,
    *,
    ranks: int,
    peak: float | int,
    utilisation: float | int,
) -> float:
    """How long so many FLOPs take where nothing fails.

    Args:
        peak: FLOPs a second of one device.
        utilisation: the share of it that the run reaches.

    Raises:
        ValueError: if a number is not positive, or the share above one.
    """
    check_sizes(ranks=ranks)
    check_positive(n_flops=n_flops, peak=peak, utilisation=utilisation)
    if utilisation > 1:
        raise ValueError(f"{utilisation=} must be at most 1")
    return n_flops / (ranks * peak * utilisation)


def utilisation(
    n_flops: float | int,
    *,
    device_seconds: float | int,
    peak: float | int,
) -> float:
    """The share of the peak that a run has reached over all its devices.

    With the FLOPs that the model needs, and none that were done again, this
    is the MFU of Chowdhery et al. 2022, appendix B.

    Raises:
        ValueError: if a number is not positive.
    """
    check_positive(n_flops=n_flops, device_seconds=device_seconds, peak=peak)
    return n_flops / (device_seconds * peak)


def between_failures(device: float | int, *, ranks: int) -> float:
    """Seconds between failures of any of the devices, from those of one.

    Raises:
        ValueError: if a number is not positive.
    """
    check_sizes(ranks=ranks)
    check_positive(device=device)
    return device / ranks


def young_interval(*, write: float | int, between: float | int) -> float:
    """Seconds of work between two checkpoints, to first order.

    Young 1974: half an interval is lost in a failure, on average, and writing
    takes its share of every interval; the sum of both is least here.

    Args:
        write: seconds that a checkpoint takes.
        between: seconds between failures.

    Raises:
        ValueError: if a number is not positive.
    """
    check_positive(write=write, between=between)
    return sqrt(2 * write * between)


def daly_interval(*, write: float | int, between: float | int) -> float:
    """The same to third order in sqrt(write / between).

    Daly 2006; with writes twice as long as what lies between
    failures or longer, it is as long as that.

    Raises:
        ValueError: if a number is not positive.
    """
    first = young_interval(write=write, between=between)
    if write >= 2 * between:
        return float(between)
    small = write / (2 * between)
    return first * (1 + sqrt(small) / 3 + small / 9) - write


def best_interval(*, write: float | int, between: float | int) -> float:
    """The same exactly, for `slowdown`.

    Where its derivative is zero, x = s / M solves 1 - x = e^(-x - d / M).

    Raises:
        ValueError: if a number is not positive.
    """
    check_positive(write=write, between=between)
    low, high = 0.0, 1.0
    while low < (middle := (low + high) / 2) < high:
        if log1p(-middle) + middle + write / between > 0:
            low = middle
        else:
            high = middle
    return middle * between


def slowdown(
    interval: float | int,
    *,
    write: float | int,
    restart: float | int,
    between: float | int,
) -> float:
    """Seconds that a second of work takes on average, failures and all.

    Daly 2006. A failure may also come while a checkpoint is
    written, or while the run starts again.

    Args:
        interval: seconds of work between two checkpoints.
        write: seconds that a checkpoint takes.
        restart: seconds from a failure until work goes on.
        between: seconds between failures.

    Raises:
        ValueError: if a number is not positive; writing and starting may
            take no time.
    """
    check_positive(interval=interval, between=between)
    _check_not_negative(write=write, restart=restart)
    whole = (interval + write) / between
    return between / interval * exp(restart / between) * expm1(whole)


def simulated_slowdown(
    interval: float | int,
    *,
    write: float | int,
    restart: float | int,
    between: float | int,
    n_intervals: int,
    seed: int = 0,
) -> float:
    """The same of one run whose failures are drawn.

    Raises:
        ValueError: if a number is not positive; writing and starting may
            take no time.
    """
    check_sizes(n_intervals=n_intervals)
    check_positive(interval=interval, between=between)
    _check_not_negative(write=write, restart=restart)
    chance, now = Random(seed), 0.0
    failure = chance.expovariate(1 / between)
    done, ready = 0, 0.0  # since when work could go on
    while done < n_intervals:
        end = max(now, ready) + interval + write
        if end <= failure:
            now, done = end, done + 1
            continue
        now, ready = failure, failure + restart
        failure = now + chance.expovariate(1 / between)
    return now / (n_intervals * interval)


def _check_not_negative(**numbers: float | int) -> None:
    for name, number in numbers.items():
        if number < 0:
            raise ValueError(f"{name}={number} must not be negative")
