"""A small web says of each document what it is, and is right."""

from collections import Counter
from random import Random

import pytest

from xfmr.data import filters, web

WORDS = (
    "the and of reading pages sentence question whether chapter answers "
    "number between several to be with that have"
).split()


def page(n):
    words = Random(n).choices(WORDS, k=120)
    return "\n".join(" ".join(words[k : k + 40]) for k in (0, 40, 80))


PAGES = [page(n) for n in range(63)]
DOCUMENTS = web.documents(PAGES, 0)


def of(kind):
    return [d for d in DOCUMENTS if d.kind == kind]


def test_each_page_is_there_and_one_document_more():
    pages = {d.of: d.text for d in of("page")}
    assert pages == dict(enumerate(PAGES))
    others = sorted(d.of for d in DOCUMENTS if d.kind != "page")
    assert others == [*range(63)]
    counts = Counter(d.kind for d in DOCUMENTS)
    waste = {"stub", "menu", "numbers", "teasers", "tags", "keywords", "codes"}
    assert counts == {"page": 63, "copy": 21, "edited": 21} | dict.fromkeys(
        waste, 3
    )
    assert {*web.WASTE} == waste
    assert {d.of % 3 for d in of("copy")} == {0}
    assert {d.of % 3 for d in of("edited")} == {1}


def test_they_are_mixed_and_a_seed_decides():
    assert [d.of for d in DOCUMENTS[:63]] != [*range(63)]
    assert web.documents(PAGES, 0) == DOCUMENTS
    assert web.documents(PAGES, 1) != DOCUMENTS


def test_copies_are_pages_to_the_letter():
    assert all(d.text == PAGES[d.of] for d in of("copy"))


def changes(a, b):
    pairs = zip(a.split(), b.split(), strict=True)
    return sum(x != y for x, y in pairs)


def test_edited_pages_have_so_many_other_words():
    found = [changes(d.text, PAGES[d.of]) for d in of("edited")]
    assert min(found) >= 1 and max(found) <= 12 and len({*found}) > 5
    for n in (0, 1, 5):
        text = web.edited("a b c d e", n, Random(0))
        assert changes("a b c d e", text) == n
        assert {*text.split()} <= {*"abcde"}


@pytest.mark.parametrize(
    ("kind", "rule"),
    [
        ("stub", "words"),
        ("menu", "lines with a bullet"),
        ("numbers", "words with a letter"),
        ("teasers", "lines with an ellipsis"),
        ("tags", "hashes a word"),
        ("keywords", "stop words"),
        ("codes", "mean word length"),
    ],
)
def test_waste_breaks_its_rule(kind, rule):
    for d in of(kind):
        assert rule in filters.broken(d.text)
        assert d.of % 3 == 2


def test_pages_break_none():
    for d in of("page") + of("copy") + of("edited"):
        assert filters.broken(d.text) == []


def test_what_waste_looks_like():
    texts = {kind: [d.text for d in of(kind)] for kind in web.WASTE}
    source = {d.text: PAGES[d.of] for d in DOCUMENTS}
    for text in texts["stub"]:
        assert 8 <= len(text.split()) <= 40
        assert " ".join(source[text].split()).startswith(text)
    for text in texts["menu"]:
        lines = [line.split(" ") for line in text.split("\n")]
        assert [(len(x), x[0]) for x in lines] == [(4, "-")] * 20
    for text in texts["teasers"]:
        lines = [line.split(" ") for line in text.split("\n")]
        assert [(len(x), x[-1]) for x in lines] == [(13, "...")] * 20
    for text in texts["numbers"]:
        numbers = [int(n.replace(",", "")) for n in text.split()]
        assert len(numbers) == 90
        assert min(numbers) >= 100 and 10_000 < max(numbers) < 100_000
    for text in texts["tags"]:
        words = text.split()
        assert len(words) == 60
        assert all(w[0] == "#" and w[1:] in WORDS for w in words)
    for text in texts["keywords"]:
        assert len(text.split()) == 70
        assert min(map(len, text.split())) == 6
    for text in texts["codes"]:
        assert len(text.split()) == 60
        assert {*map(len, text.split())} == {16} and int(text.split()[0], 16)
