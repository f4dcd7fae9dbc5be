"""The scripts, before a browser reads them."""

import base64
import json

import pytest

from tests import lab
from xfmr.export import golden, kernel, scripts, stamp, tables, weights


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
        scripts.scripts(lab.toy(), lab.tokenizer(), lab.cards())
