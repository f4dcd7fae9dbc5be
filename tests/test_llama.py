"""Llama's assembly, and that of what came after: counts, windows, caches.

That they equal the transformers library's is tested in parity/.
"""

from dataclasses import replace
from math import sqrt

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from xfmr import compute, count
from xfmr.cache import empty_caches
from xfmr.config import Experts, Latent, Scaling
from xfmr.generate import greedy
from xfmr.models.llama import Llama
from xfmr.moe import Mixture, Router, SigmoidRouter
from xfmr.presets import GPT2, LLAMA2_7B, LLAMA2_70B
from xfmr.trace import follow

LLAMA = replace(
    LLAMA2_7B,
    n_layers=3,
    d_model=16,
    n_heads=4,
    n_kv_heads=2,
    d_head=6,
    d_ff=20,
    vocab_size=29,
)
LATENT = Latent(d_latent=7, d_query=9, d_content=4, d_rotary=2, d_value=5)
FAMILIES = {
    "Llama": {},
    "Llama 3.1": {
        "rotary_scaling": Scaling(
            kind="llama3", factor=8.0, original_length=9, slow=1.0, fast=4.0
        )
    },
    "YaRN": {
        "rotary_scaling": Scaling(
            kind="yarn", factor=4.0, original_length=9, slow=1.0, fast=4.0
        )
    },
    "part": {"d_rotary": 2},
    "Mistral": {"window": 3},
    "Mixtral": {"experts": Experts(n_experts=4, n_active=2, d_ff=12)},
    "some experts": {
        "experts": Experts(
            n_experts=4,
            n_active=2,
            d_ff=12,
            d_ff_shared=6,
            layers=(0, 2),
            bias=True,
            router_bias=True,
        )
    },
    "Gemma 2": {
        "tied": True,
        "norm_order": "sandwich",
        "norm_from_one": True,
        "embedding_scale": 4.0,
        "activation": "gelu_tanh",
        "score_scale": 0.3,
        "score_cap": 5.0,
        "logit_cap": 3.0,
        "window": 3,
        "windowed": (True, False, True),
    },
    "Gemma 3": {
        "qk_norm": "head",
        "window": 3,
        "windowed": (True, False, True),
        "local_rotary_base": 100.0,
    },
    "Qwen 2": {"attention_bias": True, "output_bias": False},
    "Qwen 3": {"qk_norm": "head", "tied": True},
    "OLMo 2": {"qk_norm": "all", "norm_order": "output"},
    "GPT-NeoX": {
        "norm": "layer",
        "parallel": True,
        "d_rotary": 2,
        "activation": "gelu",
        "gated": False,
        "attention_bias": True,
        "ff_bias": True,
    },
    "DeepSeek-V3": {
        "n_kv_heads": 4,
        "latent": LATENT,
        "experts": Experts(
            n_experts=4,
            n_active=2,
            d_ff=12,
            d_ff_shared=6,
            layers=(1, 2),
            shares="sigmoid",
            share_scale=2.5,
        ),
    },
    "sinks": {"sinks": True, "window": 2, "windowed": (False, True, False)},
    "LayerNorm": {"norm": "layer", "norm_bias": False},
    "scaled logits": {"logit_scale": 0.25},
}
each_family = pytest.mark.parametrize("family", FAMILIES)


def config_of(family):
    return replace(LLAMA, **FAMILIES[family])


def toy(family, **named):
    torch.manual_seed(0)
    model = Llama(config_of(family), **named).double()
    for p in model.parameters():
        nn.init.normal_(p, std=0.4)
    return model


def tokens(n, n_texts=2):
    generator = torch.Generator().manual_seed(1)
    return torch.randint(29, (n_texts, n), generator=generator)


@each_family
def test_parameters_equal_the_count(family):
    config = config_of(family)
    n = sum(p.numel() for p in toy(family).parameters())
    assert n == count.parameters(config)


@pytest.mark.parametrize(
    "config", [LLAMA2_7B, LLAMA2_70B], ids=lambda config: config.name
)
def test_the_real_sizes_on_meta(config):
    with torch.device("meta"):
        model = Llama(config)
    n = sum(p.numel() for p in model.parameters())
    assert n == count.parameters(config)


@each_family
def test_work_equals_the_formulas(family):
    config = config_of(family)
    with torch.device("meta"), FlopCounterMode(display=False) as counter:
        Llama(config)(torch.zeros(1, 5).long())
    expected = compute.forward_flops(config, n_tokens=5)
    if config.sinks:  # ours are compared as one more key
        expected += 3 * 5 * 4 * 4 * 6
    assert counter.get_total_flops() == expected


def test_a_mixture_can_be_followed():
    config = replace(config_of("Mixtral"), n_layers=1)
    with torch.device("meta"):
        model, text = Llama(config), torch.zeros(1, 5).long()
        run = follow(model, text, sizes=config.axes)
    assert run.flops == compute.forward_flops(config, n_tokens=5)
    assert run["readers"].axes == "BTchoice"


@each_family
def test_no_token_changes_the_logits_before_it(family):
    model, text = toy(family), tokens(8)
    other = text.clone()
    other[:, 5] = (text[:, 5] + 1) % 29
    a, b = model(text), model(other)
    if model.config.experts is None:
        assert torch.equal(a[:, :5], b[:, :5])
    else:  # as many rows as chose an expert, and sums in another order
        torch.testing.assert_close(a[:, :5], b[:, :5], rtol=0, atol=1e-13)
    assert ((a - b)[:, 5].abs().amax(-1) > 0).all()


