"""Byte-pair encoding: tokens grow by merging two neighbours.

Gage 1994 for bytes, Sennrich et al. 2016 for words, Radford et al. 2019 for
the bytes of words. Every text has ids, since every byte is a token; no text
is lost, since a token is its bytes.
"""

from collections.abc import Iterable, Mapping, Sequence
from heapq import heapify, heappop, heappush
from itertools import pairwise

from xfmr.tokenizer.base import Tokenizer
from xfmr.tokenizer.splitting import BYTES, split, written

Merge = tuple[bytes, bytes]


def vocabulary(merges: Iterable[Merge]) -> dict[bytes, int]:
    """The ids that a training gives: bytes first, then what merging makes."""
    tokens = [bytes([byte]) for byte in BYTES]
    tokens += [first + second for first, second in merges]
    return {token: number for number, token in enumerate(tokens)}


class BPE(Tokenizer):
    """Byte-level byte-pair encoding.

    Args:
        vocab: the id of each token, every byte among them.
        merges: the pairs that become one, the most urgent first.
        splitting: the name of the way to cut.
        specials: tokens that are found in a text before it is split.

    Raises:
        ValueError: if a byte, a pair or what it makes is no token, no
            splitting has the name, or ids are as `Tokenizer` refuses them.
    """

    def __init__(
        self,
        vocab: Mapping[bytes, int],
        merges: Sequence[Merge],
        *,
        splitting: str = "gpt2",
        specials: Mapping[str, int] | None = None,
    ):
        ids = {written(token): number for token, number in vocab.items()}
        super().__init__(ids, specials or {})
        self.vocab, self.merges = dict(vocab), [*merges]
        self.splitting = splitting
        self._words = split(splitting).pattern.findall
        self._check()
        self._byte_ids = [vocab[bytes([byte])] for byte in range(256)]
        self._rules = {
            (vocab[first], vocab[second]): (rank, vocab[first + second])
            for rank, (first, second) in enumerate(merges)
        }
        self._bytes = {number: token for token, number in vocab.items()}
        self._bytes |= {
            number: token.encode() for token, number in self.specials.items()
        }

    def encode_bytes(self, data: bytes) -> list[int]:
        """The ids of any bytes, which need not be UTF-8."""
        return self.encode(data.decode("utf8", "surrogateescape"))

    def decode_bytes(self, ids: Iterable[int]) -> bytes:
        """What was encoded, byte for byte.

        Raises:
            ValueError: if an id is no token's.
        """
        try:
            return b"".join([self._bytes[number] for number in ids])
        except KeyError as error:
            raise ValueError(
                f"id {error} must be that of one of {self.vocab_size} tokens"
            ) from None

    def decode(self, ids: Iterable[int]) -> str:
        """The text of ids; a broken character reads as U+FFFD.

        Raises:
            ValueError: if an id is no token's.
        """
        return self.decode_bytes(ids).decode("utf8", "replace")

    def _made(self, word: str) -> tuple[int, ...]:
        """The lowest rank first, and of two places the left.

        A list linked in both directions, and a heap of what could be merged:
        a word of n bytes takes n log n steps.
        """
        ids: list[int | None] = [
            self._byte_ids[byte]
            for byte in word.encode("utf8", "surrogateescape")
        ]
        n, rules = len(ids), self._rules
        ids.append(None)  # after the last
        before, after = [*range(-1, n)], [*range(1, n + 1)]
        heap = [
            (*rules[pair], place)
            for place, pair in enumerate(pairwise(ids))
            if pair in rules
        ]
        heapify(heap)
        while heap:
            rank, merged, left = heappop(heap)
            right = after[left]
            if rules.get((ids[left], ids[right])) != (rank, merged):
                continue  # one of the two is in another token by now
            ids[left], ids[right] = merged, None
            after[left] = after[right]
            before[after[left]] = left
            for place in (before[left], left):
                pair = ids[place], ids[after[place]]
                if pair in rules:
                    heappush(heap, (*rules[pair], place))
        return tuple(number for number in ids if number is not None)

    def _check(self) -> None:
        for byte in BYTES:
            if bytes([byte]) not in self.vocab:
                raise ValueError(f"byte {byte:#04x} must be in the vocabulary")
        for pair in self.merges:
            for token in (*pair, b"".join(pair)):
                if token not in self.vocab:
                    raise ValueError(
                        f"{token} of the merge {pair} must be in the "
                        "vocabulary"
                    )
