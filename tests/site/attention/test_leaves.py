"""What leaves the lab or comes into it: copies, addresses, hostile text."""

import csv
import itertools
from xml.etree import ElementTree

import pytest
import torch

from .. import attended
from ..attended import HOSTILE, found, ids_of, tokenizer
from .asked import BOTH, CAUSAL, CLOSE, TEXT, cell_at, press

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
