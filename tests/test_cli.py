"""The command line: what it prints, and what it says of what is wrong."""

import json
import subprocess
import sys

import pytest

from xfmr import compute, count
from xfmr.__main__ import MODULES
from xfmr.cli import tracing
from xfmr.families import read

TOY = {"vocab_size": 5, "n_positions": 3, "n_embd": 4, "n_layer": 1} | {
    "n_head": 2
}


def test_count_as_json(call):
    status, out, err = call("count", "GPT2", "--json")
    counted = json.loads(out)
    assert (status, err) == (0, "")
    assert [*counted] == [
        *("name", "family", "total", "non_embedding", "active"),
        *("embedding", "parts"),
    ]
    assert counted["total"] == sum(counted["parts"].values()) == 124_439_808


def test_count_as_a_table(call):
    status, out, err = call("count", "mixtral-8x7b")
    assert (status, err) == (0, "")
    lines = out.splitlines()
    assert lines[0] == "mixtral-8x7b: mixtral"
    assert lines[1] == "counted: MixtralForCausalLM, with the heads: lm"
    assert lines[3].split() == ["token", "embedding", "131,072,000"]
    assert "total            46,702,792,704" in lines
    assert "active           12,879,925,248" in lines
    assert {len(line) for line in lines[-4:]} == {len(lines[-4])}


def test_a_model_without_heads(call, tmp_path):
    file = {"model_type": "gpt2", "architectures": ["GPT2Model"]} | TOY
    (tmp_path / "toy.json").write_text(json.dumps(file))
    _, out, _ = call("count", tmp_path / "toy.json")
    assert out.startswith(
        "toy: gpt2\ncounted: GPT2Model, with the heads: none"
    )


@pytest.mark.parametrize("where", ["", "config.json"])
def test_a_folder_and_its_file(call, tmp_path, where):
    (tmp_path / "mine").mkdir()
    file = tmp_path / "mine" / "config.json"
    file.write_text(json.dumps({"model_type": "gpt2"} | TOY))
    status, out, err = call("count", tmp_path / "mine" / where, "--json")
    assert status == 0
    assert json.loads(out)["name"] == "mine"
    assert err == "mine: no architectures, so GPT2LMHeadModel is counted\n"


def test_a_folder_beats_a_name_if_it_holds_a_model(
    call, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "gpt2").mkdir()
    (tmp_path / "llama-2-7b").mkdir()
    file = tmp_path / "gpt2" / "config.json"
    file.write_text(json.dumps({"model_type": "gpt2"} | TOY))
    assert json.loads(call("count", "gpt2", "--json")[1])["total"] < 1000
    total = json.loads(call("count", "llama-2-7b", "--json")[1])["total"]
    assert total == 6_738_415_616


def test_warnings_stand_beside_the_answer(call, tmp_path):
    file = {"model_type": "gpt2", "n_extra": 3} | TOY
    (tmp_path / "config.json").write_text(json.dumps(file))
    status, out, err = call("count", tmp_path, "--json")
    assert status == 0 and json.loads(out)["family"] == "gpt2"
    assert "unknown, and could change the count: n_extra" in err


def test_compare(call):
    names = ["gpt2", "bert-base-uncased"]
    one, two = json.loads(call("compare", *names, "--json")[1])
    assert [one["name"], two["name"]] == names
    assert one == json.loads(call("count", "gpt2", "--json")[1])
    lines = call("compare", *names)[1].splitlines()
    assert lines[0].split() == names
    table = {line.rsplit("  ", 1)[0].strip(): line for line in lines}
    assert any(line.split() == ["pooler", "590,592"] for line in lines), table
    assert lines[-4].split() == ["total", "124,439,808", "109,482,240"]


def test_presets(call):
    records = json.loads(call("presets", "--json")[1])
    assert len(records) == 96
    gpt2 = next(r for r in records if r["name"] == "gpt2")
    assert gpt2["total"] == 124_439_808
    assert gpt2["published"] == "124M"
    assert "117M" in gpt2["why"]
    assert "parts" not in gpt2
    assert [*gpt2][-5:] == [
        *("published", "published_in", "sizes_from", "unconfirmed", "why"),
    ]
    lines = call("presets")[1].splitlines()
    assert len(lines) == 97
    assert lines[0].split() == [
        *("name", "family", "total", "non-embedding", "active", "published"),
    ]


# sizes that differ, so that an axis can be told by its size
COMMON = {"vocab_size": 11, "hidden_size": 20, "num_hidden_layers": 1} | {
    **{"num_attention_heads": 4, "intermediate_size": 7},
}
TOYS = {
    "gpt2": TOY,
    "bert": COMMON | {"max_position_embeddings": 13, "type_vocab_size": 2},
    "transformer": COMMON | {"decoder_layers": 1},
    "llama": COMMON
    | {"hidden_size": 80, "num_attention_heads": 8, "num_key_value_heads": 2},
}


