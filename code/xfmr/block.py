"""The block: attention moves information between positions, the feed-forward
layer works on each; both add to the stream that runs through.

Where the norms stand is the order:

    post        norm(x + layer(x))                 Vaswani et al. 2017,
                                                   section 3.1
    pre         x + layer(norm(x))                 Xiong et al. 2020, figure 1
    sandwich    x + output_norm(layer(norm(x)))    Ding et al. 2021,
                                                   section 2.4

Post-norm normalises the stream itself. With the others the stream runs from
the first block to the last untouched, and one more norm ends it. Dropout has
no parameters and is left out.
"""

from jaxtyping import Bool, Float
from torch import Tensor, nn

from xfmr.attention import Attention
from xfmr.cache import KVCache
from xfmr.config import Config
from xfmr.feedforward import FeedForward
from xfmr.norm import NORMS
from xfmr.rotary import Rotary


class Block(nn.Module):
    """Sublayers under their names, and the norms of each."""

    def __init__(self, config: Config, **sublayers: nn.Module):
        super().__init__()
        self.norm_order = config.norm_order
        for name, layer in sublayers.items():
            self.add_module(name, layer)
            self.add_module(f"{name}_norm", _norm(config))
            if config.norm_order == "sandwich":
                self.add_module(f"{name}_output_norm", _norm(config))

    def residual(
        self,
        name: str,
        x: Float[Tensor, "B T D"],
        *inputs: Tensor | None,
        **named: object,
    ) -> Float[Tensor, "B T D"]:
        """The stream after one of the sublayers has added to it."""
        layer, norm = getattr(self, name), getattr(self, f"{name}_norm")
        if self.norm_order == "post":
            return norm(x + layer(x, *inputs, **named))
        change = layer(norm(x), *inputs, **named)
        if self.norm_order == "sandwich":
            change = getattr(self, f"{name}_output_norm")(change)
        return x + change


class EncoderBlock(Block):
    """Self-attention, then the feed-forward layer.

    Causal, it is the block of a decoder without an encoder, such as GPT's.

    Args:
        config: what the block has.
        causal: whether no position reads those after it.
        fused: whether the attention keeps no weights, as in `Attention`.
    """

    def __init__(
        self, config: Config, *, causal: bool = False, fused: bool = False
    ):
        super().__init__(
            config,
            attention=_self_attention(config, causal, fused),
            feed_forward=_feed_forward(config),
        )

    def forward(
        self,
        x: Float[Tensor, "B T D"],
        mask: Bool[Tensor, "... #T S"] | None = None,
        *,
        score_bias: Float[Tensor, "... N T S"] | None = None,
        cache: KVCache | None = None,
    ) -> Float[Tensor, "B T D"]:
        """The stream after both layers; no mask lets every position read."""
        x = self.residual(
            "attention", x, mask=mask, score_bias=score_bias, cache=cache
        )
        return self.residual("feed_forward", x)


class DecoderBlock(Block):
    """Self-attention, attention to an encoder's output, feed-forward layer.

    Vaswani et al. 2017, section 3.1.

    Args:
        config: what the block has.
        causal: whether no position reads those of x after it.
        fused: whether the attention keeps no weights, as in `Attention`.
    """

    def __init__(
        self, config: Config, *, causal: bool = False, fused: bool = False
    ):
        super().__init__(
            config,
            attention=_self_attention(config, causal, fused),
            cross_attention=Attention(**config.attention, fused=fused),
            feed_forward=_feed_forward(config),
        )

    def forward(
        self,
        x: Float[Tensor, "B T D"],
        memory: Float[Tensor, "B S D"],
        mask: Bool[Tensor, "... #T _"] | None = None,
        memory_mask: Bool[Tensor, "... #T S"] | None = None,
        *,
        score_bias: Float[Tensor, "... N T _"] | None = None,
        cache: KVCache | None = None,
        memory_cache: KVCache | None = None,
    ) -> Float[Tensor, "B T D"]:
        """The stream after all three layers.

        Args:
            memory: what the encoder has made of its own sequence.
            mask: which positions of x itself may be read.
            memory_mask: which positions of the memory may be read.
            cache: the keys and values of the positions before x.
            memory_cache: those of the memory, which are made once.
        """
        x = self.residual(
            "attention", x, mask=mask, score_bias=score_bias, cache=cache
        )
        x = self.residual(
            "cross_attention", x, memory, memory_mask, cache=memory_cache
        )
        return self.residual("feed_forward", x)


def _norm(config: Config) -> nn.Module:
    return NORMS[config.norm](config.d_model, eps=config.norm_eps)


def _self_attention(config: Config, causal: bool, fused: bool) -> Attention:
    rotary = None
    if config.position == "rotary":
        rotary = Rotary(d_head=config.d_head, base=config.rotary_base)
    return Attention(
        **config.attention, causal=causal, rotary=rotary, fused=fused
    )


def _feed_forward(config: Config) -> FeedForward:
    return FeedForward(**config.feed_forward, activation=config.activation)
