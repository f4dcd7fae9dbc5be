"""Cases for the planners: models, what is asked, and what Python answers."""

import json
import random
from collections.abc import Iterator

from xfmr import activations, compute, memory, shapes, streams, zoo
from xfmr.cli.costs import bytes_of_training, work
from xfmr.cli.counting import record
from xfmr.families import read

N_RANDOM = 240
SIZES = {
    "llama": ("hidden_size", "intermediate_size", "num_hidden_layers"),
    "bert": ("hidden_size", "intermediate_size", "num_hidden_layers"),
    "gpt2": ("n_embd", "n_inner", "n_layer"),
    "t5": ("d_model", "d_ff", "num_layers"),
}
HEADS = {"gpt2": "n_head", "t5": "num_heads"}
POSITIONS = {"gpt2": "n_positions", "t5": "n_positions"}
FAMILIES = (
    *("llama", "mistral", "gemma", "gemma2", "gemma3_text", "qwen2", "qwen3"),
    *("mixtral", "gpt2", "bert", "t5", "phi3", "olmo2"),
)


def models() -> Iterator[dict]:
    """Every published model, the smallest there are, and some at random."""
    for model in zoo.models().values():
        yield dict(model.keys)
    draw = random.Random(0)
    for n in range(N_RANDOM):
        yield drawn(draw, FAMILIES[n % len(FAMILIES)], largest=n % 3)


def drawn(draw: random.Random, kind: str, largest: int) -> dict:
    """A file of a family: sizes of one, of a few, or of many digits."""
    most = (1, 40, 10**5)[largest]
    width, hidden, layers = SIZES.get(kind, SIZES["llama"])
    n_kv = draw.randint(1, min(most, 12))
    n_heads = n_kv * draw.randint(1, min(most, 8))
    keys = {
        "model_type": kind,
        "vocab_size": draw.randint(1, most),
        width: n_heads * draw.randint(1, most),
        hidden: draw.randint(1, most),
        layers: draw.randint(1, min(most, 130)),
        HEADS.get(kind, "num_attention_heads"): n_heads,
        POSITIONS.get(kind, "max_position_embeddings"): draw.randint(1, most),
        "tie_word_embeddings": draw.random() < 0.5,
    }
    if kind == "t5":
        return keys | {
            "d_kv": draw.randint(1, most),
            "feed_forward_proj": draw.choice(["relu", "gated-gelu"]),
            "num_decoder_layers": draw.randint(1, min(most, 130)),
        }
    if kind in ("gpt2", "bert"):
        return keys
    keys["num_key_value_heads"] = n_kv
    if draw.random() < 0.5:
        keys["head_dim"] = draw.randint(1, most)
    if kind in ("llama", "qwen3", "gemma", "olmo2"):
        keys["attention_bias"] = draw.random() < 0.5
    if kind == "llama":
        keys["mlp_bias"] = draw.random() < 0.5
    if kind in ("mistral", "mixtral", "gemma2", "gemma3_text", "phi3"):
        keys["sliding_window"] = draw.choice([None, draw.randint(1, most)])
    if kind.startswith("qwen"):
        keys |= {"use_sliding_window": draw.random() < 0.5}
        keys |= {"sliding_window": draw.randint(1, most)}
    if kind == "mixtral":
        keys["num_local_experts"] = draw.randint(2, 9)
        keys["num_experts_per_tok"] = draw.randint(1, 2)
    return keys


def cases() -> list[dict]:
    """Models with lengths, batches and ways to train."""
    draw, found = random.Random(1), []
    for keys in models():
        config = read(keys, name="m").config
        both = bool({"pooler", "mlm"} & {*config.heads})
        found.append(
            {
                "keys": keys,
                "n_tokens": draw.choice([1, 2, draw.randint(1, 10**6)]),
                "batch_size": draw.choice([1, draw.randint(1, 999)]),
                "dtype": draw.choice([*memory.BYTES]),
                "causal": not both and draw.random() < 0.5,
                "zero": draw.randint(0, 3),
                "ranks": draw.choice([1, draw.randint(1, 9000)]),
                "recompute": draw.choice(compute.RECOMPUTE),
            }
        )
    return found


