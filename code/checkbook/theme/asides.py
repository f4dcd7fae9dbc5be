"""What stands in the margin: notes, footnotes, and the sources cited.

Where the page is too narrow for a margin, notes and footnotes fold into the
text after the words they belong to, and sources are left to the bibliography.
"""

from docutils import nodes
from docutils.parsers.rst.directives.body import Sidebar
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform


class Margin(Sidebar):
    """A note that stands in the margin, or in the text where there is none."""

    required_arguments = 0
    optional_arguments = 1

    def run(self) -> list[nodes.Node]:
        """A sidebar of class "margin"."""
        untitled = not self.arguments
        if untitled:
            self.arguments = [" "]
        (sidebar,) = super().run()
        if untitled:
            del sidebar[0]
        sidebar["classes"].append("margin")
        return [sidebar]


def block_of(node: nodes.Node) -> nodes.Node | None:
    """The block that holds a node and stands directly in a section."""
    while node.parent is not None:
        if isinstance(node.parent, nodes.section):
            return None if isinstance(node, nodes.title) else node
        node = node.parent
    return None


def insert_before(block: nodes.Node, note: nodes.Node) -> None:
    """Put a note in front of a block, after the notes that stand there."""
    block.parent.insert(block.parent.index(block), note)


class Sources(SphinxPostTransform):
    """Sets each source beside the first words of a page that cite it."""

    default_priority = 30  # the citations are references by now
    formats = ("html",)

    def run(self, **kwargs) -> None:
        """Put notes in front of the blocks that cite."""
        seen = set()
        for reference in list(self.document.findall(nodes.reference)):
            entry, target = reference.get("reftitle"), reference.get("refuri")
            block = block_of(reference)
            # A place on this very page has its entry in sight.
            if not (entry and target and block) or target[0] == "#":
                continue
            if entry in seen:
                continue
            seen.add(entry)
            note = nodes.sidebar(classes=["margin", "source"])
            note += nodes.paragraph("", entry)
            insert_before(block, note)


class Footnotes(SphinxPostTransform):
    """Sets footnotes beside the words that they belong to."""

    default_priority = 31
    formats = ("html",)

    def run(self, **kwargs) -> None:
        """Move each footnote in front of the block that first refers to it."""
        notes = {
            footnote["ids"][0]: footnote
            for footnote in self.document.findall(nodes.footnote)
            if footnote["ids"]
        }
        for reference in self.document.findall(nodes.footnote_reference):
            footnote = notes.get(reference.get("refid", ""))
            block = block_of(reference)
            if footnote is None or block is None:
                continue
            del notes[reference["refid"]]
            footnote.parent.remove(footnote)
            label, *body = footnote.children
            note = nodes.sidebar(
                ids=footnote["ids"], classes=["margin", "footnote"]
            )
            note += nodes.inline("", label.astext(), classes=["label"])
            note += body
            place = block.parent.index(block) + 1
            block.parent.insert(place, note)


def setup_asides(app: Sphinx) -> None:
    """Register the directive and the transforms with an application."""
    app.add_directive("margin", Margin)
    app.add_post_transform(Sources)
    app.add_post_transform(Footnotes)
