"""A mixture of experts: many feed-forward layers, of which a token reads few.

A router scores every expert for every token. The k that score best work on
the token, and their outputs are added with shares that sum to one:

    y = sum over the k best of share_e expert_e(x)      shares = softmax(x W_r)

The softmax is over the scores of the k best, which is that over all E brought
back to a sum of one. Shazeer et al. 2017, section 2.1; Jiang et al. 2024,
section 2.1.
"""

from functools import partial

import torch
from einops import einsum, rearrange, reduce
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn.functional import one_hot

from xfmr.config import Config
from xfmr.feedforward import ACTIVATIONS, FeedForward

PER = ("choice", "token")


class Router(nn.Module):
    """Which experts a token reads, and in what shares.

    Args:
        d_model: D.
        n_experts: E.
        n_active: how many a token reads.
        bias: whether scores have a bias.
    """

    def __init__(
        self, *, d_model: int, n_experts: int, n_active: int, bias: bool
    ):
        super().__init__()
        self.n_active = n_active
        self.w = nn.Linear(d_model, n_experts, bias=bias)

    def scores(self, x: Float[Tensor, "BT D"]) -> Float[Tensor, "BT E"]:
        """How well each expert suits each token."""
        return self.w(x)

    def forward(
        self, x: Float[Tensor, "BT D"]
    ) -> tuple[Float[Tensor, "BT choice"], Int[Tensor, "BT choice"]]:
        """The shares of the experts chosen, best first, and which they are."""
        best, chosen = self.scores(x).topk(self.n_active, dim=-1)
        return best.softmax(dim=-1), chosen


class SigmoidRouter(Router):
    """The same, with scores that each expert has for itself.

    DeepSeek-AI 2024, section 2.1.2. Left out are what moves the choice to
    experts that are read too little, and its limit to some groups of experts.

    Args:
        share_scale: what the shares sum to.
        sizes: as for `Router`.
    """

    def __init__(self, *, share_scale: float, **sizes: int | bool):
        super().__init__(**sizes)
        self.share_scale = share_scale

    def forward(
        self, x: Float[Tensor, "BT D"]
    ) -> tuple[Float[Tensor, "BT choice"], Int[Tensor, "BT choice"]]:
        """The shares of the experts chosen, best first, and which they are."""
        scores = self.scores(x).sigmoid()
        best, chosen = scores.topk(self.n_active, dim=-1)
        whole = reduce(best, "BT choice -> BT 1", "sum")
        return best / whole * self.share_scale, chosen


class Mixture(nn.Module):
    """What stands in place of a feed-forward layer.

    Each expert is one: its weights are a slice of three stacked tensors.

    Args:
        config: what the model has, experts among it.
    """

    def __init__(self, config: Config):
        super().__init__()
        experts, D = config.experts, config.d_model
        self.n_experts, F = experts.n_experts, experts.d_ff
        self.activation = ACTIVATIONS[config.activation]
        router = Router
        if experts.shares == "sigmoid":
            router = partial(
                SigmoidRouter, share_scale=experts.share_scale or 1.0
            )
        self.router = router(
            d_model=D,
            n_experts=experts.n_experts,
            n_active=experts.n_active,
            bias=experts.router_bias,
        )
        sizes = {"in": (F, D), "gate": (F, D), "out": (D, F)}
        for name, (n_rows, n_columns) in sizes.items():
            absent = name == "gate" and not config.gated
            bound = n_columns**-0.5  # as nn.Linear starts
            for kind, size, has in (
                ("w", (n_rows, n_columns), not absent),
                ("b", (n_rows,), experts.bias and not absent),
            ):
                start = torch.empty(self.n_experts, *size)
                start = nn.Parameter(start.uniform_(-bound, bound))
                setattr(self, f"{kind}_{name}", start if has else None)
        self.shared = None
        if experts.d_ff_shared is not None:
            self.shared = FeedForward(
                **config.feed_forward | {"d_ff": experts.d_ff_shared},
                activation=config.activation,
            )

    def forward(self, x: Float[Tensor, "B T D"]) -> Float[Tensor, "B T D"]:
        """What each token's experts make of it, the shared one among them."""
        tokens = rearrange(x, "B T D -> (B T) D")
        y = self.routed(tokens, *self.router(tokens))
        y = rearrange(y, "(B T) D -> B T D", B=len(x))
        return y if self.shared is None else y + self.shared(x)

    def routed(
        self,
        x: Float[Tensor, "BT D"],
        shares: Float[Tensor, "BT choice"],
        chosen: Int[Tensor, "BT choice"],
    ) -> Float[Tensor, "BT D"]:
        """The outputs of the experts chosen, added in these shares.

        Choices are put in the order of their experts, so that each expert
        works once, on all tokens that chose it and on no others.
        """
        n_each = _n_each(chosen, self.n_experts)
        order = _by_expert(chosen)
        readers = order // chosen.shape[-1]
        pieces = _rows(x, readers).split(n_each)
        outputs = [self.expert(e, piece) for e, piece in enumerate(pieces)]
        by_choice = rearrange(shares, "BT choice -> (BT choice)")
        added = _joined(outputs) * by_choice[order][:, None]
        return torch.zeros_like(x).index_add(0, readers, added)

    def expert(
        self, e: int, x: Float[Tensor, "read D"]
    ) -> Float[Tensor, "read D"]:
        """What one expert makes of the tokens that read it."""
        hidden = _to_units(x, self.w_in, self.b_in, e)
        if self.w_gate is None:
            hidden = self.activation(hidden)
        else:
            gate = _to_units(x, self.w_gate, self.b_gate, e)
            hidden = self.activation(gate) * hidden
        return _from_units(hidden, self.w_out, self.b_out, e)


