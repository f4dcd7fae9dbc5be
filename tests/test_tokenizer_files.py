"""Files that the library writes and reads, and files that are refused."""

import json

import pytest
from tokenizers import (
    Regex,
    Tokenizer,
    decoders,
    models,
    pre_tokenizers,
    processors,
    trainers,
)

from tests.tokenized import ALPHABET, cut, ids, prose, trained
from xfmr.tokenizer import files, merges, pieces
from xfmr.tokenizer.bpe import BPE
from xfmr.tokenizer.unigram import Unigram
from xfmr.tokenizer.wordpiece import WordPiece

TEXT = prose(0, 500) + "<s>" + prose(1, 500) + "\x1c½ <s>"
ENDS = ["<e>", "<s>"]
WORDS = ["[UNK]", *"katomirenshu", "##ka", "##to", "##ren", "##m", "##i"]
VOCAB = {piece: n for n, piece in enumerate(dict.fromkeys(WORDS))}
OURS = {
    "gpt2": merges.train([TEXT], vocab_size=330, specials=ENDS),
    "words": merges.train([TEXT], vocab_size=330, splitting="words"),
    "wordpiece": WordPiece(VOCAB, specials={"<s>": 99, "<e>": 50}),
    "unigram": pieces.train([prose(0, 500)], vocab_size=90, specials=ENDS),
}
each = pytest.mark.parametrize("name", OURS)


def specials(theirs):
    theirs.add_special_tokens(["<s>"])
    return theirs


def theirs_bpe():
    theirs = Tokenizer(models.BPE())
    theirs.pre_tokenizer = cut("gpt2")
    theirs.decoder = decoders.ByteLevel()
    theirs.post_processor = processors.ByteLevel(trim_offsets=False)
    theirs.train_from_iterator(
        [TEXT],
        trainers.BpeTrainer(
            vocab_size=330,
            initial_alphabet=ALPHABET,
            special_tokens=["<s>", "a b"],
            show_progress=False,
        ),
    )
    return theirs


def theirs_wordpiece():
    theirs = Tokenizer(models.WordPiece(VOCAB, unk_token="[UNK]"))
    theirs.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    return specials(theirs)


def theirs_unigram():
    theirs = Tokenizer(models.Unigram())
    theirs.pre_tokenizer = pre_tokenizers.Metaspace()
    trainer = trainers.UnigramTrainer(
        vocab_size=60,
        unk_token="<unk>",
        special_tokens=["<unk>", "<s>"],
        show_progress=False,
    )
    theirs.train_from_iterator([prose(0, 500)], trainer)
    return theirs


THEIRS = {
    "byte level": (BPE, theirs_bpe),
    "added": (BPE, lambda: specials(trained([TEXT], 300))),
    "split": (BPE, lambda: trained([TEXT], 300, "words")),
    "wordpiece": (WordPiece, theirs_wordpiece),
    "unigram": (Unigram, theirs_unigram),
}


@each
def test_the_library_reads_ours(name, tmp_path):
    path = tmp_path / "tokenizer.json"
    files.save(OURS[name], path)
    theirs = Tokenizer.from_file(str(path))
    assert theirs.get_vocab_size() == OURS[name].vocab_size
    assert OURS[name].encode(TEXT) == ids(theirs, TEXT)
    found = OURS[name].encode(TEXT)
    read = theirs.decode(found, skip_special_tokens=False)
    if name in ("gpt2", "words"):
        assert read == OURS[name].decode(found) == TEXT
    plain = OURS[name].encode(prose(2, 30))
    assert theirs.decode(plain) == OURS[name].decode(plain)


@each
def test_ours_come_back(name, tmp_path):
    path = str(tmp_path / "tokenizer.json")
    files.save(OURS[name], path)
    back = files.load(path)
    assert type(back) is type(OURS[name])
    assert files.document(back) == files.document(OURS[name])
    assert back.encode(TEXT) == OURS[name].encode(TEXT)


@pytest.mark.parametrize("name", THEIRS)
def test_ours_read_the_librarys(name, tmp_path):
    kind, make = THEIRS[name]
    theirs = make()
    path = tmp_path / "tokenizer.json"
    theirs.save(str(path))
    ours = files.load(path)
    assert type(ours) is kind
    assert ours.vocab_size == theirs.get_vocab_size()
    assert ours.encode(TEXT + " a b") == ids(theirs, TEXT + " a b")


def test_a_file_is_for_people_too(tmp_path):
    path = tmp_path / "tokenizer.json"
    files.save(OURS["unigram"], path)
    text = path.read_text("utf8")
    assert "日本" in text and text.endswith("}\n") and "\n " in text


