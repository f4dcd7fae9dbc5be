"""Entropies and probabilities equal those of all sentences, listed."""

from collections import Counter
from math import inf, log
from random import Random

import pytest

from xfmr.data.grammar import Grammar
from xfmr.data.reading import Reader, log_probability, surprisals

CLASSES = {"name": ["Ann", "Ben", "Cleo"], "thing": ["cup", "key"]}
RULES = {
    "S": {"after <name:a> met <name:b> , GIVE": 3, "FAR": 1},
    "GIVE": {"<a> had a <thing>": 1, "<b> had a <thing> MORE": 4},
    "MORE": {"<name:c> too": 1, "<a> <name>": 2, "<b>": 3},
    "FAR": {"<thing> was <thing>": 2, "out AND_OUT by TURN": 5},
    # what stands inside itself: sentences have no bound
    "AND_OUT": {"and out AND_OUT": 1, "the door": 3},
    "TURN": {"turn": 2, "chance and TURN": 1},
}
GRAMMAR = Grammar(RULES, CLASSES, start="S")
LEAST = 1e-9  # the probability below which a sentence is not listed


def listed(items, memory, probability):
    """All ends of a sentence, written down without the package."""
    if probability < LEAST:
        return
    if not items:
        yield (), probability
        return
    first, *rest = items
    if first in RULES:
        total = sum(RULES[first].values())
        for text, weight in RULES[first].items():
            p = probability * weight / total
            yield from listed([*text.split(), *rest], memory, p)
        return
    words, name = [first], None
    if first[0] == "<":
        kind, _, name = first[1:-1].partition(":")
        words = [memory[kind]] if kind in memory else CLASSES[kind]
        words = [w for w in words if not name or w not in memory.values()]
    for word in words:
        known = memory | ({name: word} if name else {})
        p = probability / len(words)
        for text, q in listed(rest, known, p):
            yield (word, *text), q


ALL = [*listed(["S"], {}, 1.0)]


def test_no_sentence_has_two_derivations():
    texts = [text for text, _ in ALL]
    assert len(texts) == len({*texts}) > 100
    assert sum(p for _, p in ALL) == pytest.approx(1, abs=1e-7)


def test_entropy_and_length_are_sums_over_sentences():
    entropy = -sum(p * log(p) for _, p in ALL)
    length = sum(p * len(text) for text, p in ALL)
    assert GRAMMAR.entropy("S") == pytest.approx(entropy, rel=1e-5)
    assert GRAMMAR.length("S") == pytest.approx(length, rel=1e-5)


def test_entropy_of_a_recursion_is_its_fixed_point():
    rules = {"S": {"PART ends": 1}, "PART": {"a": 3, "in PART or PART": 1}}
    grammar = Grammar(rules, {}, start="S")
    # h = own + 2/4 h, since a part has two more once in four times
    own = -(3 * log(3 / 4) + log(1 / 4)) / 4
    assert grammar.entropy("PART") == pytest.approx(own / (1 - 2 / 4))
    assert grammar.entropy("S") == pytest.approx(own / (1 - 2 / 4))
    assert grammar.length("PART") == pytest.approx((3 + 2) / 4 / (1 - 2 / 4))
    assert grammar.length("S") == pytest.approx(3.5)


def test_probability_is_that_of_the_list():
    for text, p in ALL:
        found = log_probability(GRAMMAR, " ".join(text))
        assert found == pytest.approx(log(p), abs=1e-9)


def test_surprisals_are_of_sentences_in_a_row():
    one, two = (text for text, _ in ALL[:2])
    found = [*surprisals(GRAMMAR, (*one, *two, *one[:3]))]
    p = dict(ALL)
    assert sum(found[: len(one)]) == pytest.approx(-log(p[one]))
    two_ends = len(one) + len(two)
    assert sum(found[len(one) : two_ends]) == pytest.approx(-log(p[two]))
    assert found[two_ends:] == found[:3]


def test_what_can_come_next_has_probability_one():
    for text, _ in ALL[::9]:
        reader = Reader(GRAMMAR)
        for word in text:
            assert not reader.finished
            options = reader.options()
            assert sum(options.values()) == pytest.approx(1)
            assert reader.read(word) == options[word] > 0
        assert reader.finished and reader.options() == {}


