"""Grammars whose every probability is known.

A rule lists the ways to go on from a symbol, each with a weight:

    "GIVE": {"<a> gave a <thing> to <b> .": 2, "<b> ran away .": 1}

    GIVE        a symbol, which has a rule of its own
    gave        a word
    <thing>     any word of a class, each as probable as the others
    <name:a>    one that the sentence does not remember yet, to remember as a
    <a>         the word that is remembered

No two ways of a rule can begin with the same word, so that each word shows
which way was taken. A sentence has one derivation, then, and the entropy of
texts is that of derivations, whose choices are independent: if a rule is used
n times on average and its own choices hold h nats, a sentence holds the sum of
all n h (Grenander 1967).
"""

import re
from bisect import bisect
from collections.abc import Mapping, Sequence
from itertools import accumulate, combinations
from math import log
from random import Random
from typing import NamedTuple

import numpy as np

PART = re.compile(r"<(\w+)(?::(\w+))?>")


class Symbol(NamedTuple):
    """Stands for one of its rule's ways."""

    name: str


class Draw(NamedTuple):
    """One of n words of a class, to remember if there is a name."""

    kind: str
    name: str | None
    n: int


class Recall(NamedTuple):
    """A word of a class that is remembered."""

    kind: str
    name: str


Item = str | Symbol | Draw | Recall
Way = tuple[Item, ...]
Rules = Mapping[str, Mapping[str, int]]


class Rule(NamedTuple):
    """Ways to go on, with probabilities and the sums of all before each."""

    ways: tuple[Way, ...]
    shares: tuple[float, ...]
    below: tuple[float, ...]


