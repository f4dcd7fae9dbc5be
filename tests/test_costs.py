"""What a model costs, from the command line."""

import json
import subprocess
import sys
from dataclasses import replace

import pytest

from xfmr.activations import has_dropout
from xfmr.presets import BERT_BASE, LLAMA2_7B, PRESETS


@pytest.fixture
def call(call):
    """The same of a command as one line."""
    return lambda line: call(*line.split())


@pytest.fixture
def answer(call):
    """The object that a command prints."""

    def run(line):
        status, out, err = call(f"{line} --json")
        assert (status, err) == (0, "")
        return json.loads(out)

    return run


def test_flops_as_json(answer):
    found = answer("flops gpt2 --tokens 1024")
    assert [*found] == [
        *("name", "tokens", "forward", "training", "per_token"),
        *("attention_share", "parts"),
    ]
    # torch's counter: tests/parity
    assert found["forward"] == 291_648_307_200
    assert found["training"] == 3 * 291_648_307_200
    assert found["per_token"] == 284_812_800
    square = 12 * 4 * 1024**2 * 768
    assert found["attention_share"] == square / 291_648_307_200
    assert sum(found["parts"].values()) == found["forward"]
    assert (found["name"], found["tokens"]) == ("gpt2", 1024)


def test_flops_of_what_may_be_read(answer):
    full = answer("flops gpt2 --tokens 1024")
    causal = answer("flops gpt2 --tokens 1024 --causal")
    hidden = 1024 * 1023 // 2
    assert full["forward"] - causal["forward"] == 12 * 4 * hidden * 768


def test_a_token_of_two_stacks(answer):
    found = answer("flops t5-small --tokens 512")
    assert found["per_token"] == found["forward"] / 1024
    # half of the parameters, and a bit of attention: Brown et al. 2020, D.1
    assert 60_506_624 < found["per_token"] < 2 * 60_506_624


def test_a_part_of_a_flop(answer):
    found = answer("flops bert-base-uncased --tokens 7")
    assert found["per_token"] == found["forward"] / 7
    assert found["forward"] % 7


def test_memory_as_json(answer):
    found = answer("memory gpt2 --tokens 1024 --batch 8")
    assert [*found] == [
        *("name", "weights", "gradients", "optimizer", "activations"),
        *("kv_cache", "kv_bytes_per_token", "activation_formula"),
    ]
    n = 124_439_808
    assert found["weights"] == found["gradients"] == 2 * n
    assert found["optimizer"] == 12 * n
    # Korthikanti et al. 2022, equation 1
    s, b, h, a = 1024, 8, 768, 12
    assert found["activations"] == 12 * s * b * (34 * h + 5 * a * s)
    assert found["kv_bytes_per_token"] == 36_864
    assert found["kv_cache"] == 8 * 1024 * 36_864
    formula = "s b h (34 + 5 a s / h) a layer, with dropout (Korthikanti"
    assert found["activation_formula"].startswith(formula)
    assert "Left out: statistics of norms" in found["activation_formula"]


def test_memory_of_one_rank_of_many(answer):
    plain = answer("memory llama-2-7b --tokens 4096")
    shared = answer("memory llama-2-7b --tokens 4096 --zero 3 --ranks 64")
    for state in ("weights", "gradients", "optimizer"):
        assert shared[state] == plain[state] / 64
    for other in ("activations", "kv_cache", "kv_bytes_per_token"):
        assert shared[other] == plain[other]
    half = answer("memory llama-2-7b --tokens 4096 --zero 1 --ranks 2")
    assert half["optimizer"] == plain["optimizer"] / 2
    assert half["weights"] == plain["weights"]


def test_a_gated_layer_without_dropout(answer):
    D, N, F, T, L = 4096, 32, 11_008, 4096, 32
    found = {
        way: answer(f"memory llama-2-7b --tokens {T} --recompute {way}")
        for way in ("none", "selective", "full")
    }
    each = 2 * (2 * D + D + 4 * D + D + 4 * F)
    assert found["none"]["activations"] == L * T * (each + 2 * N * T)
    assert found["selective"]["activations"] == L * T * each
    assert found["full"]["activations"] == L * T * 2 * D
    formulas = {w: f["activation_formula"] for w, f in found.items()}
    assert formulas["none"].startswith("s b h (37.5 + 2 a s / h) a layer, wi")
    assert formulas["selective"].startswith("s b h (37.5) a layer, without d")
    assert formulas["full"].startswith("s b h 2 a layer, what it reads, with")
    assert each / D == 37.5


