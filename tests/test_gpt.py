"""GPT's assembly: what it holds, what it hides, what it refuses.

That it equals the transformers library's is tested in parity/.
"""

from dataclasses import replace

import pytest
import torch
from torch import nn

from tests.toys import TOY, toy
from xfmr import compute, count
from xfmr.mask import document_mask
from xfmr.models.gpt import GPT
from xfmr.presets import BERT_BASE, GPT2
from xfmr.trace import follow

TOKENS = torch.tensor([[1, 5, 3, 9, 0], [2, 10, 4, 4, 7]])


def test_logits_are_read_with_the_embedding():
    model = toy()
    x = model.embedding(TOKENS)
    for block in model.blocks:
        x = block(x)
    gain, bias = model.final_norm.gain, model.final_norm.bias
    x = nn.functional.layer_norm(x, (16,), gain, bias, eps=1e-5)
    logits = x @ model.embedding.token.weight.T
    torch.testing.assert_close(model(TOKENS), logits)
    assert len(model.blocks) == 2


@pytest.mark.parametrize("config", [TOY, GPT2], ids=["toy", "full"])
def test_counts_equal_the_formulas(config):
    with torch.device("meta"):
        model = GPT(config)
        tokens = torch.zeros(1, 5, dtype=torch.long)
        run = follow(model, tokens, sizes=config.axes)
    n = sum(p.numel() for p in model.parameters())
    assert n == count.parameters(config)
    assert run.flops == compute.forward_flops(config, n_tokens=5)


@pytest.mark.parametrize(
    "change", [{"norm_order": "post"}, {"final_norm": False}]
)
def test_no_norm_ends_what_has_them_after(change):
    config = replace(TOY, n_spare_positions=2, **change)
    torch.manual_seed(0)
    model = GPT(config)
    n = sum(p.numel() for p in model.parameters())
    assert n == count.parameters(config)
    x = model.embedding(TOKENS)
    for block in model.blocks:
        x = block(x)
    assert torch.equal(model.stream(TOKENS), x)
    assert model.embedding.n_spare == 2


@pytest.mark.parametrize("fused", [False, True])
def test_no_token_changes_the_logits_before_it(fused):
    model, other = toy(fused=fused), TOKENS.clone()
    other[:, 3] = 6
    a, b = model(TOKENS), model(other)
    assert torch.equal(a[:, :3], b[:, :3])
    assert ((a - b)[:, 3:].abs().amax(-1) > 0).all()


@pytest.mark.parametrize("fused", [False, True])
def test_what_a_mask_and_positions_keep_apart(fused):
    model, pair = toy(fused=fused), torch.tensor([[1, 5, 3, 2, 10, 4]])
    numbers = torch.tensor([[0, 0, 0, 1, 1, 1]])
    positions = torch.tensor([[0, 1, 2, 0, 1, 2]])
    found = model(pair, mask=document_mask(numbers), positions=positions)
    alone = model(torch.tensor([[1, 5, 3], [2, 10, 4]]))
    torch.testing.assert_close(found[0], alone.flatten(0, 1))


def test_fused_gives_the_same():
    torch.testing.assert_close(toy()(TOKENS), toy(fused=True)(TOKENS))


@pytest.mark.parametrize("fused", [False, True])
def test_without_its_own_mask_it_reads_what_it_is_given(fused):
    model, other = toy(causal=False, fused=fused), TOKENS.clone()
    mask = torch.eye(5, dtype=torch.bool)
    mask[1, 4] = True
    other[:, 4] = 6
    a, b = model(TOKENS, mask=mask), model(other, mask=mask)
    changed = ((a - b).abs().amax(-1) > 0).any(0)
    assert changed.tolist() == [False, True, False, False, True]
    a, b = model(TOKENS), model(other)
    assert ((a - b).abs().amax(-1) > 0).all()


def test_a_mask_hides_more_than_the_future():
    model, other = toy(), TOKENS.clone()
    other[:, 0] = 6
    mask = torch.ones(5, 5, dtype=torch.bool)
    mask[2:, 0] = False
    mask[2:, 1] = False  # which has read the first
    a, b = model(TOKENS, mask=mask), model(other, mask=mask)
    assert torch.equal(a[:, 2:], b[:, 2:])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"n_decoder_layers": 2}, "n_decoder_layers=2 of GPT-2 must be None"),
        ({"n_segments": 2}, "n_segments=2 of GPT-2 must be None"),
        ({"position": "sinusoidal"}, "position='sinusoidal' of GPT-2 must"),
        ({"norm": "rms"}, "norm='rms' of GPT-2 must be 'layer'"),
        ({"norm_order": "output"}, "norm_order='output' of .* must be 'pre' "),
        ({"n_distinct_layers": 1}, "n_distinct_layers=1 of GPT-2 must be"),
        ({"n_token_tables": 2}, "n_token_tables=2 of GPT-2 must be 1"),
        ({"d_embedding": 8}, "d_embedding=8 of GPT-2 must be None"),
        ({"d_token": 8}, "d_token=8 of GPT-2 must be None"),
        ({"embedding_norm": True}, "embedding_norm=True of GPT-2 must be"),
        ({"tied": False}, "tied=False of GPT-2 must be True"),
        ({"heads": ()}, r"heads=\(\) of GPT-2 must be \('lm',\)"),
    ],
)
def test_configurations_of_other_models(change, message):
    with pytest.raises(ValueError, match=f"^{message}"):
        GPT(replace(TOY, **change))


def test_bert_is_not_a_gpt():
    with pytest.raises(ValueError, match="n_segments=2 of BERT-base"):
        GPT(BERT_BASE)
