"""Published models: one configuration type, and instances with sources.

A configuration says what a model has. What a model lacks is absent: a field
left at None, a name that is not among its heads.
"""

from dataclasses import dataclass, fields

from xfmr.axes import AXES, group_size

POSITIONS = ("learned", "sinusoidal", "rotary")
NORMS = ("layer", "rms")
ORDERS = ("post", "pre", "sandwich")
HEADS = ("pooler", "mlm", "nsp", "lm")


@dataclass(frozen=True, kw_only=True)
class Config:
    """All that fixes a model's shape.

    Args:
        name: what the book calls the model.
        source: where its sizes were published.
        n_layers: L, the layers of the only stack, or of the encoder.
        n_decoder_layers: layers that also read an encoder, if there is one.
        d_head: H; N H need not be D.
        context_length: the longest sequence the model was made for.
        n_segments: kinds of segment that an embedding tells apart.
        position: how the model knows order; only `learned` has parameters.
        rotary_base: the base of the rotary frequencies.
        norm: `layer` has a gain and a bias, `rms` a gain alone.
        norm_order: whether norms follow each sum (`post`), precede each
            sublayer (`pre`), or precede and follow it (`sandwich`); in the
            last two, one more ends the stack.
        embedding_norm: whether the sum of the embeddings is normalised.
        activation: the nonlinearity of the feed-forward layer.
        gated: whether a second input projection multiplies the first.
        attention_bias: whether the attention's projections add biases.
        ff_bias: whether those of the feed-forward layer do.
        tied: whether logits are read with the token embedding itself.
        heads: what stands on the stack: a `pooler` of the first position,
            predictions of masked tokens (`mlm`), of whether two segments
            follow each other (`nsp`), of the next token (`lm`).

    Raises:
        ValueError: if a size is below one, K does not divide N, a choice is
            unknown, or a head lacks what it stands on.
    """

    name: str
    source: str
    n_layers: int
    d_model: int
    n_heads: int
    n_kv_heads: int
    d_head: int
    d_ff: int
    vocab_size: int
    n_decoder_layers: int | None = None
    context_length: int | None = None
    n_segments: int | None = None
    position: str
    rotary_base: float | None = None
    norm: str = "layer"
    norm_eps: float
    norm_order: str
    embedding_norm: bool = False
    activation: str
    gated: bool = False
    attention_bias: bool
    ff_bias: bool
    tied: bool
    heads: tuple[str, ...]

    def __post_init__(self):
        """Refuse what cannot be built, once and here."""
        for field in fields(self):
            value = getattr(self, field.name)
            if type(value) is int and value < 1:
                raise ValueError(f"{field.name}={value} must be at least 1")
        group_size(n_heads=self.n_heads, n_kv_heads=self.n_kv_heads)
        _check("position", self.position, POSITIONS)
        _check("norm", self.norm, NORMS)
        _check("norm_order", self.norm_order, ORDERS)
        for head in self.heads:
            _check("head", head, HEADS)
        if self.position == "learned" and self.context_length is None:
            raise ValueError("position='learned' needs a context_length")
        if self.position == "rotary" and self.rotary_base is None:
            raise ValueError("position='rotary' needs a rotary_base")
        if "nsp" in self.heads and "pooler" not in self.heads:
            raise ValueError("head='nsp' needs head='pooler'")

    @property
    def n_group(self) -> int:
        """G, the query heads that share a key/value head."""
        return group_size(n_heads=self.n_heads, n_kv_heads=self.n_kv_heads)

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


def _check(name: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise ValueError(f"{name}={value!r} must be one of {known}")


TRANSFORMER_BASE = Config(
    name="Transformer base",
    source="Vaswani et al. 2017, table 3 and section 5.1; no biases in the "
    "attention, as in the authors' tensor2tensor",
    n_layers=6,
    n_decoder_layers=6,
    d_model=512,
    n_heads=8,
    n_kv_heads=8,
    d_head=64,
    d_ff=2048,
    vocab_size=37_000,
    position="sinusoidal",
    norm_eps=1e-6,
    norm_order="post",
    activation="relu",
    attention_bias=False,
    ff_bias=True,
    tied=True,
    heads=("lm",),
)

TRANSFORMER_BIG = Config(
    name="Transformer big",
    source=TRANSFORMER_BASE.source,
    n_layers=6,
    n_decoder_layers=6,
    d_model=1024,
    n_heads=16,
    n_kv_heads=16,
    d_head=64,
    d_ff=4096,
    vocab_size=37_000,
    position="sinusoidal",
    norm_eps=1e-6,
    norm_order="post",
    activation="relu",
    attention_bias=False,
    ff_bias=True,
    tied=True,
    heads=("lm",),
)

BERT_BASE = Config(
    name="BERT-base",
    source="Devlin et al. 2019, section 3; vocabulary and segments from "
    "bert_config.json of the uncased release, google-research/bert",
    n_layers=12,
    d_model=768,
    n_heads=12,
    n_kv_heads=12,
    d_head=64,
    d_ff=3072,
    vocab_size=30_522,
    context_length=512,
    n_segments=2,
    position="learned",
    norm_eps=1e-12,
    norm_order="post",
    embedding_norm=True,
    activation="gelu",
    attention_bias=True,
    ff_bias=True,
    tied=True,
    heads=("pooler",),
)

GPT2 = Config(
    name="GPT-2",
    source="Radford et al. 2019, table 2; openai/gpt-2, src/model.py and "
    "the released hparams.json",
    n_layers=12,
    d_model=768,
    n_heads=12,
    n_kv_heads=12,
    d_head=64,
    d_ff=3072,
    vocab_size=50_257,
    context_length=1024,
    position="learned",
    norm_eps=1e-5,
    norm_order="pre",
    activation="gelu_tanh",
    attention_bias=True,
    ff_bias=True,
    tied=True,
    heads=("lm",),
)

LLAMA2_7B = Config(
    name="Llama 2 7B",
    source="Touvron et al. 2023b, section 2.2 and table 1; d_ff and epsilon "
    "from the released config.json, the base from llama/model.py",
    n_layers=32,
    d_model=4096,
    n_heads=32,
    n_kv_heads=32,
    d_head=128,
    d_ff=11_008,
    vocab_size=32_000,
    context_length=4096,
    position="rotary",
    rotary_base=10_000.0,
    norm="rms",
    norm_eps=1e-5,
    norm_order="pre",
    activation="silu",
    gated=True,
    attention_bias=False,
    ff_bias=False,
    tied=False,
    heads=("lm",),
)

LLAMA2_70B = Config(
    name="Llama 2 70B",
    source=LLAMA2_7B.source,
    n_layers=80,
    d_model=8192,
    n_heads=64,
    n_kv_heads=8,
    d_head=128,
    d_ff=28_672,
    vocab_size=32_000,
    context_length=4096,
    position="rotary",
    rotary_base=10_000.0,
    norm="rms",
    norm_eps=1e-5,
    norm_order="pre",
    activation="silu",
    gated=True,
    attention_bias=False,
    ff_bias=False,
    tied=False,
    heads=("lm",),
)

PRESETS = {
    config.name: config
    for config in (
        TRANSFORMER_BASE,
        TRANSFORMER_BIG,
        BERT_BASE,
        GPT2,
        LLAMA2_7B,
        LLAMA2_70B,
    )
}