def test_four_bytes_a_number(answer):
    found = answer("memory gpt2 --tokens 64 --dtype fp32")
    n = 124_439_808
    assert found["weights"] == found["gradients"] == 4 * n
    assert found["optimizer"] == 8 * n
    assert found["kv_bytes_per_token"] == 2 * 36_864
    assert found["activation_formula"].startswith("s b h (66 + 9 a s / h) a")
    assert found["activations"] == 12 * 64 * (66 * 768 + 9 * 12 * 64)


def test_a_model_that_keeps_no_cache(answer):
    found = answer("memory bert-base-uncased --tokens 512")
    assert found["kv_cache"] == found["kv_bytes_per_token"] == 0


def test_the_cache_of_two_stacks(answer):
    found = answer("memory t5-small --tokens 512 --batch 3")
    each = 2 * 6 * 512 * 2
    assert found["kv_bytes_per_token"] == each
    assert found["kv_cache"] == 3 * 2 * 512 * each
    assert found["activation_formula"].startswith("what products, norms, act")


def test_a_window_that_is_full(answer):
    found = answer("memory mistral-7b-v0.1 --tokens 9000")
    assert found["kv_bytes_per_token"] == 131_072
    assert found["kv_cache"] == 4096 * 131_072


def test_models_with_dropout():
    found = [name for name, config in PRESETS.items() if has_dropout(config)]
    assert found == [
        "Transformer base",
        "Transformer big",
        "BERT-base",
        "GPT-2",
    ]
    assert has_dropout(BERT_BASE) and not has_dropout(LLAMA2_7B)
    for other in ({"parallel": True}, {"gated": True}, {"norm": "rms"}):
        assert not has_dropout(replace(BERT_BASE, **other))


def test_tables(call):
    status, out, err = call("flops gpt2 --tokens 1024 --causal")
    assert (status, err) == (0, "")
    lines = out.splitlines()
    assert lines[0] == "gpt2: a text of 1,024 tokens"
    assert lines[1].endswith("scores: what each query may read")
    assert lines[3].split() == ["projections", "57,982,058,496"]
    assert lines[-1].split() == ["attention's", "share", "7.1%"]
    _, out, _ = call("flops gpt2 --tokens 1024")
    assert out.splitlines()[1].endswith("scores: the full square")
    assert "forward, per token      284,812,800" in out
    status, out, err = call("memory gpt2 --tokens 1024 --batch 8")
    assert (status, err) == (0, "")
    lines = out.splitlines()
    assert lines[0] == "gpt2: 8 of 1,024 tokens, bf16"
    assert lines[1].startswith("activations: s b h (34 + 5 a s / h) a layer")
    assert lines[3].split() == ["weights", "248,879,616", "0.23", "GiB"]
    assert lines[-1].split()[:2] == ["kv-bytes-per-token", "36,864"]
    assert len(lines) == 9


@pytest.mark.parametrize("command", ["flops", "memory"])
def test_costs_need_no_torch(command):
    program = (
        "import sys\nfrom xfmr.__main__ import main\n"
        f"assert main(['{command}', 'gpt2', '--tokens', '9']) == 0\n"
        "heavy = {'torch', 'numpy', 'sympy', 'einops', 'rich'}\n"
        "assert not heavy & sys.modules.keys()"
    )
    run = [sys.executable, "-c", program]
    subprocess.run(run, check=True, capture_output=True)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("flops gpt2", "Missing option '--tokens'."),
        ("flops gpt2 --tokens 0", "n_tokens=0 must be at least 1"),
        ("flops bert-base-uncased --tokens 9 --causal", "causal=True must be"),
        ("memory gpt2 --tokens 9 --batch 0", "batch_size=0 must be at least"),
        ("memory gpt2 --tokens 9 --dtype int3", "dtype='int3' must be one"),
        ("memory gpt2 --tokens 9 --zero 4", "zero=4 must be 0, 1, 2 or 3"),
        ("memory gpt2 --tokens 9 --ranks 0", "ranks=0 must be at least 1"),
        ("memory gpt2 --tokens 9 --recompute all", "recompute='all' must be"),
    ],
)
def test_errors_are_one_line(call, line, message):
    status, out, err = call(line)
    assert (status, out) == (2, "")
    assert err.startswith(f"xfmr: {message}")
    assert err.count("\n") == 1
