"""Bytes that a forward pass keeps, against those that autograd keeps."""

from dataclasses import replace
from math import sqrt

import pytest
import torch
from einops import rearrange
from torch.nn import functional as F

from xfmr.activations import activation_bytes, activations, logits_bytes
from xfmr.config import Experts, Latent
from xfmr.presets import GPT2, LLAMA2_70B, TRANSFORMER_BASE
from xfmr.saved import SavedTensors

SMALL = {"n_layers": 1, "d_model": 24, "d_ff": 40, "vocab_size": 29}
GPT_LIKE = replace(GPT2, **SMALL, n_heads=3, n_kv_heads=3, d_head=8)
LLAMA_LIKE = replace(LLAMA2_70B, **SMALL, n_heads=6, n_kv_heads=2, d_head=8)
B, T = 2, 5


class FusedRMSNorm(torch.autograd.Function):
    """What a fused kernel keeps; torch's on a processor is in pieces."""

    @staticmethod
    def forward(ctx, x, gain):
        root = (x**2).mean(dim=-1, keepdim=True).rsqrt()
        ctx.save_for_backward(x, gain, root)
        return x * root * gain


class Reference:
    """A block of fused operations, which notes what they may not share."""

    def __init__(self, config, dropout=False, dtype=torch.bfloat16):
        self.config, self.dropout, self.dtype = config, dropout, dtype
        self.weights = []
        torch.manual_seed(0)

    def weight(self, *shape):
        made = torch.randn(shape, dtype=self.dtype, requires_grad=True)
        self.weights.append(made)
        return made

    def project(self, x, width):
        return F.linear(x, self.weight(width, x.shape[-1]))

    def norm(self, x):
        shape = x.shape[-1:]
        if self.config.norm == "layer":
            gain, bias = self.weight(*shape), self.weight(*shape)
            return F.layer_norm(x, shape, gain, bias)
        return FusedRMSNorm.apply(x, self.weight(*shape))

    def drop(self, x):
        if not self.dropout:
            return x
        return torch.native_dropout(x, 0.1, True)[0]

    def heads(self, x, n):
        return rearrange(x, "b t (n h) -> b n t h", n=n)

    def attend(self, q, k, v):
        groups = "b (k g) t h -> b k (g t) h"
        q = rearrange(q, groups, k=k.shape[1])
        scores = q @ k.mT / sqrt(q.shape[-1])
        if self.config.score_cap is not None:
            scores = torch.tanh(scores / 50) * 50
        read = self.drop(scores.softmax(dim=-1)) @ v
        groups = "b k (g t) h -> b t (k g h)"
        return rearrange(read, groups, g=self.config.n_group)

    def attention(self, x, memory=None):
        D, N, K, H = (self.config.axes[letter] for letter in "DNKH")
        memory = x if memory is None else memory
        if self.config.latent is not None:
            return self.drop(self.project(self.latent(x), D))
        q = self.heads(self.project(x, N * H), N)
        k = self.heads(self.project(memory, K * H), K)
        v = self.heads(self.project(memory, K * H), K)
        if self.config.qk_norm is not None:
            q, k = self.norm(q), self.norm(k)
        return self.drop(self.project(self.attend(q, k, v), D))

    def latent(self, x):
        size, N = self.config.latent, self.config.n_heads
        compared, asks = size.d_content + size.d_rotary, x
        if size.d_query is not None:
            asks = self.norm(self.project(x, size.d_query))
        q = self.heads(self.project(asks, N * compared), N)
        made = self.norm(self.project(x, size.d_latent))
        shared = self.project(x, size.d_rotary)[:, None].expand(-1, N, -1, -1)
        own = self.heads(self.project(made, N * size.d_content), N)
        v = self.heads(self.project(made, N * size.d_value), N)
        return self.attend(q, torch.cat((own, shared), dim=-1), v)

    def units(self, x, d_ff):
        if self.config.gated:
            gate, up = self.project(x, d_ff), self.project(x, d_ff)
            hidden = F.silu(gate) * up
        elif self.config.activation == "relu":
            hidden = F.relu(self.project(x, d_ff))
        else:
            hidden = F.gelu(self.project(x, d_ff))
        return self.project(hidden, self.config.d_model)

    def mixture(self, x):
        """Every expert reads its share of the tokens, gathered."""
        size, x = self.config.experts, rearrange(x, "b t d -> (b t) d")
        shares = self.project(x, size.n_experts).softmax(dim=-1)
        added = 0
        for n in range(size.n_active):  # all read one expert: the same bytes
            read = self.units(x.clone(), size.d_ff)
            added = added + read * shares[:, n, None]
        if size.d_ff_shared is not None:
            added = added + self.units(x, size.d_ff_shared)
        return rearrange(added, "(b t) d -> b t d", b=B)

    def feed_forward(self, x):
        if self.config.experts is not None:
            return self.mixture(x)
        return self.drop(self.units(x, self.config.d_ff))

    def __call__(self, x, memory=None):
        order = self.config.norm_order
        if self.config.parallel:
            added = self.attention(self.norm(x)) + self.feed_forward(
                self.norm(x)
            )
            return x + added
        sublayers = [self.attention, self.feed_forward]
        if memory is not None:
            sublayers.insert(1, lambda x: self.attention(x, memory))
        for sublayer in sublayers:
            if order == "post":
                x = self.norm(x + sublayer(x))
            elif order == "output":
                x = x + self.norm(sublayer(x))
            elif order == "sandwich":
                x = x + self.norm(sublayer(self.norm(x)))
            else:
                x = x + sublayer(self.norm(x))
        return x


