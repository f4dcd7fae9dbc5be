"""The block: attention moves information between positions, the feed-forward
layer works on each; both add to the stream that runs through.
"""

from jaxtyping import Bool, Float
from torch import Tensor, nn

from xfmr.attention import Attention
from xfmr.feedforward import FeedForward
from xfmr.norm import LayerNorm
from xfmr.presets import Config


class EncoderBlock(nn.Module):
    """Attention and feed-forward layer, each added and then normalised.

    Post-norm, Vaswani et al. 2017, section 3.1. Dropout has no parameters and
    is left out.

    Raises:
        ValueError: if the configuration asks for another norm or order.
    """

    def __init__(self, config: Config):
        super().__init__()
        if config.norm != "layer" or config.norm_first:
            raise ValueError(
                f"norm={config.norm!r} and norm_first={config.norm_first} "
                "must be 'layer' and False"
            )
        self.attention = Attention(**config.attention)
        self.attention_norm = LayerNorm(config.d_model, eps=config.norm_eps)
        self.feed_forward = FeedForward(
            **config.feed_forward, activation=config.activation
        )
        self.feed_forward_norm = LayerNorm(config.d_model, eps=config.norm_eps)

    def forward(
        self,
        x: Float[Tensor, "B T D"],
        mask: Bool[Tensor, "... #T S"] | None = None,
    ) -> Float[Tensor, "B T D"]:
        """The stream after both layers; no mask lets every position read."""
        x = self.attention_norm(x + self.attention(x, mask=mask))
        return self.feed_forward_norm(x + self.feed_forward(x))
