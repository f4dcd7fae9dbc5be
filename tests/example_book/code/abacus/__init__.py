"""The abacus: how many beads it has, and what they can show."""
