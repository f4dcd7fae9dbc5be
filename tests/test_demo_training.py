"""The run of the demo model, against a plain loop; and it goes on exactly."""

from dataclasses import replace

import pytest
import torch
from torch.nn.functional import cross_entropy

from xfmr import count
from xfmr.demo import scores, texts, training
from xfmr.demo.model import DEMO, MODES, Demo
from xfmr.demo.rows import Rows, Texts
from xfmr.demo.training import Training, config_of
from xfmr.train.initial import initialise
from xfmr.train.recipe import Recipe

TOY = Recipe(
    n_layers=2,
    d_model=8,
    n_heads=2,
    vocab_size=1024,
    n_steps=4,
    batch_size=2,
    evaluate_every=2,
    learning_rate=0.02,
    weight_decay=0.0,
    schedule="wsd",
    warmup=0.0,
    fall=0.0,
    clip=0.1,
)


@pytest.fixture(scope="module")
def tokenizer():
    return training.tokenizer_of(TOY.vocab_size)


def test_words_of_the_language_are_tokens(tokenizer):
    assert tokenizer.vocab_size == 1024
    assert tokenizer.specials == {"[mask]": 1023}
    classes = texts.LANGUAGE.grammar.classes
    words = ["The", "When", "After", "Mary", "John"]
    words += [*classes["item"], *classes["name"]]
    words += [*classes["place"], *classes["thing"]]
    many = [word for word in words if len(tokenizer.encode(f" {word}")) > 1]
    assert many == []


def test_sizes_are_those_of_the_recipe():
    assert config_of(Recipe(vocab_size=1024)) == DEMO
    config = config_of(TOY)
    assert (config.d_head, config.d_ff, config.n_layers) == (4, 20, 2)
    model = Demo(config)
    n_kept = sum(p.numel() for p in model.parameters())
    assert n_kept == count.parameters(config)


def plain_losses(tokenizer):
    """The losses of a loop that knows nothing of ours but the rows."""
    torch.set_num_threads(1)
    prose = texts.learned_prose()
    source = Texts(tokenizer, prose, texts.words_of(prose))
    rows = Rows(source, n_tokens=256, seed=0)
    model = initialise(Demo(config_of(TOY)), seed=0)
    optimiser = torch.optim.AdamW(
        model.parameters(), lr=0.02, betas=(0.9, 0.95), weight_decay=0.0
    )
    for _, examples in zip(range(4), rows, strict=False):
        each = []
        for mode, example in zip(MODES, examples, strict=True):
            logits = model(example.inputs, mode)[example.counts]
            each.append(cross_entropy(logits, example.targets[example.counts]))
        optimiser.zero_grad()
        (sum(each) / 2).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 0.1)
        optimiser.step()
        yield (sum(each) / 2).item()


def test_losses_are_those_of_a_plain_loop(tokenizer):
    found = [row["loss"] for row in Training(TOY, tokenizer).train()]
    assert found == pytest.approx([*plain_losses(tokenizer)], rel=1e-4)
    assert found[-1] < found[0]


def test_a_row_for_each_evaluation_has_scores_and_the_mean_loss(tokenizer):
    each = [row["loss"] for row in Training(TOY, tokenizer).train()]
    run = Training(TOY, tokenizer)
    rows = [*run.evaluations()]
    assert [row["step"] for row in rows] == [2, 4]
    assert [row["tokens"] for row in rows] == [512, 1024]
    assert rows[0]["loss"] == pytest.approx(sum(each[:2]) / 2)
    assert rows[1]["loss"] == pytest.approx(sum(each[2:]) / 2)
    assert [*rows[0]] == [
        *("step", "tokens", "loss", "language, causal"),
        *("language, bidirectional", "prose, causal"),
        *("prose, bidirectional", "previous", "induction"),
        *("copied", "names"),
    ]
    said = scores.measured(run.model, tokenizer)
    for kind in ("language", "prose"):
        for mode in MODES:
            expected = said["losses"][kind][mode]["loss"]
            found = rows[-1][f"{kind}, {mode}"]
            assert found == pytest.approx(expected, rel=1e-4)
    for name in ("previous", "induction"):
        best = torch.tensor(said["heads"]["causal"][name]).max().item()
        assert rows[-1][name] == pytest.approx(best, rel=1e-4)
    for name in ("copied", "names"):
        assert rows[-1][name] == said[name]


def test_a_run_goes_on_where_another_stood(tokenizer):
    made = replace(TOY, optimiser="muon")
    whole = [row["loss"] for row in Training(made, tokenizer).train()]
    first = Training(made, tokenizer)
    losses = [row["loss"] for row in first.train(2)]
    second = Training(made, tokenizer)
    second.restore(*first.state())
    losses += [row["loss"] for row in second.train()]
    assert losses == whole
    other = Training(replace(made, seed=1), tokenizer)
    with pytest.raises(ValueError, match="seed=1 must be 0"):
        other.restore(*first.state())
