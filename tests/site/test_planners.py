"""The planners: the same numbers as Python's, and a form that all can use.

A visit to each page, from a plain file and from a server of this machine, is
shared by the tests, which leave it as they found it.
"""

import json
import re

import pytest
from axe_playwright_python.sync_playwright import Axe

from checkbook.weights import served

from . import planned
from .conftest import SITE, visitor

LAB = ("dimensions", "memory")
LONG_TASK_MS = 100
FILE = "The model as a config.json"
# short enough that nothing cuts them up
HOSTILE = ("<b>", "<a/b>", "<i>1</i>", "'\"><u>", "javascript:1")
FAMILY = {"model_type": "llama", "num_hidden_layers": 2, "hidden_size": 8}
FAMILY |= {"num_attention_heads": 2, "intermediate_size": 5, "vocab_size": 3}
FAMILY |= {"architectures": ["LlamaForCausalLM"], "tie_word_embeddings": False}
FAMILY |= {"num_key_value_heads": 1}
BARE = {k: v for k, v in FAMILY.items() if k != "architectures"}


class Planner:
    """A planner that is open, and what tests ask of it."""

    def __init__(self, seen, url):
        self.seen, self.page, self.url = seen, seen.page, url

    def fresh(self, address=""):
        """The page as it is for an address, its network off."""
        self.page.context.set_offline(False)
        self.page.goto("about:blank")
        self.page.goto(self.url + address)
        self.page.locator("[data-ready]").wait_for(state="attached")
        self.page.context.set_offline(True)
        return self

    def field(self, name):
        return self.page.get_by_label(name)

    def settled(self):
        """After the frame in which the last input is looked at."""
        self.page.evaluate(
            "() => new Promise((done) => requestAnimationFrame(() =>"
            " requestAnimationFrame(done)))"
        )

    def type(self, name, text):
        self.field(name).fill(text)
        self.settled()

    def go(self, address):
        """Change the address of the open page, as a reader may."""
        self.page.evaluate(
            """(hash) => new Promise((done) => {
                if (location.hash === hash) { done(); return; }
                addEventListener("hashchange", done, { once: true });
                location.hash = hash;
            })""",
            address,
        )
        self.settled()

    def open_all(self):
        """Unfold what is folded."""
        self.page.evaluate(
            "document.querySelectorAll('.planner details')"
            ".forEach((d) => { d.open = true })"
        )
        return self

    def verdict(self):
        return self.page.locator(".verdict").inner_text()

    def trouble(self, name):
        """What stands beside a field, as one who hears the page is told."""
        box = self.field(name)
        if box.get_attribute("aria-invalid") is None:
            assert box.get_attribute("aria-describedby") is None
            return ""
        place = box.get_attribute("aria-describedby")
        return self.page.locator(f"#{place}").inner_text()

    def is_stale(self):
        return self.page.locator(".worked.stale").count() == 1

    def cells(self, caption):
        """The rows of a table, as texts by what is first in them."""
        rows = self.page.locator(".planner table").filter(has_text=caption)
        texts = rows.first.locator("tr").evaluate_all(
            "rows => rows.map(row => [...row.children].map("
            "cell => cell.innerText))"
        )
        return {row[0]: row[1:] for row in texts}


@pytest.fixture(scope="module", params=["file", "server"])
def place(request):
    """Where the site is: in files, or on this machine's server."""
    if request.param == "file":
        yield SITE.as_uri()
        return
    with served(SITE) as server:
        yield f"http://127.0.0.1:{server.server_port}"


@pytest.fixture(scope="module", params=LAB)
def planner(request, chromium, place):
    seen = visitor(chromium)
    yield Planner(seen, f"{place}/lab/{request.param}.html").fresh()
    # a browser may ask for a page's icon again when its address changes
    icon = f"ERR_INTERNET_DISCONNECTED {place}/_static/icon.svg"
    assert [m for m in seen.messages if not m.endswith(icon)] == []
    assert {url for url in seen.requests if not url.startswith(place)} <= {
        "about:blank"
    }
    seen.page.context.close()