class Grammar:
    """Rules that sentences are drawn from, and their exact probabilities.

    Args:
        rules: for each symbol its ways, and their weights.
        classes: the words of each class.
        start: the symbol that a sentence stands for.

    Raises:
        ValueError: if two ways of a rule can begin with the same word, a
            symbol meets different memories, or remembers for what follows
            it, a way names what is missing, a word is in two classes, or
            sentences need not end.
    """

    def __init__(
        self,
        rules: Rules,
        classes: Mapping[str, Sequence[str]],
        *,
        start: str,
    ):
        self.classes = {kind: tuple(words) for kind, words in classes.items()}
        words = [word for kind in self.classes.values() for word in kind]
        if len({*words}) < len(words):
            raise ValueError("a word must be in one class, and there once")
        self.start = start
        self.rules: dict[str, Rule] = {}
        self._memories: dict[str, dict[str, str]] = {}
        self._enter(rules, start, {})
        for symbol in self.rules:
            self._check(symbol)
        self._uses = self._expected_uses()

    # Reading the rules ------------------------------------------------------

    def _enter(
        self,
        rules: Rules,
        symbol: str,
        memory: dict[str, str],
    ) -> None:
        """Take in the rule of a symbol, and those that it leads to."""
        if self._memories.setdefault(symbol, memory) != memory:
            raise ValueError(
                f"{symbol=} must always meet the same memory, not once "
                f"{memory} and once {self._memories[symbol]}"
            )
        if symbol in self.rules:
            return
        total = sum(rules[symbol].values())
        shares = [weight / total for weight in rules[symbol].values()]
        self.rules[symbol] = Rule((), (), ())  # met, if it leads to itself
        ways = []
        for text in rules[symbol]:
            known = dict(memory)
            parts = text.split()
            ways.append(tuple(self._item(rules, p, known) for p in parts))
        below = tuple(accumulate(shares))[:-1]
        self.rules[symbol] = Rule(tuple(ways), tuple(shares), below)

    def _item(
        self,
        rules: Rules,
        part: str,
        known: dict[str, str],
    ) -> Item:
        """What a part of a way means; `known` learns what it remembers."""
        found = PART.fullmatch(part)
        if found is None:
            if part not in rules:
                return part
            self._enter(rules, part, dict(known))
            return Symbol(part)
        kind, name = found.groups()
        if kind in known and name is None:
            return Recall(known[kind], kind)
        n = len(self.classes.get(kind, ()))
        if name is not None:
            n -= [*known.values()].count(kind)
        if n < 1 or name in known:
            raise ValueError(
                f"{part} must name a class with a word that is left, or one "
                f"of the words that are remembered, {[*known]}"
            )
        if name is not None:
            known[name] = kind
        return Draw(kind, name, n)

    def _check(self, symbol: str) -> None:
        """Refuse rules whose words do not show which way was taken."""
        ways = self.rules[symbol].ways
        for one, other in combinations(ways, 2):
            for a in self._leading(one[0]):
                for b in self._leading(other[0]):
                    if self._meet(a, b):
                        raise ValueError(
                            f"{symbol=} must not begin in two ways with the "
                            f"same word, as {a} and {b} can"
                        )
        for way in ways:
            for item in way[:-1]:
                if type(item) is Symbol and self._remembers(item, set()):
                    raise ValueError(
                        f"{item.name} must end its way, because it remembers"
                    )

    def _leading(self, item: Item, path: tuple[Item, ...] = ()) -> list[Item]:
        """What an item can begin with, symbols followed to their ends."""
        if type(item) is not Symbol:
            return [item]
        if item in path:
            raise ValueError(f"{item.name} must not begin with itself")
        ways = self.rules[item.name].ways
        return [
            a for way in ways for a in self._leading(way[0], (*path, item))
        ]

    def _meet(self, a: Item, b: Item) -> bool:
        """Whether two items can be the same word."""
        if type(a) is not str and type(b) is not str and a.kind == b.kind:
            # two memories differ, and what is new is not among them
            new = [x for x in (a, b) if type(x) is Draw]
            if len(new) < 2 and all(x.name for x in new):
                return a == b
        return bool({*self._words(a)} & {*self._words(b)})

    def _words(self, item: str | Draw | Recall) -> tuple[str, ...]:
        return (item,) if type(item) is str else self.classes[item.kind]

    def _remembers(self, item: Item, seen: set[str]) -> bool:
        """Whether a symbol leads to anything that remembers."""
        if type(item) is not Symbol or item.name in seen:
            return type(item) is Draw and item.name is not None
        seen.add(item.name)
        ways = self.rules[item.name].ways
        return any(self._remembers(x, seen) for way in ways for x in way)

    @property
    def words(self) -> set[str]:
        """All words that a sentence may have."""
        ways = [way for rule in self.rules.values() for way in rule.ways]
        items = [x for way in ways for x in way if type(x) is not Symbol]
        return {word for item in items for word in self._words(item)}

    # What is true on average ------------------------------------------------

    def _expected_uses(self) -> np.ndarray:
        """Row: how often each rule is used on average, from one symbol on."""
        place = {symbol: n for n, symbol in enumerate(self.rules)}
        direct = np.zeros((len(place), len(place)))
        for symbol, rule in self.rules.items():
            for way, share in zip(rule.ways, rule.shares, strict=True):
                for item in way:
                    if type(item) is Symbol:
                        direct[place[symbol], place[item.name]] += share
        if max(abs(np.linalg.eigvals(direct))) >= 1:
            raise ValueError("sentences must end: rules lead to too many more")
        return np.linalg.inv(np.eye(len(place)) - direct)

    def _average(self, symbol: str, own: Sequence[float]) -> float:
        row = [*self.rules].index(symbol)
        return float(self._uses[row] @ np.array(own))

    def entropy(self, symbol: str) -> float:
        """Nats that what a symbol stands for holds on average."""
        return self._average(symbol, [*map(self._own, self.rules.values())])

    def _own(self, rule: Rule) -> float:
        """Nats of a rule's choices, without those of its symbols."""
        nats = 0.0
        for way, share in zip(rule.ways, rule.shares, strict=True):
            drawn = sum(log(x.n) for x in way if type(x) is Draw)
            nats += share * (drawn - log(share))
        return nats

    def length(self, symbol: str) -> float:
        """Words that a symbol stands for on average."""
        own = [
            sum(
                share * sum(type(item) is not Symbol for item in way)
                for way, share in zip(rule.ways, rule.shares, strict=True)
            )
            for rule in self.rules.values()
        ]
        return self._average(symbol, own)

    # Sentences --------------------------------------------------------------

    def sentence(self, rng: Random) -> list[str]:
        """The words of a sentence, drawn."""
        stack: list[Item] = [Symbol(self.start)]
        memory: dict[str, str] = {}
        said = []
        while stack:
            item = stack.pop()
            if type(item) is Symbol:
                rule = self.rules[item.name]
                stack += rule.ways[bisect(rule.below, rng.random())][::-1]
            elif type(item) is Draw:
                said.append(self._drawn(item, memory, rng))
            else:
                said.append(item if type(item) is str else memory[item.name])
        return said

    def _drawn(self, item: Draw, memory: dict[str, str], rng: Random) -> str:
        words = self.classes[item.kind]
        while True:
            word = words[int(rng.random() * len(words))]
            if item.name is None:
                return word
            if word not in memory.values():
                memory[item.name] = word
                return word
