"""Training: from gradients to weights, and from a recipe to a run.

recipe        all that decides how a run goes
material      a text as tokens: those to learn from and those held out
loop          the run: steps, evaluations, its state
folder        a run that leaves files, and goes on where it stopped
checkpoint    files that are whole or not there
log           a row for each step, and the curve
parallel      the same run in several processes
sweep         many runs, on one machine or on several

    material = of_source(MINI, in_memory(text))
    run = Run(MINI, material)
    rows = [*run.train()]
"""