@pytest.fixture(scope="module")
def both(chromium):
    """A page with the scripts of both planners, from files."""
    seen = visitor(chromium)
    opened = Planner(seen, f"{SITE.as_uri()}/lab/memory.html").fresh()
    opened.page.add_script_tag(url="../widgets/planner/dimensions.js")
    yield opened
    assert seen.messages == []
    seen.page.context.close()


# Numbers --------------------------------------------------------------------


def test_scripts_compute_what_python_computes(both):
    cases = planned.cases()
    assert len(cases) > 96 + 200
    found = both.page.evaluate(planned.COMPUTED, planned.written(cases))
    for case, got in zip(cases, found, strict=True):
        assert got.pop("wrong") == [], "a formula has another value"
        assert got == planned.as_texts(planned.answer(case)), case


REFUSED = [
    {},
    {"model_type": None},
    {"model_type": "no such"},
    {"model_type": "llama"},
    FAMILY | {"num_key_value_heads": 3},
    FAMILY | {"num_key_value_heads": 4},
    FAMILY | {"num_attention_heads": 3, "num_key_value_heads": 3},
    FAMILY | {"hidden_size": "8"},
    FAMILY | {"hidden_size": 8.0},
    FAMILY | {"hidden_size": True},
    FAMILY | {"hidden_size": None},
    FAMILY | {"hidden_size": [8, {"a": None}]},
    FAMILY | {"vocab_size": 0},
    FAMILY | {"vocab_size": -1},
    FAMILY | {"mlp_bias": 1},
    FAMILY | {"rms_norm_eps": "small"},
    FAMILY | {"architectures": ["LlamaForSequenceClassification"]},
    FAMILY | {"architectures": "LlamaForCausalLM"},
    FAMILY | {"add_cross_attention": True},
    FAMILY | {"rope_theta": -1.5e-07},
    FAMILY | {"rope_scaling": [1]},
    BARE | {"model_type": "mixtral", "num_experts_per_tok": 9},
    BARE
    | {"model_type": "mixtral", "num_local_experts": 2}
    | {"num_experts": 3},
    BARE | {"model_type": "mistral", "layer_types": ["it's"]},
    BARE | {"model_type": "bert", "max_position_embeddings": 0},
]
WARNED = [
    FAMILY | {"n_memory": 3, "<b>": 1, "pad_token_id": 0},
    BARE,
    FAMILY | {"rope_scaling": {"rope_type": "other", "factor": 2.5}},
    BARE | {"model_type": "gemma"},
]
SAID = """
(texts) => texts.map((text) => {
  try {
    return planner.reading.read(planner.reading.fromText(text), "m").notes;
  } catch (error) {
    if (!(error instanceof planner.py.ValueError)) throw error;
    return error.message;
  }
})
"""


def python_says(keys):
    try:
        reading = planned.read(keys, name="m")
    except ValueError as error:
        # the page makes no guesses of what was meant
        return re.sub(r", perhaps \w+", "", str(error))
    assumed = [f"no architectures, so {reading.counted} is counted"]
    return [*reading.warnings, *(assumed if reading.assumed else [])]


def test_what_python_refuses_or_warns_of(both):
    files = [*REFUSED, *WARNED]
    texts = [json.dumps(keys) for keys in files]
    found = both.page.evaluate(SAID, texts)
    assert found == [python_says(keys) for keys in files]
    n = len(REFUSED)
    assert all(isinstance(one, str) for one in found[:n])
    assert all(isinstance(one, list) and one for one in found[n:])


def test_a_value_of_a_kind_that_nothing_can_have(planner):
    keys = BARE | {"model_type": "qwen3_moe", "mlp_only_layers": 3}
    keys |= {"num_experts": 2, "moe_intermediate_size": 3}
    planner.fresh().open_all()
    planner.type(FILE, json.dumps(keys))
    assert "of a kind that it cannot have" in planner.trouble(FILE)


