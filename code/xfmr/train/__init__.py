"""Training: from gradients to weights, and from a recipe to a run."""
