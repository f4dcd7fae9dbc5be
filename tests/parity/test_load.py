"""Checkpoints that the transformers library saves, loaded: BERT and GPT-2."""

import pytest
import torch
import transformers
from torch import nn
from transformers import BertConfig, GPT2Config, GPT2LMHeadModel

from xfmr.generate import greedy
from xfmr.mask import padding_mask
from xfmr.models.load import from_directory

SHARDS = [pytest.param("5GB", id="whole"), pytest.param("3KB", id="shards")]
BERTS = {
    "BertModel": ("pooler",),
    "BertForMaskedLM": ("mlm",),
    "BertForNextSentencePrediction": ("pooler", "nsp"),
    "BertForPreTraining": ("pooler", "mlm", "nsp"),
}
SIZES = [  # D, N, F, L, V
    pytest.param((24, 3, 40, 3, 29), id="three-heads"),
    pytest.param((10, 1, 7, 1, 13), id="one-head"),
    pytest.param((12, 6, 48, 2, 31), id="six-heads"),
]


def saved(model, path, max_shard_size="5GB", std=0.5):
    """The folder of a model in float64, no bias at zero, no gain at one."""
    generator = torch.Generator().manual_seed(0)
    model.double().eval()
    for p in model.parameters():
        nn.init.normal_(p, std=std, generator=generator)
    model.save_pretrained(path, max_shard_size=max_shard_size)
    n_files = len([*path.glob("*.safetensors")])
    assert (n_files > 1) == (max_shard_size != "5GB")
    return path


def streams(*modules):
    """A list that what the modules return is added to."""
    seen = []
    for module in modules:
        module.register_forward_hook(lambda _m, _i, out: seen.append(out))
    return seen


def ids(vocab_size, seed=1):
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(vocab_size, (2, 7), generator=generator)


def equal(pairs, tolerance=1e-12):
    for a, b in pairs:
        torch.testing.assert_close(a, b, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("max_shard_size", SHARDS)
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("architecture", BERTS)
def test_bert(tmp_path, architecture, size, max_shard_size):
    D, N, F, L, V = size
    theirs = getattr(transformers, architecture)(
        BertConfig(
            hidden_size=D,
            num_hidden_layers=L,
            num_attention_heads=N,
            intermediate_size=F,
            vocab_size=V,
            max_position_embeddings=9,
            type_vocab_size=3,
            layer_norm_eps=1e-3,
            attn_implementation="eager",
        )
    )
    ours = from_directory(saved(theirs, tmp_path, max_shard_size))
    assert ours.config.heads == BERTS[architecture]
    tokens, segments = ids(V), ids(3, seed=2)
    mask = padding_mask([7, 4], n_keys=7)
    expected = theirs(
        tokens,
        token_type_ids=segments,
        attention_mask=mask[:, 0].long(),
        output_hidden_states=True,
    )
    hidden = streams(ours.embedding_norm, *ours.blocks)
    out = ours(tokens, segments, mask)
    equal(zip(hidden, expected.hidden_states, strict=True))
    equal([(out.hidden, expected.hidden_states[-1])])
    logits = getattr(expected, "logits", None)
    for own, other in {
        "pooled": getattr(expected, "pooler_output", None),
        "token_logits": getattr(expected, "prediction_logits", None),
        "pair_logits": getattr(expected, "seq_relationship_logits", None),
    }.items():
        if other is not None:
            equal([(getattr(out, own), other)])
    if logits is not None:
        is_mlm = "mlm" in ours.config.heads
        equal([(out.token_logits if is_mlm else out.pair_logits, logits)])
    absent = {"pooler": out.pooled, "mlm": out.token_logits}
    for head, made in absent.items():
        assert (made is None) == (head not in ours.config.heads)


def gpt2(size):
    D, N, F, L, V = size
    return GPT2LMHeadModel(
        GPT2Config(
            n_embd=D,
            n_head=N,
            n_inner=F,
            n_layer=L,
            vocab_size=V,
            n_positions=16,
            bos_token_id=0,
            eos_token_id=None,
            layer_norm_epsilon=1e-3,
            attn_implementation="eager",
        )
    )


@pytest.mark.parametrize("max_shard_size", SHARDS)
@pytest.mark.parametrize("size", SIZES)
def test_gpt2(tmp_path, size, max_shard_size):
    theirs, tokens = gpt2(size), ids(size[-1])
    ours = from_directory(saved(theirs, tmp_path, max_shard_size))
    expected = theirs(tokens, output_hidden_states=True)
    hidden = streams(ours.embedding, *ours.blocks[:-1], ours.final_norm)
    equal([(ours(tokens), expected.logits)])
    equal(zip(hidden, expected.hidden_states, strict=True))


@pytest.mark.parametrize("size", SIZES)
def test_gpt2_writes_the_same(tmp_path, size):
    theirs, tokens = gpt2(size), ids(size[-1])
    ours = from_directory(saved(theirs, tmp_path))
    expected = theirs.generate(
        tokens,
        attention_mask=torch.ones_like(tokens),
        max_new_tokens=9,
        do_sample=False,
        pad_token_id=0,
    )
    assert torch.equal(greedy(ours, tokens, n_new=9), expected)
    assert expected.shape == (2, 16)


def test_gpt2_without_its_head(tmp_path):
    whole = gpt2((24, 3, 40, 3, 29))
    ours = from_directory(saved(whole, tmp_path / "whole"))
    whole.transformer.save_pretrained(tmp_path / "stack")
    stack = from_directory(tmp_path / "stack")
    assert torch.equal(stack(ids(29)), ours(ids(29)))
