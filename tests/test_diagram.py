"""The diagram of a run: its graph, and the picture that `dot` makes of it."""

import re
from xml.etree import ElementTree

import pytest
import torch
from einops import einsum

from xfmr import diagram, svg, trace


def texts(figure):
    root = ElementTree.fromstring(figure.svg)
    return [
        t.text.strip() for t in root.iter("{http://www.w3.org/2000/svg}text")
    ]


@pytest.fixture(scope="module")
def run():
    def scores(x, w):
        q = einsum(x, w, "T D, D H -> T H")
        k = q + 1
        return einsum(q, k, "T H, S H -> T S")

    x, w = torch.ones(3, 5), torch.ones(5, 2)
    return trace.follow(scores, x, w, axes={"k": "S H"})


ROLES = {"q": "query", "output": "result"}


def test_the_graph_of_a_run(run):
    lines = [
        line.strip()
        for line in diagram.path_graph(run, ROLES).source.splitlines()
    ]
    blue, green = (
        f'color="{svg.FALLBACKS[role]}" fontcolor="{svg.FALLBACKS[role]}"'
        for role in ("query", "result")
    )
    dashed = [re.sub(r" (margin|height|shape)=[\w.]+", "", x) for x in lines]
    assert [line for line in dashed if line[:1] in "0123456789io"] == [
        r'in0 [label="x\nT D = 3 × 5"]',
        r'in1 [label="w\nD H = 5 × 2"]',
        r'0 [label="einsum\nT D, D H -> T H"]',
        'in0 -> 0 [label=""]',
        'in1 -> 0 [label=""]',
        "1 [label=add]",
        rf'0 -> 1 [label=" q: T H \n 3 × 2 " {blue}]',
        r'2 [label="einsum\nT H, S H -> T S"]',
        rf'0 -> 2 [label=" q: T H \n 3 × 2 " {blue}]',
        r'1 -> 2 [label=" k: S H \n 3 × 2 "]',
        f"out2 [label=output {green}]",
        rf'2 -> out2 [label=" output: T S \n 3 × 3 " {green}]',
    ]


def test_a_path_is_of_the_page(run):
    figure = diagram.path(run, roles=ROLES, alt="q and k")
    words = texts(figure)
    assert sorted(words) == sorted(
        ["x", "w", "einsum", "T D, D H -> T H", "add", "einsum", "output"]
        + ["T H, S H -> T S", "T D = 3 × 5", "D H = 5 × 2"]
        + ["q: T H", "3 × 2"] * 2
        + ["k: S H", "3 × 2", "output: T S", "3 × 3"]
    )
    assert figure.svg == diagram.path(run, roles=ROLES, alt="q and k").svg
    assert 'aria-label="q and k"' in figure.svg
    assert "var(--query, " in figure.svg and "currentColor" in figure.svg
    for clutter in ("black", "#000000", " id=", "class=", "<!--", "<title"):
        assert clutter not in figure.svg
    assert repr(figure).splitlines() == [
        "x, w -> einsum T D, D H -> T H -> q: T H = 3 × 2",
        "q -> add -> k: S H = 3 × 2",
        "q, k -> einsum T H, S H -> T S -> output: T S = 3 × 3",
    ]


def test_weights_stand_in_the_box_that_uses_them():
    layer = torch.nn.Sequential(torch.nn.Linear(5, 2, device="meta"))
    x = torch.empty(3, 5, device="meta")
    run = trace.follow(layer, x, axes={"input": "T D"}, sizes={"H": 2})
    roles = {"0.weight": "query"}
    words = texts(diagram.path(run, roles=roles, weights_inside=True))
    assert words[:4] == [
        "input",
        "T D = 3 × 5",
        "linear",
        "0.weight: H D = 2 × 5",
    ]
    blue = svg.FALLBACKS["query"]
    lines = diagram.path_graph(run, roles, True).source.splitlines()
    boxes = [line for line in lines if "linear" in line]
    assert len(boxes) == 1 and f'color="{blue}"' in boxes[0]
    assert r"\n0.bias: H = 2" in boxes[0]
    assert "0.weight" in texts(diagram.path(run, roles=roles))
    before = diagram.path_graph(run, roles).source
    assert r'label="0.weight\nH D = 2 × 5"' in before
    assert "label=linear" in before


def test_a_path_keeps_the_size_that_dot_gave_it(run):
    drawn = diagram.path_graph(run, {}).pipe(format="svg", encoding="utf-8")
    (box,) = re.findall(r'viewBox="\S+ \S+ (\S+) (\S+)"', drawn)
    root = ElementTree.fromstring(diagram.path(run).svg)
    for name, points in zip(("width", "height"), box, strict=True):
        pixels = float(points) * 4 / 3
        assert float(root.attrib[name]) == pytest.approx(pixels, abs=0.01)
    assert root[0].attrib["transform"] == "scale(1.33)"
    assert 'aria-label="The path of shapes"' in diagram.path(run).svg


BRANCHES = {
    "Does it\nwrite?": {"yes": "Is there a\nsource?", "no": "no text: BERT"},
    "Is there a\nsource?": {"yes": "T5", "no": "GPT"},
}


def test_a_tree_of_decisions():
    made = diagram.tree(BRANCHES, alt="Which model")
    found = texts(made)
    assert {"no text: BERT", "T5", "GPT", "write?", "source?"} <= set(found)
    assert (found.count("yes"), found.count("no")) == (2, 2)
    assert "Which model" in made.svg
    assert made.plain == (
        "Does it write? yes: Is there a source?\n"
        "Does it write? no: no text: BERT\n"
        "Is there a source? yes: T5\n"
        "Is there a source? no: GPT"
    )


def test_questions_are_plain_and_ends_are_boxed():
    lines = diagram.tree_graph(BRANCHES).source.splitlines()
    plain = [line for line in lines if "plaintext" in line]
    assert len(plain) == 2
    assert all("?" in line for line in plain)
    assert sum("->" in line for line in lines) == 4
