"""Optimisers step by step: torch's own, the first step by hand, errors."""

import pytest
import torch
from torch import nn

from xfmr.train.adamw import SGD, AdamW

pytestmark = pytest.mark.usefixtures("double_precision")

DECAYS = [0.0, 0.3]


def model():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(5, 7), nn.Tanh(), nn.Linear(7, 3))


def walked(made, n_steps=20, resumed=False):
    """A small model's weights after some steps of an optimiser."""
    net = model()
    unused = nn.Parameter(torch.ones(2))
    optimiser = made([*net.parameters(), unused])
    x, y = torch.randn(2, 16, 5)[0], torch.randn(16, 3)
    for n in range(n_steps):
        if resumed and n == n_steps // 2:
            state = optimiser.state_dict()
            optimiser = made([*net.parameters(), unused])
            optimiser.load_state_dict(state)
        optimiser.zero_grad()
        (net(x) - y).square().mean().backward()
        optimiser.step()
    assert torch.equal(unused, torch.ones(2))
    return torch.cat([w.detach().flatten() for w in net.parameters()])


def same(ours, theirs):
    torch.testing.assert_close(
        walked(ours), walked(theirs), rtol=0, atol=1e-12
    )


@pytest.mark.parametrize("decay", DECAYS)
@pytest.mark.parametrize("momentum", [0.0, 0.8])
def test_sgd_is_torchs(momentum, decay):
    settings = {"lr": 0.1, "momentum": momentum, "weight_decay": decay}
    same(
        lambda params: SGD(params, **settings),
        lambda params: torch.optim.SGD(params, **settings),
    )


@pytest.mark.parametrize("decay", DECAYS)
@pytest.mark.parametrize("way", ["foreach", "fused", None])
def test_adamw_is_torchs_in_all_its_ways(decay, way):
    settings = {"lr": 0.03, "betas": (0.7, 0.95), "eps": 1e-3}
    settings |= {"weight_decay": decay}
    chosen = {way: True} if way else {}
    same(
        lambda params: AdamW(params, **settings),
        lambda params: torch.optim.AdamW(params, **settings, **chosen),
    )


@pytest.mark.parametrize("decay", DECAYS)
def test_coupled_it_is_torchs_adam(decay):
    settings = {"lr": 0.03, "weight_decay": decay}
    same(
        lambda params: AdamW(params, decoupled=False, **settings),
        lambda params: torch.optim.Adam(params, **settings),
    )


def test_defaults_are_those_of_the_paper():
    same(
        lambda params: AdamW(params, lr=0.03),
        lambda params: torch.optim.Adam(params, lr=0.03),
    )


@pytest.mark.parametrize(
    "made",
    [
        lambda params: AdamW(params, lr=0.03, weight_decay=0.1),
        lambda params: SGD(params, lr=0.1, momentum=0.8),
    ],
)
def test_a_resumed_run_takes_the_same_steps(made):
    assert torch.equal(walked(made), walked(made, resumed=True))


def moved(made, gradient):
    w = nn.Parameter(torch.full((3,), 2.0))
    w.grad = torch.tensor(gradient)
    made([w]).step()
    return w.detach() - 2


def test_the_first_step_of_adam_is_a_sign():
    step = moved(lambda p: AdamW(p, lr=0.1, eps=0.0), [1e-5, -3.0, 1e9])
    torch.testing.assert_close(step, torch.tensor([-0.1, 0.1, -0.1]))


def test_decay_is_a_share_of_the_weights_or_of_the_gradient():
    flat = [0.0, 0.0, 0.0]
    apart = moved(lambda p: AdamW(p, lr=0.1, weight_decay=0.5), flat)
    torch.testing.assert_close(apart, torch.full((3,), -0.1 * 0.5 * 2))
    joined = moved(
        lambda p: AdamW(p, lr=0.1, weight_decay=0.5, decoupled=False), flat
    )
    torch.testing.assert_close(joined, torch.full((3,), -0.1))


def test_groups_have_settings_of_their_own():
    net = model()
    first, second = net[0].parameters(), net[2].parameters()
    groups = [{"params": first}, {"params": second, "lr": 0.0}]
    optimiser = AdamW(groups, lr=0.1)
    before = [w.clone() for w in net.parameters()]
    net(torch.ones(1, 5)).sum().backward()
    optimiser.step()
    after = [*net.parameters()]
    changed = [
        not torch.equal(a, b) for a, b in zip(before, after, strict=True)
    ]
    assert changed == [True, True, False, False]


def test_plain_gradients_leave_no_state():
    w = nn.Parameter(torch.ones(2))
    w.grad = torch.ones(2)
    optimiser = SGD([w], lr=0.1)
    optimiser.step()
    assert not optimiser.state[w]


@pytest.mark.parametrize("made", [SGD, AdamW])
@pytest.mark.parametrize("name", ["lr", "weight_decay"])
def test_negative_numbers(made, name):
    settings = {"lr": 0.1} | {name: -0.1}
    with pytest.raises(ValueError, match=f"^{name}=-0.1 must be at least 0$"):
        made([nn.Parameter(torch.ones(1))], **settings)


@pytest.mark.parametrize("value", [-0.1, 1.0])
def test_means_that_do_not_fade(value):
    w = [nn.Parameter(torch.ones(1))]
    rule = f"={value} must be at least 0 and below 1$"
    with pytest.raises(ValueError, match="^momentum" + rule):
        SGD(w, lr=0.1, momentum=value)
    with pytest.raises(ValueError, match="^beta_1" + rule):
        AdamW(w, lr=0.1, betas=(value, 0.9))
    with pytest.raises(ValueError, match="^beta_2" + rule):
        AdamW(w, lr=0.1, betas=(0.9, value))


def test_a_negative_eps():
    with pytest.raises(ValueError, match=r"^eps=-1.0 must be at least 0$"):
        AdamW([nn.Parameter(torch.ones(1))], lr=0.1, eps=-1.0)


def test_nothing_of_all_is_allowed():
    w = [nn.Parameter(torch.ones(1))]
    AdamW(w, lr=0.0, eps=0.0, betas=(0.0, 0.0), weight_decay=0.0)
    SGD(w, lr=0.0)


def test_a_rate_that_is_no_number():
    with pytest.raises(ValueError, match=r"^lr=nan must be at least 0$"):
        SGD([nn.Parameter(torch.ones(1))], lr=float("nan"))
