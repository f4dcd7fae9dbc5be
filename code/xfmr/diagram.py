"""The path of shapes through a run: boxes are operations, edges carry tensors.

Beside it, a tree of decisions. Both are laid out by Graphviz, whose program
`dot` must be on the PATH.
"""

import re
from collections.abc import Mapping

from graphviz import Digraph

from xfmr import svg
from xfmr.svg import Figure
from xfmr.trace import Run, Traced

# style
GRAPH = {"bgcolor": "transparent", "nodesep": "0.15", "ranksep": "0.3"}
TYPE = {"fontname": "Helvetica", "fontsize": "10.5"}
NODE = {"shape": "box", "height": "0.3", "margin": "0.09,0.05", **TYPE}
EDGE = {"arrowsize": "0.6", **TYPE}
SOURCE = {"shape": "plaintext", "margin": "0.04", "height": "0.2"}
POINTS = 4 / 3  # pixels in one of dot's points


def path(
    run: Run,
    *,
    roles: Mapping[str, str] | None = None,
    alt: str = "",
    weights_inside: bool = False,
) -> Figure:
    """The path of shapes through a run: boxes operate, edges carry tensors.

    Args:
        roles: the colour of tensors by name.
        alt: what the diagram shows, in words.
        weights_inside: whether parameters stand in the boxes that use them,
            and not before them.
    """
    graph = path_graph(run, roles or {}, weights_inside)
    drawn = graph.pipe(format="svg", encoding="utf-8")
    plain = "\n".join(
        f"{', '.join(t.name for t in step.inputs)} -> {step.operation} -> "
        f"{step.result.name}: {_shape(step.result)}"
        for step in run.steps
    )
    return Figure(_page_svg(drawn, alt or "The path of shapes"), plain)


def tree(branches: Mapping[str, Mapping[str, str]], *, alt: str) -> Figure:
    """A tree of decisions: the first question, and where each answer leads.

    Args:
        branches: for each question, its answers, and the question or the end
            that each leads to.
        alt: what the tree is for, in words.
    """
    drawn = tree_graph(branches).pipe(format="svg", encoding="utf-8")
    plain = "\n".join(
        f"{' '.join(question.split())} {answer}: {' '.join(end.split())}"
        for question, answers in branches.items()
        for answer, end in answers.items()
    )
    return Figure(_page_svg(drawn, alt), plain)


def tree_graph(branches: Mapping[str, Mapping[str, str]]) -> Digraph:
    """The graph of `tree`: questions are plain, and what ends it is boxed."""
    graph = Digraph(graph_attr=GRAPH, node_attr=NODE, edge_attr=EDGE)
    ends = [end for answers in branches.values() for end in answers.values()]
    # numbers, since Graphviz reads a colon in a name as something else
    texts = dict.fromkeys((*branches, *ends))
    number = {text: str(n) for n, text in enumerate(texts)}
    for text, n in number.items():
        graph.node(n, text, **SOURCE if text in branches else {})
    for question, answers in branches.items():
        for answer, end in answers.items():
            graph.edge(number[question], number[end], f" {answer} ")
    return graph


def path_graph(
    run: Run, roles: Mapping[str, str], weights_inside: bool = False
) -> Digraph:
    """The graph of `path`, before it is laid out."""
    graph = Digraph(graph_attr=GRAPH, node_attr=NODE, edge_attr=EDGE)
    made = {id(step.result): str(n) for n, step in enumerate(run.steps)}
    inside = {
        id(t) for t in run.tensors if weights_inside and t.kind == "parameter"
    }
    for n, t in enumerate(run.tensors):
        if id(t) not in made and id(t) not in inside:
            made[id(t)] = f"in{n}"
            label = rf"{t.name}\n{_shape(t)}"
            graph.node(made[id(t)], label, **SOURCE, **_ink(t, roles))
    read = set()
    for n, step in enumerate(run.steps):
        held = [t for t in step.inputs if id(t) in inside]
        lines = [step.operation.replace(" ", r"\n", 1), *map(_held, held)]
        graph.node(str(n), r"\n".join(lines), **_box(held, roles))
        for t in {id(t): t for t in step.inputs if t not in held}.values():
            read.add(id(t))
            graph.edge(made[id(t)], str(n), _edge(t), **_ink(t, roles))
    for n, step in enumerate(run.steps):
        t = step.result
        if id(t) not in read:
            graph.node(f"out{n}", t.name, **SOURCE, **_ink(t, roles))
            graph.edge(str(n), f"out{n}", _edge(t), **_ink(t, roles))
    return graph


def _held(t: Traced) -> str:
    """A weight inside a box, under its own two names."""
    return f"{'.'.join(t.name.split('.')[-2:])}: {_shape(t)}"


def _box(held: list[Traced], roles: Mapping[str, str]) -> dict[str, str]:
    """The colour of a box is that of the first weight in it."""
    return _ink(held[0], roles) if held else {}


def _shape(t: Traced) -> str:
    return f"{t.axes} = {_size(t)}"


def _size(t: Traced) -> str:
    return " × ".join(f"{n:,}" for n in t.shape)


def _edge(t: Traced) -> str:
    """What stands at an arrow; an input says its shape where it starts."""
    if t.kind != "result":
        return ""
    named = f"{t.name}: " if t.name.isidentifier() else ""
    return rf" {named}{t.axes} \n {_size(t)} "


def _ink(t: Traced, roles: Mapping[str, str]) -> dict[str, str]:
    if t.name not in roles:
        return {}
    ink = svg.FALLBACKS[svg.checked_role(roles[t.name])]
    return {"color": ink, "fontcolor": ink}


def _page_svg(drawn: str, alt: str) -> str:
    """What `dot` wrote, in the page's colours and without its clutter."""
    width, height = map(
        float, re.findall(r'viewBox="\S+ \S+ (\S+) (\S+)"', drawn)[0]
    )
    body = drawn[drawn.index("<g ") : drawn.rindex("</svg>")]
    body = re.sub(r"<title>.*?</title>|<!--.*?-->|\n", "", body, flags=re.S)
    body = re.sub(r' (id|class|font-family|xml:space)="[^"]*"', "", body)
    body = re.sub(r'"(#000000|black)"', f'"{svg.INK}"', body)
    for role in svg.ROLES:
        body = body.replace(
            f'"{svg.FALLBACKS[role]}"', f'"{svg.colour(role)}"'
        )
    frame = f'transform="scale({svg.number(POINTS)})"'
    return svg.figure(
        f"<g {frame}>{body}</g>",
        width=width * POINTS,
        height=height * POINTS,
        alt=alt,
        plain="",
    ).svg