@each
def test_every_key_of_the_librarys_is_written_as_it_writes_it(name):
    ours = files.document(OURS[name])
    theirs = json.loads(Tokenizer.from_str(json.dumps(ours)).to_str())
    assert ours.keys() == theirs.keys()
    for key in ours.keys() - {"model", "decoder"}:
        assert ours[key] == theirs[key]
    for key, value in ours["decoder"].items():
        assert theirs["decoder"][key] == value
    if name == "unigram":  # a score may have lost its last bit
        found, scores = (
            dict(document["model"].pop("vocab")) for document in (ours, theirs)
        )
        assert found == pytest.approx(scores, rel=1e-12)
    assert theirs["model"] == ours["model"]


def test_special_tokens_are_written_in_the_order_of_their_ids():
    added = files.document(OURS["wordpiece"])["added_tokens"]
    assert [(x["id"], x["content"]) for x in added] == [
        *((50, "<e>"), (99, "<s>"))
    ]


def test_older_files_write_a_merge_as_one_string():
    document = files.document(OURS["gpt2"])
    pairs = document["model"]["merges"]
    document["model"]["merges"] = [" ".join(pair) for pair in pairs]
    old = files.from_document(document)
    assert old.merges == OURS["gpt2"].merges


# What is left out, or said in another way -----------------------------------


def changed(name, *keys, **values):
    """A document with values below some keys replaced, or taken out."""
    document = json.loads(json.dumps(files.document(OURS[name])))
    below = document
    for key in keys:
        below = below[key]
    for key, value in values.items():
        if value is ...:
            del below[key]
        else:
            below[key] = value
    return document


@pytest.mark.parametrize(
    "values",
    [
        {"continuing_subword_prefix": "", "end_of_word_suffix": ""},
        {"dropout": ..., "ignore_merges": ..., "unk_token": "x"},
        {"ignore_merges": None},
    ],
)
def test_what_says_the_same(values):
    found = files.from_document(changed("gpt2", "model", **values))
    assert found.encode(TEXT) == OURS["gpt2"].encode(TEXT)


