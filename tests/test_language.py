"""The language's entropy by hand, and what its sentences promise."""

import re
from itertools import islice, pairwise
from math import inf, log, sqrt
from statistics import mean, stdev

import pytest

from xfmr.data.language import CLASSES, FULL, SMALL, Language

N = 3000
SENTENCES = [*islice(FULL.sentences(0), N)]


def entropy(*weights):
    total = sum(weights)
    return -sum(w / total * log(w / total) for w in weights)


def test_words_are_of_one_class_and_as_many_as_counted():
    sizes = {kind: len(words.split()) for kind, words in CLASSES.items()}
    assert sizes == {
        **{"name": 24, "place": 8, "thing": 10, "gave": 4, "old": 6},
        **{"dog": 10, "dogs": 10, "near": 4, "sees": 4, "see": 4},
        **{"runs": 5, "run": 5, "item": 24},
    }


def test_entropy_of_names_and_sums():
    rows = {row["kind"]: row for row in FULL.report()}
    names = log(2) + log(24 * 23) + log(8) + log(2) + log(4) + log(10)
    assert rows["names"]["nats per sentence"] == pytest.approx(names)
    # when: 16 words, after: 15
    assert rows["names"]["words"] == pytest.approx(15.5)
    assert rows["sum"]["nats per sentence"] == pytest.approx(log(100))
    assert rows["sum"]["words"] == pytest.approx(6)


def test_entropy_of_copies():
    row = {row["kind"]: row for row in FULL.report()}["copy"]
    nats, words, p = 0.0, 0.0, 1.0
    for n in range(2, 9):
        stops = p if n == 8 else p / 3
        drawn = sum(log(24 - k) for k in range(n))
        nats += stops * (2 * log(24) + drawn - log(stops))
        words += stops * (2 + n + 5 + n)
        p -= stops
    assert row["nats per sentence"] == pytest.approx(nats)
    assert row["words"] == pytest.approx(words)


def test_entropy_of_agreement():
    row = {row["kind"]: row for row in FULL.report()}["agreement"]
    # a clause: noun, then with 1 in 5 a clause and the choice again, a verb
    clause = (log(2 * 10) + 5 / 4 * entropy(4, 1) + log(4)) / (1 - 1 / 4)
    clause_words = (2 + 1 / 4 * 2) / (1 - 1 / 4)
    again = 1 / (1 - 1 / 2)
    per_turn = entropy(3, 2, 1)
    per_turn += 1 / 3 * (log(4) + log(2 * 10)) + 1 / 6 * clause
    turn_words = 1 / 3 * 3 + 1 / 6 * (2 + clause_words)
    adjective = entropy(1, 2) + 1 / 3 * log(6)
    nats = adjective + log(2 * 10) + again * per_turn + log(5)
    assert row["nats per sentence"] == pytest.approx(nats)
    words = 1 + 1 / 3 + 1 + again * turn_words + 2
    assert row["words"] == pytest.approx(words)


@pytest.mark.parametrize(
    ("language", "odds"),
    [
        (FULL, {"names": 3, "agreement": 3, "copy": 3, "sum": 1}),
        (SMALL, {"agreement": 3, "copy": 3, "sum": 1}),
    ],
)
def test_all_is_the_kinds_and_their_choice(language, odds):
    *kinds, whole = language.report()
    assert [row["kind"] for row in kinds] == [*odds]
    shares = [row["share of sentences"] for row in kinds]
    total = sum(odds.values())
    assert shares == pytest.approx([n / total for n in odds.values()])
    nats = entropy(*odds.values()) + sum(
        row["share of sentences"] * row["nats per sentence"] for row in kinds
    )
    words = sum(row["share of sentences"] * row["words"] for row in kinds)
    assert (whole["kind"], whole["share of sentences"]) == ("all", 1)
    assert whole["nats per sentence"] == pytest.approx(nats)
    assert whole["words"] == pytest.approx(words)
    for row in (*kinds, whole):
        ratio = row["nats per sentence"] / row["words"]
        assert row["nats per word"] == pytest.approx(ratio)
    assert language.nats_per_sentence == pytest.approx(nats)
    assert language.nats_per_token == pytest.approx(nats / words)


def test_what_a_text_holds_is_near_the_entropy():
    found = [-FULL.log_probability(sentence) for sentence in SENTENCES[:300]]
    error = stdev(found) / sqrt(300)
    assert abs(mean(found) - FULL.nats_per_sentence) < 3 * error
    ids = FULL.encode("\n".join(SENTENCES[:40]))
    assert sum(FULL.surprisals(ids)) == pytest.approx(sum(found[:40]))


# What sentences promise -----------------------------------------------------


def of_kind(pattern):
    found = [m for s in SENTENCES if (m := re.fullmatch(pattern, s))]
    assert len(found) > N / 20
    return found


