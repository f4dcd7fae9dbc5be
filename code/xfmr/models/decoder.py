"""What decoders without an encoder have in common, GPT and Llama.

An embedding, blocks, and a last norm. A model says of what
kind they are, and how logits are made of the stream.
"""

from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from xfmr.block import EncoderBlock
from xfmr.cache import KVCache
from xfmr.config import Config
from xfmr.embedding import Embedding
from xfmr.norm import norm_of


class Decoder(nn.Module):
    """All but the logits; it runs on the `meta` device too.

    Args:
        config: what the model has.
        embedding: the tables with which tokens enter the stream.
        causal: whether no position reads those after it; if not, a mask says
            what each reads.
        fused: whether torch's kernels compute what they can, as in blocks.
    """

    def __init__(
        self,
        config: Config,
        embedding: Embedding,
        *,
        causal: bool = True,
        fused: bool = False,
    ):
        super().__init__()
        self.config, self.fused = config, fused
        self.embedding = embedding
        self.blocks = nn.ModuleList(
            EncoderBlock(config, layer=n, causal=causal, fused=fused)
            for n in range(config.n_layers)
        )
        self.final_norm = nn.Identity()
        if config.norm_order != "post" and config.final_norm:
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
            mask: which of the positions before may be read; all if None.
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
