"""What the lab's scripts say, before a browser reads them."""

import base64
import json
import re
from dataclasses import replace

import numpy as np
import pytest
import torch

from tests import lab
from xfmr.demo.heads import bias_of, cut, heads
from xfmr.demo.model import DEMO, MODES, Demo, mask_of
from xfmr.export import golden, kernel, scripts, stamp, tables, weights
from xfmr.tokenizer.bpe import BPE

TOKENS = torch.randint(
    DEMO.vocab_size, (4, 64), generator=torch.Generator().manual_seed(0)
)
TOY = replace(
    DEMO,
    n_layers=2,
    d_model=16,
    n_heads=2,
    n_kv_heads=2,
    d_head=8,
    d_ff=24,
    vocab_size=32,
    context_length=16,
)


def toy():
    torch.manual_seed(0)
    return Demo(TOY).requires_grad_(False)


# Weights --------------------------------------------------------------------


def eighths(model):
    """The model in one byte a number and a scale for each row."""
    made = weights.as_exported(model)
    for weight in made.parameters():
        if weight.ndim == 2:
            scale = weight.abs().amax(1, keepdim=True) / 127
            weight.copy_((weight / scale).round() * scale)
    return made


def moved(one, other):
    """The most that an attention weight differs, of both modes."""
    return max(
        (heads(one, TOKENS, m).weights - heads(other, TOKENS, m).weights)
        .abs()
        .max()
        .item()
        for m in MODES
    )


def test_two_bytes_keep_what_heads_read_and_one_does_not():
    exact = lab.model()
    double = Demo().double().requires_grad_(False)
    double.load_state_dict(exact.state_dict())
    largest = heads(double, TOKENS, "causal").weights[..., 32:, :].amax(-1)
    assert largest.mean() > 0.3  # as focused as after training
    assert moved(double, weights.as_exported(exact)) < weights.CLOSE
    assert moved(double, eighths(exact)) > weights.CLOSE


def test_numbers_are_those_of_the_exported_model():
    model = toy()
    said = weights.weights(model)
    data = np.frombuffer(base64.b64decode(said["data"]), "<f2")
    at = 0
    for name, weight in weights.as_exported(model).named_parameters():
        assert said["shapes"][name] == [*weight.shape]
        numbers = data[at : at + weight.numel()].astype("f8")
        assert (numbers == weight.flatten().numpy()).all()
        at += weight.numel()
    assert at == len(data)
    assert said["config"] == {
        "n_layers": 2,
        "n_heads": 2,
        "d_model": 16,
        "d_head": 8,
        "d_ff": 24,
        "vocab_size": 32,
        "context_length": 16,
        "rotary_base": 10_000.0,
        "norm_eps": 1e-5,
    }


def test_the_model_that_is_exported_stays_as_it_was():
    model = toy()
    before = {name: x.clone() for name, x in model.state_dict().items()}
    weights.as_exported(model)
    assert all(before[n].equal(x) for n, x in model.state_dict().items())


@pytest.mark.parametrize("width", weights.WIDTHS)
def test_widths_are_multiples_of_the_kernels(width):
    change = {width: getattr(TOY, width) + 4}
    said = rf"{width}=\d+ must be a multiple of 8"
    with pytest.raises(ValueError, match=said):
        weights.weights(Demo(replace(TOY, **change)))


@pytest.mark.parametrize("number", [1e5, torch.nan])
def test_weights_must_fit(number):
    model = toy()
    model.final_norm.gain[0] = number
    with pytest.raises(ValueError, match=r"weights of final_norm\.gain must"):
        weights.weights(model)


# The tokenizer --------------------------------------------------------------


def test_merges_give_the_tokens():
    made = lab.tokenizer()
    said = tables.tables(made)
    tokens = [bytes([byte]) for byte in said["bytes"]]
    for one, other in said["merges"]:
        tokens.append(tokens[one] + tokens[other])
    assert {token: n for n, token in enumerate(tokens)} == made.vocab
    assert said["specials"] == [[lab.MASK, len(tokens)]]


@pytest.mark.parametrize(
    ("letter", "kind"),
    [
        *[(letter, "letter") for letter in "aж一"],
        *[(letter, "number") for letter in "7Ⅷ²"],
        *[("\x85", "space"), ("_", None), ("\ufeff", None)],
    ],
)
def test_classes_of_characters(letter, kind):
    found = [
        name
        for name, inside in tables.classes().items()
        if re.fullmatch(f"[{inside}]", letter)
    ]
    assert found == ([kind] if kind else [])


def test_only_tokenizers_that_the_page_can_have():
    made = lab.tokenizer()
    with pytest.raises(ValueError, match="splitting='words' must be 'gpt2'"):
        tables.tables(BPE(made.vocab, made.merges, splitting="words"))
    moved = {token: n + 1 for token, n in made.vocab.items()}
    with pytest.raises(ValueError, match="vocab must have the ids"):
        tables.tables(BPE(moved, made.merges))


# What must come out ---------------------------------------------------------


def test_cases_are_all_that_the_page_shows():
    one, hidden, other, changed = golden.cases([5, 6, 7])
    assert (one.mode, one.mask) == ("causal", "causal")
    assert (hidden.mode, hidden.mask) == ("bidirectional", "full")
    assert (other.mode, other.mask) == ("causal", "full")
    assert changed.without
    assert changed.cut


