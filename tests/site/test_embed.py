"""The small views in chapters: a figure, and live when it is asked for."""

from urllib.parse import parse_qs

import pytest
from playwright.sync_api import expect

from .test_pages import violations

PAGE = "attention/single-head.html"
TYPED = "Bob said <b>red</b> oak"


@pytest.fixture
def seen(visit):
    return visit().open(PAGE)


def names(seen):
    return {path.name for path in seen.loaded()}


def live(seen):
    seen.page.get_by_role("button", name="Make it live").click()
    seen.page.wait_for_selector(".embedded .token")
    return seen.page.locator(".embedded")


def test_no_model_is_loaded_before_it_is_asked_for(seen):
    assert "embed.js" in names(seen)
    assert names(seen).isdisjoint({"weights.js", "engine.js", "lab.css"})
    assert seen.page.locator(".seed svg").is_visible()
    live(seen)
    assert {"weights.js", "engine.js", "lab.css"} <= names(seen)
    assert "kernel.js" not in names(seen)
    assert not seen.page.locator(".seed svg").is_visible()
    assert seen.messages == []
    assert all(url.startswith("file:") for url in seen.requests)


def test_the_live_view_says_what_the_figure_says(seen):
    figure = seen.page.locator(".seed svg").get_attribute("aria-label")
    share, word = figure.rpartition(" reads ")[2].split(" of ")
    chosen = live(seen).locator(f".token[aria-label^='{word},']").first
    read = chosen.get_attribute("aria-label").split(", ")[2]
    assert read == f"{share} read by oak"


def test_it_reads_what_is_typed_and_shows_what_is_clicked(seen):
    view = live(seen)
    view.get_by_role("textbox").fill(TYPED)
    words = view.locator(".token .word").all_text_contents()
    assert words[1:3] == ["Bob", "said"]
    assert view.locator("b").count() == 0
    view.locator(".token").nth(2).click()
    assert view.locator(".token[aria-pressed=true] .word").text_content() == (
        "said"
    )
    assert view.locator(".said").text_content().endswith("“said” (2)")
    view.locator(".matrix").press("ArrowUp")
    assert "“Bob” (1) " in view.locator(".said").text_content()
    href = view.get_by_role("link", name="Open in the lab").get_attribute(
        "href"
    )
    page, _, said = href.partition("#")
    assert page.endswith("lab/attention.html")
    assert parse_qs(said)["text"] == [TYPED]
    assert parse_qs(said)["query"] == ["1"]
    assert seen.messages == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_can_be_used_by_all(visit, scheme):
    seen = visit(color_scheme=scheme).open(PAGE)
    live(seen)
    assert violations(seen.page) == []


def test_a_link_of_the_labs_page_sets_the_lab_and_shows_it(visit):
    seen = visit().open("lab/attention.html")
    seen.page.wait_for_selector("[data-ready]")
    link = seen.page.locator("article a[href^='#text=']").last
    link.evaluate("a => a.closest('details')?.setAttribute('open', '')")
    link.click()
    expect(seen.page.get_by_label("Text", exact=True)).to_be_in_viewport()
    taken = seen.page.locator(".taken")
    expect(taken).to_contain_text("the word at 7")
    assert seen.messages == []
