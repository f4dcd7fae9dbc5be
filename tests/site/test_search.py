"""A search finds what the whole texts hold, and loads a part of them."""

from collections import Counter

import pytest
from playwright.sync_api import TimeoutError

from checkbook.pagefacts import read_facts
from tests.searched import folded, ranked

from .conftest import SITE

PARTS = SITE / "_static/search"
BOUND = 100_000  # bytes of the search's own parts
QUERIES = [
    "a",
    "at",
    "former",  # which is in many a word and begins few
    "2",
    "12",
    "d_model",
    "k",
    "KEY/Value",
    "attention head",
    "the of",
    "the attention of a transformer",
    "éncoder",
    "(q",
    "= 1",
    "zyzzyva",
]


@pytest.fixture(scope="module")
def sections():
    """Address, page, heading and text of each, in the book's order."""
    found = []
    for page in (SITE / "sitemap.txt").read_text().split():
        facts = read_facts((SITE / page).read_text("utf8"))
        found += [
            (f"{page}#{anchor}" if anchor else page, facts.title, *words)
            for anchor, *words in facts.sections
        ]
    return found


@pytest.fixture(scope="module")
def commonest(sections):
    """Words that more sections have than any others."""
    counts = Counter()
    for *_, text in sections:
        counts.update({w for w in folded(text).split() if w.isalpha()})
    return [word for word, _ in counts.most_common(4)]


def asked(visit, query=""):
    """The search's page, opened with a query."""
    seen = visit()
    seen.page.goto(f"{SITE.as_uri()}/search.html?q={query}")
    return seen


def shows(page, found):
    """Wait for these hits, and say what stands there instead."""
    hits = [f"./{url}" for url in found[:40]]
    said = "Nothing" if not found else f"{len(found)} section"
    now = """() => [document.querySelector('#search-progress').textContent,
        ...[...document.querySelectorAll('#search-results a')].map(
            (link) => link.getAttribute('href'))]"""
    right = f"""([said, ...hits]) => (([first, ...rest]) =>
        first.startsWith(said) && String(rest) === String(hits))(({now})())"""
    try:
        page.wait_for_function(right, arg=[said, *hits], timeout=5000)
    except TimeoutError:
        status, *shown = page.evaluate(now)
        assert (status, shown) == (said, hits)


def test_finds_in_order_what_the_texts_hold(visit, sections, commonest):
    seen = asked(visit)
    box = seen.page.locator("form.results input")
    for query in [*QUERIES, *commonest]:
        box.fill(query)
        shows(seen.page, ranked(sections, query))
    assert seen.messages == []


def test_shows_nothing_where_nothing_is_asked(visit):
    page = asked(visit, "the").page
    page.locator("#search-results li").first.wait_for()
    for query in ("", " ", "- ?"):
        page.locator("form.results input").fill(query)
        page.wait_for_function(
            "document.querySelector('#search-progress').textContent === ''"
            " && !document.querySelector('#search-results li')"
        )


def test_what_was_typed_last_is_shown(visit, sections):
    page = asked(visit).page
    box = page.locator("form.results input")
    box.press_sequentially("attention")
    shows(page, ranked(sections, "attention"))


def weight(seen):
    parts = {path for path in seen.loaded() if PARTS in path.parents}
    return sum(path.stat().st_size for path in parts)


def test_loads_a_part_of_the_words(visit, commonest):
    assert weight(asked(visit)) <= BOUND / 4
    for query in (*commonest, "+".join(commonest)):
        seen = asked(visit, query)
        seen.page.locator("#search-results mark").first.wait_for()
        seen.page.wait_for_timeout(200)
        assert 0 < weight(seen) <= BOUND


def test_shows_each_hit_with_its_words(visit, commonest):
    seen = asked(visit, commonest[0])
    entries = seen.page.locator("#search-results li")
    entries.first.wait_for()
    for entry in entries.all():
        entry.scroll_into_view_if_needed()
        entry.locator("mark").first.wait_for()
    assert weight(seen) <= BOUND
