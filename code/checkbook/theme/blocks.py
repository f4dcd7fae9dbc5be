"""What the theme adds to a page's own elements.

Frames around tables, so that wide ones scroll in place, and solutions that
stay folded until asked for.
"""

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.docutils import SphinxTranslator

WORDY = 32  # letters in a table's cell that should not stand one by one


class Frames(SphinxPostTransform):
    """Puts each table into a frame of its own, which scrolls if it must."""

    default_priority = 900
    formats = ("html",)

    def run(self, **kwargs) -> None:
        """Wrap the tables that Markdown wrote."""
        for table in list(self.document.findall(nodes.table)):
            for entry in table.findall(nodes.entry):
                if len(entry.astext()) > WORDY:
                    entry["classes"].append("wordy")
            frame = nodes.container(classes=["scroll"])
            table.replace_self(frame)
            frame += table


def visit_solution(self: SphinxTranslator, node: nodes.Element) -> None:
    """Open a solution: the title is what one clicks."""
    classes = [c for c in node["classes"] if c != "admonition"]
    node["classes"] = ["solution", *(c for c in classes if c != "solution")]
    self.body.append(self.starttag(node, "details"))
    title = node[0]
    if isinstance(title, nodes.title):
        node.pop(0)
        self.body.append("<summary>")
        self.body.append(nodes.Text(title.astext()).astext())
        self.body.append("</summary>\n")


def depart_solution(self: SphinxTranslator, node: nodes.Element) -> None:
    """Close a solution."""
    self.body.append("</details>\n")


def fold_solutions(app: Sphinx) -> None:
    """Show solutions folded, where the book has exercises."""
    if "sphinx_exercise" not in app.extensions:
        return
    from sphinx_exercise.nodes import solution_node

    app.add_node(
        solution_node, override=True, html=(visit_solution, depart_solution)
    )


def setup_blocks(app: Sphinx) -> None:
    """Register the elements with an application."""
    app.add_post_transform(Frames)
    app.connect("builder-inited", fold_solutions)