@each_family
@pytest.mark.parametrize("pieces", [[1] * 8, [5, 1, 2], [7, 1]])
def test_a_cache_changes_nothing(family, pieces):
    model, text = toy(family), tokens(8)
    cache = empty_caches(model.config)
    rows = [model(piece, cache) for piece in text.split(pieces, dim=1)]
    torch.testing.assert_close(torch.cat(rows, dim=1), model(text))


@each_family
def test_fused_gives_the_same(family):
    if FAMILIES[family].get("score_cap"):
        with pytest.raises(ValueError, match=r"^score_cap=5.0 must be None"):
            toy(family, fused=True)
        return
    fused = toy(family, fused=True)
    torch.testing.assert_close(fused(tokens(8)), toy(family)(tokens(8)))
    assert torch.equal(
        greedy(fused, tokens(4), n_new=5),
        greedy(toy(family), tokens(4), n_new=5),
    )


def test_what_windows_let_through():
    # three layers of a window of 3: a token is read up to 6 later
    model, text = toy("Mistral"), tokens(9, n_texts=1)
    other = text.clone()
    other[:, 0] = (text[:, 0] + 1) % 29
    changed = (model(text) != model(other))[0].any(-1)
    assert changed.tolist() == [True] * 7 + [False] * 2
    windows = [block.attention.window for block in toy("Gemma 2").blocks]
    assert windows == [3, None, 3]


def test_a_rolling_cache_is_as_long_as_the_window():
    model = toy("Gemma 2")
    cache = empty_caches(model.config)
    for n, piece in enumerate(tokens(9).split(1, dim=1)):
        model(piece, cache)
        kept = [layer.k.shape[-2] for layer in cache]
        assert kept == [min(n + 1, 3), n + 1, min(n + 1, 3)]


def test_where_experts_stand():
    layers = [block.feed_forward for block in toy("some experts").blocks]
    kinds = [isinstance(layer, Mixture) for layer in layers]
    assert kinds == [True, False, True]
    assert type(layers[0].router) is Router
    router = toy("DeepSeek-V3").blocks[1].feed_forward.router
    assert (type(router), router.share_scale) == (SigmoidRouter, 2.5)
    layers = [block.feed_forward for block in toy("Mixtral").blocks]
    assert all(isinstance(layer, Mixture) for layer in layers)


def test_bases_of_layers_with_a_window():
    rotaries = [block.attention.rotary for block in toy("Gemma 3").blocks]
    assert [rotary.base for rotary in rotaries] == [100.0, 1e4, 100.0]
    scaled = FAMILIES["Llama 3.1"] | FAMILIES["Gemma 3"]
    model = Llama(replace(LLAMA, **scaled))
    rotaries = [block.attention.rotary for block in model.blocks]
    assert [r.scaling is None for r in rotaries] == [True, False, True]
    assert Llama(config_of("part")).blocks[0].attention.rotary.d_rotary == 2


def test_what_logits_are_read_with():
    for family in ("Llama", "Qwen 3"):
        model = toy(family)
        table = (
            model.embedding.token if model.config.tied else model.unembedding
        )
        stream = model.stream(tokens(3))
        expected = stream @ table.weight.T
        torch.testing.assert_close(model(tokens(3)), expected)
    scaled = toy("scaled logits")
    plain = scaled.stream(tokens(3)) @ scaled.unembedding.weight.T
    torch.testing.assert_close(scaled(tokens(3)), plain / 4)
    capped = toy("Gemma 2")
    plain = capped.stream(tokens(3)) @ capped.embedding.token.weight.T
    expected = 3 * torch.tanh(plain / 3)
    torch.testing.assert_close(capped(tokens(3)), expected)


def test_rows_of_the_token_table_are_scaled():
    model = toy("Gemma 2")
    rows = model.embedding.token.weight[tokens(3)]
    assert torch.equal(model.embedding(tokens(3)), rows * 4)
    assert sqrt(model.config.d_model) == 4


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"n_decoder_layers": 2}, "n_decoder_layers=2 of .* must be None"),
        ({"n_distinct_layers": 1}, "n_distinct_layers=1 of .* must be None"),
        ({"n_token_tables": 2}, "n_token_tables=2 of .* must be 1"),
        ({"d_embedding": 8}, "d_embedding=8 of .* must be None"),
        ({"d_token": 8}, "d_token=8 of .* must be None"),
        ({"n_segments": 2}, "n_segments=2 of .* must be None"),
        ({"first_norm": False}, "first_norm=False of .* must be True"),
        ({"final_norm": False}, "final_norm=False of .* must be True"),
        (
            {"parallel": True, "norm_order": "output"},
            "norm_order='output' of .* must be 'pre' where parallel=True",
        ),
        ({"shared_norm": True}, "shared_norm=True of .* must be False"),
        ({"embedding_norm": True}, "embedding_norm=True of .* must be"),
        ({"heads": ("lm", "mlm")}, r"heads=\('lm', 'mlm'\) of .* must be"),
        ({"norm_order": "post"}, "norm_order='post' of .* must be another"),
    ],
)
def test_configurations_of_other_models(change, message):
    with pytest.raises(ValueError, match=f"^{message}"):
        Llama(replace(LLAMA, **change))


def test_gpt_is_not_a_llama():
    with pytest.raises(ValueError, match="position='learned' of GPT-2"):
        Llama(GPT2)
