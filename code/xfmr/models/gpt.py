"""GPT: a decoder without an encoder, which scores the token that comes next.

Radford et al. 2019, section 2.3. Tokens and positions, L causal blocks with
their norms before, one more norm, and logits read with the token table. The
first GPT has its norms after, and no more than those.
"""

from einops import einsum
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import linear

from xfmr.config import Config
from xfmr.embedding import Embedding
from xfmr.models import required
from xfmr.models.decoder import Decoder

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


class GPT(Decoder):
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
        required.check(config, REQUIRED)
        if config.norm_order not in ("pre", "post"):
            raise ValueError(
                f"norm_order={config.norm_order!r} of {config.name} must be "
                "'pre' or 'post'"
            )
        embedding = Embedding(
            vocab_size=config.vocab_size,
            d_model=config.d_model,
            context_length=config.context_length,
            n_spare=config.n_spare_positions or 0,
        )
        super().__init__(config, embedding, causal=causal, fused=fused)

    def logits(self, x: Float[Tensor, "B T D"]) -> Float[Tensor, "B T V"]:
        """Logits of the positions given, read with the token table."""
        weight = self.embedding.token.weight
        if self.fused:
            return linear(x, weight)
        return einsum(x, weight, "B T D, V D -> B T V")
