"""One step of training on several processes: the same numbers, shared out."""