@pytest.mark.parametrize("family", TOYS)
def test_trace(call, tmp_path, family):
    file = tmp_path / "toy.json"
    file.write_text(json.dumps({"model_type": family} | TOYS[family]))
    arguments = ("trace", file, "--tokens", 3, "--batch", 6)
    status, out, _ = call(*arguments, "--json")
    found = json.loads(out)
    config = read(file).config
    assert (status, found["name"]) == (0, "toy")
    assert (found["tokens"], found["batch"]) == (3, 6)
    assert found["parameters"] == count.parameters(config)
    assert found["flops"] == 6 * compute.forward_flops(config, n_tokens=3)
    for key in ("bytes", "parameters", "flops"):
        assert found[key] == sum(row[key] for row in found["tensors"])
    scores = [r for r in found["tensors"] if r["tensor"] == "scores"]
    size = [6, config.n_kv_heads, config.n_group, 3, 3]
    assert [r["size"] for r in scores] == [size] * len(scores)
    norms = {"LayerNorm", "RMSNorm"} & {r["made_by"] for r in found["tensors"]}
    assert len(norms) == 1


def test_trace_as_a_table(call, tmp_path):
    file = tmp_path / "toy.json"
    file.write_text(json.dumps({"model_type": "gpt2"} | TOY))
    total = count.parameters(read(file).config)
    out = call("trace", file, "--tokens", "1")[1].splitlines()
    assert out[0].startswith("toy: 1 x 1 tokens, four bytes a number; equal")
    assert out[1].split()[:3] == ["tensor", "made", "by"]
    assert f" {total} " in out[-1]
    status, _, err = call("trace", file, "--tokens", "4")
    message = "xfmr: tokens=4 must not exceed the 3 positions of toy\n"
    assert (status, err.splitlines(True)[-1]) == (2, message)


def test_a_trace_has_a_length(call, tmp_path, monkeypatch):
    seen = {}
    monkeypatch.setattr(
        tracing, "dimensions", lambda found, **sizes: seen.update(sizes)
    )
    assert call("trace", "gpt2")[0] == 0
    assert seen == {"n_tokens": 128, "batch_size": 1}


def test_commands_are_where_they_are_said_to_be(call):
    help_text = call("--help")[1]
    listed = help_text.partition("Commands:")[2].splitlines()
    assert {line.split()[0] for line in listed if line} == MODULES.keys()


def test_help_of_a_command(call):
    status, out, _ = call("count", "--help")
    assert status == 0
    assert out.startswith("Usage: xfmr count CONFIG [OPTIONS]")


def test_an_output_that_nobody_reads():
    program = [sys.executable, "-m", "xfmr", "presets"]
    with subprocess.Popen(
        program, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as run:
        run.stdout.close()
        said = run.stderr.read()
    assert (run.returncode, said) == (1, b"")


@pytest.mark.parametrize("command", ["count gpt2", "presets"])
def test_counting_needs_no_torch(command):
    program = (
        "import sys\nfrom xfmr.__main__ import main\n"
        f"assert main({command.split()}) == 0\n"
        "heavy = {'torch', 'numpy', 'sympy', 'einops', 'rich', 'pydantic'}\n"
        "assert not heavy & sys.modules.keys()"
    )
    subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["count", "gpt-2"], "gpt-2 is no preset: perhaps gpt2 or "),
        (["count"], "count takes one CONFIG: a preset's name, a config.json"),
        (["count", "gpt2", "gpt2"], "count takes one CONFIG: a preset's"),
        (["compare"], "compare takes a CONFIG or more: a preset's name, a"),
        (["count", "gpt2", "--jsno"], "No such option: --jsno"),
        (["conut"], "No such command 'conut'."),
        ([], "Missing command."),
        (["count", "nowhere/config.json"], "nowhere/config.json does not"),
        (["count", "nowhere.json"], "nowhere.json does not exist"),
        (["count", "."], "config.json does not exist"),
        (["trace", "bart-base"], "bart can be counted and not yet followed"),
        (["trace", "gpt2", "--tokens", "0"], "Invalid value for '--tokens'"),
        (["trace", "gpt2", "--batch", "0"], "Invalid value for '--batch'"),
    ],
)
def test_errors_are_one_line(call, arguments, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    status, out, err = call(*arguments)
    assert (status, out) == (2, "")
    assert err.startswith(f"xfmr: {message}")
    assert err.count("\n") == 1
