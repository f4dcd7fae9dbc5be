"""The commands of `xfmr`, a module for each question that they answer."""
