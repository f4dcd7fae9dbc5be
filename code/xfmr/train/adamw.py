"""Optimisers, from the plain gradient to AdamW.

Each takes `lr` times a step away from the weights w. With g for the gradient,
the step is

    SGD        g
    momentum   m            m <- momentum m + g
    Adam       m' / (sqrt(v') + eps)
                            m <- beta_1 m + (1 - beta_1) g
                            v <- beta_2 v + (1 - beta_2) g^2

Running means that begin at zero are too small at first, by factors that are
known: m' = m / (1 - beta_1^n) after n steps, and v' likewise. Decay pulls
weights towards zero. As part of the gradient, g + decay w, it is divided by
what Adam divides by; decoupled it is not, and that is the W of AdamW.
"""

from collections.abc import Iterable

import torch
from jaxtyping import Float
from torch import Tensor
from torch.optim import Optimizer

Parameters = Iterable[Tensor] | Iterable[dict]


def check(**numbers: float) -> None:
    """Refuse rates and decays that are below zero.

    Raises:
        ValueError: if one is.
    """
    for name, number in numbers.items():
        if not number >= 0:
            raise ValueError(f"{name}={number} must be at least 0")


def check_share(name: str, share: float) -> None:
    """Refuse what a running mean cannot keep of itself.

    Raises:
        ValueError: if the share is below 0, or 1 and more.
    """
    if not 0 <= share < 1:
        raise ValueError(f"{name}={share} must be at least 0 and below 1")


class SGD(Optimizer):
    """The gradient, or a sum of gradients that fades.

    Polyak 1964 for the momentum, without damping.

    Args:
        params: what is trained, or groups of it with settings of their own.
        lr: how much of a step is taken.
        momentum: what is left of a gradient after one step more.
        weight_decay: of the weights, joins the gradient.

    Raises:
        ValueError: if a number is negative, or momentum does not fade.
    """

    def __init__(
        self,
        params: Parameters,
        *,
        lr: float,
        momentum: float = 0.0,
        weight_decay: float = 0.0,
    ):
        check(lr=lr, weight_decay=weight_decay)
        check_share("momentum", momentum)
        settings = {"momentum": momentum, "weight_decay": weight_decay}
        super().__init__(params, {"lr": lr} | settings)

    @torch.no_grad()
    def step(self) -> None:
        """Move all weights that have a gradient."""
        for group in self.param_groups:
            for w in group["params"]:
                if w.grad is None:
                    continue
                g = w.grad + group["weight_decay"] * w
                if group["momentum"]:
                    state = self.state[w]
                    g = g + group["momentum"] * state.get("sum", 0)
                    state["sum"] = g
                w.sub_(group["lr"] * g)


class AdamW(Optimizer):
    """The mean gradient in units of its own size, and a decay apart from it.

    Kingma and Ba 2015, algorithm 1; Loshchilov and Hutter 2019, algorithm 2,
    with the decay multiplied by the learning rate, as libraries have it.

    Args:
        params: what is trained, or groups of it with settings of their own.
        lr: how much of a step is taken.
        betas: what the running means of g and of g^2 keep of themselves.
        eps: joins the root in the divisor.
        weight_decay: of the weights, for a learning rate of one.
        decoupled: whether the decay bypasses the means. If not, it joins the
            gradient: Adam as it was.

    Raises:
        ValueError: if a number is negative, or a mean does not fade.
    """

    def __init__(
        self,
        params: Parameters,
        *,
        lr: float,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        decoupled: bool = True,
    ):
        check(lr=lr, eps=eps, weight_decay=weight_decay)
        for name, beta in zip(("beta_1", "beta_2"), betas, strict=True):
            check_share(name, beta)
        settings = {"lr": lr, "betas": betas, "eps": eps}
        settings |= {"weight_decay": weight_decay, "decoupled": decoupled}
        super().__init__(params, settings)

    @torch.no_grad()
    def step(self) -> None:
        """Move all weights that have a gradient."""
        for group in self.param_groups:
            lr, decay = group["lr"], group["weight_decay"]
            for w in group["params"]:
                if w.grad is None:
                    continue
                g = w.grad
                if group["decoupled"]:
                    w.mul_(1 - lr * decay)
                else:
                    g = g + decay * w
                w.sub_(lr * self._step_of(w, g, group))

    def _step_of(
        self, w: Float[Tensor, "..."], g: Float[Tensor, "..."], group: dict
    ) -> Float[Tensor, "..."]:
        """The corrected mean over the root of the corrected mean square."""
        (beta_1, beta_2), state = group["betas"], self.state[w]
        if not state:
            state["n_steps"] = 0
            state["mean"] = torch.zeros_like(w)
            state["square"] = torch.zeros_like(w)
        state["n_steps"] += 1
        mean, square, n = state["mean"], state["square"], state["n_steps"]
        mean.lerp_(g, 1 - beta_1)
        square.lerp_(g**2, 1 - beta_2)
        root = (square / (1 - beta_2**n)).sqrt()
        return mean / (1 - beta_1**n) / (root + group["eps"])
