"""Rounded tensors: torch's casts, number by number, on average."""

from math import inf

import pytest
import torch

from xfmr.precision import BF16, E4M3, E5M2, FORMATS, FP16
from xfmr.rounding import by_chance, nearest, spacings

TORCHS = {
    FP16: torch.float16,
    BF16: torch.bfloat16,
    E5M2: torch.float8_e5m2,
    E4M3: torch.float8_e4m3fn,
}
each_format = pytest.mark.parametrize("form", FORMATS, ids=lambda f: f.name)


def numbers(dtype=torch.float32):
    """Of all sizes, with those that are special."""
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(4000, generator=generator, dtype=dtype)
    scale = torch.rand(4000, generator=generator, dtype=dtype)
    special = torch.tensor([0.0, 1.0, -1.5, 2.0**-24, 2.0**-25, 65504.0])
    return torch.cat((x * 10 ** (14 * scale - 9), special.to(dtype)))


@pytest.mark.parametrize("form", TORCHS, ids=lambda f: f.name)
def test_nearest_is_torchs_cast(form):
    x = numbers()
    assert torch.equal(nearest(x, form), x.to(TORCHS[form]).float())


@each_format
def test_spacings_are_those_of_the_format(form):
    x = numbers(torch.float64)
    expected = [form.spacing(value) for value in x.tolist()]
    assert spacings(x, form).tolist() == expected


@pytest.mark.parametrize("form", [FP16, BF16, E4M3], ids=lambda f: f.name)
def test_by_chance_is_right_on_average(form):
    # every noise that float32 can tell apart here, each once
    n = 2**12
    noise = torch.arange(n) / n
    for x in (1 + 2.0**-9, -1 - 2.0**-9, 0.3125, 2.0**-25, 100 + 2.0**-5):
        x = torch.full((n,), x)
        found = by_chance(x, form, noise).double()
        below, above = form.below_and_above(x[0].item())
        assert {*found.tolist()} <= {below, above}
        spacing = form.spacing(x[0].item())
        torch.testing.assert_close(
            found.mean(), x[0].double(), rtol=0, atol=spacing / n
        )


def test_by_chance_is_exact_where_noise_is_fine_enough():
    noise = torch.arange(256) / 256
    x = torch.full((256,), 1 + 2.0**-9)
    assert by_chance(x, BF16, noise).double().mean() == 1 + 2.0**-9


@each_format
def test_numbers_of_the_format_stay(form):
    bits = range(0, 1 << form.n_bits, 1 << (form.n_bits - 7))
    values = torch.tensor([form.value(b) for b in bits])
    values = values[values.isfinite()]
    assert len(values) > 50
    assert torch.equal(nearest(values, form), values)
    noise = torch.rand(len(values), generator=torch.Generator().manual_seed(0))
    assert torch.equal(by_chance(values, form, noise), values)


def test_what_is_too_large_is_infinite():
    x = torch.tensor([65519.0, 65520.0, -1e6])
    assert nearest(x, FP16).tolist() == [65504.0, inf, -inf]
    noise = torch.tensor([0.0, 0.99, 0.0])
    assert by_chance(x, FP16, noise).tolist() == [inf, 65504.0, -inf]


def test_shapes_stay():
    assert nearest(torch.ones(2, 3), BF16).shape == (2, 3)
