"""BERT: an encoder that reads in both directions, and its pretraining heads.

Devlin et al. 2019, section 3. Embeddings, L blocks, and on top what the
configuration names: a pooler, the prediction of masked tokens, the prediction
of whether two segments follow each other.
"""

from typing import NamedTuple

import torch
from einops import einsum
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from xfmr.block import EncoderBlock
from xfmr.config import Config
from xfmr.embedding import Embedding
from xfmr.feedforward import ACTIVATIONS
from xfmr.models import required
from xfmr.norm import LayerNorm

REQUIRED = {
    "n_decoder_layers": None,
    "n_distinct_layers": None,
    "d_embedding": None,
    "position": "learned",
    "norm": "layer",
    "norm_order": "post",
    "embedding_norm": True,
    "tied": True,
}


class Output(NamedTuple):
    """What BERT computes; a head that it lacks gives None.

    Args:
        hidden: the stream after the last block.
        pooled: one vector for the whole sequence.
        token_logits: scores of every vocabulary entry at every position.
        pair_logits: scores that the second segment follows, and that not.
    """

    hidden: Float[Tensor, "B T D"]
    pooled: Float[Tensor, "B D"] | None
    token_logits: Float[Tensor, "B T V"] | None
    pair_logits: Float[Tensor, "B 2"] | None


class Pooler(nn.Module):
    """The first position's vector through one tanh layer."""

    def __init__(self, d_model: int):
        super().__init__()
        self.dense = nn.Linear(d_model, d_model)

    def forward(self, hidden: Float[Tensor, "B T D"]) -> Float[Tensor, "B D"]:
        """One vector for each sequence."""
        return self.dense(hidden[:, 0]).tanh()


class TokenHead(nn.Module):
    """Logits of the vocabulary, read with the token embedding itself."""

    def __init__(self, config: Config):
        super().__init__()
        self.dense = nn.Linear(config.d_model, config.d_model)
        self.activation = ACTIVATIONS[config.activation]
        self.norm = LayerNorm(config.d_model, eps=config.norm_eps)
        self.bias = nn.Parameter(torch.zeros(config.vocab_size))

    def forward(
        self,
        hidden: Float[Tensor, "B T D"],
        embedding: Float[Tensor, "V D"],
    ) -> Float[Tensor, "B T V"]:
        """One score for every vocabulary entry at every position."""
        x = self.norm(self.activation(self.dense(hidden)))
        return einsum(x, embedding, "B T D, V D -> B T V") + self.bias


class Bert(nn.Module):
    """The whole model; it runs on the `meta` device too.

    Raises:
        ValueError: if the configuration is not that of a BERT.
    """

    def __init__(self, config: Config):
        super().__init__()
        required.check(config, REQUIRED)
        D, heads = config.d_model, config.heads
        if "lm" in heads:
            raise ValueError(f"{heads=} of {config.name} must not have 'lm'")
        self.config = config
        self.embedding = Embedding(
            vocab_size=config.vocab_size,
            d_model=D,
            context_length=config.context_length,
            n_spare=config.n_spare_positions or 0,
            n_segments=config.n_segments,
        )
        self.embedding_norm = LayerNorm(D, eps=config.norm_eps)
        self.blocks = nn.ModuleList(
            EncoderBlock(config) for _ in range(config.n_layers)
        )
        self.pooler = Pooler(D) if "pooler" in heads else None
        self.mlm = TokenHead(config) if "mlm" in heads else None
        self.nsp = nn.Linear(D, 2) if "nsp" in heads else None

    def forward(
        self,
        tokens: Int[Tensor, "B T"],
        segments: Int[Tensor, "B T"] | None = None,
        mask: Bool[Tensor, "... #T T"] | None = None,
    ) -> Output:
        """The last hidden states and what each head makes of them."""
        x = self.embedding_norm(self.embedding(tokens, segments))
        for block in self.blocks:
            x = block(x, mask)
        pooled = self.pooler(x) if self.pooler else None
        return Output(
            hidden=x,
            pooled=pooled,
            token_logits=(
                self.mlm(x, self.embedding.token.weight) if self.mlm else None
            ),
            pair_logits=self.nsp(pooled) if self.nsp else None,
        )
