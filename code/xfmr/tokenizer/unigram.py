"""Unigram: of all ways to spell a word with pieces, the most probable.

Kudo 2018, section 3.2. The probability of a spelling is the product of its
pieces' own, so that the best spelling of a word's first letters is one of
its beginnings and one piece more: Viterbi's recursion. A space is written as
the letter ▁ and belongs to the word after it (Kudo and Richardson 2018).
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from math import inf, isfinite

from xfmr.tokenizer.base import Tokenizer

BLANK = "▁"
# log probability of a letter that is no piece, less that of the rarest piece
PENALTY = 10.0
_WORDS = re.compile(f"{BLANK}[^{BLANK}]*")


def words(text: str) -> list[str]:
    """What is spelled each for itself: a blank and all up to the next."""
    text = text.replace(" ", BLANK)
    return _WORDS.findall(text if text[:1] in ("", BLANK) else BLANK + text)


def spelled(
    word: str,
    scores: Mapping[str, float],
    *,
    longest: int,
    unknown: float = -inf,
) -> list[str]:
    """The most probable spelling; of equals, that with the longer last piece.

    Args:
        word: at least one letter.
        scores: the logarithm of each piece's probability.
        longest: letters of a piece.
        unknown: the score of a letter that is no piece.
    """
    best, begins = [0.0] + [-inf] * len(word), [0] * (len(word) + 1)
    for start in range(len(word)):
        for end in range(start + 1, min(len(word), start + longest) + 1):
            score = scores.get(word[start:end])
            if score is None:
                if end > start + 1:
                    continue
                score = unknown
            if best[start] + score > best[end]:
                best[end], begins[end] = best[start] + score, start
    found, end = [], len(word)
    while end:
        found.append(word[begins[end] : end])
        end = begins[end]
    return found[::-1]


class Unigram(Tokenizer):
    """The most probable spelling of each word.

    Args:
        pieces: each piece with the logarithm of its probability; its place
            is its id.
        unknown_id: the place of the piece that stands for unknown letters.
        specials: tokens that are found in a text before it is split.

    Raises:
        ValueError: if a piece is there twice or empty, a score is infinite,
            the unknown one is no piece, a special token is none and has not
            the next id, or ids are as `Tokenizer` refuses them.
    """

    def __init__(
        self,
        pieces: Sequence[tuple[str, float]],
        *,
        unknown_id: int = 0,
        specials: Mapping[str, int] | None = None,
    ):
        self._ids = {piece: n for n, (piece, _) in enumerate(pieces)}
        super().__init__(self._ids, specials or {})
        self.pieces, self.unknown_id = [*pieces], unknown_id
        self.scores = dict(pieces)
        self._check()
        self._longest = max(map(len, self._ids))
        self._unknown = min(self.scores.values()) - PENALTY

    def decode(self, ids: Iterable[int]) -> str:
        """The text; where letters were unknown, the name of that piece.

        Raises:
            ValueError: if an id is no token's.
        """
        text = "".join(self.tokens(ids)).replace(BLANK, " ")
        return text.removeprefix(" ")

    def _words(self, text: str) -> list[str]:
        return words(text)

    def _made(self, word: str) -> tuple[int, ...]:
        ids = [self._ids.get(x, self.unknown_id) for x in self._spelled(word)]
        joined = []
        for number, group in groupby(ids):
            # unknown letters beside each other are one token
            joined += [number] if number == self.unknown_id else group
        return tuple(joined)

    def _spelled(self, word: str) -> list[str]:
        return spelled(
            word, self.scores, longest=self._longest, unknown=self._unknown
        )

    def _check(self) -> None:
        if len(self.scores) < len(self.pieces) or "" in self.scores:
            raise ValueError("pieces must differ and have a letter")
        if not all(map(isfinite, self.scores.values())):
            raise ValueError("scores of pieces must be finite")
        if not 0 <= self.unknown_id < len(self.pieces):
            raise ValueError(
                f"unknown_id={self.unknown_id} must be in "
                f"0..{len(self.pieces) - 1}"
            )
        if {*self._tokens} != {*range(self.vocab_size)}:
            raise ValueError(
                f"specials={self.specials} must be pieces or have the ids "
                "after them"
            )
