"""The first transformer's assembly: what it holds, hides and refuses."""

from dataclasses import replace
from math import sqrt

import pytest
import torch
from torch import nn

from tests.toys import SIZES
from xfmr import count
from xfmr.mask import padding_mask
from xfmr.models.transformer import ScaledEmbedding, Transformer
from xfmr.position import sinusoids
from xfmr.presets import GPT2, TRANSFORMER_BASE

TOY = replace(TRANSFORMER_BASE, **SIZES, n_decoder_layers=3)
SOURCE = torch.tensor([[1, 5, 3, 9, 0], [2, 10, 4, 4, 7]])
TARGET = torch.tensor([[7, 2, 8], [1, 1, 6]])


def toy():
    torch.manual_seed(0)
    model = Transformer(TOY, context_length=6)
    for p in model.parameters():
        nn.init.normal_(p, std=0.3)
    return model


def test_equals_torch_stacks():
    model = toy().double()
    theirs = nn.Transformer(
        16, 4, 2, 3, 24, 0.0, layer_norm_eps=1e-6, batch_first=True
    ).double()
    theirs.encoder.norm = theirs.decoder.norm = None
    torch.nn.init.zeros_(model.embedding.position.weight)
    for ours, layer in (
        *zip(model.encoder, theirs.encoder.layers, strict=True),
        *zip(model.decoder, theirs.decoder.layers, strict=True),
    ):
        names = {"attention": "self_attn", "cross_attention": "multihead_attn"}
        sublayers = [n for n in names if hasattr(ours, n)]
        for name in sublayers:
            a, b = getattr(ours, name), getattr(layer, names[name])
            w = [getattr(a, f"w_{x}").weight for x in "qkv"]
            b.in_proj_weight.data = torch.cat(w)
            b.in_proj_bias.data.zero_()
            b.out_proj.weight.data = a.w_o.weight
            b.out_proj.bias.data.zero_()
        ff = ours.feed_forward
        layer.linear1.load_state_dict(ff.w_in.state_dict())
        layer.linear2.load_state_dict(ff.w_out.state_dict())
        for n, name in enumerate([*sublayers, "feed_forward"], start=1):
            norm = getattr(ours, f"{name}_norm")
            other = getattr(layer, f"norm{n}")
            other.weight.data, other.bias.data = norm.gain, norm.bias
    causal = nn.Transformer.generate_square_subsequent_mask(
        3, dtype=torch.float64
    )
    table = model.embedding.token.weight
    x = theirs(4 * table[SOURCE], 4 * table[TARGET], tgt_mask=causal)
    torch.testing.assert_close(model(SOURCE, TARGET), x @ table.T)


def test_tokens_are_scaled_and_positions_are_not():
    embedding = ScaledEmbedding(TOY, context_length=6)
    rows = sqrt(16) * embedding.token.weight[SOURCE]
    expected = rows + sinusoids(n_positions=5, d_model=16)
    torch.testing.assert_close(embedding(SOURCE), expected)


@pytest.mark.parametrize(
    "config", [TOY, TRANSFORMER_BASE], ids=["toy", "full"]
)
def test_parameters_equal_the_formula(config):
    with torch.device("meta"):
        model = Transformer(config, context_length=9)
    n = sum(p.numel() for p in model.parameters())
    assert n == count.parameters(config)
    assert len(model.encoder) == config.n_layers
    assert len(model.decoder) == config.n_decoder_layers


def test_runs_on_meta():
    with torch.device("meta"):
        model = Transformer(TRANSFORMER_BASE, context_length=512)
        source, target = (torch.zeros(2, n).long() for n in (300, 512))
        assert model(source, target).shape == (2, 512, 37_000)


def test_no_token_changes_the_logits_before_it():
    model, other = toy(), TARGET.clone()
    other[:, 1] = 4
    a, b = model(SOURCE, TARGET), model(SOURCE, other)
    assert torch.equal(a[:, :1], b[:, :1])
    assert ((a - b)[:, 1:].abs().amax(-1) > 0).all()


def test_all_logits_read_all_of_the_source():
    model, other = toy(), SOURCE.clone()
    other[:, -1] = 6
    a, b = model(SOURCE, TARGET), model(other, TARGET)
    assert ((a - b).abs().amax(-1) > 0).all()


def test_padding_is_not_read():
    model, other = toy(), SOURCE.clone()
    other[0, 3:] = 6
    mask = padding_mask([3, 5], n_keys=5)
    a, b = (model(tokens, TARGET, mask) for tokens in (SOURCE, other))
    assert torch.equal(a, b)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"n_decoder_layers": None}, "n_decoder_layers=None of .* number"),
        ({"n_segments": 2}, "n_segments=2 of Transformer base must be None"),
        (
            {"position": "learned", "context_length": 9},
            "position='learned' of Transformer base must be 'sinusoidal'",
        ),
        ({"norm": "rms"}, "norm='rms' of Transformer base must be 'layer'"),
        ({"norm_order": "pre"}, "norm_order='pre' of Transformer base must"),
        ({"embedding_norm": True}, "embedding_norm=True of Transformer base"),
        ({"tied": False}, "tied=False of Transformer base must be True"),
        ({"heads": ()}, r"heads=\(\) of Transformer base must be \('lm',\)"),
    ],
)
def test_configurations_of_other_models(change, message):
    with pytest.raises(ValueError, match=f"^{message}"):
        Transformer(replace(TOY, **change), context_length=6)


def test_gpt2_is_not_a_first_transformer():
    with pytest.raises(ValueError, match="position='learned' of GPT-2 must"):
        Transformer(GPT2, context_length=6)
