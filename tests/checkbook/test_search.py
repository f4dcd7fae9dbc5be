"""The parts of a search, against the words that they were made of."""

import filecmp

import pytest

from checkbook import search
from checkbook.files import Folder
from checkbook.pagefacts import Facts
from tests.searched import begins, folded, part

# page, heading and text of each section
TEXTS = [
    ("Attention", "Heads of keys", "a transformer forms heads; d_model 768"),
    ("Attention", "The KV cache", "key/value cafés, K1V2 1,024 aaaa aa-a"),
    ("Naïve 2nd", "Formers", "transform transform transforms the TRANS"),
    ("Naïve 2nd", "Empty", ""),
    ("Naïve 2nd", "Signs", "(x) \u2264 3\u00b5s, \u00b4tis \ufb01ne"),
    ("Naïve 2nd", "", "\U0001d53dF x12ab y12ab b"),
]


def pages():
    for name in dict.fromkeys(page for page, *_ in TEXTS):
        sections = [
            [f"s{n}" if n else "", heading, text]
            for n, (page, heading, text) in enumerate(TEXTS)
            if page == name
        ]
        yield f"{folded(name)[:3]}.html", Facts(title=name, sections=sections)


@pytest.fixture(scope="module", params=[1, 64])
def site(request, tmp_path_factory):
    """A site whose search has many parts, and one where it has few."""
    patch = pytest.MonkeyPatch()
    patch.setattr(search, "WORDS_A_PART", request.param)
    target = tmp_path_factory.mktemp("site")
    search.write(Folder(target), pages(), target / "made")
    yield target
    patch.undo()


def looked_up(site, term):
    """For each section whether its text has the term, and how often."""
    n_parts = part(site, "sections")["parts"]
    found = [[False, 0] for _ in TEXTS]
    mixed = 0
    for character in term[:3]:
        mixed = 31 * mixed + ord(character)
    for word, stands in part(site, f"words-{mixed % n_parts}").items():
        if word == term if len(term) < 3 else term in word:
            at = 0
            for gap in stands:
                at += gap // 6
                found[at][0] |= begins(word, term) and gap % 6 < 3
                found[at][1] += word.count(term) * (gap % 3 + 1)
    return [(begun, min(3, times)) for begun, times in found]


def terms():
    """All that stands in a word of the texts, or of what is above them."""
    words = " ".join(folded(" ".join(fields)) for fields in TEXTS).split()
    return {
        word[at : at + n]
        for word in words
        for at in range(len(word))
        for n in range(1, len(word) - at + 1)
    }


def test_every_term_is_found_as_in_the_whole_text(site):
    for term in terms():
        expected = [
            (begins(folded(text), term), min(3, folded(text).count(term)))
            for *_, text in TEXTS
        ]
        above = [
            begins(folded(page), term) or begins(folded(heading), term)
            for page, heading, _ in TEXTS
        ]
        for got, wanted, known in zip(
            looked_up(site, term), expected, above, strict=True
        ):
            # how often it stands decides nothing where nothing is found
            if known or wanted[0]:
                assert got == wanted, term
            else:
                assert not got[0], term


def test_what_no_text_has_is_not_found(site):
    for term in ("z", "zz", "transformed", "odel", "e", "1024"):
        assert not any(begun for begun, _ in looked_up(site, term)), term


def test_sections_stand_in_the_order_of_the_pages(site):
    assert part(site, "sections")["sections"] == [
        ["att.html", "Attention", "Heads of keys"],
        ["att.html#s1", "Attention", "The KV cache"],
        ["nai.html#s2", "Naïve 2nd", "Formers"],
        ["nai.html#s3", "Naïve 2nd", "Empty"],
        ["nai.html#s4", "Naïve 2nd", "Signs"],
        ["nai.html#s5", "Naïve 2nd", ""],
    ]
    for n, (*_, text) in enumerate(TEXTS):
        assert part(site, f"text-{n}") == text


def test_a_part_has_as_many_words_as_were_meant(site):
    n_parts = part(site, "sections")["parts"]
    names = {path.stem for path in (site / search.FOLDER).iterdir()}
    assert names == {
        "sections",
        *(f"words-{n}" for n in range(n_parts)),
        *(f"text-{n}" for n in range(len(TEXTS))),
    }
    words = set()
    for n in range(n_parts):
        words |= part(site, f"words-{n}").keys()
    assert n_parts == 1 + len(words) // search.WORDS_A_PART


def test_what_was_kept_makes_the_same_parts(tmp_path):
    changed = [*pages()]
    changed[0][1].sections[0][2] += " zebra"
    for turn, found in enumerate([[*pages()], changed, changed[1:]]):
        kept, fresh = tmp_path / f"kept-{turn}", tmp_path / f"fresh-{turn}"
        search.write(Folder(kept), found, tmp_path / "made")
        search.write(Folder(fresh), found, fresh / "made")
        names = sorted(path.name for path in (kept / search.FOLDER).iterdir())
        assert filecmp.cmpfiles(
            kept / search.FOLDER, fresh / search.FOLDER, names, shallow=False
        ) == (names, [], [])


def test_nothing_to_search(tmp_path):
    search.write(Folder(tmp_path), [], tmp_path / "made")
    assert part(tmp_path, "sections") == {"parts": 1, "sections": []}
    assert part(tmp_path, "words-0") == {}
