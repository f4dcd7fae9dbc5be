"""Folded runs: the same totals, fewer tensors, nothing read that is gone."""

from dataclasses import replace

import pytest
import torch

from xfmr import count
from xfmr.block import EncoderBlock
from xfmr.feedforward import gelu, silu
from xfmr.fold import folded, folded_parts
from xfmr.norm import LayerNorm
from xfmr.presets import BERT_BASE
from xfmr.trace import follow


@pytest.fixture(scope="module")
def run():
    with torch.device("meta"):
        block, x = EncoderBlock(BERT_BASE), torch.empty(1, 16, 768)
        return follow(block, x, sizes=BERT_BASE.axes)


def test_each_call_is_one_step(run):
    few = folded(run, LayerNorm.forward, gelu)
    names = [step.operation for step in few.steps]
    assert names.count("LayerNorm") == 2 and names.count("gelu") == 1
    last = ["LayerNorm", "linear", "gelu", "linear", "add", "LayerNorm"]
    assert names[-6:] == last
    assert {"sqrt", "erf"} < {step.operation for step in run.steps}
    assert not {"sqrt", "erf"} & set(names)


def test_totals_stay(run):
    few = folded(run, LayerNorm.forward, gelu)
    assert few.flops == run.flops
    assert few.output is run.output
    size = sum(step.parameters for step in few.steps)
    assert size == (
        count.attention(**BERT_BASE.attention)
        + count.feed_forward(**BERT_BASE.feed_forward)
        + 4 * BERT_BASE.d_model
    )


def test_a_step_reads_what_its_call_read(run):
    few = folded(run, LayerNorm.forward)
    norm = next(s for s in few.steps if s.operation == "LayerNorm")
    assert [t.name for t in norm.inputs] == [
        "x + layer(x, *inputs)",
        "attention_norm.gain",
        "attention_norm.bias",
    ]
    following = few.steps[few.steps.index(norm) + 1]
    assert following.inputs[0] is norm.result
    used = {id(t) for s in few.steps for t in (*s.inputs, s.result)}
    assert used == {id(t) for t in few.tensors}
    assert len(few.tensors) == len(run.tensors) - 2 * 8


def test_a_function_that_the_run_does_not_call(run):
    with pytest.raises(ValueError, match=r"names=\['silu'\] must be call"):
        folded(run, gelu, silu)


def shifted(x):
    low = x - 1
    return low * 2, low


def test_what_is_read_after_the_call_cannot_be_folded_away():
    def twice(x):
        high, low = shifted(x)
        return high + low

    run = follow(twice, torch.ones(3), axes={"x": "T"})
    with pytest.raises(ValueError, match=r"inputs=\['low'\] must not be insi"):
        folded(run, shifted)


PARTS = {
    "attention": "attention",
    "attention_norm": "norm",
    "feed_forward": "feed-forward",
    "feed_forward_norm": "norm",
}


def test_each_part_is_one_step(run):
    few = folded_parts(run, PARTS)
    assert [step.operation for step in few.steps] == [
        *("attention", "add", "norm"),
        *("feed-forward", "add", "norm"),
    ]
    attention, _, _, feed_forward, _, _ = few.steps
    assert attention.parameters == count.attention(**BERT_BASE.attention)
    assert feed_forward.parameters == count.feed_forward(
        **BERT_BASE.feed_forward
    )
    assert few.flops == run.flops
    names = [t.name for t in attention.inputs if t.kind != "parameter"]
    assert names == ["x"]


def test_equal_parts_of_two_layers_are_two_steps():
    config = replace(BERT_BASE, n_layers=2)
    with torch.device("meta"):
        blocks = torch.nn.Sequential(
            EncoderBlock(config), EncoderBlock(config)
        )
        run = follow(blocks, torch.empty(1, 16, 768), sizes=config.axes)
    few = folded_parts(run, PARTS)
    assert [step.operation for step in few.steps].count("norm") == 4
    whole = folded_parts(run, {"0": "layer", "1": "layer"})
    assert [step.operation for step in whole.steps] == ["layer", "layer"]


def test_a_part_where_nothing_runs(run):
    with pytest.raises(ValueError, match=r"^names=\['none'\] must be called"):
        folded_parts(run, {"cross_attention": "none"})
