"""Tokenizers as the tokenizers library writes them: one tokenizer.json.

    model        pre_tokenizer                          class
    BPE          ByteLevel, or Split and ByteLevel      BPE
    WordPiece    BertPreTokenizer                       WordPiece
    Unigram      Metaspace                              Unigram

What else a file may ask for and would change the ids is refused. A
post_processor adds tokens around a text, which is not ours to do, and a
decoder is not read: how ids become a text is a matter of the class.
"""

import json
from collections.abc import Mapping
from pathlib import Path

from xfmr.tokenizer.base import Tokenizer
from xfmr.tokenizer.bpe import BPE
from xfmr.tokenizer.splitting import SPLITTINGS, read, written
from xfmr.tokenizer.unigram import BLANK, Unigram
from xfmr.tokenizer.wordpiece import MOST_LETTERS, PREFIX, WordPiece

Document = dict[str, object]

BYTE_LEVEL = {"type": "ByteLevel", "add_prefix_space": False}
METASPACE = {
    "type": "Metaspace",
    "replacement": BLANK,
    "prepend_scheme": "always",
    "split": True,
}
# how a special token is found in a text: as it stands there
AS_IT_STANDS = {"single_word": False, "lstrip": False, "rstrip": False}


def save(tokenizer: Tokenizer, path: str | Path) -> None:
    """Write a tokenizer.json, which the tokenizers library reads too."""
    text = json.dumps(document(tokenizer), ensure_ascii=False, indent=1)
    Path(path).write_text(text + "\n", "utf8")


def load(path: str | Path) -> Tokenizer:
    """The tokenizer that a file describes, ours or the library's.

    Raises:
        ValueError: in one line, if the file cannot be read, or asks for what
            no tokenizer here does.
    """
    try:
        found = json.loads(Path(path).read_text("utf8"))
    except json.JSONDecodeError as error:
        raise ValueError(f"{path} is not JSON: {error}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"{path} cannot be read: {error}") from None
    try:
        return from_document(found)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None


def document(tokenizer: Tokenizer) -> Document:
    """What a file holds, before it is JSON."""
    cut, decoder, model = _WRITERS[type(tokenizer)](tokenizer)
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [
            {"id": number, "content": token}
            | AS_IT_STANDS
            | {"normalized": False, "special": True}
            for token, number in sorted(
                tokenizer.specials.items(), key=lambda item: item[1]
            )
        ],
        "normalizer": None,
        "pre_tokenizer": cut,
        "post_processor": None,
        "decoder": decoder,
        "model": model,
    }


def from_document(found: object) -> Tokenizer:
    """The tokenizer that a file's content describes.

    Raises:
        ValueError: if a key is missing or asks for what is not here.
    """
    model = _needed(found, "model", dict)
    kind = _needed(model, "type", str)
    if kind not in _READERS:
        raise ValueError(
            f"model type {kind!r} is unknown: known are {', '.join(_READERS)}"
        )
    _only(found, truncation=None, padding=None, normalizer=None)
    specials = {}
    for added in _needed(found, "added_tokens", list):
        _only(added, **AS_IT_STANDS)
        number = _needed(added, "id", int)
        specials[_needed(added, "content", str)] = number
    return _READERS[kind](model, found.get("pre_tokenizer"), specials)


# What is asked of a file ----------------------------------------------------


def _needed(found: object, key: str, kind: type):
    """The value of a key, which must be there and be of that kind."""
    if not isinstance(found, dict):
        raise ValueError(f"{found!r:.40} must be an object with {key!r}")
    if key not in found:
        raise ValueError(f"key {key!r} is missing")
    if not isinstance(found[key], kind) or isinstance(found[key], bool):
        raise ValueError(
            f"{key}={found[key]!r:.40} must be of the type {kind.__name__}"
        )
    return found[key]


def _only(found: object, **values: object) -> None:
    """Refuse what is neither left out nor the one value that is known."""
    if not isinstance(found, dict):
        raise ValueError(f"{found!r:.40} must be an object")
    for key, value in values.items():
        if found.get(key, value) not in (value, value or None):
            raise ValueError(f"{key}={found[key]!r:.60} must be {value!r}")


def _ids(model: Document) -> dict[str, int]:
    vocab = _needed(model, "vocab", dict)
    return {token: _needed(vocab, token, int) for token in vocab}


# Byte-pair encoding ---------------------------------------------------------


