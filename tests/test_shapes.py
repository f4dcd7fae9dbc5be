"""Shapes of weights, against models with every weight in place."""

from collections import Counter
from dataclasses import replace
from functools import partial

import pytest
import torch

from tests.toys import SMALL, TOY
from xfmr import count, zoo
from xfmr.config import Experts, Latent
from xfmr.models.bert import Bert
from xfmr.models.gpt import GPT
from xfmr.models.llama import Llama
from xfmr.models.t5 import T5
from xfmr.models.transformer import Transformer
from xfmr.presets import BERT_BASE, TRANSFORMER_BASE
from xfmr.shapes import Shape, weights

FULL = replace(BERT_BASE, heads=("pooler", "mlm", "nsp"))
EVEN = replace(SMALL, d_head=6)
T5_SMALL = zoo.find("t5-v1.1-small").reading.config
QWEN = zoo.find("qwen3-0.6b").reading.config
GEMMA = zoo.find("gemma-2-2b").reading.config


@pytest.mark.parametrize(
    ("kind", "config"),
    [
        (Bert, FULL),
        (GPT, TOY),
        (Llama, EVEN),
        (Llama, QWEN),
        (Llama, GEMMA),
        (T5, T5_SMALL),
        (partial(Transformer, context_length=4), TRANSFORMER_BASE),
    ],
    ids=lambda x: getattr(x, "__name__", ""),
)
def test_weights_of_a_built_model(kind, config):
    with torch.device("meta"):
        model = kind(config)
    built = Counter(tuple(p.shape) for p in model.parameters())
    listed = Counter()
    for shape in weights(config):
        listed[shape.sizes] += shape.times
    assert listed == built


def numbers(config):
    found = Counter()
    for shape in weights(config):
        found[shape.part] += shape.numbers
    return dict(found)


def counted(config):
    return {part: n for part, n in count.parts(config).items() if n}


@pytest.mark.parametrize("name", zoo.models())
def test_weights_of_a_part_are_what_it_counts(name):
    config = zoo.find(name).reading.config
    assert numbers(config) == counted(config)


EXPERTS = Experts(n_experts=5, n_active=2, d_ff=7, d_ff_shared=3)
LATENT = Latent(d_latent=7, d_content=3, d_rotary=2, d_value=4)


@pytest.mark.parametrize(
    "change",
    [
        {"attention_bias": True},
        {"attention_bias": True, "output_bias": False},
        {"output_bias": True},
        {"ff_bias": True},
        {"gated": False, "ff_bias": True},
        {"norm": "layer"},
        {"norm": "layer", "norm_bias": False},
        {"norm": "layer", "norm_gain": False, "norm_bias": False},
        {"norm_order": "sandwich"},
        {"norm_order": "post"},
        {"first_norm": False},
        {"final_norm": False},
        {"shared_norm": True, "parallel": True},
        {"embedding_norm": True},
        {"qk_norm": "head"},
        {"qk_norm": "all"},
        {"sinks": True},
        {"position": "projected"},
        {"position": "learned", "context_length": 9, "n_spare_positions": 2},
        {"position": "relative", "n_buckets": 4, "max_distance": 8},
        {"n_segments": 2},
        {"d_embedding": 6},
        {"d_embedding": 6, "tied": True, "heads": ("mlm",)},
        {"d_token": 6},
        {"n_token_tables": 3},
        {"n_distinct_layers": 1},
        {"heads": ("pooler", "mlm", "nsp"), "norm": "layer"},
        {"heads": ("mlm",), "mlm_dense_bias": False, "n_mlm_biases": None},
        {"heads": ("mlm",), "n_mlm_biases": 2, "tied": True},
        {"n_decoder_layers": 2, "d_decoder_ff": 6, "norm": "layer"},
        {"n_decoder_layers": 2, "position": "learned", "context_length": 4},
        {"experts": EXPERTS},
        {"experts": replace(EXPERTS, layers=(1, 2))},
        {"experts": replace(EXPERTS, bias=True, router_bias=True)},
        {"latent": LATENT},
        {"latent": replace(LATENT, d_query=5)},
        {"latent": replace(LATENT, d_query=5), "attention_bias": True},
    ],
    ids=str,
)
def test_whatever_a_model_may_have(change):
    config = replace(SMALL, **change)
    assert numbers(config) == counted(config)
    assert counted(config) != counted(replace(SMALL, heads=("nsp", "pooler")))


def test_a_weight_has_rows_for_what_it_gives():
    by_name = {(s.part, s.name): s for s in weights(SMALL)}
    D, N, K, H = (SMALL.axes[letter] for letter in "DNKH")
    F, V, L = (SMALL.axes[letter] for letter in "FVL")
    expected = {
        ("attention", "w_q"): ((N * H, D), L),
        ("attention", "w_k"): ((K * H, D), L),
        ("attention", "w_v"): ((K * H, D), L),
        ("attention", "w_o"): ((D, N * H), L),
        ("feed-forward", "w_in"): ((F, D), L),
        ("feed-forward", "w_gate"): ((F, D), L),
        ("feed-forward", "w_out"): ((D, F), L),
        ("norm", "gain"): ((D,), 2 * L),
        ("final norm", "gain"): ((D,), 1),
        ("token embedding", "table"): ((V, D), 1),
        ("lm", "w"): ((V, D), 1),
    }
    found = {key: (s.sizes, s.times) for key, s in by_name.items()}
    assert found == expected


def test_numbers_of_several_of_a_shape():
    assert Shape(part="a", name="b", sizes=(2, 3), times=4).numbers == 24
    assert Shape(part="a", name="b", sizes=(5,)).numbers == 5
