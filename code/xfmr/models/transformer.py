"""The first transformer: an encoder reads, a decoder writes and reads it.

Vaswani et al. 2017, section 3. Both stacks and the logits share one token
table, whose rows are multiplied by the root of D on their way in (3.4).
"""

from math import sqrt

from einops import einsum
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from xfmr.block import DecoderBlock, EncoderBlock
from xfmr.config import Config
from xfmr.models import required
from xfmr.position import PositionTable

REQUIRED = {
    "n_segments": None,
    "position": "sinusoidal",
    "norm": "layer",
    "norm_order": "post",
    "embedding_norm": False,
    "tied": True,
    "heads": ("lm",),
}


class ScaledEmbedding(nn.Module):
    """Rows of the token table times the root of D, and rows of sinusoids.

    Vaswani et al. 2017, sections 3.4 and 3.5.

    Args:
        config: V and D.
        context_length: rows of sinusoids.
    """

    def __init__(self, config: Config, *, context_length: int):
        super().__init__()
        self.token = nn.Embedding(config.vocab_size, config.d_model)
        self.position = PositionTable(
            "sinusoidal",
            context_length=context_length,
            d_model=config.d_model,
        )
        self.scale = sqrt(config.d_model)

    def forward(self, tokens: Int[Tensor, "B T"]) -> Float[Tensor, "B T D"]:
        """The stream as it enters a stack.

        Raises:
            ValueError: if there are more tokens than rows of sinusoids.
        """
        x = self.token(tokens) * self.scale
        return x + self.position(tokens.shape[1])


class Transformer(nn.Module):
    """Both stacks; they run on the `meta` device too.

    Args:
        config: what the model has.
        context_length: how many sinusoids to keep; nothing is learned of it.

    Raises:
        ValueError: if the configuration is not that of a first transformer.
    """

    def __init__(self, config: Config, *, context_length: int):
        super().__init__()
        required.check(config, REQUIRED)
        if config.n_decoder_layers is None:
            raise ValueError(
                f"n_decoder_layers=None of {config.name} must be a number"
            )
        self.embedding = ScaledEmbedding(config, context_length=context_length)
        self.encoder = nn.ModuleList(
            EncoderBlock(config) for _ in range(config.n_layers)
        )
        self.decoder = nn.ModuleList(
            DecoderBlock(config, causal=True)
            for _ in range(config.n_decoder_layers)
        )

    def forward(
        self,
        source: Int[Tensor, "B S"],
        target: Int[Tensor, "B T"],
        source_mask: Bool[Tensor, "B 1 S"] | None = None,
    ) -> Float[Tensor, "B T V"]:
        """Logits of the token after each of the target's.

        Args:
            source_mask: which tokens of the source either stack may read.
        """
        memory = self.embedding(source)
        for block in self.encoder:
            memory = block(memory, source_mask)
        x = self.embedding(target)
        for block in self.decoder:
            x = block(x, memory, memory_mask=source_mask)
        weight = self.embedding.token.weight
        return einsum(x, weight, "B T D, V D -> B T V")
