"""T5 checkpoints that the transformers library saves, loaded.

Its norms compute in float32 whatever the weights are, so that 1e-5 is as near
as the two can be; with norms that do not, they are as near as others are.
"""

import pytest
import torch
from torch import nn
from transformers import T5Config, T5ForConditionalGeneration
from transformers.models.t5.modeling_t5 import T5LayerNorm

from tests.parity.test_load import SHARDS, equal, ids, saved, streams
from xfmr.generate import greedy
from xfmr.mask import padding_mask
from xfmr.models.load import from_directory
from xfmr.models.t5 import Reading

SIZES = [  # D, N, H, F, encoder and decoder layers, buckets, distance, V
    pytest.param((24, 3, 8, 40, 2, 3, 32, 128, 29), id="shallow-encoder"),
    pytest.param((10, 4, 7, 5, 4, 1, 8, 11, 13), id="shallow-decoder"),
    pytest.param((16, 1, 3, 64, 2, 2, 12, 20, 31), id="one-head"),
]
VERSIONS = [pytest.param(0, id="v1.0"), pytest.param(1, id="v1.1")]


def t5(size, version, *, untied=False):
    D, N, H, F, n_encoder, n_decoder, n_buckets, distance, V = size
    named = {"feed_forward_proj": "gated-gelu", "tie_word_embeddings": False}
    torch.manual_seed(0)
    model = T5ForConditionalGeneration(
        T5Config(
            d_model=D,
            num_heads=N,
            d_kv=H,
            d_ff=F,
            num_layers=n_encoder,
            num_decoder_layers=n_decoder,
            relative_attention_num_buckets=n_buckets,
            relative_attention_max_distance=distance,
            vocab_size=V,
            layer_norm_epsilon=1e-3,
            eos_token_id=None,
            decoder_start_token_id=0,
            attn_implementation="eager",
            **named if version else {},
        )
    )
    if untied:
        model.lm_head.weight = nn.Parameter(torch.empty(V, D))
    return model


@pytest.fixture(params=[1e-5, 1e-12], ids=["as-is", "norms-in-float64"])
def tolerance(request, monkeypatch):
    """How near the two are, with the library's norms and with exact ones."""

    def forward(self, x):
        mean_square = x.pow(2).mean(-1, keepdim=True)
        return self.weight * x * (mean_square + self.variance_epsilon).rsqrt()

    if request.param < 1e-5:
        monkeypatch.setattr(T5LayerNorm, "forward", forward)
    return request.param


@pytest.mark.parametrize("max_shard_size", SHARDS)
@pytest.mark.parametrize("untied", [False, True], ids=["tied", "untied"])
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("size", SIZES)
def test_every_hidden_state_and_logits(
    tmp_path, tolerance, size, version, untied, max_shard_size
):
    theirs, V = t5(size, version, untied=untied), size[-1]
    ours = from_directory(saved(theirs, tmp_path, max_shard_size, std=0.3))
    assert (ours.unembedding is None) != untied
    assert (ours.config.logit_scale is None) == bool(version)
    source, target = ids(V), ids(V, seed=2)[:, :5]
    mask = padding_mask([7, 4], n_keys=7)
    expected = theirs(
        source,
        attention_mask=mask[:, 0].long(),
        decoder_input_ids=target,
        output_hidden_states=True,
    )
    encoder, decoder = (
        streams(*stack.blocks[:-1], stack.final_norm)
        for stack in (ours.encoder, ours.decoder)
    )
    logits = ours(source, target, mask)
    equal([(logits, expected.logits)], tolerance)
    for seen, tokens, states in (
        (encoder, source, expected.encoder_hidden_states),
        (decoder, target, expected.decoder_hidden_states),
    ):
        first, *rest = states
        equal([(ours.embedding(tokens), first)])
        equal(zip(seen, rest, strict=True), tolerance)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("size", SIZES)
def test_it_writes_the_same(tmp_path, size, version):
    theirs, V = t5(size, version), size[-1]
    ours = from_directory(saved(theirs, tmp_path, std=1))
    source, mask = ids(V), padding_mask([7, 4], n_keys=7)
    n_encoder, n_decoder = size[4:6]
    start = ids(V, seed=3)[:, :4]
    start[:, 0] = 0  # what the library begins with
    expected = theirs.generate(
        source,
        decoder_input_ids=start,
        attention_mask=mask[:, 0].long(),
        max_new_tokens=12,
        do_sample=False,
        # the library's own cache has as many layers as the encoder
        use_cache=n_decoder <= n_encoder,
    )
    written = greedy(Reading(ours, source, mask), start, n_new=12)
    assert torch.equal(written, expected)
    assert expected.shape == (2, 16)
