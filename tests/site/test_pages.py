"""Every page, as the browser sees it: complete, accessible, narrow enough."""

import base64
import gzip
import hashlib
import re

from axe_playwright_python.sync_playwright import Axe

from .conftest import CHAPTERS, SITE, WIDE

WEIGHT, SCRIPT = 500_000, 150_000  # bytes of a page, MathJax apart
PLANNER = 250_000  # bytes of script where a page computes what it shows
LAB, COMPRESSED = 3_500_000, 2_000_000  # bytes of a page that holds a model


def test_there_are_pages():
    assert (SITE / "index.html").is_file(), "no site to test: make book"
    assert CHAPTERS


def test_complete_in_itself(opened):
    """Nothing leaves, nothing fails, the formulas stand, the weight is low.

    And the text stands before any deferred script has run.
    """
    seen = opened
    assert [u for u in seen.requests if not u.startswith("file:")] == []
    assert all(SITE in path.parents for path in seen.loaded())
    assert seen.messages == []
    formulas = seen.page.locator(".math").count()
    assert seen.page.locator(".math mjx-container svg").count() >= formulas
    assert seen.page.locator("[data-mjx-error], mjx-merror").count() == 0
    own = {path for path in seen.loaded() if "mathjax" not in path.parts}
    weight = sum(path.stat().st_size for path in own)
    if seen.page.locator("[data-lab]").count():
        assert weight <= LAB
        small = sum(len(gzip.compress(path.read_bytes())) for path in own)
        assert small <= COMPRESSED
        return
    assert weight <= WEIGHT
    scripts = [path for path in own if path.suffix == ".js"]
    planner = seen.page.locator("[data-planner]").count()
    most = PLANNER if planner else SCRIPT
    assert sum(path.stat().st_size for path in scripts) <= most


def unfold(page):
    page.evaluate(
        "document.querySelectorAll('article details')"
        ".forEach((d) => { d.open = true })"
    )


def test_nothing_scrolls_sideways(opened):
    page = opened.page
    unfold(page)
    for width in (360, 320):
        page.set_viewport_size({"width": width, "height": 740})
        page.wait_for_timeout(100)
        assert page.evaluate(
            "() => { scrollTo(99, 0);"
            " return [scrollX, document.documentElement.scrollWidth] }"
        ) == [0, width]
        loose = page.evaluate(
            """() => [...document.querySelectorAll("main *")].filter((e) => {
                const flow = getComputedStyle(e).overflowX;
                return (flow === "auto" || flow === "scroll")
                    && e.scrollWidth > e.clientWidth + 1 && e.tabIndex < 0;
            }).map((e) => e.outerHTML.slice(0, 120))"""
        )
        assert loose == [], "a frame that scrolls can be reached by keyboard"
    page.set_viewport_size(WIDE)


COLOURS = ["color-contrast", "link-in-text-block"]

# Colours are asked of three of a kind, for axe takes long over thousands of
# rows: elements are of one kind if they and all around them look the same.
THREE_OF_A_KIND = """() => {
    const looks = ["class", "style", "fill", "role", "aria-current", "open"];
    const kinds = new Map(), times = new Map();
    for (const e of document.querySelectorAll("body *")) {
        const own = looks.map((name) => e.getAttribute(name)).join("|");
        const kind = kinds.get(e.parentElement) + ">" + e.tagName + own;
        kinds.set(e, kind);
        times.set(kind, (times.get(kind) ?? 0) + 1);
        if (times.get(kind) > 3) e.dataset.alike = "";
    }
    document.querySelectorAll("[data-alike]").forEach((e) => e.remove());
}"""


def violations(page, **options):
    found = Axe().run(page, options=options | {"resultTypes": ["violations"]})
    return [
        (v["id"], [n["html"][:200] for n in v["nodes"][:3]])
        for v in found.response["violations"]
    ]


def test_axe_finds_nothing(opened):
    """The last to look at a page, of which it leaves three of a kind."""
    page = opened.page
    unfold(page)
    assert (
        violations(page, rules={rule: {"enabled": False} for rule in COLOURS})
        == []
    )
    page.evaluate(THREE_OF_A_KIND)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert violations(page, runOnly=COLOURS) == []


def test_axe_finds_nothing_in_forced_colours(visit):
    page = visit(forced_colors="active").open(CHAPTERS[0]).page
    assert violations(page) == []


def test_axe_looks_at_colours(visit):
    page = visit().open(CHAPTERS[0]).page
    page.evaluate(THREE_OF_A_KIND)
    page.add_style_tag(content="article p { color: #bbb !important }")
    found = [rule for rule, _ in violations(page, runOnly=COLOURS)]
    assert found == ["color-contrast"]


def test_no_script_is_waited_for(name):
    text = (SITE / name).read_text("utf8")
    for tag in re.findall(r"<script[^>]*\ssrc=[^>]*>", text):
        assert " defer" in tag or " async" in tag


def test_policy_names_exactly_the_inline_scripts(name):
    text = (SITE / name).read_text("utf8")
    (policy,) = re.findall(
        r'<meta http-equiv="Content-Security-Policy" content="([^"]+)">', text
    )
    scripts = re.findall(
        r"<script(?![^>]*\ssrc=)[^>]*>(.*?)</script>", text, re.DOTALL
    )
    hashes = {
        base64.b64encode(hashlib.sha256(s.encode()).digest()).decode()
        for s in scripts
    }
    assert set(re.findall(r"'sha256-([^']+)'", policy)) == hashes
    assert text.index("Content-Security-Policy") < text.index("<script")
    for part in ("default-src 'none'", "base-uri 'none'", "object-src 'none'"):
        assert part in policy
    assert "'unsafe-eval'" not in policy
    assert ("'wasm-unsafe-eval'" in policy) == (name == "lab/attention.html")


def test_injected_script_does_not_run(visit):
    seen = visit().open(CHAPTERS[0])
    seen.page.evaluate(
        """() => {
            const script = document.createElement("script");
            script.textContent = "window.broken = true";
            document.body.append(script);
            document.body.insertAdjacentHTML("beforeend",
                "<img src='data:,' onerror='window.broken = true'>");
            const frame = document.createElement("iframe");
            frame.src = "data:text/html,<script>parent.broken=1</script>";
            document.body.append(frame);
        }"""
    )
    seen.page.wait_for_timeout(200)
    assert seen.page.evaluate("window.broken") is None
    assert "Content Security Policy" in " ".join(seen.messages)


def test_reads_without_script(visit, chapter):
    page = visit(java_script_enabled=False).open_plain(chapter).page
    assert page.locator("article h1").is_visible()
    number = page.locator("article p > a.checked.num").locator("visible=true")
    number = number.first
    href = number.get_attribute("href")
    number.click()
    # a ledger is long, and the click does not wait for its end
    page.locator(f"[id='{href.rpartition('#')[2]}']").wait_for()
    assert page.url.endswith(href.rpartition("../")[2])


def test_printed_page_has_no_navigation(visit):
    page = visit().open(CHAPTERS[0]).page
    page.emulate_media(media="print")
    for part in (".bar", ".shelf", ".turn"):
        assert not page.locator(part).first.is_visible()
    assert page.locator("article h1").is_visible()
