"""What the pages of the lab load: scripts that each assign one global.

Pages are opened from plain files too, and there nothing but a classic script
can bring data along. Five are made of a model and a tokenizer, and say by
their hash of which:

    weights     demoWeights    the model, two bytes a number
    tables      demoTables     the tokenizer
    golden      demoGolden     what the model computes, in float64
    cards       demoCards      what each head was measured to do
    kernel      demoKernel     a matrix product in WebAssembly

`scripts` writes them, and the engine that reads them is in
book/widgets/attention. One more is made of the package itself:

    formulas    planner        the arithmetic of the book, in JavaScript

`formulas` writes it into book/widgets/planner, which is where it is read.
"""
