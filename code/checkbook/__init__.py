"""What makes a book checkable: every printed number is computed again."""
