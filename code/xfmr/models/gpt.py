"""GPT: a decoder without an encoder, which scores the token that comes next.

Radford et al. 2019, section 2.3. Tokens and positions, L causal blocks with
their norms before, one more norm, and logits read with the token table. The
first GPT has its norms after, and no more than those.
"""

from einops import einsum
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from torch.nn.functional import linear

from xfmr.block import EncoderBlock
from xfmr.cache import KVCache
from xfmr.config import Config
from xfmr.embedding import Embedding
from xfmr.models import required
from xfmr.norm import norm_of

REQUIRED = {
    "n_decoder_layers": None,
    "n_segments": None,
    "n_distinct_layers": None,
    "n_token_tables": 1,
    "d_embedding": None,
    "d_token": None,
    "position": "learned",
    "norm": "layer",
    "embedding_norm": False,
    "tied": True,
    "heads": ("lm",),
}


class GPT(nn.Module):
    """The whole model; it runs on the `meta` device too.

    Args:
        config: what the model has.
        causal: whether no position reads those after it; if not, a mask says
            what each reads.
        fused: whether torch's kernels compute what they can, as in blocks.

    Raises:
        ValueError: if the configuration is not that of a GPT.
    """

    def __init__(
        self, config: Config, *, causal: bool = True, fused: bool = False
    ):
        super().__init__()
        required.check(config, REQUIRED)
        if config.norm_order not in ("pre", "post"):
            raise ValueError(
                f"norm_order={config.norm_order!r} of {config.name} must be "
                "'pre' or 'post'"
            )
        self.config, self.fused = config, fused
        self.embedding = Embedding(
            vocab_size=config.vocab_size,
            d_model=config.d_model,
            context_length=config.context_length,
            n_spare=config.n_spare_positions or 0,
        )
        self.blocks = nn.ModuleList(
            EncoderBlock(config, causal=causal, fused=fused)
            for _ in range(config.n_layers)
        )
        self.final_norm = nn.Identity()
        if config.norm_order == "pre" and config.final_norm:
            self.final_norm = norm_of(config, config.d_model, fused=fused)

    def forward(
        self,
        tokens: Int[Tensor, "B T"],
        cache: list[KVCache] | None = None,
        *,
        mask: Bool[Tensor, "... #T S"] | None = None,
        positions: Int[Tensor, "B T"] | None = None,
    ) -> Float[Tensor, "B T V"]:
        """Logits of the token after each.

        Args:
            cache: for each block the tokens before these, which they join.
            mask: which positions may be read; all that are before, or all,
                if None.
            positions: where each token stands, if not one after the other.
        """
        x = self.stream(tokens, cache, mask=mask, positions=positions)
        return self.logits(x)

    def stream(
        self,
        tokens: Int[Tensor, "B T"],
        cache: list[KVCache] | None = None,
        *,
        mask: Bool[Tensor, "... #T S"] | None = None,
        positions: Int[Tensor, "B T"] | None = None,
    ) -> Float[Tensor, "B T D"]:
        """The stream after the last norm, of which logits are made."""
        caches = cache or [None] * len(self.blocks)
        n_before = cache[0].n_tokens if cache else 0
        x = self.embedding(tokens, n_before=n_before, positions=positions)
        for block, layer_cache in zip(self.blocks, caches, strict=True):
            x = block(x, mask, cache=layer_cache)
        return self.final_norm(x)

    def logits(self, x: Float[Tensor, "B T D"]) -> Float[Tensor, "B T V"]:
        """Logits of the positions given, read with the token table."""
        weight = self.embedding.token.weight
        if self.fused:
            return linear(x, weight)
        return einsum(x, weight, "B T D, V D -> B T V")
