"""What a reader does: asks a number, searches, turns the lights off."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from .conftest import CHAPTERS, SITE

NUMBER = "article p > a.checked.num[data-expression] >> visible=true"


def card_of(page):
    return page.locator("#card")


def says_what_the_number_says(page, number):
    expression = number.get_attribute("data-expression")
    value = number.get_attribute("data-value")
    text = card_of(page).inner_text()
    assert expression in text
    assert value in text
    assert number.get_attribute("aria-describedby") == "card"


def test_card_on_hover_and_escape(visit):
    page = visit().open(CHAPTERS[0]).page
    number = page.locator(NUMBER).first
    number.scroll_into_view_if_needed()
    page.wait_for_timeout(300)  # a scroll closes the card
    number.hover()
    card_of(page).wait_for(state="visible")
    says_what_the_number_says(page, number)
    card_of(page).hover()
    page.wait_for_timeout(400)
    assert card_of(page).is_visible(), "one can move onto the card"
    page.keyboard.press("Escape")
    assert card_of(page).is_hidden()
    assert number.get_attribute("aria-describedby") is None


def test_card_goes_when_the_pointer_goes(visit):
    page = visit().open(CHAPTERS[0]).page
    number = page.locator(NUMBER).first
    number.hover()
    card_of(page).wait_for(state="visible")
    page.mouse.move(2, 2)
    card_of(page).wait_for(state="hidden")


def test_card_on_focus_and_enter_leads_to_the_ledger(visit):
    page = visit().open(CHAPTERS[0]).page
    number = page.locator(NUMBER).first
    number.evaluate("n => n.scrollIntoView({behavior: 'instant'})")
    page.wait_for_timeout(300)
    page.keyboard.press("Tab")
    number.focus()
    card_of(page).wait_for(state="visible")
    says_what_the_number_says(page, number)
    assert Axe().run(page).response["violations"] == []
    href = number.get_attribute("href")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/*#{href.partition('#')[2]}")
    row = page.locator(f"[id='{href.partition('#')[2]}']")
    assert row.is_visible()


def test_card_on_tap_then_ledger(visit):
    page = visit(
        viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True
    )
    page = page.open(CHAPTERS[0]).page
    number = page.locator(NUMBER).first
    number.evaluate("n => n.scrollIntoView({behavior: 'instant'})")
    page.wait_for_timeout(300)
    before = page.url
    number.tap()
    card_of(page).wait_for(state="visible")
    assert page.url == before
    says_what_the_number_says(page, number)
    box = card_of(page).bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 360
    card_of(page).get_by_role("link").tap()
    page.wait_for_url("**/*ledger*#*")


def test_every_checked_number_leads_to_its_row_and_back(visit):
    page = visit().open(CHAPTERS[0]).page
    first = page.locator("article a.checked").first
    anchor = first.get_attribute("id")
    first.evaluate("n => { location.href = n.href }")
    page.wait_for_url("**/*ledger*#*")
    row = page.locator(f"[id='{page.url.partition('#')[2]}']")
    row.get_by_role("link").click()
    page.wait_for_url(f"**/{CHAPTERS[0]}#{anchor}")


def colours(page):
    return page.evaluate(
        "() => { const s = getComputedStyle(document.documentElement);"
        " return [s.backgroundColor, s.color] }"
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_colours_on_demand(visit, scheme):
    page = visit(color_scheme=scheme).open("index.html").page
    system = colours(page)
    switch = page.get_by_role("button", name="Colours")
    seen = []
    for _ in range(3):
        switch.click()
        seen.append(colours(page))
    light, dark, again = seen
    assert light != dark
    assert again == system == (light if scheme == "light" else dark)
    switch.click()
    switch.click()
    for _ in range(20):  # the browser stores the choice in its own time
        page.wait_for_timeout(300)
        page.goto((SITE / CHAPTERS[0]).as_uri())
        if colours(page) == dark:
            break
    assert colours(page) == dark, "the choice is kept"
    assert "dark" in switch.get_attribute("aria-label")


def test_colours_do_not_flash(visit):
    """The chosen colours stand before the first stylesheet arrives."""
    seen = visit(color_scheme="light")
    seen.page.add_init_script("localStorage.setItem('theme', 'dark')")
    seen.open("index.html")
    text = (SITE / "index.html").read_text("utf8")
    assert text.index("dataset.theme") < text.index("<link")
    assert colours(seen.page)[0] != "rgb(255, 254, 251)"


def search(page, words):
    box = page.get_by_role("searchbox", name="Search the book")
    box.fill(words)
    box.press("Enter")
    page.wait_for_url("**/search.html?q=*")
    return page.locator("#search-results li")


def test_search_finds_words_and_numbers(visit):
    seen = visit().open(CHAPTERS[0])
    heading = seen.page.locator("article h1").inner_text().rstrip("#")
    hits = search(seen.page, heading.split()[-1])
    hits.first.wait_for()
    links = seen.page.locator("#search-results a")
    hrefs = links.evaluate_all("all => all.map(a => a.getAttribute('href'))")
    assert any(CHAPTERS[0] in href for href in hrefs)
    seen.open(CHAPTERS[0])
    number = seen.page.locator(NUMBER).first.inner_text()
    hits = search(seen.page, number)
    hits.first.get_by_text(number).first.wait_for()
    hits.first.get_by_role("link").click()
    seen.page.wait_for_load_state()
    assert "search.html" not in seen.page.url
    assert seen.messages == []


def test_search_says_when_there_is_nothing(visit):
    page = visit().open("index.html").page
    assert search(page, "zyzzyva qwrtp").count() == 0
    status = page.locator("#search-progress")
    status.get_by_text("Nothing found").wait_for()


def test_search_shows_words_as_text(visit):
    seen = visit().open("index.html")
    search(seen.page, "<b>bold</b><img src=x>")
    seen.page.locator("#search-progress").get_by_text("Nothing").wait_for()
    assert (
        seen.page.locator("#search-results img, #search-results b").count()
        == 0
    )
    assert seen.messages == []


def test_ledger_filters(visit):
    (ledger,) = SITE.rglob("ledger.html")
    seen = visit().open(ledger.relative_to(SITE).as_posix())
    page = seen.page
    rows = page.locator(".ledger tbody tr[id]")
    total = rows.count()
    assert (
        page.locator(".ledger-filter output")
        .inner_text()
        .startswith(f"{total:,} ")
    )
    page.locator("select[name=kind]").select_option("num")
    numbers = page.locator(".ledger tbody tr[id]:visible").count()
    assert 0 < numbers < total
    page.get_by_role("searchbox", name="Text").fill("zyzzyva")
    assert page.locator(".ledger tbody tr:visible").count() == 0
    page.get_by_role("searchbox", name="Text").fill("")
    page.locator("select[name=kind]").select_option("")
    page.locator("select[name=page]").select_option(index=1)
    assert 0 < page.locator(".ledger tbody tr[id]:visible").count() < total
    assert Axe().run(page).response["violations"] == []


def test_a_table_can_be_sifted(visit):
    (zoo,) = SITE.rglob("zoo.html")
    seen = visit().open(zoo.relative_to(SITE).as_posix())
    page = seen.page
    cell = page.locator(".cell.tag_filter").first
    rows = cell.locator("tbody tr")
    total = rows.count()
    shown = cell.locator(".sieve output")
    assert shown.inner_text() == f"{total} of {total} shown"
    words = cell.get_by_role("searchbox", name="Rows with these words")
    words.fill("GPT2 corrected")
    few = cell.locator("tbody tr:visible").count()
    assert 0 < few < total
    assert shown.inner_text() == f"{few} of {total} shown"
    words.fill("gpt2 zyzzyva")
    assert cell.locator("tbody tr:visible").count() == 0
    words.fill(" ")
    assert cell.locator("tbody tr:visible").count() == total
    assert Axe().run(page).response["violations"] == []


def test_chapter_list_opens_on_narrow_screens(visit):
    page = (
        visit(viewport={"width": 360, "height": 740}).open("index.html").page
    )
    chapters = page.get_by_role("navigation", name="Chapters")
    assert chapters.is_hidden()
    page.get_by_role("button", name="Chapters").click()
    assert chapters.is_visible()
    assert Axe().run(page).response["violations"] == []
    page.keyboard.press("Escape")
    assert chapters.is_hidden()
    page.goto((SITE / CHAPTERS[0]).as_uri())
    page.get_by_role("button", name="Chapters").click()
    page.locator(".contents a").last.click()
    assert page.locator(".contents").is_hidden()


def test_keyboard_skips_to_the_text(visit):
    page = visit().open(CHAPTERS[0]).page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"


def test_not_found_works_at_any_depth(visit, tmp_path_factory):
    """The page that a server sends for any address finds the book's root."""
    import functools
    import http.server
    import threading

    class Server(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

        def send_error(self, code, *_):
            body = (SITE / "404.html").read_bytes()
            self.send_response(code)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(body)

    handler = functools.partial(Server, directory=str(SITE))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        page = visit().page
        page.context.set_offline(False)
        base = f"http://127.0.0.1:{server.server_port}"
        page.goto(f"{base}/no/such/page.html")
        assert page.locator("h1").inner_text() == "Not found"
        link = page.locator("article a").last
        page.wait_for_function(
            "document.querySelector('article a').getAttribute('href')[0]"
            " === '/'"
        )
        link.click()
        page.wait_for_load_state()
        assert page.url.startswith(base)
        assert page.locator("h1").inner_text() != "Not found"
    finally:
        server.shutdown()
        server.server_close()
