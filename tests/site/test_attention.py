"""The lab in a page: what it shows is what Python computes, and all of it can
be asked by mouse and by keyboard.

A page from a plain file, and one from a server of this machine, are shared by
the tests; each begins by an address of its own.
"""

import csv
import itertools
import json
import math
import re
from xml.etree import ElementTree

import pytest
import torch

from checkbook.weights import served
from tests import lab as engine_page

from . import attended
from .attended import HOSTILE, found, ids_of, tokenizer
from .conftest import visitor
from .test_pages import violations

TEXT = "the number of the build is the number of the page"
CLOSE = {"rtol": 0, "atol": 1e-5}
LONG_TASK_MS = 100
CAUSAL = {"text": TEXT}
BOTH = {"text": TEXT, "mode": "bidirectional"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("attention")
    attended.written(folder, {})
    return folder


@pytest.fixture(scope="module", params=["file", "server"])
def place(request, folder):
    """Where the page is: in files, or on this machine's server."""
    if request.param == "file":
        yield folder.as_uri()
        return
    with served(folder) as server:
        yield f"http://127.0.0.1:{server.server_port}"


@pytest.fixture
def by(place):
    """How it is operated: in one place so, in the other so."""
    return "mouse" if place.startswith("file:") else "keyboard"


@pytest.fixture(scope="module")
def lab(chromium, place):
    seen = visitor(chromium)
    yield attended.Lab(seen, f"{place}/attention.html").fresh()
    # the shell's: its icon again, and its fonts when they are needed
    late = f"ERR_INTERNET_DISCONNECTED {place}/_static/"
    assert [m for m in seen.messages if late not in m] == []
    assert {url for url in seen.requests if not url.startswith(place)} <= {
        "about:blank"
    }
    seen.page.context.close()


@pytest.fixture(scope="module")
def one(chromium, folder):
    """The same from a file, for what is asked once."""
    seen = visitor(chromium)
    yield attended.Lab(seen, (folder / "attention.html").as_uri()).fresh()
    assert seen.messages == []
    seen.page.context.close()


def do(lab, by, field, key="Enter"):
    """What a reader does with a part that can be pressed."""
    if by == "mouse":
        field.click()
    else:
        field.focus()
        lab.page.keyboard.press(key)
    lab.settled()


def press(lab, *keys):
    for key in keys:
        lab.page.keyboard.press(key)
    lab.settled()


def near(shown, right, digits):
    """A number as it is shown, and as it is."""
    return abs(float(shown.replace("−", "-")) - right) <= 0.51 * 10**-digits


# What it reads ---------------------------------------------------------------


def test_a_first_visit_shows_the_head_that_finds_what_followed(lab):
    lab.fresh()
    scores = torch.tensor(lab.page.evaluate("demoCards.causal.induction"))
    layer, head = divmod(scores.flatten().argmax().item(), scores.shape[1])
    assert lab.title().startswith(f"Layer {layer}, head {head}: ")


def test_typing_is_read_at_every_key(lab):
    lab.go(text="")
    box = lab.page.get_by_label("Text", exact=True)
    box.focus()
    lab.page.keyboard.type("the build")
    lab.settled()
    assert lab.words() == ["⏎", "the", "build"]
    assert lab.pressed() == 2
    press(lab, *["Backspace"] * 6, "Enter", "i", "s")
    assert lab.words() == ["⏎", "the", "⏎", "is"]
    torch.testing.assert_close(
        lab.shares(), found(ids_of("the\nis"))["attention"][0, 0], **CLOSE
    )


def test_a_piece_of_a_word_is_told_from_a_word(lab):
    lab.go(text="zzthe, the")
    assert "…z" in lab.words()
    assert lab.words()[-2:] == [",", "the"]


def test_no_text(lab):
    lab.go(text="")
    assert lab.words() == ["⏎", "␣"]
    assert lab.problems() == ""
    torch.testing.assert_close(
        lab.shares(), found(ids_of(""))["attention"][0, 0], **CLOSE
    )


def test_a_text_that_is_too_long_is_read_as_far_as_it_goes(lab):
    lab.go(text="the " * 140)
    assert lab.tokens().count() == 128
    n = len(ids_of("the " * 140))
    assert f"{n} tokens; the model reads the first 128" in lab.problems()
    press(lab)
    assert lab.button("Verify against Python").is_visible()
    lab.go(text="the " * 63)
    assert lab.problems() == ""


def test_examples(lab, by):
    lab.go(text="x", layer=1, head=2, without="0.1")
    do(lab, by, lab.button("A hidden word"))
    assert "[mask]" in lab.words()
    assert lab.title().startswith("Layer 1, head 2")
    assert lab.saved()["mode"] == "bidirectional"
    assert "without" not in lab.saved()
    lab.button("Two names").click()
    lab.settled()
    assert "[mask]" not in lab.words()


def test_mode_mask_and_what_is_hidden(lab, by):
    lab.go(**CAUSAL, query=4)
    ids = ids_of(TEXT)
    mode = lab.page.get_by_label("bidirectional: restore a hidden token")
    crossed = lab.page.get_by_label("with the other one’s mask")
    hide = lab.page.get_by_label("hide the chosen token")
    assert not hide.is_visible()

    if by == "mouse":
        mode.click()
    else:
        lab.page.get_by_label("causal: tell the next token").focus()
        press(lab, "ArrowRight")
    lab.settled()
    masked = [*ids[:4], tokenizer().encode("<mask>")[0], *ids[5:]]
    right = found(masked, "bidirectional")["attention"][0, 0]
    torch.testing.assert_close(lab.shares(), right, **CLOSE)
    assert lab.words()[4] == "[mask]"
    do(lab, by, hide, "Space")
    assert lab.words()[4] != "[mask]"
    right = found(ids, "bidirectional")["attention"][0, 0]
    torch.testing.assert_close(lab.shares(), right, **CLOSE)
    do(lab, by, crossed, "Space")
    right = found(ids, "bidirectional", mask="causal")["attention"][0, 0]
    torch.testing.assert_close(lab.shares(), right, **CLOSE)
    assert lab.saved() == BOTH | {
        "query": "4",
        "hide": "no",
        "mask": "crossed",
    }
    lab.page.get_by_label("causal: tell the next token").check()
    lab.settled()
    right = found(ids, "causal", mask="full")["attention"][0, 0]
    torch.testing.assert_close(lab.shares(), right, **CLOSE)


# Tokens ----------------------------------------------------------------------


def test_choose_and_compare_tokens_by_mouse(lab):
    lab.go(**CAUSAL)
    right = found(ids_of(TEXT))["attention"][0, 0]
    n = len(right)
    assert lab.pressed() == n - 1
    lab.tokens().nth(5).click()
    lab.settled()
    assert lab.pressed() == 5
    for s, token in enumerate(lab.tokens().all()):
        shown = token.locator(".share").inner_text()
        assert shown == "–" if s > 5 else near(shown, right[5, s], 2)
    lab.tokens().nth(7).click(modifiers=["Shift"])
    lab.settled()
    assert lab.pressed() == 5
    for s, token in enumerate(lab.tokens().all()):
        one, other = token.locator(".share").inner_text().split()
        assert one == "–" if s > 5 else near(one, right[5, s], 2)
        assert other == "–" if s > 7 else near(other, right[7, s], 2)
        said = token.get_attribute("aria-label")
        word = lab.words()[7]
        assert (f"{other} read by {word}" in said) == (s <= 7)
    lab.tokens().nth(7).click(modifiers=["Shift"])
    lab.settled()
    assert lab.saved() == CAUSAL | {"query": "5"}


def test_choose_and_compare_tokens_by_keyboard(lab):
    lab.go(**CAUSAL, query=3)
    lab.tokens().nth(3).focus()
    assert [
        token.get_attribute("tabindex") for token in lab.tokens().all()
    ].count("0") == 1
    press(lab, "ArrowRight", "ArrowRight", "Enter")
    assert lab.pressed() == 5
    assert "row of" in lab.status()
    press(lab, "End", "ArrowLeft", "Shift+Enter")
    last = lab.tokens().count() - 1
    assert lab.saved() == CAUSAL | {"query": "5", "other": str(last - 1)}
    press(lab, "Shift+Enter")
    assert lab.saved() == CAUSAL | {"query": "5"}
    press(lab, "Home", "Space")
    assert lab.pressed() == 0


def test_compare_by_a_button(lab, by):
    lab.go(**CAUSAL, query=3)

    do(lab, by, lab.button("Compare with another token"))
    assert "choose the token" in lab.status()
    do(lab, by, lab.tokens().nth(6))
    assert lab.saved() == CAUSAL | {"query": "3", "other": "6"}
    do(lab, by, lab.button("Compare no more"))
    assert lab.saved() == CAUSAL | {"query": "3"}
    do(lab, by, lab.tokens().nth(6))
    assert lab.pressed() == 6


# Matrix and heads ------------------------------------------------------------


def cell_at(lab, t, s):
    """Where in the window a cell of the matrix is."""
    lab.page.locator(".lab .matrix").scroll_into_view_if_needed()
    box = lab.page.locator(".lab .matrix canvas").bounding_box()
    label = 74
    cell = (box["width"] - label) / lab.tokens().count()
    at = [label + (n + 0.5) * cell for n in (s, t)]
    return box["x"] + at[0], box["y"] + at[1]


def test_matrix_by_mouse(lab):
    lab.go(**CAUSAL)
    right = found(ids_of(TEXT))["attention"][0, 0]
    lab.page.mouse.move(*cell_at(lab, 6, 2))
    hint = lab.page.locator(".lab .hint")
    assert near(
        re.search(r"reads (\S+) of", hint.inner_text())[1], right[6, 2], 3
    )
    lab.page.mouse.click(*cell_at(lab, 6, 2))
    shown = re.search(r"\((\d+)\) reads (\S+) of .*\((\d+)\)", lab.status())
    assert (shown[1], shown[3]) == ("6", "2")
    assert near(shown[2], right[6, 2], 3)
    lab.page.mouse.click(*cell_at(lab, 2, 6))
    assert "may not read" in lab.status()
    assert lab.saved() == CAUSAL | {"query": "2", "key": "6"}
    lab.page.mouse.click(*cell_at(lab, 4, -1))
    assert lab.saved() == CAUSAL | {"query": "4"}
    lab.page.mouse.click(*cell_at(lab, -1, 3))
    assert lab.saved() == CAUSAL | {"query": "4", "key": "3"}


def test_matrix_by_keyboard(lab):
    lab.go(**CAUSAL, query=6, key=2)
    last = lab.tokens().count() - 1
    right = found(ids_of(TEXT))["attention"][0, 0]
    lab.page.locator(".lab .matrix").focus()
    for key, t, s in [
        ("ArrowUp", 5, 2),
        ("ArrowLeft", 5, 1),
        ("ArrowDown", 6, 1),
        ("ArrowRight", 6, 2),
        ("Home", 6, 0),
        ("ArrowLeft", 6, 0),
        ("End", 6, last),
        ("ArrowRight", 6, last),
        ("PageDown", last, last),
        ("ArrowDown", last, last),
        ("PageUp", 0, last),
        ("ArrowUp", 0, last),
        ("Home", 0, 0),
    ]:
        press(lab, key)
        said = lab.status()
        assert re.findall(r"\((\d+)\)", said) == [str(t), str(s)], key
        if s <= t:
            assert near(said.split(" reads ")[1].split()[0], right[t, s], 3)
        else:
            assert "may not read" in said
    press(lab, "Escape")
    assert "row of" in lab.status()
    assert "key" not in lab.saved()
    press(lab, "Tab")
    assert lab.button("Copy as SVG").evaluate(
        "e => e === document.activeElement"
    )


def test_heads(lab, by):
    lab.go(**CAUSAL)
    right = found(ids_of(TEXT))["attention"]
    head = lab.button("Layer 2, head 3")
    do(lab, by, head)
    torch.testing.assert_close(lab.shares(), right[2, 3], **CLOSE)
    assert head.get_attribute("aria-pressed") == "true"
    assert lab.title().startswith("Layer 2, head 3")
    assert lab.saved() == CAUSAL | {"layer": "2", "head": "3"}


PICTURED = """
(T) => {
  const canvas = document.querySelector(".heads canvas");
  const { width, height } = canvas;
  const copy = document.createElement("canvas");
  Object.assign(copy, { width, height });
  const context = copy.getContext("2d", { willReadFrequently: true });
  context.drawImage(canvas, 0, 0);
  const { data } = context.getImageData(0, 0, width, height);
  const all = canvas.getBoundingClientRect();
  const pixel = (x, y) => {
    const at = 4 * (Math.floor(y) * width + Math.floor(x));
    return [...data.subarray(at, at + 4)];
  };
  return [...document.querySelectorAll(".heads button .room")].map((room) => {
    const { left, top, width: w, height: h } = room.getBoundingClientRect();
    const [across, down] = [width / all.width, height / all.height];
    return Array.from({ length: T * T }, (_, n) => pixel(
      (left - all.left + (n % T + 0.5) * w / T) * across,
      (top - all.top + (Math.floor(n / T) + 0.5) * h / T) * down));
  });
}
"""


@pytest.mark.parametrize("width", [1280, 360])
def test_each_head_is_pictured_on_its_button(one, width):
    one.page.set_viewport_size({"width": width, "height": 800})
    one.go(**CAUSAL, without="1.2")
    right = found(ids_of(TEXT), without=[(1, 2)])["attention"]
    T = right.shape[-1]
    right = right.flatten(0, 1).flatten(-2)
    shown = torch.tensor(one.page.evaluate(PICTURED, T)).double()
    said = one.page.evaluate(
        "(all) => all.map(lab.colour)", right.flatten().tolist()
    )
    colours = torch.tensor(
        [[*map(float, re.findall(r"\d+", x))] for x in said]
    )
    may = torch.ones(T, T).tril().flatten().bool()
    alpha = shown[..., 3]
    assert (alpha[:, ~may] == 0).all()
    removed = torch.arange(16) == 1 * 4 + 2
    assert (alpha[~removed][:, may] == 255).all()
    assert (alpha[removed][:, may] == 64).all()
    far = shown[..., :3] - colours.view(16, T * T, 3)
    assert far[~removed][:, may].abs().max() <= 2
    one.page.set_viewport_size({"width": 1280, "height": 800})


def test_what_was_measured_of_a_head(lab, by):
    lab.go(**CAUSAL, layer=1, head=1)
    summary = lab.page.get_by_text("What was measured of this head")
    card = lab.page.locator(".lab .scores")
    do(lab, by, summary)
    assert not card.is_visible()
    do(lab, by, summary)
    card = card.inner_text().split("\n")
    scores = engine_page.cards()["causal"]
    for name, title in (("previous", "previous word"), ("first", "text's st")):
        (line,) = (n for n, x in enumerate(card) if x.startswith(title))
        share = float(card[line + 1].split("%")[0])
        assert abs(share - 100 * scores[name][1][1]) <= 0.0501


# What is taken away ----------------------------------------------------------


UNSEEN = [*"⏎␣", *map(chr, range(0x2400, 0x2420))]


def agrees(shown, share):
    """A share of a whole in hundredths, and as it is."""
    if shown.startswith("<"):
        return share < 0.00101
    return abs(float(shown.strip("%")) / 100 - share) < 0.00051


def predictions_are(lab, right, before=None):
    """What is foretold is Python's, and what it was before."""
    shown = lab.foretold()
    assert len(shown) >= 6
    at = lab.pressed()
    order = right["shares"][at].argsort(descending=True).tolist()
    for (word, share, _), token in zip(shown[:6], order, strict=False):
        text = tokenizer().decode([token]).strip()
        assert word.strip("…") == text or word in UNSEEN or "�" in word
        *was, now = share.split(" → ")
        assert agrees(now, right["shares"][at, token])
        assert len(was) == (before is not None)
        for one in was:
            assert agrees(one, before["shares"][at, token])


def test_remove_a_head_cut_an_edge_replace_a_token(lab, by):
    lab.go(**CAUSAL, layer=1, head=2, query=8, key=3)
    ids = ids_of(TEXT)
    usual = found(ids)
    predictions_are(lab, usual)

    def push(name, among=".tools"):
        among = lab.page.locator(f".lab {among}")
        do(lab, by, among.get_by_role("button", name=name))

    assert lab.button("Put all back").is_disabled()
    push("Remove head 1.2")
    predictions_are(lab, found(ids, without=[(1, 2)]), usual)
    push("Put back head 1.2")
    predictions_are(lab, usual)

    push(re.compile("^Cut “.*” → “.*” in this head"))
    changed = found(ids, cut=[(1, 2, 8, 3)])
    predictions_are(lab, changed, usual)
    torch.testing.assert_close(
        lab.shares(), changed["attention"][1, 2], **CLOSE
    )
    assert "may not read" not in lab.status()
    push(re.compile("^Mend "))
    predictions_are(lab, usual)

    word = lab.page.get_by_label(re.compile("^Put another word in the place"))
    word.fill("page")
    if by == "mouse":
        lab.button("Replace").click()
    else:
        word.focus()
        press(lab, "Enter")
    lab.settled()
    swapped = [*ids[:3], tokenizer().encode(" page")[0], *ids[4:]]
    predictions_are(lab, found(swapped), usual)
    assert lab.words()[3] == "page"

    push("Remove head 1.2")
    push(re.compile("^Cut "))
    crossed = lab.page.get_by_label("with the other one’s mask")
    do(lab, by, crossed, "Space")
    all_of_it = {
        "without": [(1, 2)],
        "cut": [(1, 2, 8, 3)],
        "mask": "full",
    }
    predictions_are(lab, found(swapped, **all_of_it), usual)
    said = lab.saved()
    assert said == CAUSAL | {
        "layer": "1",
        "head": "2",
        "query": "8",
        "key": "3",
        "mask": "crossed",
        "without": "1.2",
        "cut": "1.2.8.3",
        "swap": "3.page",
    }
    push("Put back edge", ".taken")
    predictions_are(lab, found(swapped, **all_of_it | {"cut": []}), usual)
    push("Put back the word", ".taken")
    predictions_are(lab, found(ids, **all_of_it | {"cut": []}), usual)
    push("Put back head 1.2", ".taken")
    predictions_are(lab, found(ids, mask="full"), usual)
    push("Put all back")
    predictions_are(lab, usual)
    assert lab.saved() == {
        k: said[k] for k in ("text", "layer", "head", "query", "key")
    }


def test_a_word_of_several_tokens_replaces_none(lab):
    lab.go(**CAUSAL, key=3)
    word = lab.page.get_by_label(re.compile("^Put another word in the place"))
    word.fill("zzyzx")
    lab.button("Replace").click()
    lab.settled()
    assert re.search("“zzyzx” is [2-9] tokens", lab.problems())
    predictions_are(lab, found(ids_of(TEXT)))


def test_a_hidden_token_is_among_what_is_foretold(lab):
    lab.go(**BOTH, query=2)
    ids = ids_of(TEXT)
    masked = [*ids[:2], tokenizer().encode("<mask>")[0], *ids[3:]]
    right = found(masked, "bidirectional")
    (shown,) = (line for line in lab.foretold() if line[2])
    assert shown[0] == "number"
    assert agrees(shown[1], right["shares"][2, ids[2]])
    predictions_are(lab, right)


# How a number was made -------------------------------------------------------


def of_the_steps(lab):
    """Each line of Python, and what stands beside it."""
    rows = lab.page.locator(".lab .steps li").evaluate_all(
        "all => all.map((e) => [e.querySelector('code').textContent,"
        " e.querySelector('.value').textContent])"
    )
    return [(line, value.replace("−", "-").split()) for line, value in rows]


@pytest.mark.parametrize(
    ("t", "s", "changes"),
    [
        (8, 3, {}),
        (8, 8, {}),
        (3, 8, {}),
        (3, 8, {"mask": "full"}),
        (8, 3, {"cut": [(2, 1, 8, 3)]}),
        (8, 4, {"cut": [(2, 1, 8, 3)]}),
    ],
)
def test_lines_of_python_give_the_numbers_beside_them(lab, t, s, changes):
    said = {"mask": "crossed"} if "mask" in changes else {}
    for edge in changes.get("cut", []):
        said["cut"] = ".".join(map(str, edge))
    lab.go(**CAUSAL, layer=2, head=1, query=t, key=s, **said).open_all()
    right = found(ids_of(TEXT), **changes)
    queries, keys, values, scores = (
        right[name][2, 1] for name in ("q", "k", "v", "scores")
    )
    readable = torch.ones_like(scores, dtype=torch.bool)
    if "mask" not in changes:
        readable = readable.tril()
    for *_, query, key in changes.get("cut", []):
        readable[query, key] = False
    row = scores[t].masked_fill(~readable[t], -math.inf)
    known = dict(
        math=math,
        queries=queries,
        keys=keys,
        values=values,
        t=t,
        s=s,
        readable=readable,
        row=row,
        H=32,
    )
    rows = of_the_steps(lab)
    assert len(rows) == 10
    for line, shown in rows:
        name, equals, _ = line.partition(" = ")
        if equals:
            exec(line, known)
        made = known[name] if equals else eval(line, known)
        made = torch.as_tensor(made).flatten()
        assert len(shown) == made.numel()
        digits = 2 if len(shown) > 1 else 4
        for one, number in zip(shown, made.tolist(), strict=True):
            if number == -math.inf:
                assert one == "-∞"
            else:
                assert abs(float(one) - number) <= 0.52 * 10**-digits, line
    assert known["weight"] == pytest.approx(right["attention"][2, 1, t, s])


def test_steps_by_keyboard(lab):
    lab.go(**CAUSAL)
    summary = lab.page.get_by_text("How was this number made?")
    steps = lab.page.locator(".lab .steps")
    if steps.is_visible():
        summary.click()
    summary.focus()
    press(lab, "Enter")
    assert "Choose a cell" in steps.inner_text()
    lab.page.locator(".lab .matrix").focus()
    press(lab, "ArrowLeft")
    assert len(of_the_steps(lab)) == 10
    press(lab, "Escape")
    assert "Choose a cell" in steps.inner_text()


def test_who_may_read_nothing_has_no_steps(lab):
    lab.go(**CAUSAL, query=0, key=0, cut="0.0.0.0").open_all()
    assert "may read nothing" in lab.page.locator(".lab .steps").inner_text()


def test_verify(lab, by):
    button = lab.button("Verify against Python")
    do(lab, by, button)
    said = lab.page.locator(".lab .verified")
    said.locator("p").nth(1).wait_for()
    plain, kernel = said.locator("p").all_inner_texts()
    ids = len(engine_page.tokenizer().encode(engine_page.scripts.TEXT))
    count = f"{4 * (16 * ids**2 + 1024):,}"
    for line, gate in ((plain, 1e-12), (kernel, 1e-5)):
        assert "they agree" in line
        assert count in line
        far = float(re.search(r"than (\S+) from", line)[1])
        assert 0 < far < 30 * gate
    assert button.is_enabled()


# Copies and addresses --------------------------------------------------------


def test_csv_is_what_python_computes(lab):
    lab.go(**BOTH, hide="no", layer=3, head=1)
    text = lab.copied("CSV")
    first, *rows = text.splitlines()
    assert first.startswith('"query",') or first.startswith("query,")
    assert len(rows) == len(ids_of(TEXT))
    right = found(ids_of(TEXT), "bidirectional")["attention"][3, 1]
    torch.testing.assert_close(lab.shares(), right, **CLOSE)


def test_svg_is_a_picture_of_the_matrix(lab):
    lab.go(**CAUSAL)
    picture = ElementTree.fromstring(lab.copied("SVG"))
    names = [e.tag.rpartition("}")[2] for e in picture.iter()]
    n = len(ids_of(TEXT))
    assert names.count("rect") == 1 + n * (n + 1) // 2
    assert names.count("path") == n * (n - 1) // 2
    right = found(ids_of(TEXT))["attention"][0, 0]
    shown = [
        float(e.text) for e in picture.iter() if e.get("font-size") == "10"
    ]
    seen = right[right >= 0.005]
    assert shown == pytest.approx(seen.tolist(), abs=0.0051)


@pytest.mark.parametrize("allowed", [True, False])
def test_copied_with_and_without_leave(one, allowed):
    one.fresh()
    one.page.evaluate(
        """(allowed) => {
          window.kept = null;
          navigator.clipboard.writeText = async (text) => {
            if (!allowed) throw new Error("no");
            window.kept = text;
          };
          document.addEventListener("copy", () => {
            window.kept = document.activeElement.value;
          });
        }""",
        allowed,
    )
    button = one.button("Copy as CSV")
    button.focus()
    press(one, "Enter")
    assert one.status() == "Copied as CSV."
    assert one.page.evaluate("window.kept").startswith("query,")
    assert button.evaluate("e => e === document.activeElement")
    assert one.page.locator("body > textarea").count() == 0


def test_an_address_says_it_all(one):
    said = BOTH | {
        "hide": "no",
        "mask": "crossed",
        "layer": "1",
        "head": "3",
        "query": "4",
        "key": "2",
        "other": "6",
        "without": "0.1,3.3",
        "cut": "1.3.4.2",
        "swap": "5.page",
    }
    one.fresh("#" + "&".join(f"{k}={v}" for k, v in said.items()))
    assert one.page.locator("#lab-text").input_value() == TEXT
    shown = one.copied("CSV"), one.foretold()
    ids = ids_of(TEXT)
    ids[5] = tokenizer().encode(" page")[0]
    right = found(
        ids,
        "bidirectional",
        mask="causal",
        without=[(0, 1), (3, 3)],
        cut=[(1, 3, 4, 2)],
    )
    torch.testing.assert_close(one.shares(), right["attention"][1, 3], **CLOSE)
    one.tokens().nth(5).click()
    one.tokens().nth(4).click()
    assert one.saved() == said
    one.page.reload()
    one.page.locator("[data-ready]").wait_for()
    assert (one.copied("CSV"), one.foretold()) == shown


def test_an_address_stays_until_something_is_asked(one):
    one.fresh("#after")
    one.page.wait_for_timeout(400)
    assert one.page.evaluate("location.hash") == "#after"
    one.page.get_by_label("Text", exact=True).fill("the page")
    one.settled()
    one.page.evaluate("location.hash = 'after'")
    one.settled()
    assert one.words() == ["⏎", "the", "page"]
    one.go(text="the build")
    assert one.words() == ["⏎", "the", "build"]
    assert one.page.locator("#lab-text").input_value() == "the build"


def test_what_is_not_there_is_left_out(lab):
    usual = lab.go(**CAUSAL).copied("CSV"), lab.foretold()
    for wrong in (
        {"layer": 4, "head": 4, "query": 99, "key": 99, "other": 99},
        {"layer": -1, "head": "x", "query": 1e9, "key": "", "other": "0x1"},
        {"mode": "both", "mask": "none", "hide": "maybe"},
        {"without": "4.0,0.4,1,1.2.3,-1.0,x.y"},
        {"cut": "0.0.99.0,0.0.0.99,4.0.0.0,0.0,1.2.3.4.5,0.0.-1.0"},
        {"swap": "99.page"},
        {"swap": "page"},
        {"swap": "1."},
        {"without": "9.9," * 500, "unknown": "x"},
    ):
        lab.go(**CAUSAL | wrong)
        assert (lab.copied("CSV"), lab.foretold()) == usual, wrong
        assert lab.problems() == ""
        assert lab.page.locator(".lab .taken li").count() == 0
    assert lab.go(text="x" * 5000).words()[0] == "⏎"


# Hostile text ----------------------------------------------------------------

PLAIN = {"layer": "1", "head": "1", "query": "3", "key": "1", "other": "2"}
PLAIN |= {"without": "0.0", "cut": "1.1.3.1"}
NAMED = (*PLAIN, "mode", "mask", "hide", "swap", "unknown")


@pytest.fixture(scope="module")
def kinds(one):
    """The shape of all that there is to see, of a text without signs."""
    kinds = {}
    for said in (
        PLAIN | {"text": "the a the a the", "swap": "1.page"},
        PLAIN | {"text": "zz the", "swap": "1.zzyzx", "mode": "bidirectional"},
        {"text": "the a the"},
    ):
        for name, attributes in one.go(**said).open_all().shape().items():
            kinds.setdefault(name, set()).update(attributes)
    return kinds


def intruders(lab, kinds, texts):
    """What texts bring into the page that was not there before."""
    seen = set()

    def look():
        for name, attributes in lab.shape().items():
            if not attributes <= kinds.get(name, set()) or name not in kinds:
                seen.add(name)

    row = "".join(texts) + texts[0]
    for text in texts:
        for mode, at in (("causal", 2), ("bidirectional", 1)):
            swap = f"{at}.{text}"  # in the place of a sign, or of a space
            lab.go(**PLAIN | {"text": row, "swap": swap, "mode": mode})
            look()
            lab.page.mouse.move(*cell_at(lab, 3, 2))
            look()
    for name, text in zip(NAMED, itertools.cycle(texts), strict=False):
        lab.go(**PLAIN | {"text": row, name: text})
        look()
    lab.page.get_by_label("Text", exact=True).fill(f"a{row}")
    lab.page.locator("#lab-word").fill(texts[0])
    lab.button("Replace").click()
    lab.settled()
    look()
    lab.page.locator(".lab .matrix").focus()
    press(lab, "Home", "ArrowRight", "ArrowRight")
    look()
    return seen


def test_typed_text_never_becomes_markup(lab, kinds):
    assert intruders(lab, kinds, HOSTILE[:4]) == set()
    lab.go(text="<b><a/b>&lt;'\"")
    assert {"<b>", "<a/b>", "&lt;", "'\""} <= set(lab.words())


def test_copies_of_hostile_text(lab):
    lab.go(text="".join(HOSTILE) + " \x01\x0b￾￿", hide="no")
    picture = ElementTree.fromstring(lab.copied("SVG"))
    kinds = {e.tag.rpartition("}")[2] for e in picture.iter()}
    assert kinds == {"svg", "title", "rect", "text", "path"}
    words = [e.text for e in picture.iter() if e.text]
    assert {*HOSTILE} <= set(words)
    rows = [*csv.reader(lab.copied("CSV").splitlines())]
    n = lab.tokens().count()
    assert {len(row) for row in rows} == {n + 1}
    names = [row[0] for row in rows[1:]]
    assert names == rows[0][1:]
    assert {"<b>", "<a/b>", "&lt;", "'\"", "'=1+1"} <= set(names)
    assert not any(name.startswith(("=", "+", "-", "@")) for name in names)


MARKUP = {
    "what is made": (
        "parts",
        "element.append(...inside);",
        "if (properties.textContent) element.innerHTML ="
        " properties.textContent; element.append(...inside);",
    ),
    "a token": (
        "tokens",
        "write(word, shown(texts[s]));",
        "word.innerHTML = shown(texts[s]);",
    ),
    "a problem": (
        "page",
        'write(problems, reading.problems.join(" "));',
        'problems.innerHTML = reading.problems.join(" ");',
    ),
    "a cell": ("matrix", "hint.textContent = t", "hint.innerHTML = t"),
    "what is said": (
        "page",
        "status.textContent = text",
        "status.innerHTML = text",
    ),
}


@pytest.mark.parametrize("fault", MARKUP)
def test_markup_would_be_seen(visit, kinds, tmp_path, fault):
    script, right, wrong = MARKUP[fault]
    page = attended.written(tmp_path, {script: (right, wrong)})
    broken = attended.Lab(visit(), page.as_uri()).fresh()
    assert intruders(broken, kinds, ["<b>"]) >= {"B"}


# All can use it --------------------------------------------------------------


def test_axe_finds_nothing(visit, folder):
    one = attended.Lab(visit(), (folder / "attention.html").as_uri()).fresh()
    for ask in (False, True):
        if ask:
            one.go(
                **BOTH,
                key=3,
                query=4,
                other=2,
                without="0.1",
                cut="0.0.4.3",
                swap="5.page",
            ).open_all()
            one.button("Verify against Python").click()
            one.page.locator(".lab .verified p").nth(1).wait_for()
        for scheme in ("light", "dark"):
            one.page.emulate_media(color_scheme=scheme, forced_colors="none")
            one.settled()
            assert violations(one.page) == [], (ask, scheme)
        one.page.emulate_media(color_scheme="light", forced_colors="active")
        one.settled()
        assert violations(one.page) == [], (ask, "forced")


def test_narrow_screens_and_targets(one):
    one.fresh()
    for width in (320, 360, 768):
        one.page.set_viewport_size({"width": width, "height": 740})
        for text in (TEXT, "the " * 130, "x" * 60):
            one.go(text=text, key=1, without="0.0,1.1").open_all()
            assert one.page.evaluate(
                "() => { scrollTo(99, 0); return [scrollX,"
                " document.documentElement.scrollWidth] }"
            ) == [0, width]
            small = one.page.locator(
                ".lab :is(button, input, textarea, summary, .matrix)"
            ).evaluate_all(
                "all => all.filter((e) => e.checkVisibility()).filter((e) =>"
                " { const { width, height } = e.getBoundingClientRect();"
                " return width < 24 || height < 24; })"
                ".map((e) => e.outerHTML.slice(0, 90))"
            )
            assert small == []
    one.page.set_viewport_size({"width": 1280, "height": 800})


def test_print_has_none_of_it(one):
    one.page.emulate_media(media="print")
    assert not one.page.locator(".lab").is_visible()
    one.page.emulate_media(media="screen")


def test_colours_follow_the_scheme(one):
    one.fresh()
    pixels = "() => document.querySelector('.matrix canvas').toDataURL()"
    shown = []
    for scheme in ("light", "dark", "light"):
        one.page.emulate_media(color_scheme=scheme)
        one.settled()
        shown.append(one.page.evaluate(pixels))
    assert shown[0] == shown[2] != shown[1]


# Time ------------------------------------------------------------------------

TRACED = ["disabled-by-default-devtools.timeline"]


def longest(trace):
    """Milliseconds of processor time of the longest task of a page.

    What else the machine does meanwhile does not count.
    """
    events = json.loads(trace)["traceEvents"]
    main = {
        (e["pid"], e["tid"])
        for e in events
        if e["name"] == "thread_name" and "CrRendererMain" in str(e["args"])
    }
    tasks = [
        e["tdur"]
        for e in events
        if "tdur" in e  # it has ended
        and e["name"] == "RunTask"
        and (e["pid"], e["tid"]) in main
    ]
    return max(tasks) / 1000


def test_nothing_takes_long(chromium, visit, folder):
    """The best of three, for a processor that is shared is slower."""
    page = (folder / "attention.html").as_uri()
    taken = []
    for _ in range(3):
        lab = attended.Lab(visit(), page)
        chromium.start_tracing(page=lab.page, categories=TRACED)
        lab.fresh()
        box = lab.page.get_by_label("Text", exact=True)
        for text in ("the build " * 31, "a build " * 31):
            box.fill(text)
            lab.settled()
        lab.button("Verify against Python").click()
        lab.page.locator(".lab .verified p").nth(1).wait_for()
        taken.append(longest(chromium.stop_tracing()))
        if taken[-1] < LONG_TASK_MS:
            break
    assert 5 < min(taken) < LONG_TASK_MS, taken
