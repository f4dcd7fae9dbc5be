"""The configuration: one type for every model of the book.

A configuration says what a model has. What a model lacks is absent: a field
left at None, a name that is not among its heads. What few models have, and
with many sizes, is a type of its own: `Experts`, `Latent`, `Scaling`.
"""

from dataclasses import dataclass

from xfmr.axes import AXES, group_size
from xfmr.config_parts import (
    Experts,
    Latent,
    Scaling,
    check_choice,
    check_even,
    check_fields,
)

POSITIONS = ("learned", "sinusoidal", "rotary", "relative", "projected")
NORMS = ("layer", "rms")
ORDERS = ("post", "pre", "sandwich", "output")
QK_NORMS = ("head", "all")
HEADS = ("pooler", "mlm", "nsp", "lm")


@dataclass(frozen=True, kw_only=True)
class Config:
    """All that fixes a model's shape, and what its layers compute.

    Args:
        name: what the book calls the model.
        source: where its sizes were published.
        n_layers: L, the layers of the only stack, or of the encoder.
        n_decoder_layers: layers that also read an encoder, if there is one.
        n_distinct_layers: layers that have weights of their own, where the
            others repeat them; L if None.
        n_decoder_heads: N of those that also read an encoder, where it
            differs; N H does not.
        d_decoder_ff: their F, where it differs.
        d_head: H; N H need not be D.
        n_token_tables: token tables of the same size; more than one where
            encoder and decoder have their own.
        d_embedding: width of all tables of the embedding and of its norm,
            where a projection with a bias leads from there to D.
        d_token: width of the token table alone, where projections without
            biases lead from there to D and back.
        context_length: the longest sequence the model was made for.
        n_spare_positions: rows of a learned position table beyond that.
        n_segments: kinds of segment that an embedding tells apart.
        position: how the model knows order. `learned` is a table in each
            stack, `relative` one of a number for each head, `projected` a
            matrix in each layer; the others have no parameters.
        n_buckets: rows of the `relative` table, one for a range of offsets.
        max_distance: the offset beyond which all share a bucket.
        rotary_base: the base of the rotary frequencies.
        local_rotary_base: that of layers with a window, where it differs.
        rotary_scaling: how the frequencies are changed for longer texts.
        d_rotary: coordinates of a head that are turned; all H if None.
        norm: `layer` has a gain and a bias, `rms` a gain alone.
        norm_gain: whether it has a gain.
        norm_bias: whether `layer` has a bias too.
        norm_from_one: whether a gain is stored as its distance from one.
        norm_order: whether norms follow each sum (`post`), precede each
            sublayer (`pre`), precede and follow it (`sandwich`), or follow it
            (`output`).
        first_norm: whether the first layer has a norm before its attention.
        final_norm: whether one more ends the stack, in any order but `post`.
        parallel: whether attention and feed-forward layer read the same
            stream and are added to it together.
        shared_norm: whether they read it through one norm.
        embedding_norm: whether the sum of the embeddings is normalised.
        embedding_scale: what rows of the token table are multiplied by.
        qk_norm: whether queries and keys are normalised, each `head` by
            itself or `all` heads together.
        sinks: whether each head has a learned score that nothing is read for.
        score_scale: what scores are multiplied by; 1 / sqrt(H) if None.
        score_cap: the bound that a scaled score approaches and never passes.
        logit_cap: the same for logits.
        logit_scale: what the last stream is multiplied by for the logits.
        window: how many positions a query may read, itself among them.
        windowed: for each layer whether it has the window; all if None.
        activation: the nonlinearity of the feed-forward layer.
        gated: whether a second input projection multiplies the first.
        experts: what stands in place of the feed-forward layer.
        latent: what keys and values are made of; H is then the coordinates
            that are compared.
        attention_bias: whether the attention's projections add biases.
        output_bias: whether the last of them does, where it differs.
        ff_bias: whether those of the feed-forward layer do.
        tied: whether logits are read with the token embedding itself.
        heads: what stands on the stack: a `pooler` of the first position,
            predictions of masked tokens (`mlm`), of whether two segments
            follow each other (`nsp`), of the next token (`lm`).
        mlm_dense_bias: whether the square matrix of `mlm` has a bias.
        n_mlm_biases: biases that `mlm` has for the vocabulary, if any.

    Raises:
        ValueError: if a size is below one, K does not divide N, a choice is
            unknown, or a part lacks what it needs.
    """

    name: str
    source: str
    n_layers: int
    n_decoder_layers: int | None = None
    n_distinct_layers: int | None = None
    n_decoder_heads: int | None = None
    d_decoder_ff: int | None = None
    d_model: int
    n_heads: int
    n_kv_heads: int
    d_head: int
    d_ff: int
    vocab_size: int
    n_token_tables: int = 1
    d_embedding: int | None = None
    d_token: int | None = None
    context_length: int | None = None
    n_spare_positions: int | None = None
    n_segments: int | None = None
    position: str
    n_buckets: int | None = None
    max_distance: int | None = None
    rotary_base: float | None = None
    local_rotary_base: float | None = None
    rotary_scaling: Scaling | None = None
    d_rotary: int | None = None
    norm: str = "layer"
    norm_gain: bool = True
    norm_bias: bool = True
    norm_from_one: bool = False
    norm_eps: float
    norm_order: str
    first_norm: bool = True
    final_norm: bool = True
    parallel: bool = False
    shared_norm: bool = False
    embedding_norm: bool = False
    embedding_scale: float | None = None
    qk_norm: str | None = None
    sinks: bool = False
    score_scale: float | None = None
    score_cap: float | None = None
    logit_cap: float | None = None
    logit_scale: float | None = None
    window: int | None = None
    windowed: tuple[bool, ...] | None = None
    activation: str
    gated: bool = False
    experts: Experts | None = None
    latent: Latent | None = None
    attention_bias: bool
    output_bias: bool | None = None
    ff_bias: bool
    tied: bool
    heads: tuple[str, ...]
    mlm_dense_bias: bool = True
    n_mlm_biases: int | None = 1

    def __post_init__(self):
        """Refuse what cannot be built, once and here."""
        check_fields(self)
        group_size(n_heads=self.n_heads, n_kv_heads=self.n_kv_heads)
        check_choice("position", self.position, POSITIONS)
        check_choice("norm", self.norm, NORMS)
        check_choice("norm_order", self.norm_order, ORDERS)
        for head in self.heads:
            check_choice("head", head, HEADS)
        if self.qk_norm is not None:
            check_choice("qk_norm", self.qk_norm, QK_NORMS)
        for position, needed in {
            "learned": ["context_length"],
            "rotary": ["rotary_base"],
            "relative": ["n_buckets", "max_distance"],
        }.items():
            for name in needed:
                if self.position == position and getattr(self, name) is None:
                    raise ValueError(f"position={position!r} needs a {name}")
        if self.d_embedding is not None and self.d_token is not None:
            raise ValueError(
                f"d_embedding={self.d_embedding} must be absent where "
                f"d_token={self.d_token} is not"
            )
        if "nsp" in self.heads and "pooler" not in self.heads:
            raise ValueError("head='nsp' needs head='pooler'")
        if self.d_rotary is not None:
            check_even("d_rotary", self.d_rotary)
            if self.d_rotary > self.d_head:
                raise ValueError(
                    f"d_rotary={self.d_rotary} must not exceed "
                    f"d_head={self.d_head}"
                )
        if self.windowed is not None:
            if self.window is None:
                raise ValueError("windowed needs a window")
            if len(self.windowed) != self.n_layers:
                raise ValueError(
                    f"windowed has {len(self.windowed)} entries and must "
                    f"have n_layers={self.n_layers}"
                )
        if self.latent is not None:
            self._check_latent()

    def _check_latent(self) -> None:
        """Refuse what latent attention would leave out without a word."""
        for name in ("window", "qk_norm", "score_cap", "output_bias", "sinks"):
            if (found := getattr(self, name)) not in (None, False):
                raise ValueError(
                    f"{name}={found!r} must be absent with a latent"
                )

    @property
    def n_group(self) -> int:
        """G, the query heads that share a key/value head."""
        return group_size(n_heads=self.n_heads, n_kv_heads=self.n_kv_heads)

    @property
    def n_experts(self) -> int | None:
        """E, if the model has experts."""
        return self.experts and self.experts.n_experts

    @property
    def axes(self) -> dict[str, int]:
        """The sizes under the book's letters."""
        return {
            letter: getattr(self, axis.size)
            for letter, axis in AXES.items()
            if getattr(self, axis.size, None) is not None
        }

    @property
    def attention(self) -> dict[str, int | bool]:
        """The arguments that fix one attention layer."""
        names = ("d_model", "n_heads", "n_kv_heads", "d_head")
        return {name: getattr(self, name) for name in names} | {
            "bias": self.attention_bias
        }

    @property
    def feed_forward(self) -> dict[str, int | bool]:
        """The arguments that fix the shape of one feed-forward layer."""
        return {
            "d_model": self.d_model,
            "d_ff": self.d_ff,
            "bias": self.ff_bias,
            "gated": self.gated,
        }

    def window_of(self, layer: int) -> int | None:
        """The window of a layer, from 0, or None where it reads everything."""
        if self.windowed is None or self.windowed[layer]:
            return self.window
        return None
