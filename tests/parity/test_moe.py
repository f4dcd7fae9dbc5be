"""Routers and the balance loss against Mixtral's, on random numbers."""

from dataclasses import replace

import pytest
import torch
from torch import nn
from transformers import DeepseekV3Config, MixtralConfig
from transformers.models.deepseek_v3 import modeling_deepseek_v3 as deepseek
from transformers.models.mixtral import modeling_mixtral as mixtral

from xfmr.config import Experts
from xfmr.moe import Mixture, SigmoidRouter, balance_loss
from xfmr.presets import LLAMA2_7B


@pytest.mark.parametrize(("n_experts", "n_active"), [(5, 2), (8, 1), (3, 3)])
def test_balance_loss(n_experts, n_active):
    torch.manual_seed(0)
    layers = [2 * torch.randn(40, n_experts) for _ in range(3)]
    theirs = mixtral.load_balancing_loss_func(
        tuple(layers), n_experts, top_k=n_active
    )
    sizes = {"n_active": n_active, "per": "token"}
    ours = balance_loss(torch.cat(layers), **sizes)  # of all layers at once
    torch.testing.assert_close(ours, theirs, rtol=1e-6, atol=0)
    per_choice = balance_loss(torch.cat(layers), n_active=n_active)
    torch.testing.assert_close(n_active * per_choice, ours)


@pytest.mark.parametrize(("n_experts", "n_active"), [(5, 2), (8, 1), (3, 3)])
def test_a_mixture_is_mixtrals(n_experts, n_active):
    torch.manual_seed(0)
    theirs = mixtral.MixtralSparseMoeBlock(
        MixtralConfig(
            hidden_size=12,
            intermediate_size=20,
            num_local_experts=n_experts,
            num_experts_per_tok=n_active,
            experts_implementation="eager",
        )
    ).double()
    for p in theirs.parameters():
        nn.init.normal_(p, std=0.5)
    experts = Experts(n_experts=n_experts, n_active=n_active, d_ff=20)
    ours = Mixture(replace(LLAMA2_7B, d_model=12, experts=experts)).double()
    w_gate, w_in = theirs.experts.gate_up_proj.chunk(2, dim=1)
    ours.load_state_dict(
        {
            "router.w.weight": theirs.gate.weight,
            "w_gate": w_gate,
            "w_in": w_in,
            "w_out": theirs.experts.down_proj,
        }
    )
    x = torch.randn(2, 9, 12, dtype=torch.float64)
    _, shares, chosen = theirs.gate(x)
    own_shares, own_chosen = ours.router(x.reshape(-1, 12))
    assert torch.equal(own_chosen, chosen)
    # their softmax is in float32
    torch.testing.assert_close(own_shares.float(), shares.float())
    torch.testing.assert_close(ours(x), theirs(x), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(("n_experts", "n_active"), [(5, 2), (8, 1), (4, 4)])
def test_a_router_is_deepseeks(n_experts, n_active):
    torch.manual_seed(0)
    theirs = deepseek.DeepseekV3TopkRouter(
        DeepseekV3Config(
            hidden_size=12,
            n_routed_experts=n_experts,
            num_experts_per_tok=n_active,
            n_group=1,
            topk_group=1,
        )
    )
    nn.init.normal_(theirs.weight)
    ours = SigmoidRouter(
        d_model=12,
        n_experts=n_experts,
        n_active=n_active,
        bias=False,
        share_scale=2.5,
    )
    ours.load_state_dict({"w.weight": theirs.weight})
    x = torch.randn(9, 12)
    _, shares, chosen = theirs(x)
    own_shares, own_chosen = ours(x)
    for own, other in ((own_shares, shares), (own_chosen, chosen)):
        # theirs are in no order
        by_expert = other.gather(1, chosen.argsort(1))
        own_by_expert = own.gather(1, own_chosen.argsort(1))
        torch.testing.assert_close(own_by_expert, by_expert)
