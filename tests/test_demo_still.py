import re
from html import unescape
from pathlib import Path
from urllib.parse import parse_qs, parse_qsl

import pytest
import torch

from tests import lab
from xfmr.demo import artefact, still
from xfmr.demo.heads import heads
from xfmr.demo.model import mask_of
from xfmr.demo.rows import MASK
from xfmr.demo.texts import as_read

BOOK = Path(__file__).parents[1] / "book"
ARGUMENTS = {"query": 1, "name": "a head"}


def paths(figure):
    found = re.findall(
        r'<path d="([^"]*)" (fill|stroke)="([^"]*)"', figure.svg
    )
    return {colour: d for d, _, colour in found}


def test_colours_go_from_dark_to_light():
    assert len(still.LEVELS) == 16
    assert still.LEVELS[0] == "#00224e"
    assert still.LEVELS[-1] == "#fee838"


def test_cells_are_where_they_belong():
    shares = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
    mask = mask_of("causal", 2)
    figure = still.drawn(shares, ["a", "bc"], mask, **ARGUMENTS)
    edge = 2 * still.LETTER + 2 * still.ASIDE
    x, y = (f"{edge + n * still.CELL:g}" for n in (0, 1))
    found = paths(figure)
    assert found["#fee838"] == f"M{x} {x}h18v18h-18zM{y} {y}h18v18h-18z"
    assert found["#00224e"] == f"M{x} {y}h18v18h-18z"
    assert found["var(--masked, #6b675f)"] == f"M{y} {y}l18 -18"
    size = f"{edge + 2 * still.CELL + still.EDGE:g}"
    assert f'width="{size}" height="{size}"' in figure.svg


def test_neighbours_of_one_colour_are_one():
    shares = torch.full((3, 3), 1 / 3)
    mask = mask_of("bidirectional", 3)
    figure = still.drawn(shares, ["a", "b", "c"], mask, **ARGUMENTS)
    (colour, line), *others = paths(figure).items()
    assert not others
    assert colour == still.LEVELS[5]
    assert line.count("h54v18h-54z") == 3


def test_names_and_the_frame_stand_beside_their_cells():
    shares = torch.tensor([[1.0, 0.0], [0.25, 0.75]])
    mask = mask_of("causal", 2)
    figure = still.drawn(shares, ["a", "b"], mask, **ARGUMENTS)
    edge = still.LETTER + 2 * still.ASIDE
    middle = edge + 1.5 * still.CELL + still.SIZE * still.DROP
    assert f'x="{edge - 5:g}" y="{middle:g}" text-anchor="end"' in figure.svg
    assert f'transform="translate({middle:g} {edge - 5:g}) rot' in figure.svg
    frame = f'<rect x="{edge:g}" y="{edge + 18:g}" width="36" height="18"'
    assert frame in figure.svg
    assert figure.plain == "a head: b reads 0.75 of b"
    assert figure.plain in figure.svg


def test_the_shares_are_those_of_the_head():
    model, tokenizer = lab.model(), lab.tokenizer()
    view = still.View(text="a word", layer=1, head=0)
    tokens = torch.tensor([tokenizer.encode(as_read([view.text]))])
    last = heads(model, tokens, "causal").weights[1, 0, 0, -1]
    plain = still.still(model, tokenizer, view).plain
    assert plain.startswith("layer 1, head 0: ")
    assert f" reads {last.max():.2f} of " in plain
    words = [tokenizer.decode([each]) for each in tokens[0].tolist()]
    assert plain.endswith(f"of {still.shown(words[last.argmax()])}")


