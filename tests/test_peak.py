"""Peaks against the allocator's own records, and against sums by hand."""

import pytest
import torch
from torch.profiler import ProfilerActivity, profile

from xfmr.attention import attend
from xfmr.peak import peak_bytes

N = 1_000
BYTES = 4 * N


def allocated(function, *inputs):
    """The most that torch's allocator had handed out at once."""
    with profile(
        activities=[ProfilerActivity.CPU], profile_memory=True
    ) as profiled:
        function(*inputs)
    events = [
        event
        for event in profiled.profiler.kineto_results.events()
        if event.name() == "[memory]"
    ]
    now = most = 0
    for event in sorted(events, key=lambda event: event.start_ns()):
        now += event.nbytes()
        most = max(most, now)
    return most


@pytest.mark.parametrize("length", [64, 100])
def test_attention_holds_what_the_allocator_says(length):
    q = torch.zeros(1, length, 16)
    assert peak_bytes(attend, q, q, q) == allocated(attend, q, q, q)


def chain(x):
    for _ in range(5):
        x = x + 1
    return x


@pytest.mark.parametrize(
    ("function", "times"),
    [
        (lambda x: x + 1, 1),
        (lambda x: (x + 1) + (x + 2), 3),
        (lambda x: (x + 1).add_(2), 1),
        (lambda x: x[::2], 0),
        (lambda x: None, 0),
        (chain, 2),
        (lambda x: [x + n for n in range(7)], 7),
        (lambda x: (x + 1).split(10), 1),
    ],
)
@pytest.mark.parametrize("device", ["cpu", "meta"])
def test_peaks_by_hand(function, times, device):
    x = torch.zeros(N, device=device)
    assert peak_bytes(function, x) == times * BYTES


def test_what_autograd_keeps_counts():
    def forward(x):  # exp keeps its result, for its own derivative
        return x.exp().neg().exp().neg().exp()

    x = torch.zeros(N)
    assert peak_bytes(forward, x) == 2 * BYTES
    assert peak_bytes(forward, x.requires_grad_()) == 4 * BYTES


def test_inputs_are_free_however_they_come():
    x, y = torch.zeros(N), torch.zeros(N)
    assert peak_bytes(lambda pair, *, other: pair[0], [x, y], other=x) == 0


def test_a_freed_result_makes_room():
    def twice(x):
        (x + 1).sum()
        (x + 2).sum()

    assert peak_bytes(twice, torch.zeros(N)) == BYTES + 4
