"""Llama, and the decoders that came after it.

Touvron et al. 2023a, section 2.2. Against GPT: positions are rotary, norms
are RMSNorms, the feed-forward layer is gated, and there are no biases. What
later models change is said by the configuration:

    Llama 2, 3    fewer key/value heads; a larger rotary base, and scaling
    Mistral       a window                  Mixtral    experts
    Qwen 2        biases of q, k and v      Qwen 3     norms of q and k
    Gemma 2       scaled embeddings, norms before and after, bounded scores
                  and logits, a window in every other layer
    OLMo 2        norms after each layer, and of q and k
    DeepSeek-V3   keys and values made of latent vectors; experts

GPT-NeoX, which is older, has GPT's norms and biases, and rotary positions of
a part of each head; its attention and feed-forward layer stand side by side.
"""

from einops import einsum
from jaxtyping import Float
from torch import Tensor, nn

from xfmr.attention import soft_cap
from xfmr.config import Config
from xfmr.embedding import Embedding
from xfmr.models import required
from xfmr.models.decoder import Decoder

REQUIRED = {
    "n_decoder_layers": None,
    "n_distinct_layers": None,
    "n_token_tables": 1,
    "d_embedding": None,
    "d_token": None,
    "n_segments": None,
    "position": "rotary",
    "first_norm": True,
    "final_norm": True,
    "shared_norm": False,
    "embedding_norm": False,
    "heads": ("lm",),
}


class Llama(Decoder):
    """The whole model; it runs on the `meta` device too.

    Args:
        config: what the model has.
        fused: whether torch's kernels compute what they can, as in blocks.

    Raises:
        ValueError: if the configuration is not that of such a decoder.
    """

    def __init__(self, config: Config, *, fused: bool = False):
        required.check(config, REQUIRED)
        if config.norm_order == "post":
            raise ValueError(
                f"norm_order='post' of {config.name} must be another"
            )
        embedding = Embedding(
            vocab_size=config.vocab_size,
            d_model=config.d_model,
            scale=config.embedding_scale,
        )
        super().__init__(config, embedding, fused=fused)
        self.unembedding = None
        if not config.tied:
            self.unembedding = nn.Linear(
                config.d_model, config.vocab_size, bias=False
            )

    def logits(self, x: Float[Tensor, "B T D"]) -> Float[Tensor, "B T V"]:
        """Logits of the positions given; tied, the token table reads them."""
        table = self.unembedding or self.embedding.token
        if self.config.logit_scale is not None:
            x = x * self.config.logit_scale
        logits = einsum(x, table.weight, "B T D, V D -> B T V")
        if self.config.logit_cap is None:
            return logits
        return soft_cap(logits, self.config.logit_cap)
