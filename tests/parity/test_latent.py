"""Our latent attention against the transformers library's DeepSeek-V3."""

from math import log

import pytest
import torch
from torch import nn
from transformers import DeepseekV3Config
from transformers.cache_utils import DynamicCache
from transformers.models.deepseek_v3.modeling_deepseek_v3 import (
    DeepseekV3Attention,
)

from xfmr.cache import KVCache
from xfmr.config import Latent
from xfmr.latent import LatentAttention
from xfmr.rotary import Rotary

pytestmark = pytest.mark.usefixtures("double_precision")

N, CONTENT, VALUE = 3, 6, 5
LAYOUTS = pytest.mark.parametrize(
    ("interleave", "layout"), [(True, "interleaved"), (False, "half")]
)
QUERIES = pytest.mark.parametrize("d_query", [7, None])
NAMES = {  # ours, theirs; the last two are made of one tensor each
    "w_dq": "q_a_proj",
    "query_norm": "q_a_layernorm",
    "w_q": "q_b_proj",
    "latent_norm": "kv_a_layernorm",
    "w_o": "o_proj",
}


def library_layer(d_query, interleave, bias, **yarn):
    torch.manual_seed(0)
    config = DeepseekV3Config(
        hidden_size=16,
        num_attention_heads=N,
        num_key_value_heads=N,
        q_lora_rank=d_query,
        kv_lora_rank=10,
        qk_nope_head_dim=CONTENT,
        qk_rope_head_dim=4,
        v_head_dim=VALUE,
        rope_interleave=interleave,
        attention_bias=bias,
        num_hidden_layers=1,
        rope_parameters={"rope_type": "default", "rope_theta": 100.0} | yarn,
        attn_implementation="sdpa",  # eager takes the softmax in float32
    )
    layer = DeepseekV3Attention(config, layer_idx=0).double().eval()
    for p in layer.parameters():
        nn.init.normal_(p, std=0.5)
    return layer


def our_layer(theirs, d_query, layout, bias, score_scale=None):
    ours = LatentAttention(
        d_model=16,
        n_heads=N,
        latent=Latent(
            d_latent=10,
            d_query=d_query,
            d_content=CONTENT,
            d_rotary=4,
            d_value=VALUE,
        ),
        norm_eps=1e-6,
        rotary=Rotary(d_head=4, base=100.0, layout=layout),
        bias=bias,
        causal=True,
        score_scale=score_scale,
    )
    state, left = {}, theirs.state_dict()
    for name in ours.state_dict():
        module, kind = name.split(".")
        if module in NAMES:
            source = NAMES[module]
            if d_query is None and module == "w_q":
                source = "q_proj"
            kind = "weight" if kind == "gain" else kind
            state[name] = left.pop(f"{source}.{kind}")
    for kind in ("weight", "bias") if bias else ("weight",):
        both = left.pop(f"kv_a_proj_with_mqa.{kind}")
        state[f"w_dkv.{kind}"], state[f"w_kr.{kind}"] = both.split([10, 4])
    up = left.pop("kv_b_proj.weight").unflatten(0, (N, CONTENT + VALUE))
    keys, values = up.split([CONTENT, VALUE], dim=1)
    state["w_uk.weight"] = keys.flatten(0, 1)
    state["w_uv.weight"] = values.flatten(0, 1)
    assert not left
    ours.load_state_dict(state)
    return ours


def angles(n_positions, first=0):
    """What the library is told of positions; both layouts repeat it."""
    speeds = 100.0 ** -torch.tensor([0, 0.5])
    angle = torch.arange(first, n_positions)[:, None] * speeds
    angle = torch.cat((angle, angle), dim=-1)[None]
    return angle.cos(), angle.sin()


def stream(T=6):
    generator = torch.Generator().manual_seed(1)
    return torch.randn(2, T, 16, generator=generator)


def hidden(T, S):
    """What the library adds to scores that are not to be seen."""
    mask = torch.full((T, S), -torch.inf).triu(S - T + 1)
    return mask[None, None]


def close(a, b):
    torch.testing.assert_close(a, b, rtol=1e-12, atol=1e-12)


@LAYOUTS
@QUERIES
@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("absorbed", [False, True])
def test_the_layer(d_query, interleave, layout, bias, absorbed):
    theirs = library_layer(d_query, interleave, bias)
    theirs.q_a_layernorm, theirs.kv_a_layernorm = in_double(theirs)
    ours = our_layer(theirs, d_query, layout, bias)
    expected, _ = theirs(stream(), angles(6), hidden(6, 6))
    close(ours(stream(), absorbed=absorbed), expected)


@LAYOUTS
def test_decoding_keeps_the_same_numbers(interleave, layout):
    theirs = library_layer(7, interleave, bias=False)
    theirs.q_a_layernorm, theirs.kv_a_layernorm = in_double(theirs)
    ours = our_layer(theirs, 7, layout, bias=False)
    x, cache, library = stream(), KVCache(), DynamicCache()
    for start, end in ((0, 4), (4, 5), (5, 6)):
        expected, _ = theirs(
            x[:, start:end],
            angles(end, start),
            hidden(end - start, end),
            past_key_values=library,
        )
        ours_now = ours(x[:, start:end], cache=cache, absorbed=True)
        close(ours_now, expected)
    kept = library.layers[0]
    close(cache.v, kept.keys[:, 0])
    order = slice(None)
    if interleave:  # theirs parts the pairs that they have turned
        order = torch.tensor([0, 2, 1, 3])
    close(cache.k, kept.values[:, 0][..., order])


def test_the_scale_of_yarn_is_on_every_coordinate():
    yarn = {
        "rope_type": "yarn",
        "factor": 40.0,
        "original_max_position_embeddings": 64,
        "mscale": 0.7,
        "mscale_all_dim": 0.7,
    }
    theirs = library_layer(7, True, False, **yarn)
    theirs.q_a_layernorm, theirs.kv_a_layernorm = in_double(theirs)
    scale = (0.1 * 0.7 * log(40) + 1) ** 2 / (CONTENT + 4) ** 0.5
    assert theirs.scaling == pytest.approx(scale, rel=1e-15)
    ours = our_layer(theirs, 7, "interleaved", False, score_scale=scale)
    expected, _ = theirs(stream(), angles(6), hidden(6, 6))
    close(ours(stream()), expected)


def in_double(layer):
    """The library's norms, which compute in float32, in float64."""
    made = []
    for norm in (layer.q_a_layernorm, layer.kv_a_layernorm):
        if norm is not None:
            double = nn.RMSNorm(len(norm.weight), eps=norm.variance_epsilon)
            double.weight = norm.weight
            norm = double
        made.append(norm)
    return made
