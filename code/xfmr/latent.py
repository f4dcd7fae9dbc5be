"""Latent attention: keys and values that are made of one short vector.

Liu et al. 2024, section 2.1. A position keeps its latent vector c and one
turned key r, the same for all heads; a head's key and value are products of c
with matrices of its own.

    explicit    k = W_uk c         score = q k        heads = weights (W_uv c)
    absorbed    q' = q W_uk        score = q' c       heads = W_uv (weights c)

Both are the same products in another order. Explicit, every head has keys and
values, as in multi-head attention. Absorbed, all heads read the latents
themselves, as in multi-query attention, and nothing is made of them.
"""

from math import inf, sqrt

from einops import einsum, rearrange
from jaxtyping import Bool, Float
from torch import Tensor, nn

from xfmr.cache import KVCache
from xfmr.config import Latent
from xfmr.mask import causal_mask
from xfmr.norm import RMSNorm
from xfmr.rotary import Rotary


class LatentAttention(nn.Module):
    """N heads that read latent vectors, between two projections.

    Args:
        d_model: D, the width of the stream that the layer reads and writes.
        n_heads: N.
        latent: the widths of what is compressed, compared and read.
        norm_eps: of the norms on the compressed vectors.
        rotary: turns the coordinates that know a position.
        bias: whether what reads the stream and what writes it add a bias.
        causal: whether no position reads those after it.
        score_scale: what scores are multiplied by; one over the root of the
            coordinates that are compared if None.

    Raises:
        ValueError: if there is no head, or the rotary turns another width.
    """

    def __init__(
        self,
        *,
        d_model: int,
        n_heads: int,
        latent: Latent,
        norm_eps: float,
        rotary: Rotary,
        bias: bool = False,
        causal: bool = False,
        score_scale: float | None = None,
    ):
        super().__init__()
        if n_heads < 1:
            raise ValueError(f"{n_heads=} must be at least 1")
        if rotary.d_head != latent.d_rotary:
            raise ValueError(
                f"rotary.d_head={rotary.d_head} must be {latent.d_rotary=}"
            )
        self.n_heads, self.rotary, self.causal = n_heads, rotary, causal
        self.d_content, self.d_rotary = latent.d_content, latent.d_rotary
        d_compared = latent.d_content + latent.d_rotary
        self.score_scale = score_scale
        if score_scale is None:
            self.score_scale = 1 / sqrt(d_compared)
        self.w_dq, d_query = None, d_model
        if latent.d_query is not None:
            d_query = latent.d_query
            self.w_dq = nn.Linear(d_model, d_query, bias=bias)
            self.query_norm = RMSNorm(d_query, eps=norm_eps)
        self.w_q = nn.Linear(d_query, n_heads * d_compared, bias=False)
        self.w_dkv = nn.Linear(d_model, latent.d_latent, bias=bias)
        self.latent_norm = RMSNorm(latent.d_latent, eps=norm_eps)
        self.w_kr = nn.Linear(d_model, latent.d_rotary, bias=bias)
        for name, width in (
            ("w_uk", latent.d_content),
            ("w_uv", latent.d_value),
        ):
            up = nn.Linear(latent.d_latent, n_heads * width, bias=False)
            self.add_module(name, up)
        self.w_o = nn.Linear(n_heads * latent.d_value, d_model, bias=bias)

    def forward(
        self,
        x: Float[Tensor, "B T D"],
        mask: Bool[Tensor, "... #T S"] | None = None,
        *,
        absorbed: bool = False,
        cache: KVCache | None = None,
    ) -> Float[Tensor, "B T D"]:
        """Let x read from itself and from what the cache holds.

        Args:
            mask: which positions may be read, the same for every head: of
                axes `T S`, or `B T S`.
            absorbed: whether heads read the latents, and not keys and values
                that are made of them.
            cache: the turned keys before x, and as values the latents; those
                of x join them.
        """
        n_before = 0 if cache is None else cache.n_tokens
        content, turned = self._queries(x, n_before)
        latent = self.latent_norm(self.w_dkv(x))
        shared_key = self.rotary(self.w_kr(x), n_before)
        if cache is not None:
            shared_key, latent = cache.extend(shared_key, latent)
        mask = self._allowed(mask, x.shape[1], latent.shape[1], x)
        scores = einsum(turned, shared_key, "B N T H, B S H -> B N T S")
        read = self._absorbed if absorbed else self._explicit
        heads = read(content, latent, scores, mask)
        return self.w_o(rearrange(heads, "B N T value -> B T (N value)"))

    def _queries(
        self, x: Float[Tensor, "B T D"], n_before: int
    ) -> tuple[Float[Tensor, "B N T c"], Float[Tensor, "B N T H"]]:
        """What is compared without a position, and what is turned by it."""
        if self.w_dq is not None:
            x = self.query_norm(self.w_dq(x))
        q = rearrange(self.w_q(x), "B T (N q) -> B N T q", N=self.n_heads)
        content, turned = q.split([self.d_content, self.d_rotary], dim=-1)
        return content, self.rotary(turned, n_before)

    def _explicit(
        self,
        content: Float[Tensor, "B N T c"],
        latent: Float[Tensor, "B S latent"],
        scores: Float[Tensor, "B N T S"],
        mask: Bool[Tensor, "#B 1 #T S"] | None,
    ) -> Float[Tensor, "B N T value"]:
        """What the heads read, each from keys and values of its own."""
        N = self.n_heads
        k = rearrange(self.w_uk(latent), "B S (N c) -> B N S c", N=N)
        v = rearrange(self.w_uv(latent), "B S (N value) -> B N S value", N=N)
        scores = scores + einsum(content, k, "B N T c, B N S c -> B N T S")
        weights = self._weights(scores, mask)
        return einsum(weights, v, "B N T S, B N S value -> B N T value")

    def _absorbed(
        self,
        content: Float[Tensor, "B N T c"],
        latent: Float[Tensor, "B S latent"],
        scores: Float[Tensor, "B N T S"],
        mask: Bool[Tensor, "#B 1 #T S"] | None,
    ) -> Float[Tensor, "B N T value"]:
        """The same, all from the latents."""
        N = self.n_heads
        w_uk = rearrange(self.w_uk.weight, "(N c) latent -> N c latent", N=N)
        w_uv = rearrange(self.w_uv.weight, "(N v) latent -> N v latent", N=N)
        q = einsum(content, w_uk, "B N T c, N c latent -> B N T latent")
        scores = scores + einsum(
            q, latent, "B N T latent, B S latent -> B N T S"
        )
        weights = self._weights(scores, mask)
        read = einsum(weights, latent, "B N T S, B S latent -> B N T latent")
        return einsum(read, w_uv, "B N T latent, N v latent -> B N T v")

    def _weights(
        self,
        scores: Float[Tensor, "B N T S"],
        mask: Bool[Tensor, "#B 1 #T S"] | None,
    ) -> Float[Tensor, "B N T S"]:
        scaled = scores * self.score_scale
        if mask is None:
            return scaled.softmax(dim=-1)
        weights = scaled.masked_fill(~mask, -inf).softmax(dim=-1)
        # zeros, not NaN, for a query that may read nothing
        return weights.masked_fill(~mask, 0)

    def _allowed(
        self,
        mask: Bool[Tensor, "... #T S"] | None,
        T: int,
        S: int,
        x: Float[Tensor, "B T D"],
    ) -> Bool[Tensor, "#B 1 #T S"] | None:
        """The mask for all heads, and with it what a causal layer hides."""
        if mask is not None:
            mask = rearrange(mask, "... T S -> (...) 1 T S")
        if not self.causal:
            return mask
        causal = causal_mask(n_queries=T, n_keys=S).to(x.device)
        causal = rearrange(causal, "T S -> 1 1 T S")
        return causal if mask is None else mask & causal
