"""The last row of logits, of a folder and on the command line."""

import json
from functools import partial

import pytest
import torch
from safetensors.torch import load_file, save_file

from tests.checkpoints import checkpoint
from xfmr.config import Config
from xfmr.models import logits
from xfmr.models.bert import Bert
from xfmr.models.load import WEIGHTS, from_directory
from xfmr.models.logits import last_row
from xfmr.models.t5 import T5

SIZES = {
    "source": "",
    "n_layers": 1,
    "d_model": 6,
    "n_heads": 2,
    "n_kv_heads": 2,
    "d_head": 3,
    "d_ff": 10,
    "vocab_size": 11,
    "norm_eps": 1e-5,
    "tied": True,
}
TOY_T5 = Config(
    **SIZES,
    name="toy T5",
    n_decoder_layers=1,
    position="relative",
    n_buckets=8,
    max_distance=20,
    norm="rms",
    norm_order="pre",
    activation="relu",
    attention_bias=False,
    ff_bias=False,
    heads=("lm",),
)
TOY_BERT = Config(
    **SIZES,
    name="toy BERT",
    context_length=7,
    n_segments=2,
    position="learned",
    norm_order="post",
    embedding_norm=True,
    activation="gelu",
    attention_bias=True,
    ff_bias=True,
    heads=("mlm",),
)


@pytest.fixture
def folder(tmp_path):
    return checkpoint(tmp_path)


@pytest.fixture
def given(monkeypatch):
    """Let a model be loaded that stands in no folder."""

    def give(model):
        torch.manual_seed(0)
        for p in model.parameters():
            torch.nn.init.normal_(p)
        monkeypatch.setattr(logits, "from_directory", lambda _: model)
        return model

    return give


@pytest.fixture
def call(call):
    return partial(call, "logits")


def converted(folder, dtype):
    numbers = load_file(folder / WEIGHTS)
    kept = {name: x.to(dtype) for name, x in numbers.items()}
    save_file(kept, folder / WEIGHTS)
    return from_directory(folder)


def test_the_last_of_the_rows(folder):
    model = from_directory(folder)
    expected = model(torch.tensor([[3, 10, 9]]))[0, 2]
    row = last_row(folder, ids=[3, 10, 9])
    assert row == expected.tolist()
    assert len(row) == 11


def test_at_least_single_precision(folder):
    tokens = torch.tensor([[3, 10, 0]])
    short = converted(folder, torch.bfloat16).float()(tokens)[0, -1]
    assert last_row(folder, ids=[3, 10, 0]) == short.tolist()
    long = converted(folder, torch.float64)(tokens)[0, -1]
    assert last_row(folder, ids=[3, 10, 0]) == long.tolist()
    assert long.dtype == torch.float64


def test_encoder_and_decoder(given):
    model = given(T5(TOY_T5))
    expected = model(torch.tensor([[3, 1, 9]]), torch.tensor([[0, 5]]))
    row = last_row("", ids=[3, 1, 9], decoder_ids=[0, 5])
    assert row == expected[0, 1].tolist()


def test_a_masked_token(given):
    model = given(Bert(TOY_BERT))
    expected = model(torch.tensor([[3, 1, 9]])).token_logits
    assert last_row("", ids=[3, 1, 9]) == expected[0, 2].tolist()


@pytest.mark.parametrize(
    ("config", "tokens", "message"),
    [
        (TOY_T5, {"ids": [1]}, "decoder_ids of toy T5 must be given"),
        (
            TOY_BERT,
            {"ids": [1], "decoder_ids": [2]},
            "decoder_ids of toy BERT must be absent",
        ),
        (TOY_BERT, {"ids": []}, "there must be at least one token"),
        (TOY_BERT, {"ids": [3, 11]}, "token=11 must be from 0 to 10"),
        (TOY_BERT, {"ids": [-1]}, "token=-1 must be from 0 to 10"),
        (
            TOY_T5,
            {"ids": [1], "decoder_ids": [11]},
            "token=11 must be from 0 to 10",
        ),
        (
            TOY_BERT,
            {"ids": [1] * 8},
            "n_before + n_tokens=8 must not exceed context_length=7",
        ),
    ],
)
def test_tokens_that_cannot_be_scored(given, config, tokens, message):
    given((T5 if config is TOY_T5 else Bert)(config))
    with pytest.raises(ValueError) as error:
        last_row("", **tokens)
    assert str(error.value) == message


def test_a_model_that_scores_no_tokens(given):
    config = Config(**{**vars(TOY_BERT), "heads": ("pooler",)})
    given(Bert(config))
    with pytest.raises(ValueError) as error:
        last_row("", ids=[1])
    assert str(error.value) == (
        "heads=('pooler',) of toy BERT must have 'mlm'"
    )


# The command ----------------------------------------------------------------


def test_as_json(call, folder):
    status, out, err = call(folder, "--ids", "3, 10,9", "--json")
    assert (status, err) == (0, "")
    assert json.loads(out) == {"logits": last_row(folder, ids=[3, 10, 9])}


def test_both_lists_are_passed_on(call, given):
    given(T5(TOY_T5))
    arguments = ("--ids", "3,1", "--decoder-ids", "0,5", "--json")
    _, out, _ = call("", *arguments)
    row = last_row("", ids=[3, 1], decoder_ids=[0, 5])
    assert json.loads(out) == {"logits": row}


def test_the_best_for_people(call, folder):
    row = last_row(folder, ids=[3])
    status, out, _ = call(folder, "--ids", "3")
    heads, *lines = out.splitlines()
    assert (status, heads.split()) == (0, ["token", "logit"])
    assert len(lines) == 10
    best = sorted(range(11), key=lambda n: -row[n])[:10]
    assert [int(line.split()[0]) for line in lines] == best
    assert lines[0].split()[1] == f"{max(row):.4f}"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--ids", "3,x"], "--ids='3,x' must be whole numbers with commas"),
        (["--ids", ""], "--ids='' must be whole numbers with commas"),
        (["--ids", "3;4"], "--ids='3;4' must be whole numbers with commas"),
        (
            ["--ids", "3", "--decoder-ids", "1,"],
            "--decoder-ids='1,' must be whole numbers with commas",
        ),
        (["--ids", "3", "--decoder-ids", ""], "--decoder-ids='' must be"),
        (["--ids", "11"], "token=11 must be from 0 to 10"),
        ([], "Missing option '--ids'."),
    ],
)
def test_errors_are_one_line(call, folder, arguments, message):
    status, out, err = call(folder, *arguments)
    assert (status, out) == (2, "")
    assert err.startswith(f"xfmr: {message}")
    assert err.count("\n") == 1


def test_no_folder(call):
    status, _, err = call("nowhere", "--ids", "3")
    assert status == 2
    assert err == "xfmr: nowhere does not exist\n"
