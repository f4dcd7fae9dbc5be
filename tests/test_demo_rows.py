"""The rows of a step are what a seed and its number say."""

from collections import Counter
from random import Random

import pytest
import torch

from xfmr.demo import rows, texts
from xfmr.demo.rows import LENGTHS, Rows, Texts, both
from xfmr.tokenizer import merges

PROSE = ["So it is.", "What reads this?", "A head does, and no more."]
OTHERS = [
    "apple",
    "bread",
    "cloud",
    "dream",
    "earth",
    "flame",
    "glass",
    "house",
]


@pytest.fixture(scope="module")
def tokenizer():
    said = texts.as_read(texts.drawn(200, seed=0))
    return merges.train([said], vocab_size=400, specials=[rows.MASK])


@pytest.fixture
def source(tokenizer):
    return Texts(tokenizer, PROSE, OTHERS)


def test_both_modes_read_the_same_rows(tokenizer):
    tokens = torch.randint(399, (40, 33))
    found = both(tokens, tokenizer, seed=1)
    torch.testing.assert_close(found.causal.inputs, tokens[:, :-1])
    torch.testing.assert_close(found.causal.targets, tokens[:, 1:])
    assert found.causal.counts.all() and found.causal.mask is None
    hidden = found.bidirectional
    torch.testing.assert_close(hidden.targets, tokens[:, :-1])
    assert hidden.mask.all()
    assert hidden.signal == pytest.approx(0.2, abs=0.03)
    masked = hidden.inputs == tokenizer.specials["[mask]"]
    assert (masked & ~hidden.counts).sum() == 0
    assert masked.sum() / hidden.counts.sum() == pytest.approx(0.8, abs=0.08)
    again = both(tokens, tokenizer, seed=1).bidirectional
    assert (again.counts == hidden.counts).all()
    other = both(tokens, tokenizer, seed=2).bidirectional
    assert (other.counts != hidden.counts).any()


def test_rows_of_prose_begin_with_a_sentence_and_go_round(source, tokenizer):
    text = texts.as_read(PROSE * 3)
    begun = Counter()
    for seed in range(60):
        found = tokenizer.decode(source.prose(20, Random(seed)))
        assert found in text
        begun[found[:5]] += 1
    assert {*begun} == {texts.as_read([line])[:5] for line in PROSE}
    assert len(source.prose(20, Random(0))) == 20


def test_rows_of_the_language_are_its_sentences(source, tokenizer):
    found = source.language(50, Random(0))
    assert len(found) == 50
    seed = Random(0).getrandbits(64)
    said = texts.sentences(OTHERS, seed)
    text = texts.as_read(next(said) for _ in range(9))
    assert text.startswith(tokenizer.decode(found))


def test_steps_have_rows_of_all_lengths_half_in_either_mode(source):
    found, lengths, prose = Rows(source, n_tokens=256, seed=0), Counter(), []
    for _ in range(150):
        causal, hidden = next(found)
        B, T = causal.inputs.shape
        lengths[T] += 1
        assert B == 256 // T // 2
        assert hidden.inputs.shape == (256 // T - B, T)
        assert hidden.mask.shape == (T, T)
        first = torch.cat([causal.inputs, hidden.targets])[:, :9].tolist()
        decode = source.tokenizer.decode
        starts = [texts.as_read([line])[:8] for line in PROSE]
        prose += [decode(row)[:8] in starts for row in first]
    assert {*lengths} == {*LENGTHS}
    for T, odds in LENGTHS.items():
        assert abs(lengths[T] / 150 - odds / sum(LENGTHS.values())) < 0.12
    assert sum(prose) / len(prose) == pytest.approx(rows.PROSE, abs=0.04)


def test_a_step_is_a_matter_of_the_seed_and_its_number(source):
    one, other = (Rows(source, n_tokens=256, seed=0) for _ in range(2))
    third = Rows(source, n_tokens=256, seed=1)
    first, second = next(one), next(iter(one))
    other.load_state_dict({"seed": 0, "step": 1})
    again = next(other)
    for example, same in zip(second, again, strict=True):
        assert (example.inputs == same.inputs).all()
        assert (example.counts == same.counts).all()
    assert one.state_dict() == other.state_dict() == {"seed": 0, "step": 2}
    shapes = [x.causal.inputs.tolist() for x in (first, second, next(third))]
    assert shapes[0] != shapes[1] and shapes[0] != shapes[2]


def test_rows_of_another_seed_are_refused(source):
    found = Rows(source, n_tokens=256, seed=1)
    with pytest.raises(ValueError, match="seed=1 must be 2"):
        found.load_state_dict({"seed": 2, "step": 5})