def test_numbers_that_javascript_would_round(both):
    digits = "9" * 17
    told = both.page.evaluate(
        SAID, [json.dumps(FAMILY | {"vocab_size": int(digits)})]
    )
    assert told == [f"vocab_size={digits[:15]}… must have at most 15 digits"]
    layers = BARE | {"model_type": "gemma2", "num_hidden_layers": 10**9}
    (told,) = both.page.evaluate(SAID, [json.dumps(layers)])
    assert told == "1000000001 layers are more than this page counts"


def test_formulas_that_are_shown(planner):
    """Each, read as arithmetic, is the number that stands beside it."""
    names = ["llama-3.1-8b", "gemma-2-2b", "mixtral-8x7b", "t5-small"]
    for name in names:
        planner.fresh(f"#model={name}&ranks=7&zero=3&causal=true")
        rows = planner.page.evaluate(
            """() => [...document.querySelectorAll(".formula")].map((f) => {
                const copy = f.querySelector(".numbers")?.cloneNode(true);
                copy?.querySelectorAll("sup").forEach((power) => {
                    power.textContent = "**" + power.textContent;
                });
                const row = f.closest("tr");
                return [copy?.textContent ?? f.textContent,
                    row.children[1].textContent];
            })"""
        )
        assert len(rows) > 4
        for shown, beside in rows:
            said = shown.replace(",", "").replace("×", "*")
            said = said.replace("−", "-").replace("⌈", "-(-(")
            said = said.replace(" / ", ")//").replace("⌉", ")")
            assert eval(said, {}) == int(beside.replace(",", "")), shown


# The form -------------------------------------------------------------------


def test_by_mouse(planner):
    page = planner.fresh().page
    page.get_by_label("Model", exact=True).select_option("gpt2")
    planner.settled()
    assert "gpt2: " in planner.verdict()
    assert "model=gpt2" in page.url
    page.get_by_label("Type of numbers").select_option("fp32")
    planner.settled()
    assert "dtype=fp32" in page.url
    page.get_by_text("More keys of its family").click()
    box = page.get_by_label("tie_word_embeddings")
    before = planner.verdict()
    box.set_checked(False)
    planner.settled()
    assert planner.verdict() != before
    assert "gpt2, changed" in planner.verdict()
    assert page.get_by_label("Model", exact=True).input_value() == ""
    box.set_checked(True)
    planner.settled()
    page.get_by_text("Paste a config.json").click()
    page.locator("textarea").fill(json.dumps(FAMILY))
    planner.settled()
    assert planner.verdict().startswith("Your model: ")
    assert planner.field("Layers").input_value() == "2"


def test_by_keyboard(planner):
    page = planner.fresh("#model=gpt2").page
    page.get_by_label("Model", exact=True).focus()
    page.keyboard.press("ArrowDown")
    planner.settled()
    assert planner.verdict().startswith("gpt2-medium")
    page.keyboard.press("ArrowUp")
    planner.settled()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.value") == "12"
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("24")
    planner.settled()
    assert planner.verdict().startswith("gpt2, changed")
    summary = page.locator(".planner summary")
    for n in range(summary.count()):
        summary.nth(n).focus()
        page.keyboard.press("Enter")
        assert (
            page.locator(".planner details").nth(n).get_attribute("open") == ""
        )
    page.get_by_label("tie_word_embeddings").focus()
    page.keyboard.press("Space")
    assert not page.get_by_label("tie_word_embeddings").is_checked()
    for control in page.locator(
        ".planner :is(input, select, textarea, summary):visible"
    ).all():
        control.focus()
        assert control.evaluate("(e) => e === document.activeElement")
        box = control.bounding_box()
        assert min(box["width"], box["height"]) >= 24, "too small to touch"


IMPOSSIBLE = [
    ("Key/value heads", "5", "must divide num_attention_heads=32"),
    ("Key/value heads", "64", "must not exceed num_attention_heads=32"),
    ("Query heads", "24", "must divide hidden_size=4096"),
    ("Layers", "0", "must be a whole number of at least 1"),
    ("Layers", "-1", "must be a whole number of at least 1"),
    ("Layers", "many", "must be a whole number, in digits"),
    ("Layers", "1.5", "must be a whole number, in digits"),
    ("Layers", "1" * 16, "must have at most 15 digits"),
    ("Layers", "", "num_hidden_layers is missing"),
    ("Tokens of a text", "0", "n_tokens=0 must be at least 1"),
    ("Tokens of a text", "x", "must be a whole number, in digits"),
    ("Texts at a time", "0", "batch_size=0 must be at least 1"),
    ("Ranks", "0", "ranks=0 must be at least 1"),
    ("Memory of a device", "0", "memory=0 must be at least 1"),
]


