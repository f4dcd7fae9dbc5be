"""Our BERT against the transformers library's, on random weights."""

from dataclasses import replace

import pytest
import torch
from torch import nn
from transformers import BertConfig, BertForPreTraining

from xfmr.mask import padding_mask
from xfmr.models.bert import Bert
from xfmr.presets import BERT_BASE

TOY = replace(
    BERT_BASE,
    n_layers=3,
    d_model=24,
    n_heads=3,
    n_kv_heads=3,
    d_head=8,
    d_ff=40,
    vocab_size=29,
    context_length=7,
    n_segments=3,
    heads=("pooler", "mlm", "nsp"),
)
NAMES = {  # the library's name of each of our modules
    "embedding.token": "bert.embeddings.word_embeddings",
    "embedding.position": "bert.embeddings.position_embeddings",
    "embedding.segment": "bert.embeddings.token_type_embeddings",
    "embedding_norm": "bert.embeddings.LayerNorm",
    "pooler.dense": "bert.pooler.dense",
    "mlm": "cls.predictions",
    "mlm.dense": "cls.predictions.transform.dense",
    "mlm.norm": "cls.predictions.transform.LayerNorm",
    "nsp": "cls.seq_relationship",
}
LAYER = {
    "attention.w_q": "attention.self.query",
    "attention.w_k": "attention.self.key",
    "attention.w_v": "attention.self.value",
    "attention.w_o": "attention.output.dense",
    "attention_norm": "attention.output.LayerNorm",
    "feed_forward.w_in": "intermediate.dense",
    "feed_forward.w_out": "output.dense",
    "feed_forward_norm": "output.LayerNorm",
}


def library_name(name):
    module, kind = name.rsplit(".", 1)
    if module.startswith("blocks."):
        _, layer, rest = module.split(".", 2)
        module = f"bert.encoder.layer.{layer}.{LAYER[rest]}"
    else:
        module = NAMES[module]
    return f"{module}.{'weight' if kind == 'gain' else kind}"


@pytest.fixture
def pair():
    torch.manual_seed(0)
    theirs = BertForPreTraining(
        BertConfig(
            hidden_size=TOY.d_model,
            num_hidden_layers=TOY.n_layers,
            num_attention_heads=TOY.n_heads,
            intermediate_size=TOY.d_ff,
            vocab_size=TOY.vocab_size,
            max_position_embeddings=TOY.context_length,
            type_vocab_size=TOY.n_segments,
            attn_implementation="eager",
        )
    )
    theirs.double().eval()
    for p in theirs.parameters():  # no bias at zero, no gain at one
        nn.init.normal_(p, std=0.5)
    ours = Bert(TOY).double()
    weights = theirs.state_dict()
    ours.load_state_dict(
        {name: weights[library_name(name)] for name in ours.state_dict()}
    )
    return ours, theirs


def inputs():
    generator = torch.Generator().manual_seed(1)
    tokens = torch.randint(29, (2, 7), generator=generator)
    segments = torch.randint(3, (2, 7), generator=generator)
    return tokens, segments


@pytest.mark.parametrize("lengths", [[7, 7], [7, 4]], ids=["full", "padded"])
def test_every_hidden_state_and_head(pair, lengths):
    ours, theirs = pair
    tokens, segments = inputs()
    mask = padding_mask(lengths, n_keys=7)
    expected = theirs(
        tokens,
        token_type_ids=segments,
        attention_mask=mask[:, 0].long(),
        output_hidden_states=True,
    )
    hidden, hooks = [], [ours.embedding_norm, *ours.blocks]
    for module in hooks:
        module.register_forward_hook(lambda _m, _i, out: hidden.append(out))
    out = ours(tokens, segments, mask)
    pairs = [
        *zip(hidden, expected.hidden_states, strict=True),
        (out.hidden, expected.hidden_states[-1]),
        (out.pooled, theirs.bert.pooler(expected.hidden_states[-1])),
        (out.token_logits, expected.prediction_logits),
        (out.pair_logits, expected.seq_relationship_logits),
    ]
    for a, b in pairs:
        torch.testing.assert_close(a, b, rtol=1e-12, atol=1e-12)


def test_no_tensor_of_the_library_is_left_over(pair):
    ours, theirs = pair
    named = {library_name(name) for name, _ in ours.named_parameters()}
    assert named == {name for name, _ in theirs.named_parameters()}


def test_runs_on_meta():
    with torch.device("meta"):
        tokens = torch.zeros(2, 512, dtype=torch.long)
        heads = ("pooler", "mlm", "nsp")
        out = Bert(replace(BERT_BASE, heads=heads))(tokens)
    assert [tuple(tensor.shape) for tensor in out] == [
        (2, 512, 768),
        (2, 768),
        (2, 512, 30_522),
        (2, 2),
    ]
