"""GPT-2's tensors: matrices of D rows, and one for queries, keys, values."""

from xfmr.config import Config
from xfmr.models.names import Names, Place, modules

OUTER = {"wte": "embedding.token", "wpe": "embedding.position"}
NORMS = {"ln_1": "attention_norm", "ln_2": "feed_forward_norm"}
MATRICES = {
    "attn.c_proj": "attention.w_o",
    "mlp.c_fc": "feed_forward.w_in",
    "mlp.c_proj": "feed_forward.w_out",
}
STACK = "transformer."


def places(config: Config, found: frozenset[str]) -> dict[str, Place]:
    """The place of each tensor."""
    places = modules(OUTER, theirs=STACK)
    places |= modules({"ln_f": "final_norm"}, theirs=STACK, bias=True)
    for n in range(config.n_layers):
        theirs, ours = f"{STACK}h.{n}.", f"blocks.{n}."
        both = {"theirs": theirs, "ours": ours, "bias": True}
        places |= modules(NORMS, **both)
        places |= modules(MATRICES, **both, pattern="1 o i -> i o")
        parts = [f"{ours}attention.w_{x}" for x in "qkv"]
        for kind, pattern in {
            "weight": "part o i -> i (part o)",
            "bias": "part o -> (part o)",
        }.items():
            three = tuple(f"{part}.{kind}" for part in parts)
            places[f"{theirs}attn.c_attn.{kind}"] = Place(three, pattern)
    return places


NAMES = Names(
    places=places,
    prefix=STACK,
    copies={"lm_head.weight": f"{STACK}wte.weight"},
    computed=("*h.*.attn.bias", "*h.*.attn.masked_bias"),
    only={
        "scale_attn_weights": True,
        "scale_attn_by_inverse_layer_idx": False,
    },
)
