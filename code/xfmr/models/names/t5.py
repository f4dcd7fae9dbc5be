"""T5's tensors: the layers of a block are numbered, and differ by stack."""

from xfmr.config import Config
from xfmr.models.names import Names, Place, modules

PROJECTIONS = {"q": "w_q", "k": "w_k", "v": "w_v", "o": "w_o"}
FEED_FORWARD = {"wi": "w_in", "wo": "w_out"}
GATED = {"wi_0": "w_gate", "wi_1": "w_in", "wo": "w_out"}
SELF = ("SelfAttention", "attention")
CROSS = ("EncDecAttention", "cross_attention")
BIAS = "relative_attention_bias"


def places(config: Config, found: frozenset[str]) -> dict[str, Place]:
    """The place of each tensor."""
    dense = "DenseReluDense", "feed_forward"
    units = GATED if config.gated else FEED_FORWARD
    places = modules({"shared": "embedding"})
    for stack, n_layers, layers in (
        ("encoder", config.n_layers, (SELF, dense)),
        ("decoder", config.n_decoder_layers, (SELF, CROSS, dense)),
    ):
        outer = {
            "final_layer_norm": "final_norm",
            f"block.0.layer.0.SelfAttention.{BIAS}": "bias.table",
        }
        places |= modules(outer, theirs=f"{stack}.", ours=f"{stack}.")
        for n in range(n_layers):
            for m, (other, own) in enumerate(layers):
                theirs = f"{stack}.block.{n}.layer.{m}."
                ours = f"{stack}.blocks.{n}.{own}"
                places |= modules(
                    units if own == "feed_forward" else PROJECTIONS,
                    theirs=f"{theirs}{other}.",
                    ours=f"{ours}.",
                )
                norm = {"layer_norm": "_norm"}
                places |= modules(norm, theirs=theirs, ours=ours)
    if not config.tied:
        places |= modules({"lm_head": "unembedding"})
    return places


NAMES = Names(
    places=places,
    copies={
        "encoder.embed_tokens.weight": "shared.weight",
        "decoder.embed_tokens.weight": "shared.weight",
        "lm_head.weight": "shared.weight",
    },
    always_tied=True,
    # released files have it, and no model reads it
    computed=(f"decoder.block.0.layer.1.EncDecAttention.{BIAS}.weight",),
)
