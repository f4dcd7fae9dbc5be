"""What makes a book checkable: every printed number is computed again."""

__version__ = "0.1.0"
