"""The common form: what counts, what may be read, and what nothing reads."""

from dataclasses import replace
from functools import partial

import pytest
import torch
from torch.nn.functional import cross_entropy

from tests.toys import TOY
from xfmr import probe
from xfmr.mask import causal_mask
from xfmr.models.gpt import GPT
from xfmr.objectives import example, masked, middle, mixture, spans
from xfmr.objectives.example import causal, joined, prefix

SMALL = replace(TOY, vocab_size=60, context_length=64)
TEXT = torch.arange(2 * 7).reshape(2, 7)


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def test_causal_asks_for_each_next_token():
    made = causal(TEXT)
    assert made.inputs.tolist() == TEXT[:, :-1].tolist()
    assert made.targets.tolist() == TEXT[:, 1:].tolist()
    assert made.counts.all() and made.signal == 1.0 and made.mask is None


def test_a_prefix_of_one_token_is_causal():
    made = joined([(text[:1], text[1:]) for text in TEXT], fill=0)
    assert torch.equal(made.inputs, causal(TEXT).inputs)
    assert torch.equal(made.targets, causal(TEXT).targets)
    assert made.counts.all()
    assert (made.mask == causal_mask(n_queries=6, n_keys=6)).all()


def test_joined_asks_for_the_target_alone():
    made = joined(
        [(TEXT[0, :3], TEXT[0, 3:]), (TEXT[1, :2], TEXT[1, 2:4])], fill=50
    )
    assert made.inputs.tolist() == [[0, 1, 2, 3, 4, 5], [7, 8, 9, 10, 50, 50]]
    assert made.targets[made.counts].tolist() == [3, 4, 5, 6, 9, 10]
    assert made.counts.tolist() == [
        [False, False, True, True, True, True],
        [False, True, True, False, False, False],
    ]
    assert made.signal == 6 / 12
    first = [[s < 3 or s <= t for s in range(6)] for t in range(6)]
    second = [[s < 2 or s <= t for s in range(6)] for t in range(6)]
    assert made.mask.tolist() == [first, second]


def test_nothing_that_counts_reads_what_fills():
    made = joined(
        [(TEXT[0, :3], TEXT[0, 3:]), (TEXT[1, :2], TEXT[1, 2:4])], fill=50
    )
    is_filled = torch.tensor([[False] * 4 + [True] * 2])
    reads = made.mask[1] & is_filled
    assert not reads[made.counts[1]].any()


def test_prefixes_are_of_every_length_and_leave_a_token():
    tokens = torch.arange(5).repeat(400, 1)
    made = prefix(tokens, generator=generator())
    n_asked = made.counts.sum(1)
    counted = torch.bincount(n_asked, minlength=5)
    assert counted[0] == 0 and len(counted) == 5
    assert (counted[1:] - 100).abs().max() < 4 * (400 * 3 / 16) ** 0.5
    for n, counts, mask in zip(n_asked, made.counts, made.mask, strict=True):
        length = 5 - int(n)
        assert counts.tolist() == [t + 1 >= length for t in range(4)]
        assert mask[0].tolist() == [s < length for s in range(4)]


def test_a_model_reads_what_the_mask_says():
    torch.manual_seed(0)
    model = GPT(SMALL, causal=False)
    made = joined([(TEXT[0, :3], TEXT[0, 3:])], fill=0)
    x = model.embedding(made.inputs)

    def stream(x):
        for block in model.blocks:
            x = block(x, made.mask)
        return x

    torch.testing.assert_close(
        model.final_norm(stream(x)), model.stream(made.inputs, mask=made.mask)
    )
    assert torch.equal(
        probe.influence(stream, x, torch.randn_like(x)), made.mask[0]
    )


SPANS = spans.Marks(range(30, 50), end=50)
MIDDLE = middle.Marks(51, 52, 53, 50)
MODES = {"R": 54, "S": 55, "X": 56}
EVERY = {
    "causal": causal,
    "prefix": prefix,
    "masked": partial(masked.masked, mask_token=59, vocab_size=60),
    "spans": partial(spans.spans, marks=SPANS),
    "mixture": partial(mixture.mixture, marks=SPANS, modes=MODES),
    "middle": partial(middle.middle, marks=MIDDLE),
}


@pytest.mark.parametrize("name", EVERY)
def test_one_loop_takes_any_of_them(name):
    torch.manual_seed(0)
    tokens = torch.randint(30, (4, 24), generator=generator(1))
    made = EVERY[name](tokens, generator=generator())
    model = GPT(SMALL, causal=made.mask is None)
    logits = model(made.inputs, mask=made.mask)
    assert made.inputs.shape == made.targets.shape == made.counts.shape
    loss = cross_entropy(logits[made.counts], made.targets[made.counts])
    loss.backward()
    assert all(p.grad.isfinite().all() for p in model.parameters())
    assert 0 < made.signal <= 1


@pytest.mark.parametrize("n", [0, 1])
@pytest.mark.parametrize("objective", [causal, prefix])
def test_texts_of_nothing_to_ask(objective, n):
    with pytest.raises(
        ValueError, match=rf"^tokens\.shape\[1\]={n} must be at least 2$"
    ):
        objective(TEXT[:, :n], generator=generator())


def test_pairs_that_lack_a_part():
    with pytest.raises(ValueError, match=r"^pairs must hold at least one$"):
        joined([], fill=0)
    for n in (0, 7):
        pair = TEXT[0, :n], TEXT[0, n:]
        with pytest.raises(
            ValueError,
            match=rf"^len\(source\)={n} and len\(target\)={7 - n} must be at",
        ):
            joined([pair], fill=0)


def test_the_shortest_texts():
    assert causal(TEXT[:, :2]).inputs.tolist() == [[0], [7]]
    assert example.prefix(TEXT[:, :2], generator=generator()).counts.all()
