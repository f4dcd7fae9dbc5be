"""What the demo model reads: sentences as people write them, and prose."""

import re
from collections import Counter
from itertools import islice
from random import Random

from xfmr.demo import texts

OTHERS = [
    "apple",
    "bread",
    "cloud",
    "dream",
    "earth",
    "flame",
    "glass",
    "house",
]


def test_lines_stand_after_a_line_end_and_a_space():
    assert texts.as_read(["Ann runs.", "so"]) == "\n Ann runs.\n so"
    assert texts.as_read([]) == ""


def test_a_sentence_is_written_as_people_write():
    words = "when Ann and Ben met , Ann said 1 .".split()
    assert texts.written(words) == "When Ann and Ben met, Ann said 1."
    assert texts.written("1 plus 2 is 3 .".split()) == "1 plus 2 is 3."


def test_prose_is_cut_into_its_sentences():
    found = texts.prose(["So it is. Is it? No: 1.5 of it.\nYes: It", "is."])
    assert found == [
        "So it is.",
        "Is it?",
        "No: 1.5 of it.",
        "Yes:",
        "It",
        "is.",
    ]


def test_nine_tenths_of_the_prose_are_learned_from():
    learned, held_out = texts.learned_prose(), texts.held_out_prose()
    kept = sum(map(len, learned)), sum(map(len, held_out))
    assert 0.89 < kept[0] / sum(kept) < 0.93
    assert len({*learned} & {*held_out}) < 10
    text = texts.PROSE.read_text("utf8")
    assert all(line in text for line in (learned[5], held_out[5]))


def test_words_are_those_in_small_letters_between_spaces():
    lines = ["We see an apple of 2 and one-way is, the apple x", "no tea"]
    assert texts.words_of(lines) == ["and", "apple", "see", "the"]


def test_an_opened_sentence_has_other_words_in_the_same_places():
    words = "Ann said red oak tea , and Ben heard red oak tea .".split()
    found = [*texts.opened(words, OTHERS, Random(0))]
    assert found[0] in texts.NAMES and found[7] in texts.NAMES
    assert found[0] != found[7]
    assert found[2:5] == found[9:12]
    assert len({*found[2:5]}) == 3 and {*found[2:5]} <= {*OTHERS}
    assert [found[n] for n in (1, 5, 6, 8, 12)] == "said , and heard .".split()


def test_words_that_are_few_do_not_stand_for_two():
    words = "Ann said red oak , and Ben heard red oak .".split()
    for seed in range(20):
        found = [*texts.opened(words, OTHERS[:2], Random(seed))]
        assert {*found[2:4]} == {*OTHERS[:2]}


def test_other_classes_keep_their_words():
    words = "the old dog near the kings sleeps .".split()
    assert [*texts.opened(words, OTHERS, Random(0))] == words
    words = "after Ann met Ben at the park , Ann gave a cup to Ben .".split()
    found = [*texts.opened(words, OTHERS, Random(0))]
    assert found[6] in OTHERS and found[11] in OTHERS
    assert found[1] == found[8] and found[3] == found[13]
    assert found[9:11] == ["gave", "a"]


def test_a_quarter_of_the_sentences_is_opened_and_a_quarter_lowered():
    said = [*islice(texts.sentences(OTHERS, seed=3), 4000)]
    lists = [line for line in said if " heard " in line]
    opened = sum(line.split()[0] in texts.NAMES for line in lists)
    assert abs(opened / len(lists) - 0.25) < 0.03
    first = Counter(line.split()[0] for line in said)
    lowered = first["when"] + first["after"]
    both = lowered + first["When"] + first["After"]
    assert abs(lowered / both - 0.25) < 0.04
    assert not any(re.match("[a-z]", line) for line in lists)
    shares = [len(lists), both, sum(" plus " in line for line in said)]
    for n, weight in zip(shares, (8, 5, 1), strict=True):
        assert abs(n / len(said) - weight / 15) < 0.03


def test_sentences_are_those_of_the_language_in_other_letters():
    for line in islice(texts.sentences(OTHERS, seed=1), 200):
        words = re.sub(r"([,.])", r" \1", line).split()
        plain = [word for word in words if word not in OTHERS]
        known = {*texts.LANGUAGE.words, *texts.NAMES, "When", "After", "The"}
        assert {*plain} <= known


def test_a_seed_decides_the_sentences():
    assert texts.drawn(20, seed=1) == texts.drawn(20, seed=1)
    assert texts.drawn(20, seed=1) != texts.drawn(20, seed=2)
    assert len(texts.drawn(7, seed=1)) == 7