def test_samples_are_as_frequent_as_probable():
    rng, n = Random(0), 20_000
    found = Counter(tuple(GRAMMAR.sentence(rng)) for _ in range(n))
    assert {*found} <= {text for text, _ in ALL}
    for text, p in ALL:
        if p > 1e-3:
            error = (p * (1 - p) / n) ** 0.5
            assert abs(found[text] / n - p) < 5 * error, text


def test_what_is_no_sentence():
    for text in ("", "cup was", "cup was cup key", "after Ann met Ann , Ann"):
        assert log_probability(GRAMMAR, text) == -inf
    reader = Reader(GRAMMAR)
    reader.read("out")
    with pytest.raises(ValueError, match=r"word='by' must be one of \['and',"):
        reader.read("by")
    with pytest.raises(ValueError, match="word='of' must be one of"):
        [*surprisals(GRAMMAR, ["of"])]


def test_words_are_all_that_a_sentence_can_have():
    assert GRAMMAR.words == {word for text, _ in ALL for word in text}


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        # two ways that a word does not tell apart
        ({"S": {"a b": 1, "a c": 1}}, "symbol='S' must not begin in two"),
        ({"S": {"A b": 1, "a c": 1}, "A": {"a": 1}}, "as a and a can"),
        ({"S": {"Ann b": 1, "<name> c": 1}}, "must not begin in two ways"),
        ({"S": {"<name> b": 1, "<name:a> c": 1}}, "must not begin in two"),
        (
            {"S": {"<name:a> A": 1}, "A": {"<a> b": 1, "<name> c": 1}},
            "symbol='A' must not begin in two",
        ),
        (
            {"S": {"<name:a> A": 1}, "A": {"<a> b": 1, "<a> c": 1}},
            "symbol='A' must not begin in two",
        ),
        (
            {
                "S": {"<name:a> A": 1},
                "A": {"<name:b> b": 1, "<name:c> c": 1},
            },
            "symbol='A' must not begin in two",
        ),
        ({"S": {"S a": 1, "b": 1}}, "S must not begin with itself"),
        (
            {"S": {"A a": 1}, "A": {"S a": 1, "b": 1}},
            "must not begin with itself",
        ),
        # memories
        (
            {"S": {"a A": 1, "b <name:x> A": 1}, "A": {"c": 1}},
            r"symbol='A' must always meet the same memory, not once \{'x'",
        ),
        (
            {"S": {"a A b": 1}, "A": {"<name:x>": 1}},
            "A must end its way, because it remembers",
        ),
        (
            {"S": {"a A b": 1}, "A": {"c B": 1}, "B": {"<name:x>": 1}},
            "A must end its way",
        ),
        # what is missing
        ({"S": {"a <b>": 1}}, r"<b> must name a class with a word that is"),
        ({"S": {"a <b:c>": 1}}, "<b:c> must name a class"),
        ({"S": {"<name:x> <name:x>": 1}}, r"<name:x> must .* \['x'\]"),
        (
            {"S": {"<thing:x> <thing:y> <thing:z>": 1}},
            "<thing:z> must name a class with a word that is left",
        ),
        # no end
        ({"S": {"a S": 1}}, "sentences must end"),
        ({"S": {"a S S": 1, "b": 1}}, "sentences must end"),
    ],
)
def test_rules_that_are_refused(rules, message):
    with pytest.raises(ValueError, match=message):
        Grammar(rules, CLASSES, start="S")


def test_a_word_of_two_classes_is_refused():
    for classes in ({"a": ["x"], "b": ["x"]}, {"a": ["x", "x"]}):
        with pytest.raises(ValueError, match="a word must be in one class"):
            Grammar({"S": {"y": 1}}, classes, start="S")


def test_inside_itself_a_symbol_may_remember_nothing():
    # a loop through symbols that remember nothing is followed once
    rules = {"S": {"a A b": 1}, "A": {"c A d": 1, "e": 1}}
    assert Grammar(rules, {}, start="S").length("S") == pytest.approx(5)
