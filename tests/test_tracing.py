"""Every family that can be followed: its totals are those of the formulas."""

import json
import subprocess
import sys
from dataclasses import replace

import pytest

from xfmr import compute, count
from xfmr.__main__ import main
from xfmr.cli import tracing
from xfmr.families import FAMILIES, read

B, T = 6, 3
# sizes that differ, so that an axis can be told by its size
SIZES = {
    "vocab_size": 11,
    "hidden_size": 80,
    "num_hidden_layers": 1,
    "num_attention_heads": 8,
    "intermediate_size": 9,
    "max_position_embeddings": 29,
}
LLAMA = SIZES | {"num_key_value_heads": 2, "head_dim": 14}
EXPERTS = {"num_local_experts": 5, "num_experts_per_tok": 2}
GPT = {"vocab_size": 11, "n_embd": 80, "n_layer": 1, "n_head": 8}
FILES = {
    "bert": SIZES
    | {"type_vocab_size": 2, "architectures": ["BertForPreTraining"]},
    "roberta": SIZES
    | {"type_vocab_size": 1, "architectures": ["RobertaForMaskedLM"]},
    "distilbert": {"vocab_size": 11, "dim": 80, "n_layers": 1, "n_heads": 8}
    | {"hidden_dim": 9, "max_position_embeddings": 29}
    | {"architectures": ["DistilBertForMaskedLM"]},
    "openai-gpt": GPT | {"n_positions": 29},
    "gpt2": GPT | {"n_positions": 29, "n_inner": 9},
    "opt": SIZES | {"ffn_dim": 9, "word_embed_proj_dim": 80},
    "gpt_neox": SIZES,
    "transformer": SIZES | {"decoder_layers": 1},
    "t5": {"vocab_size": 11, "d_model": 80, "d_kv": 5, "d_ff": 9}
    | {"num_layers": 1, "num_heads": 8},
    "mixtral": LLAMA | EXPERTS,
    "qwen3_moe": LLAMA | EXPERTS | {"moe_intermediate_size": 23},
    "olmo2": SIZES | {"num_key_value_heads": 2},
    "phi3": SIZES | {"num_key_value_heads": 2, "pad_token_id": 0},
    "deepseek_v3": SIZES
    | {"n_routed_experts": 5, "num_experts_per_tok": 2}
    | {"num_hidden_layers": 2, "num_key_value_heads": 8}
    | {"moe_intermediate_size": 23, "first_k_dense_replace": 1}
    | {"q_lora_rank": 13, "kv_lora_rank": 17, "v_head_dim": 21}
    | {"qk_nope_head_dim": 19, "qk_rope_head_dim": 24},
} | dict.fromkeys(
    ("llama", "mistral", "gemma", "gemma2", "gemma3_text", "qwen2", "qwen3"),
    LLAMA,
)


def test_all_that_can_be_followed_are_tried():
    assert FILES.keys() == tracing.MODELS.keys()
    assert tracing.MODELS.keys() <= FAMILIES.keys()


FOLLOW = """
import json, sys
import torch
from torch.utils.flop_counter import FlopCounterMode
from xfmr.cli import tracing
from xfmr.families import read

B, T, files = json.loads(sys.argv[1])
said = {}
for family, keys in files.items():
    found = read({"model_type": family} | keys)
    made = tracing.dimensions(found, n_tokens=T, batch_size=B)
    with torch.device("meta"), FlopCounterMode(display=False) as counter:
        text = torch.zeros(B, T, dtype=torch.long)
        two = found.config.n_decoder_layers is not None
        tracing.model_of(family, found.config, T)(*([text] * (1 + two)))
    said[family] = {
        "parameters": sum(made["parameters"]),
        "FLOPs": sum(made["FLOPs"]),
        "counted": counter.get_total_flops(),
        "axes": [[str(row[0]), row[2]] for row in made.rows],
    }
print(json.dumps(said))
"""


@pytest.fixture(scope="module")
def followed():
    """All of them, in a process of its own, where no annotation is checked:
    a trace calls thousands of functions, and slows each of them."""
    done = subprocess.run(
        [sys.executable, "-c", FOLLOW, json.dumps([B, T, FILES])],
        check=True,
        capture_output=True,
        text=True,
    )
    return json.loads(done.stdout)


@pytest.mark.parametrize("family", FILES)
def test_totals(followed, family):
    config = read({"model_type": family} | FILES[family]).config
    assert followed[family]["parameters"] == count.parameters(config)
    expected = B * compute.forward_flops(config, n_tokens=T)
    assert followed[family]["FLOPs"] == expected
    assert followed[family]["counted"] == expected


def test_letters_of_latents_and_of_norms_of_heads(followed):
    def axes(family, name):
        return [a for tensor, a in followed[family]["axes"] if tensor == name]

    assert axes("deepseek_v3", "latent") == ["B S latent"] * 2
    assert axes("deepseek_v3", "turned") == ["B N T H"] * 2
    assert axes("deepseek_v3", "heads") == ["B N T value"] * 2
    assert axes("qwen3", "k") == axes("olmo2", "k") == ["B K 1 S H"]
    assert "B S KH" in [a for _, a in followed["olmo2"]["axes"]]


def test_what_is_left_out_is_said(tmp_path, capsys, monkeypatch):
    file = tmp_path / "toy.json"
    said = {"model_type": "deepseek_v3"} | FILES["deepseek_v3"]
    file.write_text(json.dumps(said))
    monkeypatch.setattr(tracing, "dimensions", lambda found, **_: "a table")
    assert main(["trace", str(file)]) == 0
    written = capsys.readouterr()
    assert written.out == "a table\n"
    assert "toy: routers here choose among all experts" in written.err


@pytest.mark.parametrize(
    "family", sorted(FAMILIES.keys() - tracing.MODELS.keys())
)
def test_the_others_are_refused_by_name(family):
    found = read({"model_type": "gpt2"} | FILES["gpt2"])
    known = f"^{family} can be counted and not yet followed: .* bert, .* t5, "
    with pytest.raises(ValueError, match=known):
        other = replace(found, family=family)
        tracing.dimensions(other, n_tokens=1, batch_size=1)
