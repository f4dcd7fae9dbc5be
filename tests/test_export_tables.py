"""The tokenizer's tables."""

import re

import pytest

from tests import lab
from xfmr.export import tables
from xfmr.tokenizer.bpe import BPE


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