def kept(config, dropout=False, dtype=torch.bfloat16):
    """Bytes that autograd keeps, without the statistics of norms."""
    block = Reference(config, dropout, dtype)
    x = torch.randn(B, T, config.d_model, dtype=dtype).requires_grad_()
    with SavedTensors() as saved:
        out = block(x)
    known = {w.data_ptr() for w in block.weights}
    if config.norm_order in ("post", "output"):
        # the next layer reads what this one has made, this one what the last
        known |= {out.data_ptr()} - {x.data_ptr()}
    return sum(
        t.bytes
        for t in saved.tensors
        if t.value.data_ptr() not in known and t.shape[-1] != 1
    )


FAMILIES = {
    "gpt": GPT_LIKE,
    "bert": replace(GPT_LIKE, norm_order="post"),
    "relu": replace(GPT_LIKE, activation="relu"),
    "llama": LLAMA_LIKE,
    "neox": replace(GPT_LIKE, parallel=True),
    "qwen": replace(LLAMA_LIKE, qk_norm="head"),
    "gemma": replace(LLAMA_LIKE, norm_order="sandwich", score_cap=50.0),
    "olmo": replace(LLAMA_LIKE, norm_order="output"),
    "mixtral": replace(
        LLAMA_LIKE, experts=Experts(n_experts=7, n_active=2, d_ff=12)
    ),
    "shared": replace(
        LLAMA_LIKE,
        experts=Experts(n_experts=7, n_active=3, d_ff=12, d_ff_shared=9),
    ),
    "latent": replace(
        LLAMA_LIKE,
        n_kv_heads=6,
        d_head=10,
        latent=Latent(
            d_latent=11, d_query=9, d_content=6, d_rotary=4, d_value=5
        ),
    ),
    "direct": replace(
        LLAMA_LIKE,
        n_kv_heads=6,
        d_head=10,
        latent=Latent(d_latent=11, d_content=6, d_rotary=4, d_value=5),
    ),
}


@pytest.mark.parametrize("family", FAMILIES)
def test_a_layer_keeps_what_autograd_keeps(family):
    config = FAMILIES[family]
    expected = kept(config)
    assert activation_bytes(config, n_tokens=T, batch_size=B) == expected
    parts = activations(config, n_tokens=T)
    assert B * sum(parts.values()) == expected


@pytest.mark.parametrize("family", ["gpt", "llama"])
def test_four_bytes_a_number(family):
    config = FAMILIES[family]
    found = activation_bytes(
        config, n_tokens=T, batch_size=B, bytes_per_number=4
    )
    assert found == kept(config, dtype=torch.float32)


@pytest.mark.parametrize("family", ["gpt", "bert", "relu"])
def test_dropout_keeps_masks_of_a_byte(family):
    config = FAMILIES[family]
    found = activation_bytes(config, n_tokens=T, batch_size=B, dropout=True)
    assert found == kept(config, dropout=True)


