"""UL2's mixture: seven kinds of cut, and what each leaves."""

from collections import Counter

import pytest
import torch

from xfmr.objectives.mixture import UL2, Denoiser, mixture
from xfmr.objectives.spans import Budget, Marks, restored

MARKS = Marks(range(1000, 1100), end=999)
MODES = {"R": 991, "S": 992, "X": 993}


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def test_the_settings_of_the_paper():
    # Tay et al. 2022, table 1
    assert [tuple(denoiser) for denoiser in UL2] == [
        ("R", 0.15, 3.0),
        ("R", 0.15, 8.0),
        ("S", 0.25, None),
        ("X", 0.5, 3.0),
        ("X", 0.5, 8.0),
        ("X", 0.15, 64.0),
        ("X", 0.5, 64.0),
    ]


def test_what_they_cut_out_of_512_tokens():
    assert [denoiser.budget(512) for denoiser in UL2] == [
        Budget(512, n_cut, n_spans)
        for n_cut, n_spans in (
            *((77, 26), (77, 10), (128, 1)),
            *((256, 85), (256, 32), (77, 1), (256, 4)),
        )
    ]


def test_spans_of_no_length():
    with pytest.raises(
        ValueError, match=r"^mean_length=0\.0 must be at least"
    ):
        Denoiser("X", 0.5, 0.0).budget(512)


def parts(made, n):
    """Mode, source and target of one text of a batch."""
    n_asked = int(made.counts[n].sum())
    start = int(made.counts[n].nonzero()[0]) + 1
    row = torch.cat([made.inputs[n], made.targets[n, -1:]])
    source, target = row[:start], row[start : start + n_asked]
    return int(source[0]), source[1:], target


def test_each_text_comes_back_whatever_cut_it():
    tokens = torch.randint(990, (60, 128), generator=generator(1))
    made = mixture(tokens, modes=MODES, marks=MARKS, generator=generator())
    known = {
        (MODES[d.mode], d.budget(128).n_source, d.budget(128).n_target): d
        for d in UL2
    }
    found = Counter()
    for n, text in enumerate(tokens):
        mode, source, target = parts(made, n)
        found[known[mode, len(source), len(target)]] += 1
        assert torch.equal(restored(source, target, MARKS), text)
        assert made.mask[n, 0].sum() == len(source) + 1
    assert found.keys() == {*UL2}


def test_all_are_equally_likely():
    tokens = torch.zeros(840, 8, dtype=torch.long)
    pair = Denoiser("R", 0.25, 2.0), Denoiser("S", 0.5, None)
    made = mixture(
        tokens, denoisers=pair, modes=MODES, marks=MARKS, generator=generator()
    )
    n = int((made.inputs[:, 0] == MODES["S"]).sum())
    assert abs(n - 420) < 4 * (840 / 4) ** 0.5
    assert int((made.inputs[:, 0] == MODES["R"]).sum()) == 840 - n


def test_one_span_is_a_prefix_and_the_rest():
    tokens = torch.arange(8)[None]
    made = mixture(
        tokens,
        denoisers=[Denoiser("S", 0.25, None)],
        modes=MODES,
        marks=MARKS,
        generator=generator(),
    )
    mode, source, target = parts(made, 0)
    assert mode == MODES["S"]
    assert source.tolist() == [*range(6), 1000, 999]
    assert target.tolist() == [1000, 6, 7, 999]


def test_modes_without_a_token():
    with pytest.raises(
        ValueError, match=r"^denoiser\.mode='S' must be one of \['R', 'X'\]$"
    ):
        mixture(
            torch.arange(8)[None],
            modes={"R": 991, "X": 993},
            marks=MARKS,
            generator=generator(),
        )
