"""The demo model: one small network that reads in two ways, for the lab.

model       the network, and the sizes it has
heads       what each of its heads computed
texts       the sentences and the prose that it learns from
rows        which of them a step reads, and what it asks of them
training    the run, which learns in both modes at once
scores      what a model can do, and which of its heads read where
card        what is said of the model that is kept
artefact    that model: how it is made and kept, and `load`
"""
