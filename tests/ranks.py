"""What the tests of several processes share."""

from jaxtyping import install_import_hook


def check_annotations():
    """In a rank: what it imports of xfmr from now on is checked as here."""
    install_import_hook("xfmr", "beartype.beartype")
