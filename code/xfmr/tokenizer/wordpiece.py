"""WordPiece: of each word the longest beginning that is a token, and so on.

Schuster and Nakajima 2012; the greedy match and the mark `##` of what goes on
within a word are those of Devlin et al. 2019, `tokenization.py` of
google-research/bert. A word that cannot be matched to its end is unknown as
a whole. How a vocabulary is learned is not here: BERT's trainer was not
released with it (its README), and the tokenizers library's, under the same
name, is that of byte-pair encoding.
"""

import re
import string
import sys
import unicodedata
from collections.abc import Iterable, Mapping
from functools import cache

from xfmr.tokenizer.base import Tokenizer
from xfmr.tokenizer.splitting import SPACE, ranges

PREFIX = "##"
MOST_LETTERS = 100  # of a word; a longer one is unknown


@cache
def _pattern() -> re.Pattern[str]:
    """Each mark for itself, the rest of what is between white space whole."""
    marks = ranges(
        [
            c
            for c in map(chr, range(sys.maxunicode + 1))
            if c in string.punctuation or unicodedata.category(c)[0] == "P"
        ]
    )
    return re.compile(f"[{marks}]|[^{SPACE}{marks}]+")


class WordPiece(Tokenizer):
    """Greedy longest match.

    Args:
        vocab: the id of each token; what goes on within a word has `##`.
        unknown: the token of a word that cannot be spelled.
        specials: tokens that are found in a text before it is split.

    Raises:
        ValueError: if the unknown token has no id, or ids are as `Tokenizer`
            refuses them.
    """

    def __init__(
        self,
        vocab: Mapping[str, int],
        *,
        unknown: str = "[UNK]",
        specials: Mapping[str, int] | None = None,
    ):
        super().__init__(vocab, specials or {})
        self.vocab, self.unknown = dict(vocab), unknown
        if unknown not in vocab:
            raise ValueError(f"{unknown=} must be in the vocab")
        self._longest = max(map(len, vocab))

    def decode(self, ids: Iterable[int]) -> str:
        """The tokens with a space between words, whatever stood there.

        Raises:
            ValueError: if an id is no token's.
        """
        return " ".join(self.tokens(ids)).replace(f" {PREFIX}", "")

    def _words(self, text: str) -> list[str]:
        return _pattern().findall(text)

    def _made(self, word: str) -> tuple[int, ...]:
        ids, start, mark = [], 0, ""
        if len(word) > MOST_LETTERS:
            return (self.vocab[self.unknown],)
        while start < len(word):
            end = min(len(word), start + self._longest)
            while end > start and mark + word[start:end] not in self.vocab:
                end -= 1
            if end == start:
                return (self.vocab[self.unknown],)
            ids.append(self.vocab[mark + word[start:end]])
            start, mark = end, PREFIX
        return tuple(ids)
