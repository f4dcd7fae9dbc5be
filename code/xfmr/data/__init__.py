"""Data: what a model learns from.

grammar     rules whose every probability is known
reading     what they say of the next word
language    an English-like language that they make
prose       the words of a book that is written in MyST
corpus      a text in a file: its pieces, and those that are held out
web         a small web of which it is known what is worth reading
filters     which documents are worth learning from, by rules of thumb
minhash     documents that are nearly the same
contamination  questions of a test that stand in the text
tokens      files of ids that need not fit into memory
packing     documents that share rows and do not see each other
loader      rows of ids in an order that can be resumed and shared
"""
