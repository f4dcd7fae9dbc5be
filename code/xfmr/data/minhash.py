"""MinHash: documents that are nearly the same, found without comparing all.

A document is the set of its runs of five words. How alike two of them are is
the share of runs that both have, of those that either has (Jaccard):

    J = |A and B| / |A or B|

Under a random order of all runs, the first one of the two sets is the same
with probability J. So a signature, the first run under each of many orders,
estimates J by the share of places at which it agrees (Broder 1997). Cut into
b bands of r places, two signatures agree in a whole band with probability

    1 - (1 - J^r)^b

which rises steeply: to look for equal bands is to look for a large J.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from hashlib import blake2b

import numpy as np

RUN = 5  # words, as in Lee et al. 2022, section 4.2
# the finalizer of splitmix64 (Steele et al. 2014): each bit depends on all
FIRST, SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)


def runs(text: str, n_words: int = RUN) -> frozenset[str]:
    """All runs of so many words; of a text with fewer, the text."""
    words = text.split()
    last = max(1, len(words) - n_words + 1)
    return frozenset(" ".join(words[at : at + n_words]) for at in range(last))


def jaccard(a: frozenset[str], b: frozenset[str]) -> float:
    """The share of what either has that both have."""
    return len(a & b) / len(a | b)


def signature(
    members: Iterable[str], n_hashes: int, seed: int = 0
) -> np.ndarray:
    """The least hash of a set's members, under so many hash functions.

    Args:
        seed: makes other functions.
    """
    digests = [blake2b(x.encode(), digest_size=8).digest() for x in members]
    hashed = np.frombuffer(b"".join(digests), "<u8")
    return np.array(
        [_mixed(hashed ^ key).min() for key in _keys(n_hashes, seed)]
    )


def _keys(n: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.integers(2**64, size=n, dtype=np.uint64)


def _mixed(x: np.ndarray) -> np.ndarray:
    x = (x ^ (x >> np.uint64(30))) * FIRST
    x = (x ^ (x >> np.uint64(27))) * SECOND
    return x ^ (x >> np.uint64(31))


def estimate(a: np.ndarray, b: np.ndarray) -> float:
    """The share of places at which two signatures agree: about J."""
    return float((a == b).mean())


def probability_found(jaccard: float, *, n_bands: int, n_rows: int) -> float:
    """How probably two documents agree in a band at least.

    Args:
        n_bands: b.
        n_rows: r, the places of a band.
    """
    return 1 - (1 - jaccard**n_rows) ** n_bands


def found(
    signatures: Sequence[np.ndarray], *, n_bands: int
) -> set[tuple[int, int]]:
    """Pairs of documents, by number, whose signatures agree in a band.

    Raises:
        ValueError: if the places cannot be cut into so many bands.
    """
    pairs: set[tuple[int, int]] = set()
    for bucket in _buckets(signatures, n_bands).values():
        pairs |= {(a, b) for n, b in enumerate(bucket) for a in bucket[:n]}
    return pairs


def _buckets(
    signatures: Sequence[np.ndarray], n_bands: int
) -> dict[Hashable, list[int]]:
    """Documents by band and what their signatures have there."""
    buckets: dict[Hashable, list[int]] = defaultdict(list)
    for number, whole in enumerate(signatures):
        if len(whole) % n_bands:
            raise ValueError(f"{n_bands=} must divide {len(whole)} places")
        for band, part in enumerate(np.split(whole, n_bands)):
            buckets[band, part.tobytes()].append(number)
    return buckets


def groups(n: int, pairs: Iterable[tuple[int, int]]) -> list[list[int]]:
    """The numbers below n in groups that pairs hold together, in order.

    Whoever is like one of a group belongs to it, like the others or not.
    """
    leader = [*range(n)]

    def first(number: int) -> int:
        while leader[number] != number:
            number = leader[number]
        return number

    for a, b in pairs:
        low, high = sorted((first(a), first(b)))
        leader[high] = low
    members: dict[int, list[int]] = defaultdict(list)
    for number in range(n):
        members[first(number)].append(number)
    return [*members.values()]


def distinct(texts: Iterable[str]) -> list[str]:
    """The first of each text, in order: what exact deduplication leaves."""
    return [*dict.fromkeys(texts)]
