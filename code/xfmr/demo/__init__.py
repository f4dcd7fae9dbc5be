"""The demo model: one small network that reads in two ways, for the lab.

model       the network, and the sizes it has
heads       what each of its heads computed
"""
