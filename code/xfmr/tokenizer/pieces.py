"""Learn the pieces of a Unigram tokenizer: too many, then fewer and fewer.

Kudo 2018, section 3.2. Which spelling a text has is not observed, so the
probabilities are learned by expectation and maximisation: the expected
number of times that each piece is used, over all spellings of each word, and
then that number's share. Between the rounds the pieces go that the text
would miss least. The authors' sentencepiece damps the shares by a digamma
function, and takes its first pieces from a suffix array; here they are plain
shares, and the first pieces are the most frequent parts of words.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from math import exp, inf, log, log1p

from xfmr.tokenizer.unigram import Unigram, spelled, words

LONGEST = 16  # letters of a piece
FIRST = 4  # pieces to begin with, for each that is wanted
KEPT = 0.75  # share of the pieces that a round keeps
ROUNDS = 2  # of expectation and maximisation before pieces go
LEAST = 0.5  # expected uses below which a piece goes at once
UNKNOWN = "<unk>"


def train(
    texts: Iterable[str], *, vocab_size: int, specials: Sequence[str] = ()
) -> Unigram:
    """A tokenizer that has learned its pieces from texts.

    Args:
        texts: no word reaches from one into the next.
        vocab_size: the most tokens, `<unk>` and the special ones with them.
        specials: tokens that take the last ids; the texts have none.

    Raises:
        ValueError: if there is no room for all letters of the texts.
    """
    counts = Counter(word for text in texts for word in words(text))
    letters = {letter for word in counts for letter in word}
    room = vocab_size - 1 - len(specials)
    if not 1 <= len(letters) <= room:
        raise ValueError(
            f"{vocab_size=} must have room for {len(letters)} letters, at "
            f"least 1, and {1 + len(specials)} tokens more"
        )
    scores = _first(counts, letters, FIRST * room)
    while True:
        for _ in range(ROUNDS):
            scores = _maximised(expected(counts, scores)[0], letters)
        if len(scores) <= room:
            break
        scores = _pruned(counts, scores, letters, room)
    ranked = sorted(scores.items(), key=lambda item: (-item[1], item[0]))
    numbered = {token: 1 + len(ranked) + n for n, token in enumerate(specials)}
    return Unigram([(UNKNOWN, 0.0), *ranked], specials=numbered)


def expected(
    counts: Mapping[str, int], scores: Mapping[str, float]
) -> tuple[dict[str, float], float]:
    """Expected uses of each piece, and the log likelihood of all words.

    A piece is used with the probability of all beginnings that lead up to
    it, times its own, times that of all ends that follow, over the word's.

    Args:
        counts: how often each word is there.
        scores: the logarithm of each piece's probability.
    """
    uses, total = dict.fromkeys(scores, 0.0), 0.0
    longest = max(map(len, scores))
    for word, count in counts.items():
        n = len(word)
        arcs = [
            (start, end, word[start:end])
            for start in range(n)
            for end in range(start + 1, min(n, start + longest) + 1)
            if word[start:end] in scores
        ]
        upto, onward = [0.0] + [-inf] * n, [-inf] * n + [0.0]
        for start, end, piece in arcs:
            upto[end] = _sum(upto[end], upto[start] + scores[piece])
        for start, end, piece in reversed(arcs):
            onward[start] = _sum(onward[start], scores[piece] + onward[end])
        for start, end, piece in arcs:
            here = upto[start] + scores[piece] + onward[end]
            uses[piece] += count * exp(here - upto[n])
        total += count * upto[n]
    return uses, total


def _sum(a: float, b: float) -> float:
    """The logarithm of the sum of two numbers, given by logarithms."""
    if a < b:
        a, b = b, a
    return a if b == -inf else a + log1p(exp(b - a))


def _first(
    counts: Mapping[str, int], letters: set[str], most: int
) -> dict[str, float]:
    """The parts of words that cover most letters, and all single letters."""
    uses: Counter[str] = Counter()
    for word, count in counts.items():
        for start in range(len(word)):
            last = min(len(word), start + LONGEST)
            for end in range(start + 1, last + 1):
                uses[word[start:end]] += count
    ranked = sorted(
        (piece for piece, n in uses.items() if n > 1 and len(piece) > 1),
        key=lambda piece: (-uses[piece] * len(piece), piece),
    )
    found = [*ranked[:most], *sorted(letters)]
    return _maximised({piece: float(uses[piece]) for piece in found}, letters)


def _maximised(
    uses: Mapping[str, float], letters: set[str]
) -> dict[str, float]:
    """Logarithms of shares; a letter stays, however rare it has become."""
    kept = {
        piece: max(n, LEAST) if piece in letters else n
        for piece, n in uses.items()
        if n >= LEAST or piece in letters
    }
    total = log(sum(kept.values()))
    return {piece: log(n) - total for piece, n in kept.items()}


def _pruned(
    counts: Mapping[str, int],
    scores: dict[str, float],
    letters: set[str],
    room: int,
) -> dict[str, float]:
    """Without the pieces whose next best spelling costs the text least."""
    uses, _ = expected(counts, scores)

    def loss(piece: str) -> float:
        instead = spelled(piece, scores, longest=len(piece) - 1)
        missed = scores[piece] - sum(scores[part] for part in instead)
        return uses[piece] * missed

    long = [piece for piece in scores if piece not in letters]
    n_kept = max(room, int(KEPT * len(scores))) - len(letters)
    kept = {*sorted(long, key=lambda x: (-loss(x), x))[:n_kept], *letters}
    return {piece: s for piece, s in scores.items() if piece in kept}
