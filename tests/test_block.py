"""The encoder block against torch's."""

from dataclasses import replace

import pytest
import torch
from torch import nn

from xfmr.block import EncoderBlock
from xfmr.mask import padding_mask
from xfmr.presets import BERT_BASE, GPT2, LLAMA2_7B

TOY = replace(
    BERT_BASE, d_model=32, n_heads=4, n_kv_heads=4, d_head=8, d_ff=48
)
NAMES = {
    "self_attn.out_proj": "attention.w_o",
    "linear1": "feed_forward.w_in",
    "linear2": "feed_forward.w_out",
    "norm1": "attention_norm",
    "norm2": "feed_forward_norm",
}


def ours_from(theirs):
    weights = {}
    for key, value in theirs.state_dict().items():
        module, kind = key.rsplit(".", 1)
        if module == "self_attn":  # q, k and v in one matrix
            kind = kind.removeprefix("in_proj_")
            for name, rows in zip("qkv", value.chunk(3), strict=True):
                weights[f"attention.w_{name}.{kind}"] = rows
        else:
            is_gain = module.startswith("norm") and kind == "weight"
            weights[f"{NAMES[module]}.{'gain' if is_gain else kind}"] = value
    return weights


@pytest.mark.parametrize("lengths", [None, [6, 2]])
@pytest.mark.parametrize("activation", ["gelu", "relu"])
def test_equals_torch(activation, lengths):
    torch.manual_seed(0)
    theirs = nn.TransformerEncoderLayer(
        *(32, 4, 48),
        dropout=0.0,
        activation=activation,
        layer_norm_eps=1e-3,
        batch_first=True,
        dtype=torch.float64,
    )
    for p in theirs.parameters():  # no bias at zero, no gain at one
        nn.init.normal_(p, std=0.5)
    ours = EncoderBlock(replace(TOY, activation=activation, norm_eps=1e-3))
    ours.double().load_state_dict(ours_from(theirs))
    x = torch.randn(2, 6, 32, dtype=torch.float64)
    mask = None if lengths is None else padding_mask(lengths, n_keys=6)
    padding = None if lengths is None else ~mask[:, 0]
    torch.testing.assert_close(
        ours(x, mask),
        theirs(x, src_key_padding_mask=padding),
        rtol=1e-12,
        atol=1e-12,
    )


def test_ends_normalised():
    torch.manual_seed(0)
    y = EncoderBlock(TOY)(torch.randn(2, 6, 32))
    torch.testing.assert_close(y.mean(-1), torch.zeros(2, 6))
    torch.testing.assert_close(y.var(-1, correction=0), torch.ones(2, 6))


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (LLAMA2_7B, "norm='rms' and norm_first=True must be"),
        (GPT2, "norm='layer' and norm_first=True must be"),
        (replace(TOY, norm="rms"), "norm='rms' and norm_first=False must be"),
    ],
)
def test_another_norm_or_order(config, message):
    with pytest.raises(ValueError, match=f"^{message}"):
        EncoderBlock(config)
