"""A language that looks like English, and whose entropy is known exactly.

Sentences are of four kinds, and each asks something else of a model:

    NAMES       the last word is the one of two names that was not repeated
    AGREEMENT   the verb has the number of its subject, which is not near
    COPY        a list is said, and then said again
    SUM         of two numbers

Words stand between spaces, full stops too, and sentences on lines of their
own. FULL is for models that take minutes to train; SMALL has no NAMES, which
are learned last, fewer words, shorter lists and smaller numbers, for those
that take seconds.
"""

from collections.abc import Iterable, Iterator, Mapping
from random import Random

from xfmr.data.grammar import Grammar
from xfmr.data.reading import log_probability, surprisals

KINDS = {"NAMES": 3, "AGREEMENT": 3, "COPY": 3, "SUM": 1}
RULES = {
    "NAMES": {
        "when <name:a> and <name:b> went to the <place> , GIVE": 1,
        "after <name:a> met <name:b> at the <place> , GIVE": 1,
    },
    "GIVE": {
        "<a> <gave> a <thing> to <b> .": 1,
        "<b> <gave> a <thing> to <a> .": 1,
    },
    "AGREEMENT": {"the SUBJECT": 1},
    "SUBJECT": {"<old> NOUN": 1, "NOUN": 2},
    "NOUN": {"<dog> ONE": 1, "<dogs> MANY": 1},
    "ONE": {"<runs> .": 3, "<near> the OTHER ONE": 2, "that the SEEN ONE": 1},
    "MANY": {
        "<run> .": 3,
        "<near> the OTHER MANY": 2,
        "that the SEEN MANY": 1,
    },
    "OTHER": {"<dog>": 1, "<dogs>": 1},
    # a clause inside a clause: its verb has the number of its own subject
    "SEEN": {"<dog> ONE_SEES": 1, "<dogs> MANY_SEE": 1},
    "ONE_SEES": {"<sees>": 4, "that the SEEN ONE_SEES": 1},
    "MANY_SEE": {"<see>": 4, "that the SEEN MANY_SEE": 1},
}
CLASSES = {
    "name": "Ann Ben Cleo Dan Eve Finn Gus Hana Ivo June Karl Lea Max Nora "
    "Otto Pia Quinn Rosa Sam Tess Uma Vera Will Zoe",
    "place": "park shop school river market station garden library",
    "thing": "book ball letter coin map key lamp ring cup rope",
    "gave": "gave sent showed lent",
    "old": "old young small quick brown quiet",
    "dog": "dog cat bird horse fox owl boy girl king doctor",
    "dogs": "dogs cats birds horses foxes owls boys girls kings doctors",
    "near": "near behind beside under",
    "sees": "sees likes follows hears",
    "see": "see like follow hear",
    "runs": "runs sleeps sings waits falls",
    "run": "run sleep sing wait fall",
    "item": "red blue green grey black white pink gold oak elm ash pine salt "
    "milk rice tea iron tin silk wool north south east west",
}
SHORTEST = 2  # words of a list