def test_impossible_input_is_explained_beside_its_field(planner):
    planner.fresh("#model=llama-3.1-8b")
    before = planner.page.locator(".worked").inner_text()
    said = planner.verdict()
    for name, text, why in IMPOSSIBLE:
        if planner.field(name).count() == 0:
            continue
        old = planner.field(name).input_value()
        planner.type(name, text)
        assert why in planner.trouble(name), (name, text)
        assert why in planner.verdict()
        assert planner.is_stale()
        assert planner.page.locator(".worked").inner_text() == before
        planner.type(name, old)
        assert planner.trouble(name) == ""
        assert not planner.is_stale()
        assert planner.verdict() == said


def test_a_file_that_is_none(planner):
    page = planner.fresh().open_all().page
    box = FILE
    for text, why in [
        ("{", "this is not JSON"),
        ("[1]", "holds an object"),
        ("7", "holds an object"),
        ("{}", "model_type is missing"),
        ('{"model_type": "rwkv"}', "model_type='rwkv' is unknown"),
        (" " * 200_001, "no config.json is so long"),
    ]:
        planner.type(box, text)
        assert why in planner.trouble(box), text
        assert planner.is_stale()
    planner.type(box, json.dumps(FAMILY | {"what_is_it": 3}))
    assert planner.trouble(box) == ""
    assert not planner.is_stale()
    notes = page.locator(".planner .notes").inner_text()
    assert "unknown, and could change the count: what_is_it" in notes


def test_a_model_that_reads_both_ways(planner):
    planner.fresh("#model=bert-base-uncased")
    assert (
        "no head for a next token"
        in planner.page.locator(".planner .notes").inner_text()
    )
    causal = planner.page.get_by_label("Count scores only")
    if causal.count():
        causal.set_checked(True)
        planner.settled()
        assert "causal=True must be False" in planner.trouble(
            "Count scores only"
        )


def test_an_address_says_what_was_chosen(planner):
    planner.fresh("#model=gpt2&n_tokens=77")
    planner.type("Layers", "3")
    planner.type("Texts at a time", "9")
    shown = planner.page.locator(".worked").inner_text()
    address = "#" + planner.page.url.partition("#")[2]
    planner.fresh(address)
    assert planner.page.locator(".worked").inner_text() == shown
    assert planner.field("Tokens of a text").input_value() == "77"
    planner.go("#model=qwen3-8b")
    assert planner.verdict().startswith("qwen3-8b: ")


# Text stays text ------------------------------------------------------------

ELEMENTS = """() => {
    const names = new Set();
    for (const e of document.querySelectorAll(".planner, .planner *"))
        for (const name of [e.localName, ...e.getAttributeNames()])
            names.add(name);
    return [...names].sort();
}"""


def shape(planner):
    """The kinds of element and attribute that the planner is made of."""
    assert planner.page.locator(":is(b, u, i, a):text-is('1')").count() == 0
    return set(planner.page.evaluate(ELEMENTS))


