"""Latent attention as ordinary attention, in its two forms, piece by piece."""

import pytest
import torch
from torch import nn

from xfmr import count
from xfmr.attention import Attention
from xfmr.cache import KVCache
from xfmr.config import Latent
from xfmr.latent import LatentAttention
from xfmr.mask import causal_mask, padding_mask
from xfmr.rotary import Rotary

pytestmark = pytest.mark.usefixtures("double_precision")

SIZES = Latent(d_latent=10, d_query=6, d_content=4, d_rotary=2, d_value=3)
PLAIN = Latent(d_latent=10, d_content=4, d_rotary=2, d_value=3)
EACH = pytest.mark.parametrize(
    "latent", [SIZES, PLAIN], ids=["compressed", "plain"]
)


def layer_of(latent=SIZES, **options):
    torch.manual_seed(0)
    layer = LatentAttention(
        d_model=12,
        n_heads=5,
        latent=latent,
        norm_eps=1e-6,
        rotary=Rotary(d_head=latent.d_rotary, layout="interleaved"),
        **options,
    )
    for p in layer.parameters():  # no gain at one, scores that matter
        nn.init.normal_(p)
    return layer


def stream(B=2, T=7, seed=1):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(B, T, 12, generator=generator)


def as_attention(layer):
    """The weights of an ordinary layer that reads the same keys and values.

    Its heads have the content, the turned coordinates and the value; its
    stream is the latent, and then the stream itself.
    """
    wide = Attention(d_model=22, n_heads=5, n_kv_heads=5, d_head=6)
    rows = {
        "w_k.weight": torch.zeros(5, 6, 22),
        "w_v.weight": torch.zeros(5, 6, 22),
        "w_o.weight": torch.zeros(22, 5, 6),
    }
    rows["w_k.weight"][:, :4, :10] = layer.w_uk.weight.unflatten(0, (5, 4))
    rows["w_v.weight"][:, :3, :10] = layer.w_uv.weight.unflatten(0, (5, 3))
    rows["w_o.weight"][:12, :, :3] = layer.w_o.weight.unflatten(1, (5, 3))
    rows["w_q.weight"] = torch.zeros(5, 6, 22)
    rows["w_q.weight"][:, :4, 10:] = layer.w_q.weight.unflatten(0, (5, 6))[
        :, :4
    ]
    shapes = {name: w.shape for name, w in wide.state_dict().items()}
    wide.load_state_dict(
        {name: rows[name].reshape(shape) for name, shape in shapes.items()}
    )
    return wide


def test_without_turned_coordinates_it_is_ordinary_attention():
    layer, x = layer_of(PLAIN), stream()
    with torch.no_grad():
        layer.w_kr.weight.zero_()
        wide = as_attention(layer)
        both = torch.cat((layer.latent_norm(layer.w_dkv(x)), x), dim=-1)
        expected = wide(both)[..., :12]
        for absorbed in (False, True):
            torch.testing.assert_close(layer(x, absorbed=absorbed), expected)


def test_the_turned_coordinates_by_hand():
    layer, x = layer_of(PLAIN), stream(B=1, T=2)
    with torch.no_grad():
        layer.w_uk.weight.zero_()
        q = layer.w_q(x)[0].unflatten(-1, (5, 6))[:, :, 4:]
        r = layer.w_kr(x)[0]
        turn = torch.tensor([[1.0, 1j], [0, 0]])[0]  # a pair as a number
        q_number, r_number = q.to(turn) @ turn, r.to(turn) @ turn
        steps = torch.tensor([0, 1])
        q_number = q_number * torch.exp(1j * steps)[:, None]
        r_number = r_number * torch.exp(1j * steps)
        scores = (q_number[:, :, None] * r_number.conj()).real
        shares = (scores / 6**0.5).softmax(dim=-1)
        v = layer.w_uv(layer.latent_norm(layer.w_dkv(x)))[0]
        heads = torch.einsum("tns,snv->tnv", shares, v.unflatten(-1, (5, 3)))
        expected = layer.w_o(heads.flatten(1))[None]
        torch.testing.assert_close(layer(x), expected)


@EACH
@pytest.mark.parametrize("causal", [False, True])
def test_both_forms_are_one_layer(latent, causal):
    layer, x = layer_of(latent, causal=causal, bias=True), stream()
    # sums of ten products in another order
    torch.testing.assert_close(
        layer(x, absorbed=True), layer(x), rtol=1e-12, atol=1e-12
    )