class Language:
    """A language of such sentences.

    Args:
        kinds: the kinds of sentences, and their odds.
        most: words that each class may have; the first ones are taken.
        longest: words of a list.
        largest: number that is added.

    Raises:
        ValueError: if a list cannot have so many words.
    """

    def __init__(
        self,
        kinds: Mapping[str, int],
        *,
        most: int,
        longest: int,
        largest: int,
    ):
        classes = {name: all_.split()[:most] for name, all_ in CLASSES.items()}
        if not SHORTEST <= longest <= len(classes["item"]):
            raise ValueError(
                f"{longest=} must be from {SHORTEST} to {len(classes['item'])}"
            )
        self.kinds = tuple(kinds)
        rules = {"SENTENCE": kinds} | RULES | _copy(longest) | _sum(largest)
        self.grammar = Grammar(rules, classes, start="SENTENCE")
        self.words = tuple(sorted(self.grammar.words))
        self.ids = {word: n for n, word in enumerate(self.words)}

    # What is known of it ----------------------------------------------------

    @property
    def vocab_size(self) -> int:
        """V, the number of words."""
        return len(self.words)

    @property
    def nats_per_sentence(self) -> float:
        """Entropy of a sentence."""
        return self.grammar.entropy("SENTENCE")

    @property
    def nats_per_token(self) -> float:
        """Entropy of a word of a long text: the least loss of any model."""
        return self.nats_per_sentence / self.grammar.length("SENTENCE")

    def report(self) -> list[dict[str, str | float]]:
        """A row for each kind of sentence, and one for all of them together.

        In the last row the choice of the kind counts too.
        """
        shares = self.grammar.rules["SENTENCE"].shares
        symbols = [*zip(self.kinds, shares, strict=True), ("SENTENCE", 1.0)]
        rows = []
        for symbol, share in symbols:
            nats = self.grammar.entropy(symbol)
            length = self.grammar.length(symbol)
            rows.append(
                {
                    "kind": symbol.lower() if symbol in self.kinds else "all",
                    "share of sentences": share,
                    "words": length,
                    "nats per sentence": nats,
                    "nats per word": nats / length,
                }
            )
        return rows

    def log_probability(self, sentence: str) -> float:
        """The logarithm of a sentence's probability; -inf if it is none."""
        return log_probability(self.grammar, sentence)

    def surprisals(self, ids: Iterable[int]) -> Iterator[float]:
        """Nats of each token, given those before it; the first begins a line.

        A model that reads the same tokens has no smaller mean in the long
        run, and can come as near as it learns to.

        Raises:
            ValueError: if a token cannot come next.
        """
        return surprisals(self.grammar, (self.words[n] for n in ids))

    # Samples ----------------------------------------------------------------

    def sentences(self, seed: int) -> Iterator[str]:
        """Sentences without end."""
        rng = Random(seed)
        while True:
            yield " ".join(self.grammar.sentence(rng))

    def text(self, n_characters: int, seed: int) -> str:
        """Sentences on lines, as many as are within so many characters."""
        lines, n = [], 0
        for sentence in self.sentences(seed):
            n += len(sentence) + 1
            if n > n_characters:
                return "".join(lines)
            lines.append(sentence + "\n")

    def tokens(self, seed: int) -> Iterator[int]:
        """The ids of sentences without end."""
        rng = Random(seed)
        while True:
            yield from map(self.ids.__getitem__, self.grammar.sentence(rng))

    def rows(self, n_rows: int, n_tokens: int, seed: int) -> list[list[int]]:
        """Ids in rows of one length, of which each begins with a sentence."""
        rng, rows = Random(seed), []
        for _ in range(n_rows):
            row: list[int] = []
            while len(row) < n_tokens:
                row += map(self.ids.__getitem__, self.grammar.sentence(rng))
            rows.append(row[:n_tokens])
        return rows

    # The words as a tokenizer -----------------------------------------------

    def encode(self, text: str) -> list[int]:
        """The ids of a text's words.

        Raises:
            ValueError: if a word is not of the language.
        """
        words = text.split()
        unknown = [word for word in words if word not in self.ids]
        if unknown:
            raise ValueError(f"{unknown[0]!r} must be a word of the language")
        return [self.ids[word] for word in words]

    def decode(self, ids: Iterable[int]) -> str:
        """The words of ids, a line after each full stop."""
        text = " ".join(self.words[n] for n in ids)
        return text.replace(" . ", " .\n") + "\n" * text.endswith(" .")


def _copy(longest: int) -> dict[str, dict[str, int]]:
    """Rules for lists of any length up to the longest."""
    rules = {}
    for n in range(SHORTEST, longest + 1):
        again = " ".join(f"<i{k}>" for k in range(n))
        ways = {f", and <name> heard {again} .": 1}
        if n < longest:
            ways[f"<item:i{n}> MORE{n + 1}"] = 2
        rules[f"MORE{n}"] = ways
    first = " ".join(f"<item:i{k}>" for k in range(SHORTEST))
    return rules | {"COPY": {f"<name> said {first} MORE{SHORTEST}": 1}}


def _sum(largest: int) -> dict[str, dict[str, int]]:
    """Rules for sums, each with its result."""
    numbers = range(largest + 1)
    rules = {
        f"FROM{a}": {f"{b} is {a + b} .": 1 for b in numbers} for a in numbers
    }
    return rules | {"SUM": {f"{a} plus FROM{a}": 1 for a in numbers}}


FULL = Language(KINDS, most=24, longest=8, largest=9)
SMALL = Language(
    {"AGREEMENT": 3, "COPY": 3, "SUM": 1}, most=3, longest=3, largest=2
)
