"""BERT's assembly: what it holds, what it gives back, what it refuses.

That it equals the transformers library's, and runs on `meta` at full size, is
tested in parity/.
"""

from dataclasses import replace

import pytest
import torch
from torch import nn

from tests.toys import SIZES
from xfmr import count
from xfmr.mask import padding_mask
from xfmr.models.bert import Bert
from xfmr.presets import BERT_BASE, GPT2

TOY = replace(
    BERT_BASE, **SIZES, context_length=6, heads=("pooler", "mlm", "nsp")
)
TOKENS = torch.tensor([[1, 5, 3, 9, 0], [2, 10, 4, 4, 7]])
SEGMENTS = torch.tensor([[0, 0, 1, 1, 1], [0, 1, 1, 1, 1]])


def toy(**changes):
    torch.manual_seed(0)
    model = Bert(replace(TOY, **changes))
    for p in model.parameters():
        nn.init.normal_(p, std=0.3)
    return model


@pytest.mark.parametrize(
    "heads",
    [(), ("pooler",), ("mlm",), ("pooler", "nsp"), ("pooler", "mlm", "nsp")],
)
def test_parameters_equal_the_formula(heads):
    n = sum(p.numel() for p in toy(heads=heads).parameters())
    assert n == count.parameters(replace(TOY, heads=heads))


def test_hidden_states_are_blocks_over_normalised_embeddings():
    model = toy()
    x = model.embedding(TOKENS, SEGMENTS)
    mean, var = x.mean(-1, keepdim=True), x.var(-1, correction=0, keepdim=True)
    gain, bias = model.embedding_norm.gain, model.embedding_norm.bias
    x = (x - mean) / (var + 1e-12).sqrt() * gain + bias
    for block in model.blocks:
        x = block(x)
    torch.testing.assert_close(model(TOKENS, SEGMENTS).hidden, x)
    assert len(model.blocks) == 2


def test_the_pooler_reads_the_first_position():
    model = toy()
    out = model(TOKENS, SEGMENTS)
    first = out.hidden[:, 0]
    weight, bias = model.pooler.dense.weight, model.pooler.dense.bias
    torch.testing.assert_close(out.pooled, (first @ weight.T + bias).tanh())


def test_token_logits_are_read_with_the_embedding():
    model = toy()
    out = model(TOKENS, SEGMENTS)
    head = model.mlm
    x = nn.functional.gelu(head.dense(out.hidden))
    x = nn.functional.layer_norm(
        x, (16,), head.norm.gain, head.norm.bias, eps=1e-12
    )
    expected = x @ model.embedding.token.weight.T + head.bias
    torch.testing.assert_close(out.token_logits, expected)


def test_pair_logits_are_read_from_the_pooled_vector():
    model = toy()
    out = model(TOKENS, SEGMENTS)
    expected = out.pooled @ model.nsp.weight.T + model.nsp.bias
    torch.testing.assert_close(out.pair_logits, expected)


@pytest.mark.parametrize(
    ("heads", "given"),
    [
        ((), [True, False, False, False]),
        (("pooler",), [True, True, False, False]),
        (("mlm",), [True, False, True, False]),
        (("pooler", "nsp"), [True, True, False, True]),
    ],
)
def test_heads_that_a_model_lacks_give_nothing(heads, given):
    out = toy(heads=heads)(TOKENS)
    assert [tensor is not None for tensor in out] == given


def test_every_position_reads_every_other():
    model, other = toy(), TOKENS.clone()
    other[:, -1] = 6
    difference = model(TOKENS).hidden - model(other).hidden
    assert (difference.abs().amax(-1) > 0).all()


def test_padding_is_not_read():
    model, other = toy(), TOKENS.clone()
    other[0, 3:] = 6
    mask = padding_mask([3, 5], n_keys=5)
    a, b = (model(tokens, SEGMENTS, mask) for tokens in (TOKENS, other))
    assert torch.equal(a.hidden[0, :3], b.hidden[0, :3])
    assert torch.equal(a.pooled, b.pooled)


def test_starts_without_a_preferred_token():
    torch.manual_seed(0)
    bias = Bert(TOY).mlm.bias
    assert torch.equal(bias, torch.zeros(11))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"n_decoder_layers": 2}, "n_decoder_layers=2 of BERT-base must"),
        ({"position": "sinusoidal"}, "position='sinusoidal' of BERT-"),
        ({"norm": "rms"}, "norm='rms' of BERT-base must be 'layer'"),
        ({"norm_order": "pre"}, "norm_order='pre' of BERT-base must be"),
        ({"embedding_norm": False}, "embedding_norm=False of .* must be True"),
        ({"tied": False}, "tied=False of BERT-base must be True"),
        ({"heads": ("lm",)}, r"heads=\('lm',\) of BERT-base must not have"),
    ],
)
def test_configurations_of_other_models(change, message):
    with pytest.raises(ValueError, match=f"^{message}"):
        Bert(replace(TOY, **change))


def test_gpt2_is_not_a_bert():
    with pytest.raises(ValueError, match="norm_order='pre' of GPT-2"):
        Bert(GPT2)
