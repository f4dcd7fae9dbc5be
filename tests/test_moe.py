"""Experts: against a feed-forward layer for each, and by enumeration.

That they are the transformers library's is tested in parity/.
"""

from dataclasses import replace
from itertools import product

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from xfmr import count
from xfmr.config import Experts
from xfmr.feedforward import FeedForward
from xfmr.moe import Mixture, Router, SigmoidRouter, balance_loss
from xfmr.presets import LLAMA2_7B

pytestmark = pytest.mark.usefixtures("double_precision")
E, K = 5, 2
SIZES = {"d_model": 6, "d_ff": 4, "n_heads": 2, "n_kv_heads": 2, "d_head": 3}
TOY = replace(
    LLAMA2_7B,
    **SIZES,
    n_layers=1,
    vocab_size=3,
    experts=Experts(n_experts=E, n_active=K, d_ff=8),
)


def x(n=7):
    generator = torch.Generator().manual_seed(1)
    return torch.randn(2, n, 6, generator=generator)


def mixture(config=TOY):
    torch.manual_seed(0)
    ours = Mixture(config)
    for p in ours.parameters():
        nn.init.normal_(p)
    return ours


def alone(ours, e, gated=True, bias=False):
    """The expert e as a layer of its own."""
    layer = FeedForward(
        d_model=6, d_ff=8, activation="silu", bias=bias, gated=gated
    )
    weights = {}
    for name in ("in", "gate", "out"):
        if name != "gate" or gated:
            weights[f"w_{name}.weight"] = getattr(ours, f"w_{name}")[e]
            if bias:
                weights[f"w_{name}.bias"] = getattr(ours, f"b_{name}")[e]
    layer.load_state_dict(weights)
    return layer


@pytest.mark.parametrize("gated", [False, True])
@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("n_active", [1, 2, E])
def test_equals_the_sum_over_all_experts(n_active, bias, gated):
    experts = replace(TOY.experts, n_active=n_active, bias=bias)
    ours = mixture(replace(TOY, experts=experts, gated=gated))
    scores = ours.router.w(x())
    least = scores.sort(descending=True).values[..., n_active - 1]
    kept = scores.masked_fill(scores < least[..., None], -torch.inf)
    shares = kept.softmax(-1)
    expected = sum(
        shares[..., e, None] * alone(ours, e, gated, bias)(x())
        for e in range(E)
    )
    torch.testing.assert_close(ours(x()), expected)


def test_shares_are_those_of_all_experts_brought_to_one():
    router, tokens = mixture().router, x()[0]
    shares, chosen = router(tokens)
    probabilities = router.w(tokens).softmax(-1)
    best = probabilities.topk(K).values
    torch.testing.assert_close(shares, best / best.sum(-1, keepdim=True))
    assert torch.equal(chosen, probabilities.topk(K).indices)


def test_each_token_is_alone():
    ours = mixture()
    torch.testing.assert_close(ours(x()[:, 3:4]), ours(x())[:, 3:4])
    assert ours(x()[:, :0]).shape == (2, 0, 6)


def test_a_shared_expert_is_added():
    experts = replace(TOY.experts, d_ff_shared=3)
    ours = mixture(replace(TOY, experts=experts))
    shared, ours.shared = ours.shared, None
    expected = ours(x()) + shared(x())
    ours.shared = shared
    torch.testing.assert_close(ours(x()), expected)
    assert shared.w_in.weight.shape == (3, 6)


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("gated", [False, True])
@pytest.mark.parametrize("d_ff_shared", [None, 3])
def test_parameters_equal_the_count(d_ff_shared, gated, bias):
    experts = replace(
        TOY.experts, bias=bias, router_bias=bias, d_ff_shared=d_ff_shared
    )
    config = replace(TOY, experts=experts, gated=gated, ff_bias=bias)
    parts = count.parts(config)
    names = ("experts", "router", "shared expert")
    assert sum(p.numel() for p in Mixture(config).parameters()) == sum(
        parts.get(name, 0) for name in names
    )


