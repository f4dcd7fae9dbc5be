"""Tokenizers: from a text to whole numbers and back.

splitting    where a text is cut before anything else
bpe          tokens by merging neighbours, `merges` learns which
wordpiece    tokens by the longest match
unigram      tokens by the greatest probability, `pieces` learns which
files        all of them in the tokenizers library's tokenizer.json
"""