def balance_loss(
    scores: Float[Tensor, "BT E"], *, n_active: int, per: str = "choice"
) -> Float[Tensor, ""]:
    """E times the sum over experts of how often chosen, times how probable.

    Fedus et al. 2022, equations 4 to 6. Where both are the same for all
    experts it is 1 if choices are counted `per` choice, and n_active if they
    are per token, as the transformers library does for Mixtral.

    Args:
        scores: of every expert for every token, as routers give them.

    Raises:
        ValueError: if `per` is unknown.
    """
    if per not in PER:
        raise ValueError(f"{per=} must be one of {PER}")
    E = scores.shape[-1]
    chosen = scores.topk(n_active, dim=-1).indices
    counts = one_hot(chosen, E).to(scores).sum(dim=(0, 1))
    often = counts / (chosen.numel() if per == "choice" else len(scores))
    probable = scores.softmax(dim=-1).mean(dim=0)
    return E * einsum(often, probable, "E, E ->")


def _by_expert(chosen: Int[Tensor, "BT choice"]) -> Int[Tensor, "BTchoice"]:
    """The numbers of all choices, in the order of the experts chosen."""
    return rearrange(chosen, "BT choice -> (BT choice)").argsort()


def _n_each(chosen: Int[Tensor, "BT choice"], n_experts: int) -> list[int]:
    """How many tokens chose each; on `meta`, where none did, all alike."""
    if chosen.is_meta:
        few, left_over = divmod(chosen.numel(), n_experts)
        return [few + (e < left_over) for e in range(n_experts)]
    flat = rearrange(chosen, "BT choice -> (BT choice)")
    return torch.bincount(flat, minlength=n_experts).tolist()


def _rows(
    x: Float[Tensor, "BT D"], readers: Int[Tensor, "BTchoice"]
) -> Float[Tensor, "BTchoice D"]:
    return x[readers]


def _joined(
    outputs: list[Float[Tensor, "_ D"]],
) -> Float[Tensor, "BTchoice D"]:
    return torch.cat(outputs)


def _to_units(
    x: Float[Tensor, "read D"],
    weights: Float[Tensor, "E unit D"],
    biases: Float[Tensor, "E unit"] | None,
    e: int,
) -> Float[Tensor, "read unit"]:
    y = einsum(x, weights[e], "read D, unit D -> read unit")
    return y if biases is None else y + biases[e]


def _from_units(
    hidden: Float[Tensor, "read unit"],
    weights: Float[Tensor, "E D unit"],
    biases: Float[Tensor, "E D"] | None,
    e: int,
) -> Float[Tensor, "read D"]:
    y = einsum(hidden, weights[e], "read unit, D unit -> read D")
    return y if biases is None else y + biases[e]
