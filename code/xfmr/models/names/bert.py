"""BERT's tensors: most have the shape of ours, under longer names."""

from xfmr.config import Config
from xfmr.models.names import Names, Place, modules

EMBEDDINGS, PREDICTIONS = "bert.embeddings.", "cls.predictions."
TABLES = {
    "word_embeddings": "embedding.token",
    "position_embeddings": "embedding.position",
    "token_type_embeddings": "embedding.segment",
}
LAYER = {
    "attention.self.query": "attention.w_q",
    "attention.self.key": "attention.w_k",
    "attention.self.value": "attention.w_v",
    "attention.output.dense": "attention.w_o",
    "attention.output.LayerNorm": "attention_norm",
    "intermediate.dense": "feed_forward.w_in",
    "output.dense": "feed_forward.w_out",
    "output.LayerNorm": "feed_forward_norm",
}
HEADS = {
    "pooler": {"bert.pooler.dense": "pooler.dense"},
    "mlm": {
        f"{PREDICTIONS}transform.dense": "mlm.dense",
        f"{PREDICTIONS}transform.LayerNorm": "mlm.norm",
    },
    "nsp": {"cls.seq_relationship": "nsp"},
}


def places(config: Config, found: frozenset[str]) -> dict[str, Place]:
    """The place of each tensor."""
    places = modules(TABLES, theirs=EMBEDDINGS)
    norm = {"LayerNorm": "embedding_norm"}
    places |= modules(norm, theirs=EMBEDDINGS, bias=True)
    for n in range(config.n_layers):
        theirs, ours = f"bert.encoder.layer.{n}.", f"blocks.{n}."
        places |= modules(LAYER, theirs=theirs, ours=ours, bias=True)
    for head in config.heads:
        places |= modules(HEADS[head], bias=True)
    if "mlm" in config.heads:
        places[f"{PREDICTIONS}bias"] = Place(("mlm.bias",))
    return places


NAMES = Names(
    places=places,
    prefix="bert.",
    copies={
        f"{PREDICTIONS}decoder.weight": f"{EMBEDDINGS}word_embeddings.weight",
        f"{PREDICTIONS}decoder.bias": f"{PREDICTIONS}bias",
    },
    computed=(f"{EMBEDDINGS}position_ids", f"{EMBEDDINGS}token_type_ids"),
    only={"is_decoder": False},
    respelled={
        "LayerNorm.gamma": "LayerNorm.weight",
        "LayerNorm.beta": "LayerNorm.bias",
    },
)
