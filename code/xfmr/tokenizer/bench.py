"""How long byte-pair encoding takes: ours, the library's, the textbook's.

On one thread, in processor time: what else the machine does slows all. Run
it with `python -m xfmr.tokenizer.bench`.
"""

import os
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import pairwise, product

from tokenizers import Tokenizer, models, pre_tokenizers, trainers

from xfmr.tokenizer import merges
from xfmr.tokenizer.bpe import BPE

MEGABYTES, N_MERGES = 10, 4096
TURNS = 16  # of the textbook's, one for each merge, that are timed
SLOWEST = 20  # times the library's training
LEAST_GAIN = 50  # times as fast as the textbook
LEAST_SPEED = 1.0  # megabytes a second to encode


def written(n_bytes: int) -> str:
    """A text of so many bytes, or one less: words of which few are often."""
    rng = random.Random(0)
    parts = (
        "b c d f g k l m n p r s t th sh".split(),
        "aeiou",
        ["", "", "n", "r", "s", "t", "ng", "é"],
    )
    syllables = ["".join(each) for each in product(*parts)]
    words = [
        "".join(rng.choices(syllables, k=rng.randint(1, 4)))
        for _ in range(100_000)
    ]
    weights = [1 / (1 + rank) for rank in range(len(words))]
    drawn = rng.choices(words, weights, k=n_bytes // 4)
    spaces = rng.choices([" ", ", ", ". ", "\n"], [90, 5, 4, 1], k=len(drawn))
    text = "".join(map("".join, zip(drawn, spaces, strict=True)))
    return text.encode()[:n_bytes].decode("utf8", "ignore")


def seconds(function: Callable[[], object]) -> tuple[float, object]:
    """Processor time of a call, and what it gave."""
    start = time.process_time()
    result = function()
    return time.process_time() - start, result


def library(text: str, n_merges: int) -> Tokenizer:
    """What the tokenizers library learns."""
    theirs = Tokenizer(models.BPE())
    theirs.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(
        vocab_size=256 + n_merges,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    theirs.train_from_iterator([text], trainer)
    return theirs


def textbook_turn(
    spelled: list[list[int]], times: Sequence[int], token: int
) -> None:
    """One merge of the textbook: count all pairs, then join in all words."""
    counts: Counter[tuple[int, int]] = Counter()
    for word, n in zip(spelled, times, strict=True):
        for pair in pairwise(word):
            counts[pair] += n
    best = min(counts, key=lambda pair: (-counts[pair], pair))
    for place, word in enumerate(spelled):
        joined, at = [], 0
        while at < len(word):
            if tuple(word[at : at + 2]) == best:
                joined.append(token)
                at += 2
            else:
                joined.append(word[at])
                at += 1
        spelled[place] = joined


def textbook_seconds(text: str, ours: BPE) -> float:
    """Time of the textbook's training, from turns spread evenly over it."""
    taken, counts = seconds(lambda: merges.counted([text], "gpt2"))
    n_merges = len(ours.merges)
    for turn in range(TURNS):
        before = n_merges * turn // TURNS
        upto = BPE(ours.vocab, ours.merges[:before])
        spelled = [upto.encode_bytes(word) for word in counts]
        args = spelled, [*counts.values()], 256 + before
        one, _ = seconds(lambda args=args: textbook_turn(*args))
        taken += one * n_merges / TURNS
    return taken


def main() -> int:
    """Print a line for each comparison; 1 if a bound does not hold."""
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    text = written(MEGABYTES * 10**6)
    part = text[: len(text) // MEGABYTES]
    ours, trained = seconds(lambda: _train(text))
    theirs, library_trained = seconds(lambda: library(text, N_MERGES))
    small, learned = seconds(lambda: _train(part))
    textbook = textbook_seconds(part, learned)
    cold, ids = seconds(lambda: trained.encode(part))
    warm, _ = seconds(lambda: trained.encode(part))
    same, expected = seconds(lambda: library_trained.encode(part).ids)
    speed = len(part.encode()) / 1e6
    print(
        f"byte-pair encoding, {N_MERGES:,} merges, seconds\n"
        f"train on {MEGABYTES} MB  {ours:8.2f}  library {theirs:8.2f}  "
        f"ratio {ours / theirs:.2f}, at most {SLOWEST}\n"
        f"train on 1 MB   {small:8.2f}  textbook {textbook:7.2f}  "
        f"{textbook / small:.0f} times as fast, at least {LEAST_GAIN}\n"
        f"encode: {speed / cold:.2f} MB/s new words, {speed / warm:.2f} MB/s "
        f"words met before, at least {LEAST_SPEED}; library "
        f"{speed / same:.2f} MB/s"
    )
    holds = (
        ours / theirs <= SLOWEST
        and textbook / small >= LEAST_GAIN
        and speed / warm >= LEAST_SPEED
        and ids == expected
    )
    return int(not holds)


def _train(text: str) -> BPE:
    return merges.train([text], vocab_size=256 + N_MERGES)


if __name__ == "__main__":
    sys.exit(main())