def test_read_both_ways_the_query_is_hidden():
    model, tokenizer = artefact.load()
    view = still.View(
        text="a word", layer=0, head=1, mode="bidirectional", query=1
    )
    ids = tokenizer.encode(as_read([view.text]))
    ids[1] = tokenizer.specials[MASK]
    shares = heads(model, torch.tensor([ids]), "bidirectional").weights
    figure = still.still(model, tokenizer, view)
    assert f"{MASK} reads {shares[0, 0, 1, 1].max():.2f} of" in figure.plain
    assert "stroke" not in "".join(paths(figure))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"layer": 4}, "layer=4 must be from 0 to 3"),
        ({"head": -1}, "head=-1 must be from 0 to 3"),
        ({"query": 99}, "query=99 must be from 0 to"),
    ],
)
def test_what_is_not_there_is_refused(change, said):
    given = {"text": "a", "layer": 0, "head": 0} | change
    with pytest.raises(ValueError, match=re.escape(said)):
        still.still(lab.model(), lab.tokenizer(), still.View(**given))


def test_addresses_say_what_differs_from_the_usual():
    view = still.View(text="a & b, c", layer=0, head=3)
    assert view.address == "text=a+%26+b%2C+c&layer=0&head=3"
    view = still.View(text="é", layer=1, head=0, mode="bidirectional", query=2)
    assert parse_qs(view.address) == {
        "text": ["é"],
        "mode": ["bidirectional"],
        "layer": ["1"],
        "head": ["0"],
        "query": ["2"],
    }


def test_a_seed_leads_to_the_lab():
    view = still.View(text='"<b>&', layer=0, head=0)
    figure = still.seed(lab.model(), lab.tokenizer(), view, lab="lab.html")
    (address,) = re.findall(r'href="([^"]*)"', figure.svg)
    assert unescape(address) == f"lab.html#{view.address}"
    (data,) = re.findall(r'data-seed="([^"]*)"', figure.svg)
    assert unescape(data) == view.address
    assert "<b>" not in figure.svg


def test_signs_stand_for_what_cannot_be_seen():
    words = ["\n", " a", "b c", " ", ""]
    assert [*map(still.shown, words)] == ["⏎", "a", "b␣c", "␣", "␣"]


# The page --------------------------------------------------------------------


def page():
    return (BOOK / "lab/attention.md").read_text("utf8")


def test_the_page_runs_the_lines_that_the_steps_show():
    script = (BOOK / "widgets/attention/steps.js").read_text("utf8")
    lines = re.findall(r'\[.*"([^"]+)", (?:list|number)\(', script)
    assert len(lines) == 10
    assert "\n".join(lines) in page()


def views():
    for text, words in re.findall(r'<a href="#([^"]*)">(.*?)</a>', page()):
        yield dict(parse_qsl(unescape(text), strict_parsing=True)), words


def test_links_show_what_the_text_says():
    _, tokenizer = artefact.load()
    cards = artefact.kept()["scores"]["heads"]["causal"]
    early, late = (
        divmod(torch.tensor(cards[name]).argmax().item(), 4)
        for name in ("previous", "induction")
    )
    found = [*views()]
    assert len(found) == 11
    shown = {"that one": early, "its neighbour": (late[0], 0)}
    for said, words in found:
        assert f'"{said["text"]}"' in page()
        tokens = tokenizer.encode(as_read([said["text"]]))
        named = [tokenizer.decode([each]).strip() for each in tokens]
        if "mode" in said:
            hidden = len(named) - 1 - named[::-1].index("oak")
            assert (said["query"], words) == (
                str(hidden),
                "the second <em>oak</em> is hidden",
            )
            continue
        head = int(said["layer"]), int(said.get("head", 0))
        assert head == shown.get(
            words, (late[0], 0 if ("neighbour" in words) else late[1])
        )
        if words.startswith("Without"):
            assert said["without"] == "{}.{}".format(*head)
        if words == "With the edge cut":
            last = len(named) - 1
            assert said["cut"] == "{}.{}.{}.{}".format(
                *head, last, said["key"]
            )
        if "key" in said:
            key = {"its neighbour": ","}.get(words)
            iron = "iron" if "iron" in named else "Ben"
            assert named[int(said["key"])] == (key or iron)
        if "swap" in said:
            assert said["swap"] == f"{said['key']}.gold"