def test_a_pattern_of_its_own_may_be_gpt2s():
    pattern = Regex(files.SPLITTINGS["gpt2"].library)
    theirs = trained([TEXT], 300)
    theirs.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(pattern, "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    ours = files.from_document(json.loads(theirs.to_str()))
    assert ours.splitting == "gpt2"
    assert ours.encode(TEXT) == ids(theirs, TEXT)


# What is refused ------------------------------------------------------------


def refusal(document):
    with pytest.raises(ValueError) as error:
        files.from_document(document)
    message = str(error.value)
    assert "\n" not in message and len(message) < 300
    return message


LEVEL = {"type": "ByteLevel", "add_prefix_space": False, "use_regex": False}
SPACED = LEVEL | {"add_prefix_space": True}
ODD = {"type": "Split", "pattern": {"Regex": "x"}, "behavior": "Isolated"}


@pytest.mark.parametrize(
    ("name", "keys", "values", "message"),
    [
        ("gpt2", (), {"model": ...}, "key 'model' is missing"),
        ("gpt2", (), {"model": 3}, "model=3 must be of the type dict"),
        ("gpt2", (), {"added_tokens": ...}, "key 'added_tokens' is missing"),
        ("gpt2", (), {"added_tokens": [3]}, "3 must be an object"),
        ("gpt2", (), {"added_tokens": [{"id": 3}]}, "key 'content' is mis"),
        ("gpt2", (), {"added_tokens": [{"content": "x"}]}, "key 'id' is mis"),
        (
            *("gpt2", ("added_tokens", 0), {"lstrip": True}),
            "lstrip=True must be False",
        ),
        (
            *("gpt2", ("added_tokens", 0), {"rstrip": True}),
            "rstrip=True must be False",
        ),
        (
            *("gpt2", ("added_tokens", 0), {"single_word": True}),
            "single_word=True must be False",
        ),
        ("gpt2", (), {"normalizer": {"type": "NFC"}}, "normalizer={'type':"),
        ("gpt2", (), {"truncation": {}}, "truncation={} must be None"),
        ("gpt2", (), {"padding": {}}, "padding={} must be None"),
        ("gpt2", ("model",), {"type": ...}, "key 'type' is missing"),
        (
            *("gpt2", ("model",), {"type": "WordLevel"}),
            "model type 'WordLevel' is unknown: known are BPE, WordPiece, Uni",
        ),
        ("gpt2", ("model",), {"vocab": ...}, "key 'vocab' is missing"),
        ("gpt2", ("model",), {"merges": ...}, "key 'merges' is missing"),
        ("gpt2", ("model",), {"merges": [["a"]]}, "merge ['a'] must be of"),
        ("gpt2", ("model",), {"merges": ["a"]}, "merge 'a' must be of two"),
        ("gpt2", ("model",), {"merges": [3]}, "merge 3 must be of two tok"),
        ("gpt2", ("model",), {"merges": [["é ", "a"]]}, "token='é ' must be"),
        ("gpt2", ("model",), {"merges": [["a", "zzz"]]}, "b'zzz' of the mer"),
        ("gpt2", ("model",), {"dropout": 0.1}, "dropout=0.1 must be None"),
        ("gpt2", ("model",), {"ignore_merges": True}, "ignore_merges=True m"),
        (
            *("gpt2", ("model",), {"end_of_word_suffix": "</w>"}),
            "end_of_word_suffix='</w>' must be ''",
        ),
        (
            *("gpt2", ("model",), {"continuing_subword_prefix": "##"}),
            "continuing_subword_prefix='##' must be ''",
        ),
        ("gpt2", ("model", "vocab"), {"!": "0"}, "!='0' must be of the typ"),
        ("gpt2", ("model", "vocab"), {"!": True}, "!=True must be of the ty"),
        ("gpt2", ("model", "vocab"), {"!": ...}, "byte 0x21 must be in the"),
        ("gpt2", (), {"pre_tokenizer": None}, "None must be an object with"),
        ("gpt2", (), {"pre_tokenizer": {}}, "key 'type' is missing"),
        ("gpt2", (), {"pre_tokenizer": LEVEL}, "pre_tokenizer={'type': 'By"),
        ("gpt2", (), {"pre_tokenizer": SPACED}, "add_prefix_space=True must"),
        (
            *("gpt2", (), {"pre_tokenizer": {"type": "Whitespace"}}),
            "type='Whitespace' must be 'ByteLevel'",
        ),
        ("words", ("pre_tokenizer",), {"pretokenizers": ...}, "key 'pretoken"),
        (
            "words",
            ("pre_tokenizer",),
            {"pretokenizers": []},
            "None must be an",
        ),
        (
            *("words", ("pre_tokenizer",), {"pretokenizers": [ODD, LEVEL]}),
            "pre_tokenizer={'type': 'Sequence', 'pretokenizers': [{'type':",
        ),
        (
            "words",
            ("pre_tokenizer", "pretokenizers", 1),
            {"use_regex": True},
            "use_regex=True must be False",
        ),
        ("wordpiece", ("model",), {"unk_token": ...}, "key 'unk_token' is"),
        ("wordpiece", ("model",), {"unk_token": "?"}, "unknown='?' must be"),
        (
            *("wordpiece", ("model",), {"continuing_subword_prefix": "@@"}),
            "continuing_subword_prefix='@@' must be '##'",
        ),
        (
            *("wordpiece", ("model",), {"max_input_chars_per_word": 50}),
            "max_input_chars_per_word=50 must be 100",
        ),
        ("wordpiece", (), {"pre_tokenizer": LEVEL}, "pre_tokenizer={'type':"),
        ("unigram", (), {"pre_tokenizer": None}, "pre_tokenizer=None must"),
        ("unigram", ("model",), {"vocab": [["a"]]}, "['a'] must be a piece"),
        ("unigram", ("model",), {"unk_id": None}, "unk_id=None must be of"),
        ("unigram", ("model",), {"byte_fallback": True}, "byte_fallback=Tr"),
    ],
)
def test_what_no_tokenizer_here_does(name, keys, values, message):
    assert refusal(changed(name, *keys, **values)).startswith(message)


def test_what_is_no_object():
    assert refusal([]) == "[] must be an object with 'model'"


def test_whole_numbers_are_scores():
    model = {"type": "Unigram", "unk_id": 0, "vocab": [["a", 0], ["▁", -1]]}
    document = changed("unigram", model=model, added_tokens=[])
    assert files.from_document(document).pieces == [("a", 0.0), ("▁", -1.0)]


def loading(path):
    with pytest.raises(ValueError) as error:
        files.load(path)
    message = str(error.value)
    assert "\n" not in message
    return message.replace(str(path), "FILE")


def test_files_that_cannot_be_read(tmp_path):
    path = tmp_path / "tokenizer.json"
    assert loading(path).startswith("FILE cannot be read: [Errno 2]")
    assert loading(tmp_path).startswith("FILE cannot be read: [Errno 21]")
    path.write_bytes(b"\xff")
    assert loading(path).startswith("FILE cannot be read: 'utf-8' codec")
    path.write_text("{nothing", "utf8")
    assert loading(path).startswith("FILE is not JSON: Expecting property")
    path.write_text("{}", "utf8")
    assert loading(path) == "FILE: key 'model' is missing"
