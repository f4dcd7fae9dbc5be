"""Reading: what a grammar says of the next word, given those before.

Since each word shows which way of a rule was taken, a reader has to remember
no alternatives: what is still to come stands on one stack. The words that can
follow have exact probabilities, whose product is that of the sentence.
"""

from collections.abc import Iterable, Iterator
from math import inf, log

from xfmr.data.grammar import Draw, Grammar, Item, Symbol


class Reader:
    """Follows one sentence, word by word."""

    def __init__(self, grammar: Grammar):
        self.grammar = grammar
        self._stack: list[Item] = [Symbol(grammar.start)]
        self._memory: dict[str, str] = {}

    @property
    def finished(self) -> bool:
        """Whether the sentence is at its end."""
        return not self._stack

    def options(self) -> dict[str, float]:
        """Each word that can come next, and its probability."""
        return self._options(self._stack[-1]) if self._stack else {}

    def _options(self, item: Item) -> dict[str, float]:
        if type(item) is not Symbol:
            words = self._possible(item)
            return dict.fromkeys(words, 1 / len(words))
        rule = self.grammar.rules[item.name]
        return {
            word: share * p
            for way, share in zip(rule.ways, rule.shares, strict=True)
            for word, p in self._options(way[0]).items()
        }

    def _possible(self, item: Item) -> tuple[str, ...]:
        """The words that an item with no rule can be."""
        if type(item) is str:
            return (item,)
        if type(item) is not Draw:
            return (self._memory[item.name],)
        words = self.grammar.classes[item.kind]
        if item.name is None:
            return words
        known = self._memory.values()
        return tuple(word for word in words if word not in known)

    def read(self, word: str) -> float:
        """How probable a word was; the next one is asked about afterwards.

        Raises:
            ValueError: if it cannot come next.
        """
        probability = self.options().get(word)
        if probability is None:
            raise ValueError(f"{word=} must be one of {[*self.options()]}")
        item = self._stack.pop()
        while type(item) is Symbol:
            ways = self.grammar.rules[item.name].ways
            way = next(w for w in ways if word in self._options(w[0]))
            self._stack += way[:0:-1]
            item = way[0]
        if type(item) is Draw and item.name is not None:
            self._memory[item.name] = word
        return probability


def surprisals(grammar: Grammar, words: Iterable[str]) -> Iterator[float]:
    """Nats of each word of sentences in a row, given those before it.

    No model that is given the same words can have a smaller sum on average.

    Raises:
        ValueError: if a word cannot come next.
    """
    reader = Reader(grammar)
    for word in words:
        yield -log(reader.read(word))
        if reader.finished:
            reader = Reader(grammar)


def log_probability(grammar: Grammar, sentence: str) -> float:
    """The logarithm of a sentence's probability; -inf if it is none."""
    reader, total = Reader(grammar), 0.0
    try:
        for word in sentence.split():
            total += log(reader.read(word))
    except ValueError:
        return -inf
    return total if reader.finished else -inf