def test_expected_is_what_the_model_computes():
    model = weights.as_exported(toy())
    for case in golden.cases([5, 6, 7])[:3]:
        found = golden.expected(model, case)
        tokens = torch.tensor([[5, 6, 7]])
        mask = mask_of(golden.MASKS[case.mask], 3)
        logits = model(tokens, case.mode, mask)[0]
        assert found["logits"].equal(logits)
        own = heads(model, tokens, case.mode, mask)
        assert found["attention"].equal(own.weights[:, 0])
        assert found["q"].equal(own.q[:, 0])
        last = model.final_norm(found["stream"][-1])
        torch.testing.assert_close(
            last @ model.embedding.token.weight.T, logits
        )
        assert len(found["stream"]) == 3


def test_what_is_cut_is_not_read():
    model = weights.as_exported(toy())
    tokens, edges = torch.tensor([[5, 6, 7, 8]]), [(0, 1, 3, 0), (1, 0, 2, 1)]
    whole = heads(model, tokens, "causal").weights
    found = heads(model, tokens, "causal", edges=edges).weights
    assert all(found[layer, 0, n, t, s] == 0 for layer, n, t, s in edges)
    rest = whole[0, 0, 1, 3, 1:]
    torch.testing.assert_close(found[0, 0, 1, 3, 1:], rest / rest.sum())
    assert found[0, 0, 0].equal(whole[0, 0, 0])
    assert not torch.allclose(found[1, 0, 1, 3], whole[1, 0, 1, 3])
    with cut(model, bias_of(model, 4, edges)):
        changed = model(tokens, "causal")
    assert not torch.allclose(changed, model(tokens, "causal"))
    for edge in [(2, 0, 0, 0), (0, 2, 0, 0), (0, 0, 4, 0), (0, 0, 0, -1)]:
        with pytest.raises(ValueError, match=r"must be below \(2, 2, 4, 4\)"):
            bias_of(model, 4, [edge])


# The scripts ----------------------------------------------------------------


def assigned(text, name):
    """What a script assigns."""
    head, _, value = text.partition(f"window.demo{name} = ")
    assert head == stamp.head()
    assert value.endswith(";\n")
    return json.loads(value[:-2])


def test_scripts_say_all_of_it():
    made = lab.made()
    assert tuple(made) == stamp.NAMES
    said = {name: assigned(text, name.title()) for name, text in made.items()}
    assert said["weights"] == weights.weights(lab.model())
    assert said["tables"] == tables.tables(lab.tokenizer())
    assert base64.b64decode(said["kernel"]) == kernel.wasm()
    ids = lab.tokenizer().encode(scripts.TEXT)
    for case, entry in zip(golden.cases(ids), said["golden"], strict=True):
        exported = weights.as_exported(lab.model())
        right = golden.expected(exported, case)
        for part, numbers in (
            ("attention", right["attention"]),
            ("logits", right["logits"][-1]),
        ):
            data = base64.b64decode(entry["expected"][part])
            assert data == numbers.contiguous().numpy().tobytes()
        assert entry["given"]["ids"] == ids
        assert entry["given"]["mode"] == case.mode


def test_a_page_can_carry_them():
    sizes = {name: len(text) for name, text in lab.made().items()}
    assert sizes["weights"] + sizes["tables"] + sizes["kernel"] < 2.5e6
    assert sizes["kernel"] < 4000


def test_a_tokenizer_has_no_more_tokens_than_the_model():
    with pytest.raises(
        ValueError, match=r"vocab_size=1024 must be at most 32"
    ):
        scripts.scripts(toy(), lab.tokenizer())


def test_stale_scripts_are_found(tmp_path, monkeypatch):
    assert stamp.is_stale(tmp_path)
    monkeypatch.setattr(scripts, "scripts", lambda *_: lab.made())
    scripts.write(tmp_path / "new", lab.model(), lab.tokenizer())
    assert not stamp.is_stale(tmp_path / "new")
    for name in stamp.NAMES:
        path = tmp_path / "new" / f"{name}.js"
        text = path.read_text("utf8")
        path.write_text(text.replace(stamp.made_of(), "0" * 64), "utf8")
        assert stamp.is_stale(tmp_path / "new")
        path.unlink()
        assert stamp.is_stale(tmp_path / "new")
        path.write_text(text, "utf8")
    assert not stamp.is_stale(tmp_path / "new")


def test_all_files_of_the_package_make_the_stamp(tmp_path, monkeypatch):
    (tmp_path / "deep").mkdir()
    monkeypatch.setattr(stamp.xfmr, "__file__", str(tmp_path / "x.py"))
    seen = set()
    for name, text in [
        ("x.py", "1"),
        ("x.py", "2"),
        ("deep/weights", "1"),
        ("deep/others", "1"),
    ]:
        (tmp_path / name).write_text(text)
        seen.add(stamp.made_of.__wrapped__())
    (tmp_path / "x.pyc").write_text("3")
    seen.add(stamp.made_of.__wrapped__())
    assert len(seen) == 4
