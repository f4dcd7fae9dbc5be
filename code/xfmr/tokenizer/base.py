"""What the tokenizers have in common: special tokens, and words kept."""

import re
from collections.abc import Callable, Iterable, Mapping
from itertools import chain

MOST_KEPT = 2**18  # words; ten million letters of prose have fewer


class Kept(dict):
    """The ids of each word, made when first asked for and then kept.

    Args:
        made: gives the ids of a word.
        most: number of words to keep; a later one is made each time.
    """

    def __init__(
        self, made: Callable[[str], tuple[int, ...]], most: int = MOST_KEPT
    ):
        self.made = made
        self.most = most

    def __missing__(self, word: str) -> tuple[int, ...]:
        """The ids of a word that is not kept yet."""
        ids = self.made(word)
        if len(self) < self.most:
            self[word] = ids
        return ids


class Tokenizer:
    """A tokenizer without its rule, which `_words` and `_made` hold.

    Args:
        ids: the id of each token that the rule may find.
        specials: tokens that are found in a text before it is split, and
            their ids.

    Raises:
        ValueError: if an id is negative or two tokens have one, or a special
            token is empty or has another id among the others.
    """

    def __init__(self, ids: Mapping[str, int], specials: Mapping[str, int]):
        self.specials = dict(specials)
        for token, number in specials.items():
            if not token or ids.get(token, number) != number:
                raise ValueError(
                    f"special token {token!r} must have a letter, and the "
                    f"id that it has in the vocabulary, not {number}"
                )
        both = {**ids, **specials}
        self._tokens = {number: token for token, number in both.items()}
        if len(self._tokens) < len(both) or min(self._tokens) < 0:
            raise ValueError("each token must have an id of its own from 0 up")
        longest_first = sorted(specials, key=len, reverse=True)
        self._special = re.compile(
            f"({'|'.join(map(re.escape, longest_first))})"
        )
        self._kept = Kept(self._made)

    @property
    def vocab_size(self) -> int:
        """Number of tokens, the special ones with them."""
        return len(self._tokens)

    def encode(self, text: str) -> list[int]:
        """The ids of a text; a special token in it becomes its one id."""
        if not self.specials:
            return self._plain(text)
        ids = []
        for n, part in enumerate(self._special.split(text)):
            ids += [self.specials[part]] if n % 2 else self._plain(part)
        return ids

    def tokens(self, ids: Iterable[int]) -> list[str]:
        """Each id's token, as the vocabulary writes it.

        Raises:
            ValueError: if an id is no token's.
        """
        try:
            return [self._tokens[number] for number in ids]
        except KeyError as error:
            raise ValueError(
                f"id {error} must be that of one of {self.vocab_size} tokens"
            ) from None

    def _plain(self, text: str) -> list[int]:
        # no line is interpreted for each word: this is what makes it fast
        each = map(self._kept.__getitem__, self._words(text))
        return [*chain.from_iterable(each)]

    def _words(self, text: str) -> list[str]:
        """The text cut into what is encoded each for itself."""
        raise NotImplementedError

    def _made(self, word: str) -> tuple[int, ...]:
        """The ids of a word."""
        raise NotImplementedError
