"""The mini model: a small GPT and the language that it learns.

texts       lists that are said and heard, and sentences of two names
scores      what a model can do, and which of its heads read where
"""