def test_starts_as_a_layer_would():
    torch.manual_seed(0)
    config = replace(TOY, experts=replace(TOY.experts, d_ff=999, bias=True))
    ours = Mixture(config)
    for name, n_columns in {"in": 6, "gate": 6, "out": 999}.items():
        for kind in "wb":
            start = getattr(ours, f"{kind}_{name}")
            assert start.abs().max() <= n_columns**-0.5
            if start.numel() > 99:
                assert start.abs().max() > 0.95 * n_columns**-0.5
                assert abs(start.mean()) < 0.1 * n_columns**-0.5


@pytest.mark.parametrize("n", [1, 2, 7])
def test_work_is_that_of_the_experts_chosen(n):
    def flops(device):
        with torch.device(device), FlopCounterMode(display=False) as counter:
            Mixture(TOY)(torch.ones(1, n, 6))
        return counter.get_total_flops()

    router, expert = 2 * n * 6 * E, 3 * 2 * 6 * 8
    # on meta, where nothing is chosen, the experts take turns
    assert flops("cpu") == flops("meta") == router + n * K * expert


def test_a_router_may_have_a_bias():
    sizes = {"d_model": 6, "n_experts": E, "n_active": 1}
    assert Router(**sizes, bias=False).w.bias is None
    router = Router(**sizes, bias=True)
    router.w.bias.data = torch.tensor([0.0, 0, 0, 1e9, 0])
    assert router(x()[0])[1].tolist() == [[3]] * 7


@pytest.mark.parametrize("scale", [1.0, 2.5])
def test_shares_of_scores_that_know_nothing_of_each_other(scale):
    torch.manual_seed(0)
    sizes = {"d_model": 6, "n_experts": E, "n_active": K, "bias": False}
    router, tokens = SigmoidRouter(share_scale=scale, **sizes), x()[0]
    shares, chosen = router(tokens)
    scores = 1 / (1 + (-tokens @ router.w.weight.T).exp())
    best = scores.gather(1, chosen)
    assert (best[:, -1:] >= scores).sum(1).tolist() == [E - K + 1] * 7
    expected = scale * best / best.sum(1, keepdim=True)
    torch.testing.assert_close(shares, expected)


def test_which_router_a_mixture_has():
    def router(**change):
        experts = replace(TOY.experts, **change)
        return Mixture(replace(TOY, experts=experts)).router

    assert type(router()) is Router
    assert router(shares="sigmoid").share_scale == 1
    assert router(shares="sigmoid", share_scale=2.5).share_scale == 2.5


# The balance loss: E tokens, each with one favourite, in all ways ------------


@pytest.mark.parametrize("per", ["choice", "token"])
@pytest.mark.parametrize("n_experts", [2, 3, 4])
def test_balance_in_every_way_to_choose(n_experts, per):
    found = {}
    for favourites in product(range(n_experts), repeat=n_experts):
        scores = torch.full((n_experts, n_experts), -1e9)
        scores[range(n_experts), favourites] = 0
        loss = balance_loss(scores, n_active=1, per=per)
        shares = torch.tensor(favourites).bincount() / n_experts
        assert loss.item() == pytest.approx(n_experts * (shares**2).sum())
        found[favourites] = loss.item()
    # least where each is somebody's favourite, most where one is everybody's
    assert min(found.values()) == pytest.approx(1)
    assert max(found.values()) == pytest.approx(n_experts)
    best = {f for f, loss in found.items() if loss < 1 + 1e-9}
    assert best == {f for f in found if len(set(f)) == n_experts}


@pytest.mark.parametrize("n_active", [1, 2, 3])
def test_balance_at_uniform(n_active):
    # nearly uniform, and each expert chosen equally often
    scores = torch.stack([torch.eye(4).roll(n, 0)[0] for n in range(4)])
    scores = 1e-9 * sum(scores.roll(n, 1) for n in range(n_active))
    loss = balance_loss(scores, n_active=n_active)
    assert loss.item() == pytest.approx(1)
    library = balance_loss(scores, n_active=n_active, per="token")
    assert library.item() == pytest.approx(n_active)


def test_balance_where_a_few_are_always_chosen():
    scores = torch.tensor([[0.0, 0.0, -1e9, -1e9, -1e9]] * 3)
    loss = balance_loss(scores, n_active=2)
    assert loss.item() == pytest.approx(5 / 2)


def test_balance_per_what():
    with pytest.raises(
        ValueError, match=r"^per='expert' must be one of \('choice', 'token'"
    ):
        balance_loss(torch.zeros(2, 3), n_active=1, per="expert")