@EACH
@pytest.mark.parametrize("absorbed", [False, True])
def test_a_text_in_pieces(latent, absorbed):
    layer, x = layer_of(latent, causal=True), stream()
    cache = KVCache()
    pieces = [
        layer(piece, cache=cache, absorbed=absorbed)
        for piece in x.split([3, 1, 1, 2], dim=1)
    ]
    torch.testing.assert_close(torch.cat(pieces, dim=1), layer(x))
    assert cache.n_tokens == 7
    assert (cache.k.shape, cache.v.shape) == ((2, 7, 2), (2, 7, 10))
    assert cache.n_bytes == 2 * 7 * (10 + 2) * 8


@pytest.mark.parametrize("absorbed", [False, True])
def test_masks(absorbed):
    x = stream()
    causal = causal_mask(n_queries=7, n_keys=7)
    hidden = layer_of(causal=True)(x, absorbed=absorbed)
    layer = layer_of()
    torch.testing.assert_close(layer(x, causal, absorbed=absorbed), hidden)
    padding = padding_mask([7, 4], n_keys=7)
    padded = layer(x, padding, absorbed=absorbed)
    torch.testing.assert_close(padded[1:, :4], layer(x[1:, :4]))
    torch.testing.assert_close(padded[:1], layer(x[:1]))
    torch.testing.assert_close(
        layer_of(causal=True)(x, padding, absorbed=absorbed),
        layer(x, causal & padding, absorbed=absorbed),
    )


@pytest.mark.parametrize("absorbed", [False, True])
def test_a_query_that_may_read_nothing_reads_zeros(absorbed):
    layer, x = layer_of(), stream(B=1)
    mask = torch.ones(7, 7, dtype=torch.bool)
    mask[3] = False
    y = layer(x, mask, absorbed=absorbed)
    assert not y[0, 3].any() and y[0, 2].any()


def test_scores_depend_on_the_distance_alone():
    layer, x = layer_of(causal=True), stream(B=1, T=1).expand(1, 7, 12)
    latent, key = torch.randn(1, 1, 10), torch.randn(1, 1, 2)
    outputs = []
    for n in (3, 50):  # the same neighbour, earlier or later in a text
        cache = KVCache(window=2)
        cache.n_tokens, cache.v = n, latent
        cache.k = layer.rotary(key, n - 1)
        outputs.append(layer(x[:, :1], cache=cache))
    torch.testing.assert_close(*outputs)


def test_a_scale_of_its_own():
    x = stream()
    usual, asked = layer_of(), layer_of(score_scale=6**-0.5)
    torch.testing.assert_close(asked(x), usual(x))
    other = layer_of(score_scale=0.1)
    with torch.no_grad():
        other.w_q.weight *= 6**-0.5 / 0.1
    torch.testing.assert_close(other(x), usual(x))


@EACH
@pytest.mark.parametrize("bias", [False, True])
def test_the_arithmetic_counts_it(latent, bias):
    built = sum(p.numel() for p in layer_of(latent, bias=bias).parameters())
    assert built == count.latent_attention(
        d_model=12, n_heads=5, latent=latent, bias=bias
    )


def test_plain_unless_asked():
    layer = layer_of()
    assert not [n for n, _ in layer.named_parameters() if "bias" in n]
    x, other = stream(), stream(seed=2)
    other[:, :-1] = x[:, :-1]
    assert not torch.equal(layer(x)[:, 0], layer(other)[:, 0])


def test_runs_on_meta():
    with torch.device("meta"):
        layer = LatentAttention(
            d_model=12,
            n_heads=5,
            latent=SIZES,
            norm_eps=1e-6,
            rotary=Rotary(d_head=2),
            causal=True,
        )
        for absorbed in (False, True):
            y = layer(torch.empty(2, 7, 12), absorbed=absorbed)
            assert y.shape == (2, 7, 12)


@pytest.mark.parametrize("n_heads", [0, -1])
def test_no_head(n_heads):
    with pytest.raises(
        ValueError, match=rf"^n_heads={n_heads} must be at least 1$"
    ):
        LatentAttention(
            d_model=12,
            n_heads=n_heads,
            latent=SIZES,
            norm_eps=1e-6,
            rotary=Rotary(d_head=2),
        )


def test_a_rotary_of_another_width():
    with pytest.raises(
        ValueError, match=r"^rotary\.d_head=4 must be latent\.d_rotary=2$"
    ):
        LatentAttention(
            d_model=12,
            n_heads=5,
            latent=SIZES,
            norm_eps=1e-6,
            rotary=Rotary(d_head=4),
        )
