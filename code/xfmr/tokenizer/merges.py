"""Learn which pairs to merge: the most frequent, again and again.

Of pairs that are equally frequent the one with the smaller ids is merged,
as the tokenizers library has it.

The textbook counts all pairs anew for each merge. Here every different word
is held once, with its count; a merge visits only the words that have the
pair, and corrects only the counts of the pairs beside it. While a word is
being merged its tokens are characters, `chr` of the id, so that a pair is a
string of two, and to find, count or join pairs is what strings do fast.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from heapq import heapify, heappop, heappush
from itertools import pairwise

from xfmr.tokenizer.bpe import BPE, Merge, vocabulary
from xfmr.tokenizer.splitting import BYTES, split

MOST_TOKENS = 0x110000  # as many as there are characters
TO_ID = bytes(BYTES.index(byte) for byte in range(256))


def train(
    texts: Iterable[str],
    *,
    vocab_size: int,
    splitting: str = "gpt2",
    specials: Sequence[str] = (),
) -> BPE:
    """A tokenizer that has learned its merges from texts.

    Args:
        texts: no word reaches from one into the next.
        vocab_size: number of tokens; there are fewer if all words have
            become one token before.
        splitting: the name of the way to cut.
        specials: tokens that take the last ids; the texts have none.

    Raises:
        ValueError: if there is no room for the bytes and the special tokens,
            or no splitting has the name.
    """
    least = len(BYTES) + len(specials)
    if not least <= vocab_size <= MOST_TOKENS:
        raise ValueError(
            f"{vocab_size=} must be in {least}..{MOST_TOKENS}: bytes and "
            "special tokens come first"
        )
    merges = learned(counted(texts, splitting), vocab_size - least)
    vocab = vocabulary(merges)
    numbered = {token: len(vocab) + n for n, token in enumerate(specials)}
    return BPE(vocab, merges, splitting=splitting, specials=numbered)


def counted(texts: Iterable[str], name: str) -> Counter[bytes]:
    """How often each word is in the texts, in UTF-8."""
    find, counts = split(name).pattern.findall, Counter()
    for text in texts:
        counts.update(find(text))
    return Counter(
        {
            word.encode("utf8", "surrogateescape"): count
            for word, count in counts.items()
        }
    )


def learned(words: Mapping[bytes, int], n_merges: int) -> list[Merge]:
    """The merges of words that are as often there as stated, in order."""
    spelled = [word.translate(TO_ID).decode("latin-1") for word in words]
    times = [*words.values()]
    counts: dict[str, int] = defaultdict(int)
    places: dict[str, list[int]] = defaultdict(list)
    for place, (word, n) in enumerate(zip(spelled, times, strict=True)):
        for first, second in pairwise(word):
            counts[first + second] += n
            places[first + second].append(place)
    heap = [(-counts[pair], pair, where) for pair, where in places.items()]
    heapify(heap)
    tokens, merges = [bytes([byte]) for byte in BYTES], []
    while heap and len(merges) < n_merges:
        count, pair, where = heappop(heap)
        if -count != counts[pair]:  # it was correct when it was written
            if counts[pair]:
                heappush(heap, (-counts[pair], pair, where))
            continue
        first, second = (tokens[ord(token)] for token in pair)
        # Never a token that exists: all neighbours that spell it were merged
        # in the same order, and by then are what they were the first time.
        token = chr(len(tokens))
        merges.append((first, second))
        tokens.append(first + second)
        made = _merge(pair, token, where, spelled, times, counts)
        del counts[pair]
        for new, now_at in made.items():
            heappush(heap, (-counts[new], new, now_at))
    return merges


def _merge(
    pair: str,
    token: str,
    where: list[int],
    spelled: list[str],
    times: list[int],
    counts: dict[str, int],
) -> dict[str, list[int]]:
    """Where each pair that a merge makes is; words and counts are changed."""
    made: dict[str, list[int]] = defaultdict(list)
    first, second = pair
    for place in where:
        head, *tail = spelled[place].split(pair)
        n = times[place]
        was = now = head[-1:]  # what stands to the left, before and after
        for piece in tail:
            if was:
                counts[was + first] -= n
                counts[now + token] += n
                made[now + token].append(place)
            was, now = second, token
            if piece:
                counts[second + piece[0]] -= n
                counts[token + piece[0]] += n
                made[token + piece[0]].append(place)
                was = now = piece[-1]
        if tail:
            spelled[place] = token.join([head, *tail])
    return made
