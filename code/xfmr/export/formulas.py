"""The book's arithmetic as a script, for the pages that plan.

    python -m xfmr.export.formulas FILE            write it anew
    python -m xfmr.export.formulas FILE --check    say whether it is stale

The functions that count parameters, FLOPs and bytes, and those that read a
config.json, are translated, not written a second time; see `modules`. With
them go the published models, and what the sizes of a configuration are called
in formulas. A page that uses the script compares it with what this module
makes, so that a stale one builds no book.
"""

import json
import sys
from pathlib import Path

from xfmr import zoo
from xfmr.export.modules import script

WANTED = {
    "xfmr.activations": [
        *("activations", "activation_bytes", "has_dropout", "logits_bytes"),
    ],
    "xfmr.compute": [
        *("RECOMPUTE", "flops", "training_flops"),
    ],
    "xfmr.count": [
        *("active", "embedding", "non_embedding", "parameters", "parts"),
    ],
    "xfmr.families": ["FAMILIES", "of_keys"],
    "xfmr.memory": ["BYTES", "bytes_of", "kv_cache_bytes", "training_bytes"],
    "xfmr.shapes": ["weights"],
    "xfmr.streams": ["made"],
}
# what a field of a configuration is called in formulas, and in a form
LETTERS = {
    "n_layers": ("L", "layers"),
    "n_decoder_layers": ("L_dec", "layers of the decoder"),
    "n_distinct_layers": ("L_own", "layers with weights of their own"),
    "d_model": ("D", "width"),
    "n_heads": ("N", "query heads"),
    "n_kv_heads": ("K", "key/value heads"),
    "d_head": ("H", "width of a head"),
    "d_ff": ("F", "hidden units"),
    "d_decoder_ff": ("F_dec", "hidden units of the decoder"),
    "vocab_size": ("V", "vocabulary"),
    "d_embedding": ("D_emb", "width of the tables"),
    "d_token": ("D_tok", "width of the token table"),
    "context_length": ("S_max", "positions"),
    "n_spare_positions": ("S_spare", "spare rows of the position table"),
    "n_segments": ("S_seg", "kinds of segment"),
    "n_buckets": ("S_rel", "ranges of relative positions"),
    "window": ("W", "positions of a window"),
}
PART_LETTERS = {
    "experts": {
        "n_experts": ("E", "experts"),
        "n_active": ("E_act", "experts that a token reads"),
        "d_ff": ("F_exp", "hidden units of an expert"),
        "d_ff_shared": ("F_sh", "hidden units of the shared expert"),
    },
    "latent": {
        "d_latent": ("D_kv", "width of the latent of keys and values"),
        "d_query": ("D_q", "width of the latent of queries"),
        "d_content": ("H_con", "coordinates of a head without position"),
        "d_rotary": ("H_rot", "coordinates of a head with one"),
        "d_value": ("H_val", "coordinates of a value"),
    },
}
# what a plan is asked for beside a model
ASKED = {
    "b": "bytes of a number",
    "B": "texts at a time",
    "T": "tokens of a text",
    "P": "parameters",
    "R": "ranks",
}
# keys of a config.json that stand for a letter, in the order of a form
KEYS = {
    "L": ("num_hidden_layers", "n_layer", "n_layers", "num_layers"),
    "L_enc": ("encoder_layers",),
    "L_dec": ("decoder_layers", "num_decoder_layers"),
    "D": ("hidden_size", "n_embd", "dim", "d_model"),
    "N": ("num_attention_heads", "n_head", "n_heads", "num_heads"),
    "K": ("num_key_value_heads",),
    "H": ("head_dim", "d_kv"),
    "F": ("intermediate_size", "n_inner", "hidden_dim", "d_ff", "ffn_dim"),
    "E": ("num_local_experts", "num_experts", "n_routed_experts"),
    "E_act": ("num_experts_per_tok",),
    "F_exp": ("moe_intermediate_size",),
    "V": ("vocab_size",),
    "S_max": ("max_position_embeddings", "n_positions"),
}
# keys whose values are lists, and which a form leaves to the file
LISTS = ("mlp_only_layers",)
HEAD = """\
/* Made by `python -m xfmr.export.formulas` out of the book's Python, which is
   the place to change it. */
"use strict";

(() => {
const { py } = planner;
"""


def presets() -> list[dict[str, object]]:
    """The published models, as a page lists them."""
    return [
        {
            "name": model.name,
            "published": model.published,
            "in": model.published_in,
            "keys": dict(model.keys),
        }
        for model in zoo.models().values()
    ]


def text() -> str:
    """The script."""
    data = {
        "letters": LETTERS,
        "partLetters": PART_LETTERS,
        "asked": ASKED,
        "keyLetters": {
            key: letter for letter, keys in KEYS.items() for key in keys
        },
    }
    data["lists"] = LISTS
    lines = [HEAD + script(WANTED), "", "Object.assign(planner, {"]
    lines += ["arithmetic: modules,"]
    lines += [f"{name}: {_packed(value)}," for name, value in data.items()]
    lines += ["presets: [", *(f"{_packed(p)}," for p in presets()), "],"]
    return "\n".join([*lines, "});", "})();", ""])


def is_stale(file: str | Path) -> bool:
    """Whether a script is not there, or another than the code's."""
    path = Path(file)
    return not path.is_file() or path.read_text("utf8") != text()


def main(arguments: list[str]) -> int:
    """Write the script, or say whether it is stale."""
    match arguments:
        case [file, "--check"]:
            if is_stale(file):
                print(
                    f"{file} is stale: python -m xfmr.export.formulas {file}"
                )
                return 1
            return 0
        case [file]:
            if is_stale(file):
                Path(file).write_text(text(), "utf8")
            return 0
    print("python -m xfmr.export.formulas FILE [--check]")
    return 2


def _packed(value: object) -> str:
    """A value as JSON that stands on one line."""
    return json.dumps(value, ensure_ascii=True, separators=(",", ":"))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