def test_the_last_name_is_the_one_not_repeated():
    for found in of_kind(
        r"(?:when|after) (\w+) (?:and|met) (\w+) (?:at|went to) the \w+ , "
        r"(\w+) \w+ a \w+ to (\w+) \."
    ):
        a, b, giver, taker = found.groups()
        assert a != b and {giver, taker} == {a, b}


def test_a_list_is_said_twice_and_has_no_word_twice():
    lengths = set()
    for found in of_kind(r"\w+ said (.+) , and \w+ heard (.+) \."):
        said = found[1].split()
        assert found[1] == found[2] and len({*said}) == len(said)
        lengths.add(len(said))
    assert lengths == {*range(2, 9)}


def test_sums_are_right():
    pairs = set()
    for found in of_kind(r"(\d+) plus (\d+) is (\d+) \."):
        a, b, c = map(int, found.groups())
        assert a + b == c
        pairs |= {(a, b)}
    assert {a for a, _ in pairs} == {b for _, b in pairs} == {*range(10)}


ONE, MANY = (CLASSES[k].replace(" ", "|") for k in ("dog", "dogs"))
NEAR = rf" (?:{CLASSES['near'].replace(' ', '|')}) the (?:{ONE}|{MANY})(?= )"
SEEN = (
    rf" that the (?:(?:{ONE}) (?:{CLASSES['sees'].replace(' ', '|')})"
    rf"|(?:{MANY}) (?:{CLASSES['see'].replace(' ', '|')}))(?= )"
)


def test_verbs_have_the_number_of_their_subjects():
    distances = []
    for found in of_kind(r"the .*"):
        rest, left = found[0], None
        while rest != left:  # from inside out, what is right is taken away
            left, rest = rest, re.sub(SEEN, "", re.sub(NEAR, "", rest))
        *_, noun, verb, stop = rest.split()
        assert len(rest.split()) <= 5 and stop == "."
        number = "s" if noun in CLASSES["dog"].split() else ""
        assert verb in CLASSES["run" + number].split()
        assert noun in (ONE if number else MANY).split("|")
        distances.append(len(found[0].split()) - len(rest.split()))
    assert max(distances) > 12 and min(distances) == 0


# Samples --------------------------------------------------------------------


def test_a_seed_decides_and_nothing_else():
    again = [*islice(FULL.sentences(0), N)]
    assert again == SENTENCES
    assert [*islice(FULL.sentences(1), 3)] != SENTENCES[:3]


def test_a_text_is_of_whole_lines_up_to_a_length():
    ends = [0]
    for sentence in SENTENCES[:20]:
        ends.append(ends[-1] + len(sentence) + 1)
    whole = "".join(sentence + "\n" for sentence in SENTENCES[:20])
    for before, end in pairwise(ends):
        assert FULL.text(end, 0) == whole[:end]
        assert FULL.text(end - 1, 0) == whole[:before]


def test_tokens_are_the_words_of_the_text():
    text = FULL.text(2000, 5)
    ids = FULL.encode(text)
    assert [*islice(FULL.tokens(5), len(ids))] == ids
    assert FULL.decode(ids) == text
    assert FULL.decode(ids[:-1]) == text[:-3]
    assert [FULL.words[n] for n in ids] == text.split()
    assert {*FULL.encode(FULL.text(200_000, 6))} == {*range(FULL.vocab_size)}


def test_rows_begin_with_sentences():
    rows = SMALL.rows(5, 30, 1)
    assert [len(row) for row in rows] == [30] * 5
    lines = SMALL.sentences(1)
    for row in rows:
        words = []
        while len(words) < 30:
            words += next(lines).split()
        assert SMALL.encode(" ".join(words[:30])) == row


def test_the_small_language_is_a_part_of_the_full_one():
    assert SMALL.vocab_size == 44 and FULL.vocab_size == 153
    assert {*SMALL.words} < {*FULL.words}
    sentences = [*islice(SMALL.sentences(0), 200)]
    assert all(FULL.log_probability(s) > -inf for s in sentences)
    lists = [s.split().index(",") - 2 for s in sentences if "said" in s]
    assert {*lists} == {2, 3}
    sums = {tuple(s.split()[:3:2]) for s in sentences if "plus" in s}
    assert sums <= {(a, b) for a in "012" for b in "012"} and len(sums) > 6
    names = {s.split()[0] for s in sentences if "said" in s}
    assert names == {"Ann", "Ben", "Cleo"}


def test_words_of_other_languages():
    with pytest.raises(ValueError, match="'zebra' must be a word of the"):
        FULL.encode("the zebra runs .")
    assert FULL.log_probability("the zebra runs .") == -inf
    assert FULL.log_probability("the dog run .") == -inf


def test_lists_that_cannot_be():
    for longest in (1, 5):
        with pytest.raises(ValueError, match=f"{longest=} must be from 2 to"):
            Language({"COPY": 1}, most=4, longest=longest, largest=3)
    for longest in (2, 4):
        copies = Language({"COPY": 1}, most=4, longest=longest, largest=3)
        # four names, four items, said, heard, and, a comma, a full stop
        assert copies.vocab_size == 4 + 4 + 5
