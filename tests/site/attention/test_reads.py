"""What the lab shows of a text is what Python computes."""

import re

import pytest
import torch

from tests import lab as engine_page

from ..attended import found, ids_of, tokenizer
from .asked import BOTH, CAUSAL, CLOSE, TEXT, cell_at, do, near, press

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
