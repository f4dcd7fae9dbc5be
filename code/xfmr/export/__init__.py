"""What the pages of the lab load: scripts that each assign one global.

Pages are opened from plain files too, and there nothing but a classic script
can bring data along. All four are made of a model and a tokenizer, and say by
their hash of which:

    weights     demoWeights    the model, two bytes a number
    tables      demoTables     the tokenizer
    golden      demoGolden     what the model computes, in float64
    kernel      demoKernel     a matrix product in WebAssembly

`scripts` writes them. The engine that reads them is in book/widgets.
"""