def answer(case: dict) -> dict:
    """What the command line prints of a case, and the shapes."""
    reading = read(case["keys"], name="m")
    config = reading.config
    lengths = {k: case[k] for k in ("n_tokens", "batch_size")}
    counted = record(reading)
    done = work(config, n_tokens=case["n_tokens"], causal=case["causal"])
    how = {k: case[k] for k in ("dtype", "zero", "ranks", "recompute")}
    held = bytes_of_training(config, **lengths, **how)
    head = {"lm", "mlm"} & {*config.heads}
    logits = activations.logits_bytes(config, **lengths) if head else 0
    states = sum(held[k] for k in ("weights", "gradients", "optimizer"))
    return {
        "warnings": len(reading.warnings) + reading.assumed,
        "counted": reading.counted,
        "parts": [*counted["parts"].items()],
        "total": counted["total"],
        "rest": counted["non_embedding"],
        "active": counted["active"],
        "flops": [*done["parts"].items()],
        "forward": done["forward"],
        "training": done["training"],
        "cache": held["kv_cache"],
        "each": held["kv_bytes_per_token"],
        "weights": [listed(s) for s in shapes.weights(config)],
        "streams": [listed(s) for s in streams.made(config, **lengths)],
        "states": [held[k] for k in ("weights", "gradients", "optimizer")],
        "activations": held["activations"],
        "logits": logits,
        "whole": states + held["activations"] + logits,
    }


def listed(shape: shapes.Shape) -> list:
    return [shape.part, shape.name, [*shape.sizes], shape.times]


def as_texts(value: object) -> object:
    """The same with whole numbers as digits, which JavaScript would round."""
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int):
        return str(value)
    if isinstance(value, dict):
        return {k: as_texts(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [as_texts(v) for v in value]
    return value


# What the scripts of both pages make of the same cases.
COMPUTED = """
(cases) => cases.map((text) => {
  const { reading, pages, py, Term } = planner;
  const wrong = [];
  const number = (value) => {
    if (!(value instanceof Term)) return value;
    const sum = [...value.polynomial.values()].reduce((all, one) => all
      + one.atoms.reduce((product, atom) => product * atom.value, one.factor),
      0n);
    if (sum !== value.value) wrong.push(`${sum} for ${value.value}`);
    return value.value;
  };
  const texts = (value) => {
    if (value instanceof Term || typeof value === "bigint") {
      return String(number(value));
    }
    return Array.isArray(value) ? value.map(texts) : value;
  };
  const listed = (all) => all.map(
    ({ part, name, sizes, times }) => texts([part, name, sizes, times]));
  const asked = reading.fromText(text);
  const at = (name) => asked.get(name);
  const read = reading.read(at("keys"), "m");
  const one = pages.dimensions.results.compute(read.config, {
    n_tokens: at("n_tokens"), batch_size: at("batch_size"),
    dtype: at("dtype"), causal: at("causal"),
  });
  const two = pages.memory.results.compute(read.config, {
    n_tokens: at("n_tokens"), batch_size: at("batch_size"),
    dtype: at("dtype"), zero: String(at("zero")), ranks: at("ranks"),
    recompute: at("recompute"), memory: 80n,
  });
  const of = Object.fromEntries(two.parts);
  return {
    warnings: String(read.notes.length), counted: read.counted,
    parts: texts(one.parts), total: texts(one.total), rest: texts(one.rest),
    active: texts(one.active), flops: texts(one.flops),
    forward: texts(one.forward), training: texts(one.training),
    cache: texts(one.cache?.all ?? 0n), each: texts(one.cache?.each ?? 0n),
    weights: listed(one.weights), streams: listed(one.streams),
    states: texts([of.weights, of.gradients, of.optimizer]),
    activations: texts(of.activations), logits: texts(of.logits ?? 0n),
    whole: texts(two.total), wrong,
  };
})
"""


def written(cases: list[dict]) -> list[str]:
    return [json.dumps(case) for case in cases]