def test_hostile_text_is_shown_as_text(planner):
    known = shape(planner.fresh("#n_tokens=x").open_all())
    known |= {"placeholder", "hidden", "tabindex", "data-text", "li"}
    known |= {"aria-invalid", "aria-describedby"}
    planner.fresh().open_all()
    known |= shape(planner)
    for text in HOSTILE:
        for name in ("Layers", "Query heads", "Tokens of a text", "Texts at"):
            before = planner.field(name).input_value()
            planner.type(name, text)
            assert text in planner.trouble(name)
            assert shape(planner) <= known
            planner.type(name, before)
        for value in (
            text,
            json.dumps(FAMILY | {text: 1}),
            json.dumps(FAMILY | {"hidden_size": text}),
            json.dumps(FAMILY | {"model_type": text}),
            json.dumps(FAMILY | {"architectures": [text]}),
            json.dumps({"__proto__": {"model_type": text}, text: text}),
        ):
            planner.type(FILE, value)
            assert shape(planner) <= known
        for where in ("model", "config", "n_tokens", "dtype", text):
            planner.go(f"#{where}={text}")
            assert shape(planner) <= known
        planner.go(f"#config={json.dumps(FAMILY | {text: 1})}")
        assert shape(planner) <= known
        planner.go("#model=llama-3.1-8b")
        planner.open_all()
    for where in ("model", "config", "n_tokens"):
        planner.fresh(f"#{where}={HOSTILE[0]}")
        assert shape(planner) <= known
    assert planner.page.evaluate("({}).model_type") is None


@pytest.mark.parametrize(
    "address", ["#%", "#=&=&%zz", "#model=&config=%7B", "#" + "a" * 9000]
)
def test_an_address_that_means_nothing(planner, address):
    planner.fresh(address)
    assert planner.verdict().startswith("llama-3.1-8b: ")


# For all ---------------------------------------------------------------------


# without stylesheets of its own asking, which the policy of a page forbids
AXE = {"resultTypes": ["violations"], "preload": False}


def violations(page):
    return [
        (v["id"], [n["html"][:200] for n in v["nodes"][:3]])
        for v in Axe()
        .run(page, context=".planner", options=AXE)
        .response["violations"]
    ]


def test_axe_finds_nothing_before_and_after(planner):
    page = planner.fresh().page
    for colours, forced in (
        ("light", "none"),
        ("dark", "none"),
        ("light", "active"),
    ):
        page.emulate_media(color_scheme=colours, forced_colors=forced)
        assert violations(page) == []
    planner.open_all()
    planner.type("Layers", "none")
    for colours, forced in (
        ("light", "none"),
        ("dark", "none"),
        ("light", "active"),
    ):
        page.emulate_media(color_scheme=colours, forced_colors=forced)
        assert violations(page) == []
    page.emulate_media(color_scheme="light", forced_colors="none")


def test_320_pixels_are_enough(planner):
    page = planner.fresh("#model=qwen3-235b-a22b").page
    page.set_viewport_size({"width": 320, "height": 700})
    planner.open_all()
    planner.type("Layers", "1" * 16)
    planner.settled()
    width = page.evaluate("document.documentElement.scrollWidth")
    loose = page.evaluate(
        """() => [...document.querySelectorAll(".planner .scroll")]
            .filter((e) => e.scrollWidth > e.clientWidth + 1
                && e.tabIndex < 0).length"""
    )
    page.set_viewport_size({"width": 1280, "height": 800})
    assert (width, loose) == (320, 0)


def test_print_has_the_table_in_its_place(planner):
    page = planner.fresh().page
    static = page.locator(".cell.tag_planned")
    assert static.is_hidden()
    page.emulate_media(media="print")
    assert static.is_visible()
    assert page.locator(".planner").is_hidden()
    page.emulate_media(media="screen")


@pytest.mark.parametrize("lab", LAB)
def test_without_scripts_there_is_a_table(visit, lab):
    page = visit(java_script_enabled=False).open_plain(f"lab/{lab}.html").page
    assert page.locator(".cell.tag_planned table").is_visible()
    assert page.locator(".planner *").count() == 0


def test_no_task_is_long(planner):
    """All that a key stroke asks of the page, in the time of its own thread.

    By the clock it would depend on what else the machine does.
    """
    page = planner.fresh("#model=qwen3-235b-a22b").page
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})

    def seconds():
        found = session.send("Performance.getMetrics")["metrics"]
        return {m["name"]: m["value"] for m in found}["TaskDuration"]

    spent = []
    for text in ("9", "94", "948", "94"):
        before = seconds()
        planner.type("Layers", text)
        spent.append(1000 * (seconds() - before))
    session.detach()
    assert 0 < min(spent) < LONG_TASK_MS