@pytest.mark.parametrize("dropout", [False, True])
def test_an_encoder_and_a_decoder(dropout):
    config = replace(
        TRANSFORMER_BASE,
        **SMALL | {"d_ff": 12},
        n_decoder_layers=1,
        d_decoder_ff=40,
        n_heads=3,
        n_kv_heads=3,
        d_head=8,
    )
    encoder = Reference(config, dropout)
    decoder = Reference(replace(config, d_ff=40), dropout)
    text, target = (
        torch.randn(1, n, 24, dtype=torch.bfloat16).requires_grad_()
        for n in (7, 4)
    )
    with SavedTensors() as saved:
        out = decoder(target, encoder(text))
    known = {w.data_ptr() for w in encoder.weights + decoder.weights}
    expected = sum(
        t.bytes
        for t in saved.tensors
        if t.value.data_ptr() not in known | {out.data_ptr()}
        if t.shape[-1] != 1
    )
    lengths = {"n_tokens": 7, "n_targets": 4}
    found = activation_bytes(config, **lengths, dropout=dropout)
    assert found == expected
    full = activation_bytes(config, **lengths, recompute="full")
    assert full == 2 * 24 * (7 + 4 + 7)
    same = activations(config, n_tokens=7, n_targets=7)
    assert activations(config, n_tokens=7) == same


GPT3 = {"L": 96, "s": 2048, "h": 12_288, "a": 96}
MTNLG = {"L": 105, "s": 2048, "h": 20_480, "a": 128}


@pytest.mark.parametrize(("size", "square"), [(GPT3, 80), (MTNLG, 64)])
def test_korthikanti(size, square):
    # Korthikanti et al. 2022, equation 1 and section 5: 5 a s / h is 80 for
    # GPT-3 and 64 for MT-NLG; section 5.1 for what is recomputed
    L, s, h, a = (size[letter] for letter in "Lsha")
    config = replace(
        GPT2,
        n_layers=L,
        d_model=h,
        n_heads=a,
        n_kv_heads=a,
        d_head=h // a,
        d_ff=4 * h,
    )
    b = 3
    none, selective, full = (
        activation_bytes(
            config, n_tokens=s, batch_size=b, dropout=True, recompute=way
        )
        for way in ("none", "selective", "full")
    )
    assert 5 * a * s / h == square
    assert none == L * s * b * h * (34 + square)
    assert selective == L * s * b * h * 34
    assert full == L * s * b * h * 2


def test_parts_of_a_block_of_gpt():
    # Korthikanti et al. 2022, section 4.1: attention 11, of which a mask is
    # 1; feed-forward 19, of which a mask is 1; norms 4
    parts = activations(GPT_LIKE, n_tokens=T, dropout=True)
    D, N = 24, 3
    assert parts == {
        "norms": 4 * T * D,
        "attention": 10 * T * D,
        "scores": 5 * N * T**2,
        "feed-forward": 2 * T * (D + 2 * 40),
        "masks": 2 * T * D,
    }


def test_experts_in_some_layers():
    experts = Experts(n_experts=7, n_active=2, d_ff=12, layers=(1, 2, 4))
    config = replace(LLAMA_LIKE, n_layers=5, experts=experts)
    each = replace(config, experts=replace(experts, layers=None))
    part = "feed-forward"
    mixed, dense = (
        activations(replace(c, n_layers=1), n_tokens=T)[part]
        for c in (each, LLAMA_LIKE)
    )
    assert activations(config, n_tokens=T)[part] == 3 * mixed + 2 * dense


def test_a_first_layer_without_a_norm():
    config = replace(GPT_LIKE, n_layers=3)
    bare = replace(config, first_norm=False)
    less = activations(config, n_tokens=T)["norms"] - 2 * T * 24
    assert activations(bare, n_tokens=T)["norms"] == less


def test_logits_have_four_bytes():
    assert logits_bytes(GPT2, n_tokens=7) == 4 * 7 * 50_257
    assert logits_bytes(GPT2, n_tokens=7, batch_size=3) == 3 * 4 * 7 * 50_257


@pytest.mark.parametrize(
    ("function", "name"),
    [
        (activations, "n_tokens"),
        (activations, "bytes_per_number"),
        (activation_bytes, "batch_size"),
        (logits_bytes, "n_tokens"),
        (logits_bytes, "batch_size"),
    ],
)
def test_sizes_below_one(function, name):
    sizes = {"n_tokens": 1} | {name: 0}
    with pytest.raises(ValueError, match=f"^{name}=0 must be at least 1$"):
        function(GPT2, **sizes)


def test_targets_of_no_length_or_no_decoder():
    with pytest.raises(ValueError, match=r"^n_targets=0 must be at least 1$"):
        activations(TRANSFORMER_BASE, n_tokens=4, n_targets=0)
    with pytest.raises(
        ValueError, match=r"^n_targets=4 must be None without a decoder$"
    ):
        activations(GPT2, n_tokens=4, n_targets=4)


def test_another_way_to_recompute():
    with pytest.raises(
        ValueError, match=r"^recompute='half' must be one of \('none', "
    ):
        activation_bytes(GPT2, n_tokens=4, recompute="half")
