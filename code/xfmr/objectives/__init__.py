"""Objectives: what a text asks a model to predict.

example     the common form, the next token, and the rest after a prefix
masked      tokens hidden in their places
spans       runs of tokens cut out of the text
mixture     several kinds of cut, each with a token that names it
middle      a part of the text moved to its end
loss        what the predictions cost

Each takes texts `B T` and a generator, and gives an `Example`.
"""