def _bpe_written(tokenizer: BPE) -> tuple[Document, Document, Document]:
    if tokenizer.splitting == "gpt2":
        cut = BYTE_LEVEL | {"trim_offsets": True, "use_regex": True}
    else:
        level = BYTE_LEVEL | {"trim_offsets": True, "use_regex": False}
        pattern = SPLITTINGS[tokenizer.splitting].library
        cut = {"type": "Sequence", "pretokenizers": [_split(pattern), level]}
    vocab = {written(token): n for token, n in tokenizer.vocab.items()}
    vocab |= tokenizer.specials
    model = {
        "type": "BPE",
        "dropout": None,
        "unk_token": None,
        "continuing_subword_prefix": None,
        "end_of_word_suffix": None,
        "fuse_unk": False,
        "byte_fallback": False,
        "ignore_merges": False,
        "vocab": dict(sorted(vocab.items(), key=lambda item: item[1])),
        "merges": [[*map(written, pair)] for pair in tokenizer.merges],
    }
    return cut, BYTE_LEVEL | {"trim_offsets": True, "use_regex": True}, model


def _split(pattern: str) -> Document:
    return {
        "type": "Split",
        "pattern": {"Regex": pattern},
        "behavior": "Isolated",
        "invert": False,
    }


def _bpe_read(
    model: Document, cut: object, specials: Mapping[str, int]
) -> BPE:
    _only(
        model,
        dropout=None,
        continuing_subword_prefix="",
        end_of_word_suffix="",
        ignore_merges=False,
    )
    merges = []
    for pair in _needed(model, "merges", list):
        # older files write the two with a space between
        halves = pair.split(" ") if isinstance(pair, str) else pair
        if not isinstance(halves, list) or [*map(type, halves)] != [str, str]:
            raise ValueError(f"merge {pair!r:.40} must be of two tokens")
        merges.append((read(halves[0]), read(halves[1])))
    vocab = {
        read(token): number
        for token, number in _ids(model).items()
        if specials.get(token) != number
    }
    return BPE(vocab, merges, splitting=_splitting(cut), specials=specials)


def _splitting(cut: object) -> str:
    """The name of the splitting that a pre_tokenizer asks for."""
    steps = [cut]
    if isinstance(cut, dict) and cut.get("type") == "Sequence":
        steps = _needed(cut, "pretokenizers", list)
    *first, last = steps or [None]
    _needed(last, "type", str)
    _only(last, **BYTE_LEVEL)
    if not first and last.get("use_regex", True):
        return "gpt2"
    for name, way in SPLITTINGS.items():
        if first == [_split(way.library)]:
            _only(last, use_regex=False)
            return name
    raise ValueError(f"pre_tokenizer={cut!r:.200} splits in an unknown way")


# WordPiece and Unigram ------------------------------------------------------


def _wordpiece_written(
    tokenizer: WordPiece,
) -> tuple[Document, Document, Document]:
    vocab = tokenizer.vocab | tokenizer.specials
    model = {
        "type": "WordPiece",
        "unk_token": tokenizer.unknown,
        "continuing_subword_prefix": PREFIX,
        "max_input_chars_per_word": MOST_LETTERS,
        "vocab": dict(sorted(vocab.items(), key=lambda item: item[1])),
    }
    decoder = {"type": "WordPiece", "prefix": PREFIX, "cleanup": False}
    return {"type": "BertPreTokenizer"}, decoder, model


def _wordpiece_read(
    model: Document, cut: object, specials: Mapping[str, int]
) -> WordPiece:
    _only(
        model,
        continuing_subword_prefix=PREFIX,
        max_input_chars_per_word=MOST_LETTERS,
    )
    _only({"pre_tokenizer": cut}, pre_tokenizer={"type": "BertPreTokenizer"})
    unknown = _needed(model, "unk_token", str)
    return WordPiece(_ids(model), unknown=unknown, specials=specials)


def _unigram_written(
    tokenizer: Unigram,
) -> tuple[Document, Document, Document]:
    model = {
        "type": "Unigram",
        "unk_id": tokenizer.unknown_id,
        "vocab": [[piece, score] for piece, score in tokenizer.pieces],
        "byte_fallback": False,
    }
    return METASPACE, METASPACE, model


def _unigram_read(
    model: Document, cut: object, specials: Mapping[str, int]
) -> Unigram:
    _only(model, byte_fallback=False)
    _only({"pre_tokenizer": cut}, pre_tokenizer=METASPACE)
    pieces = []
    for entry in _needed(model, "vocab", list):
        match entry:
            case [str(piece), int() | float() as score]:
                pieces.append((piece, float(score)))
            case _:
                raise ValueError(f"{entry!r:.40} must be a piece and a score")
    unknown_id = _needed(model, "unk_id", int)
    return Unigram(pieces, unknown_id=unknown_id, specials=specials)


_WRITERS = {
    BPE: _bpe_written,
    WordPiece: _wordpiece_written,
    Unigram: _unigram_written,
}
_READERS = {
    "BPE": _bpe_read,
    "WordPiece": _wordpiece_read,
    "Unigram": _unigram_read,
}
