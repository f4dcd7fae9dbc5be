"""Data: what a model learns from.

grammar     rules whose every probability is known
reading     what they say of the next word
language    an English-like language that they make
"""
