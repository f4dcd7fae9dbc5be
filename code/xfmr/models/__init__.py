"""Models: each a short assembly of the shared parts."""
