"""The block: attention moves information between positions, the feed-forward
layer works on each; both add to the stream that runs through.

Where the norms stand is the order:

    post        norm(x + layer(x))                 Vaswani et al. 2017,
                                                   section 3.1
    pre         x + layer(norm(x))                 Xiong et al. 2020, figure 1
    sandwich    x + output_norm(layer(norm(x)))    Ding et al. 2021,
                                                   section 2.4
    output      x + norm(layer(x))                 Team OLMo 2025,
                                                   section 2.1

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
from xfmr.latent import LatentAttention
from xfmr.moe import Mixture
from xfmr.norm import KEYS, QUERIES, AcrossHeads, norm_of
from xfmr.rotary import Rotary


class Block(nn.Module):
    """Sublayers under their names, and the norms of each.

    Args:
        fused: whether torch's kernels compute the norms.
    """

    def __init__(
        self, config: Config, *, fused: bool = False, **sublayers: nn.Module
    ):
        super().__init__()
        self.norm_order = config.norm_order
        for name, layer in sublayers.items():
            self.add_module(name, layer)
            norms = [f"{name}_norm"]
            if config.norm_order == "sandwich":
                norms.append(f"{name}_output_norm")
            for norm in norms:
                made = norm_of(config, config.d_model, fused=fused)
                self.add_module(norm, made)

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
        if self.norm_order == "output":
            return x + norm(layer(x, *inputs, **named))
        change = layer(norm(x), *inputs, **named)
        if self.norm_order == "sandwich":
            change = getattr(self, f"{name}_output_norm")(change)
        return x + change


class EncoderBlock(Block):
    """Self-attention, then the feed-forward layer.

    Causal, it is the block of a decoder without an encoder, such as GPT's.
    Parallel, the second reads what the first does, and both are added: Black
    et al. 2022, section 2.1.

    Args:
        config: what the block has.
        layer: its number from 0, where layers differ.
        causal: whether no position reads those after it.
        fused: whether torch's kernels compute what they can: the attention
            keeps no weights, as in `Attention`, and norms no steps.

    Raises:
        ValueError: if both layers read the same stream and have norms after.
    """

    def __init__(
        self,
        config: Config,
        *,
        layer: int = 0,
        causal: bool = False,
        fused: bool = False,
    ):
        super().__init__(
            config,
            fused=fused,
            attention=_self_attention(config, layer, causal, fused),
            feed_forward=_feed_forward(config, layer, fused),
        )
        self.parallel = config.parallel
        if self.parallel and config.norm_order != "pre":
            raise ValueError(
                f"norm_order={config.norm_order!r} of {config.name} must be "
                "'pre' where parallel=True"
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
        named = {"mask": mask, "cache": cache}
        if score_bias is not None:
            named["score_bias"] = score_bias
        before = x
        x = self.residual("attention", x, **named)
        if self.parallel:
            return x + self.feed_forward(self.feed_forward_norm(before))
        return self.residual("feed_forward", x)


class DecoderBlock(Block):
    """Self-attention, attention to an encoder's output, feed-forward layer.

    Vaswani et al. 2017, section 3.1.

    Args:
        config: what the block has.
        causal: whether no position reads those of x after it.
        fused: whether torch's kernels compute what they can: the attention
            keeps no weights, as in `Attention`, and norms no steps.
    """

    def __init__(
        self, config: Config, *, causal: bool = False, fused: bool = False
    ):
        super().__init__(
            config,
            fused=fused,
            attention=_self_attention(config, 0, causal, fused),
            cross_attention=Attention(**_attention(config), fused=fused),
            feed_forward=FeedForward(
                **config.feed_forward,
                activation=config.activation,
                fused=fused,
            ),
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


def _attention(config: Config) -> dict[str, object]:
    """What any attention of a model has."""
    return config.attention | {
        "output_bias": config.output_bias,
        "score_scale": config.score_scale,
        "score_cap": config.score_cap,
    }


def _self_attention(
    config: Config, layer: int, causal: bool, fused: bool
) -> Attention | LatentAttention:
    if config.latent is not None:
        return LatentAttention(
            d_model=config.d_model,
            n_heads=config.n_heads,
            latent=config.latent,
            norm_eps=config.norm_eps,
            rotary=Rotary(
                d_head=config.latent.d_rotary,
                base=config.rotary_base,
                scaling=config.rotary_scaling,
            ),
            bias=config.attention_bias,
            causal=causal,
            score_scale=config.score_scale,
        )
    return Attention(
        **_attention(config),
        **_qk_norms(config),
        causal=causal,
        window=config.window_of(layer),
        rotary=_rotary(config, layer),
        sinks=config.sinks,
        fused=fused,
    )


def _qk_norms(config: Config) -> dict[str, nn.Module]:
    match config.qk_norm:
        case None:
            return {}
        case "head":
            norms = [norm_of(config, config.d_head) for _ in range(2)]
        case "all":
            norms = [
                AcrossHeads(norm_of(config, n_heads * config.d_head), axes)
                for n_heads, axes in (
                    (config.n_heads, QUERIES),
                    (config.n_kv_heads, KEYS),
                )
            ]
    return dict(zip(("q_norm", "k_norm"), norms, strict=True))


def _rotary(config: Config, layer: int) -> Rotary | None:
    """The rotation of a layer; one with a window may have its own base."""
    if config.position != "rotary":
        return None
    choice = {"base": config.rotary_base, "scaling": config.rotary_scaling}
    if config.local_rotary_base and config.window_of(layer):
        choice = {"base": config.local_rotary_base}
    return Rotary(d_head=config.d_head, d_rotary=config.d_rotary, **choice)


def _feed_forward(
    config: Config, layer: int, fused: bool
) -> FeedForward | Mixture:
    experts = config.experts
    if experts and (experts.layers is None or layer in experts.layers):
        return Mixture(config)
    return FeedForward(
        **config.feed_forward, activation=config.activation, fused=fused
    )
