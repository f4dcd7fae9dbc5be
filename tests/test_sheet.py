"""Dimension sheets: every column adds up to the run and to the formulas."""

from dataclasses import replace

import pytest
import torch
from torch import nn

from xfmr import compute, count, memory
from xfmr.feedforward import gelu
from xfmr.fold import folded
from xfmr.models.bert import Bert
from xfmr.norm import LayerNorm
from xfmr.presets import BERT_BASE
from xfmr.sheet import sheet
from xfmr.trace import follow

TOY = replace(
    BERT_BASE,
    n_layers=3,
    d_model=24,
    n_heads=3,
    n_kv_heads=3,
    d_head=8,
    d_ff=40,
    vocab_size=29,
    heads=("mlm",),
)


@pytest.fixture(scope="module")
def run():
    with torch.device("meta"):
        tokens = torch.zeros(1, 5, dtype=torch.long)
        run = follow(Bert(TOY), tokens, sizes=TOY.axes)
        return folded(run, LayerNorm.forward, gelu)


def test_columns_add_up(run):
    made = sheet(run, caption="BERT")
    assert sum(made["parameters"]) == count.parameters(TOY)
    assert sum(made["FLOPs"]) == compute.forward_flops(TOY, n_tokens=5)
    assert sum(made["times"]) == len(run.steps)
    own = [s.result for s in run.steps if not s.result.shares]
    assert sum(made["bytes"]) == sum(t.bytes for t in own)


def test_a_layer_stands_once(run):
    made = sheet(run, caption="BERT")
    assert set(made["times"]) == {1, 3}
    assert made["scores", "times"] == 3
    assert made["scores", "size"] == (1, 3, 1, 5, 5)
    bytes_each = memory.score_bytes(TOY, n_tokens=5, bytes_per_number=4)
    assert made["scores", "bytes"] == 3 * bytes_each
    assert made["q", "bytes"] == 0
    assert made["scores", "made by"] == "einsum"
    places = {name.where for name in made["tensor"]}
    assert {"blocks.attention", "blocks", "mlm"} < places


def test_a_tied_table_counts_where_it_is_used_first(run):
    made = sheet(run, caption="BERT")
    assert made["parameters"][0] == 29 * 24
    assert run.steps[-2].parameters == 29 * 24
    assert made["parameters"][-2:] == (0, 29)


class Layer(nn.Module):
    def __init__(self, n_outputs):
        super().__init__()
        self.linear = nn.Linear(8, n_outputs)

    def forward(self, x):
        return self.linear(x)


class Stack(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList(Layer(n) for n in (8, 8, 4))

    def forward(self, x):
        return [layer(x) for layer in self.layers]


def test_layers_that_differ_stand_apart():
    with torch.device("meta"):
        run = follow(Stack(), torch.empty(2, 8))
    made = sheet(run, caption="a stack")
    assert made["times"] == (2, 1)
    assert made["size"] == ((2, 8), (2, 4))
    assert made["parameters"] == (2 * (8 * 8 + 8), 8 * 4 + 4)


class Experts(nn.Module):
    def __init__(self):
        super().__init__()
        self.w = nn.Parameter(torch.ones(3, 8, 8))

    def forward(self, x):
        pieces = [(x[:2] @ w).exp() for w in (self.w[0], self.w[1])]
        return pieces, (x[:1] @ self.w[2]).exp()


def test_rows_that_repeat_in_a_layer_stand_once():
    with torch.device("meta"):
        run = follow(Experts(), torch.empty(2, 8))
    made = sheet(run, caption="experts")
    assert [str(name) for name in made["tensor"]] == [
        *("w[0]", "w[1]", "x[:2]", "x[:2] @ w", "(x[:2] @ w).exp()"),
        *("x[:1]", "w[2]", "x[:1] @ w[2]", "(x[:1] @ w[2]).exp()"),
    ]
    assert made["times"] == (1, 1, 2, 2, 2, 1, 1, 1, 1)
    assert made["FLOPs"][3] == 2 * 2 * 2 * 8 * 8
    assert sum(made["FLOPs"]) == run.flops
    assert sum(made["times"]) == len(run.steps)


def test_long_expressions_are_called_what_made_them():
    def f(x):
        return (x + x.exp().abs().exp().abs().exp().abs() * x[:1]).exp()

    made = sheet(follow(f, torch.zeros(2, 8)), caption="f")
    assert made["tensor"][0] == "x.exp()"
    assert made["tensor"][-2] == "add(...)"
