"""T5: an encoder reads, a decoder writes, and both tell distances by a bias.

Raffel et al. 2020, section 2.1, and the authors' code. What differs from the
first transformer is said by the configuration, but for one thing: a stack has
one table of biases, which is added to the scores of all its layers.

    T5         relu                 logits read with the token table, of the
                                    last stream times 1 / sqrt(D)
    T5 v1.1    gelu_tanh, gated     logits read with a matrix of their own
"""

from einops import einsum
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from xfmr.block import DecoderBlock, EncoderBlock
from xfmr.cache import KVCache
from xfmr.config import Config
from xfmr.models import required
from xfmr.norm import norm_of
from xfmr.position import RelativeBias

REQUIRED = {
    "n_segments": None,
    "position": "relative",
    "norm": "rms",
    "norm_order": "pre",
    "embedding_norm": False,
    "heads": ("lm",),
}
Caches = list[tuple[KVCache, KVCache]]


class Stack(nn.Module):
    """Blocks, the bias that their scores share, and a norm after the last.

    Args:
        config: what the blocks have.
        decoder: whether they are causal and read a memory.
        fused: whether torch's kernels compute what they can.
    """

    def __init__(self, config: Config, *, decoder: bool, fused: bool):
        super().__init__()
        self.bias = RelativeBias(
            n_heads=config.n_heads,
            n_buckets=config.n_buckets,
            max_distance=config.max_distance,
            bidirectional=not decoder,
        )
        self.blocks = nn.ModuleList(
            DecoderBlock(config, causal=True, fused=fused)
            if decoder
            else EncoderBlock(config, fused=fused)
            for _ in range(
                config.n_decoder_layers if decoder else config.n_layers
            )
        )
        self.final_norm = norm_of(config, config.d_model, fused=fused)


class T5(nn.Module):
    """Both stacks; they run on the `meta` device too.

    Args:
        config: what the model has.
        fused: whether torch's kernels compute what they can, as in blocks.

    Raises:
        ValueError: if the configuration is not that of a T5.
    """

    def __init__(self, config: Config, *, fused: bool = False):
        super().__init__()
        required.check(config, REQUIRED)
        if config.n_decoder_layers is None:
            raise ValueError(
                f"n_decoder_layers=None of {config.name} must be a number"
            )
        self.config = config
        V, D = config.vocab_size, config.d_model
        self.embedding = nn.Embedding(V, D)
        self.encoder = Stack(config, decoder=False, fused=fused)
        self.decoder = Stack(config, decoder=True, fused=fused)
        self.unembedding = None if config.tied else nn.Linear(D, V, bias=False)

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
        memory = self.memory(source, source_mask)
        return self.logits(self.stream(target, memory, source_mask))

    def memory(
        self,
        source: Int[Tensor, "B S"],
        source_mask: Bool[Tensor, "B 1 S"] | None = None,
    ) -> Float[Tensor, "B S D"]:
        """What the encoder makes of a source."""
        S = source.shape[1]
        bias = self.encoder.bias(n_queries=S, n_keys=S)
        x = self.embedding(source)
        for block in self.encoder.blocks:
            x = block(x, source_mask, score_bias=bias)
        return self.encoder.final_norm(x)

    def stream(
        self,
        target: Int[Tensor, "B T"],
        memory: Float[Tensor, "B S D"],
        source_mask: Bool[Tensor, "B 1 S"] | None = None,
        cache: Caches | None = None,
    ) -> Float[Tensor, "B T D"]:
        """The decoder's stream after its last norm.

        Args:
            cache: for each block the target's tokens before these, which they
                join, and the memory.
        """
        caches = cache or [(None, None)] * len(self.decoder.blocks)
        T = target.shape[1]
        n_before = cache[0][0].n_tokens if cache else 0
        bias = self.decoder.bias(n_queries=T, n_keys=n_before + T)
        x = self.embedding(target)
        for block, (own, memory_cache) in zip(
            self.decoder.blocks, caches, strict=True
        ):
            x = block(
                x,
                memory,
                memory_mask=source_mask,
                score_bias=bias,
                cache=own,
                memory_cache=memory_cache,
            )
        return self.decoder.final_norm(x)

    def logits(self, x: Float[Tensor, "B T D"]) -> Float[Tensor, "B T V"]:
        """Logits of the positions given."""
        if self.config.logit_scale is not None:
            x = x * self.config.logit_scale
        if self.unembedding is not None:
            return self.unembedding(x)
        return einsum(x, self.embedding.weight, "B T D, V D -> B T V")


class Reading(nn.Module):
    """A source that T5 has read: what is left writes as GPT does.

    Args:
        model: the T5.
        source: the tokens that its encoder reads, once.
        source_mask: which of them either stack may read.
    """

    def __init__(
        self,
        model: T5,
        source: Int[Tensor, "B S"],
        source_mask: Bool[Tensor, "B 1 S"] | None = None,
    ):
        super().__init__()
        self.model, self.config = model, model.config
        self.memory = model.memory(source, source_mask)
        self.source_mask = source_mask

    def stream(
        self, tokens: Int[Tensor, "B T"], cache: Caches | None = None
    ) -> Float[Tensor, "B T D"]:
        """The decoder's stream, as that of `T5`."""
        return self.model.stream(tokens, self.memory, self.source_mask, cache)

    def logits(self, x: Float[Tensor, "B T D"]) -> Float[Tensor, "B T V"]:
        """Logits of the positions given."""
        return self.model.logits(x)
