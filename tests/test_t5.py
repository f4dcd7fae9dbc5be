"""T5's assembly: what it holds, what it hides, what it refuses.

That it equals the transformers library's is tested in parity/.
"""

from dataclasses import replace

import pytest
import torch
from torch import nn

from xfmr import count
from xfmr.cache import empty_caches
from xfmr.config import Config
from xfmr.mask import padding_mask
from xfmr.models.t5 import T5, Reading
from xfmr.presets import TRANSFORMER_BASE
from xfmr.trace import follow

TOY = Config(
    name="toy T5",
    source="",
    n_layers=3,
    n_decoder_layers=2,
    d_model=16,
    n_heads=3,
    n_kv_heads=3,
    d_head=5,
    d_ff=28,
    vocab_size=19,
    position="relative",
    n_buckets=8,
    max_distance=20,
    norm="rms",
    norm_eps=1e-6,
    norm_order="pre",
    score_scale=1.0,
    logit_scale=0.25,
    activation="relu",
    attention_bias=False,
    ff_bias=False,
    tied=True,
    heads=("lm",),
)
V1_1 = replace(
    TOY, logit_scale=None, activation="gelu_tanh", gated=True, tied=False
)
SOURCE = torch.tensor([[1, 5, 3, 9, 0, 7], [2, 10, 4, 4, 7, 1]])
TARGET = torch.tensor([[0, 5, 8, 9], [0, 10, 4, 6]])
both = pytest.mark.parametrize("config", [TOY, V1_1], ids=["v1.0", "v1.1"])
pytestmark = pytest.mark.usefixtures("double_precision")


def toy(config=TOY, **named):
    torch.manual_seed(0)
    model = T5(config, **named)
    for p in model.parameters():
        nn.init.normal_(p, std=0.3)
    return model


def assert_same(a, b):
    torch.testing.assert_close(a, b, rtol=0, atol=1e-12)


@both
def test_block_by_block(config):
    model = toy(config)
    mask = padding_mask([6, 4], n_keys=6)
    encoder, decoder = model.encoder, model.decoder
    memory = model.embedding(SOURCE)
    for block in encoder.blocks:
        bias = encoder.bias(n_queries=6, n_keys=6)
        memory = block(memory, mask, score_bias=bias)
    memory = encoder.final_norm(memory)
    x = model.embedding(TARGET)
    for block in decoder.blocks:
        bias = decoder.bias(n_queries=4, n_keys=4)
        x = block(x, memory, memory_mask=mask, score_bias=bias)
    x = decoder.final_norm(x)
    assert len(encoder.blocks) == 3
    assert len(decoder.blocks) == 2
    if config is TOY:
        logits = x @ model.embedding.weight.T / 4
    else:
        logits = x @ model.unembedding.weight.T
    assert_same(model(SOURCE, TARGET, mask), logits)
    assert (model.unembedding is None) == config.tied


@both
def test_counts_equal_the_formulas(config):
    with torch.device("meta"):
        n = sum(p.numel() for p in T5(config).parameters())
    assert n == count.parameters(config)


def test_a_run_can_be_followed():
    shallow = replace(TOY, n_layers=1, n_decoder_layers=1)
    with torch.device("meta"):
        source, target = (torch.zeros(1, n, dtype=torch.long) for n in (6, 4))
        run = follow(T5(shallow), source, target, sizes=shallow.axes)
    assert run.output.shape == (1, 4, 19)
    assert run["encoder.bias.table.weight"].axes == "8 N"


@pytest.mark.parametrize("fused", [False, True])
def test_the_encoder_reads_both_ways_and_the_decoder_one(fused):
    model = toy(fused=fused)
    memory, stream = model.memory(SOURCE), model.stream
    later, last = SOURCE.clone(), TARGET.clone()
    later[:, 4] = 11
    last[:, 2] = 11
    assert ((model.memory(later) - memory).abs().amax(-1) > 0).all()
    a, b = stream(TARGET, memory), stream(last, memory)
    assert torch.equal(a[:, :2], b[:, :2])
    assert ((a - b)[:, 2:].abs().amax(-1) > 0).all()


def test_what_the_mask_hides_no_stack_reads():
    model, other = toy(), SOURCE.clone()
    mask = padding_mask([6, 4], n_keys=6)
    other[1, 4:] = 13
    a, b = (model(source, TARGET, mask) for source in (SOURCE, other))
    assert torch.equal(a, b)
    assert not torch.allclose(a, model(SOURCE, TARGET))


@both
def test_fused_gives_the_same(config):
    mask = padding_mask([6, 4], n_keys=6)
    plain, fused = (toy(config, fused=f) for f in (False, True))
    assert_same(plain(SOURCE, TARGET, mask), fused(SOURCE, TARGET, mask))


@both
@pytest.mark.parametrize("pieces", [[1, 1, 1, 1], [2, 2], [3, 1], [4]])
def test_a_cache_changes_nothing(config, pieces):
    model, mask = toy(config), padding_mask([6, 4], n_keys=6)
    memory = model.memory(SOURCE, mask)
    caches = empty_caches(config)
    streams = [
        model.stream(piece, memory, mask, caches)
        for piece in TARGET.split(pieces, dim=1)
    ]
    logits = model.logits(torch.cat(streams, dim=1))
    assert_same(logits, model(SOURCE, TARGET, mask))
    assert [(a.n_tokens, b.n_tokens) for a, b in caches] == [(4, 6)] * 2


@both
def test_what_was_read_is_kept(config):
    model, mask = toy(config), padding_mask([6, 4], n_keys=6)
    reading = Reading(model, SOURCE, mask)
    assert reading.config is config
    logits = reading.logits(reading.stream(TARGET))
    assert_same(logits, model(SOURCE, TARGET, mask))
    assert reading.memory is not None
    caches = empty_caches(config)
    pieces = [reading.stream(t, caches) for t in TARGET.split(1, dim=1)]
    assert_same(reading.logits(torch.cat(pieces, dim=1)), logits)


def test_one_bias_for_all_layers_of_a_stack():
    model = toy()
    names = [n for n, _ in model.named_parameters() if "table" in n]
    assert names == ["encoder.bias.table.weight", "decoder.bias.table.weight"]
    assert model.encoder.bias.settings == {
        "n_buckets": 8,
        "max_distance": 20,
        "bidirectional": True,
    }
    assert not model.decoder.bias.settings["bidirectional"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"n_segments": 2}, "n_segments=2 of toy T5 must be None"),
        ({"position": "sinusoidal"}, "position='sinusoidal' of toy T5 must"),
        ({"norm": "layer"}, "norm='layer' of toy T5 must be 'rms'"),
        ({"norm_order": "post"}, "norm_order='post' of toy T5 must be 'pre'"),
        ({"embedding_norm": True}, "embedding_norm=True of toy T5 must be"),
        ({"heads": ()}, r"heads=\(\) of toy T5 must be \('lm',\)"),
        ({"n_decoder_layers": None}, "n_decoder_layers=None of toy T5 must"),
    ],
)
def test_configurations_of_other_models(change, message):
    with pytest.raises(ValueError, match=f"^{message}"):
        T5(replace(TOY, **change))


def test_the_first_transformer_is_no_t5():
    with pytest.raises(ValueError, match="position='sinusoidal' of Trans"):
        T5(TRANSFORMER_BASE)
