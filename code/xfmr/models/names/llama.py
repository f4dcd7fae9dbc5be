"""The tensors of Llama and the decoders after it, experts among them.

Mixtral's experts are called in two ways: each by itself, as they were released
and as the library still saves them, or stacked, as it holds them.
"""

from xfmr.config import Config
from xfmr.models.names import Names, Place, modules

READ = {"q_proj": "w_q", "k_proj": "w_k", "v_proj": "w_v"}
UNITS = {"gate_proj": "w_gate", "up_proj": "w_in", "down_proj": "w_out"}
NORMS = {
    "pre": {
        "input_layernorm": "attention_norm",
        "post_attention_layernorm": "feed_forward_norm",
    },
    "sandwich": {
        "input_layernorm": "attention_norm",
        "post_attention_layernorm": "attention_output_norm",
        "pre_feedforward_layernorm": "feed_forward_norm",
        "post_feedforward_layernorm": "feed_forward_output_norm",
    },
}
EXPERT = {"w1": "w_gate", "w3": "w_in", "w2": "w_out"}


def places(config: Config, found: frozenset[str]) -> dict[str, Place]:
    """The place of each tensor."""
    outer = {"embed_tokens": "embedding.token", "norm": "final_norm"}
    places = modules(outer, theirs="model.")
    for n in range(config.n_layers):
        theirs, ours = f"model.layers.{n}.", f"blocks.{n}."
        norms = NORMS[config.norm_order]
        places |= modules(norms, theirs=theirs, ours=ours)
        places |= _attention(config, f"{theirs}self_attn.", ours)
        ours += "feed_forward."
        if config.experts is None:
            units = {"theirs": f"{theirs}mlp.", "ours": ours}
            places |= modules(UNITS, **units, bias=config.ff_bias)
        elif f"{theirs}mlp.gate.weight" in found:
            places |= _stacked(f"{theirs}mlp.", ours)
        else:
            old = f"{theirs}block_sparse_moe."
            places |= _apart(config.n_experts, old, ours)
    if not config.tied:
        places |= modules({"lm_head": "unembedding"})
    return places


def _attention(config: Config, theirs: str, ours: str) -> dict[str, Place]:
    both = {"theirs": theirs, "ours": f"{ours}attention."}
    bias, output_bias = config.attention_bias, config.output_bias
    output_bias = bias if output_bias is None else output_bias
    places = modules(READ, **both, bias=bias)
    places |= modules({"o_proj": "w_o"}, **both, bias=output_bias)
    if config.qk_norm is not None:
        norms = {"q_norm": "q_norm", "k_norm": "k_norm"}
        places |= modules(norms, **both)
    return places


def _apart(n_experts: int, theirs: str, ours: str) -> dict[str, Place]:
    places = modules({"gate": "router.w"}, theirs=theirs, ours=ours)
    for e in range(n_experts):
        for other, own in EXPERT.items():
            place = Place((ours + own,), index=e)
            places[f"{theirs}experts.{e}.{other}.weight"] = place
    return places


def _stacked(theirs: str, ours: str) -> dict[str, Place]:
    both = tuple(ours + own for own in ("w_gate", "w_in"))
    return modules({"gate": "router.w"}, theirs=theirs, ours=ours) | {
        f"{theirs}experts.gate_up_proj": Place(
            both, "part expert unit D -> expert (part unit) D"
        ),
        f"{theirs}experts.down_proj": Place((f"{ours}w_out",)),
    }


NAMES = Names(
    places=places,
    prefix="model.",
    copies={"lm_head.weight": "model.embed_tokens.weight"},
    computed=("*layers.*.self_attn.rotary_emb.inv_freq",),
)
