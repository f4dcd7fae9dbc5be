"""Sources, set once: the bibliography is formatted when a citation changes.

sphinxcontrib-bibtex formats every entry in every build, though it keeps what
it made. Where it is in use, its domain is replaced by one that looks whether
anything has changed first.
"""

from ast import dump
from collections.abc import Iterable
from typing import Any

from sphinx.application import Sphinx
from sphinx.config import Config

PLACED = {"citation_nodes": {}, "line": 0}  # where, and not what


def setup_citations(app: Sphinx, config: Config) -> None:
    """Replace the domain of citations, if the book has one."""
    if "sphinxcontrib.bibtex" not in app.extensions:
        return
    from sphinxcontrib.bibtex.domain import BibtexDomain, get_docnames

    class Citations(BibtexDomain):
        """The domain, which formats only what is new."""

        def env_updated(self) -> Iterable[str]:
            """Format the entries unless all is as it was."""
            asked = self._asked()
            if self.data.get("asked") == (asked, len(self.citations)):
                return []
            again = super().env_updated()
            self.data["asked"] = asked, len(self.citations)
            return again

        def _asked(self) -> list[Any]:
            """Everything that the formatted entries depend on."""
            config = self.env.config
            lists = [
                (key, value._replace(filter_=dump(value.filter_), **PLACED))
                for key, value in self.bibliographies.items()
            ]
            cited = {
                docname: [
                    target.key
                    for ref in self.citation_refs
                    if ref.docname == docname
                    for target in ref.targets
                ]
                for docname in get_docnames(self.env)
            }
            return [
                (config.bibtex_tooltips, config.bibtex_tooltips_style),
                repr(self.bibdata.bibfiles),
                repr(lists),
                cited,
                list(cited),
            ]

    app.add_domain(Citations, override=True)
