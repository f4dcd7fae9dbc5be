"""What is taken away, and how a number was made: as Python computes it."""

import math
import re

import pytest
import torch

from tests import lab as engine_page

from ..attended import found, ids_of, tokenizer
from .asked import BOTH, CAUSAL, CLOSE, TEXT, do, press

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
