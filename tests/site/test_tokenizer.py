"""The lab's tokenizer, against the one in Python."""

import json
import random
import re
import sys
import unicodedata

import pytest

from tests import lab
from xfmr.tokenizer.splitting import SPACE

from .conftest import visitor

N_TEXTS = 10_000
SPACES = re.findall(f"[{SPACE}]", "".join(map(chr, range(0x3001))))
ODD = "_\x00\x1c\x1f\x85\xad\u0345\u180e\u3007\ufeff\U00011c5a"
KINDS = [
    lambda rng: rng.choice("etaoinshrdlu ETAOIN  0123456789.,;:'-\n"),
    lambda rng: rng.choice([" the", " of", "Ann", " park", "'s", "'ll", "'S"]),
    lambda rng: rng.choice(SPACES),
    lambda rng: rng.choice(["<mask>", "<mask", "mask>", "<", ">"]),
    lambda rng: rng.choice("éüßñøçşığāž²½Ⅷ٣一二あア한ह्ि"),
    lambda rng: rng.choice(["👩‍🚀", "🇨🇭", "e\u0301", "\u200d", "\U0001f9ff"]),
    lambda rng: chr(rng.randrange(0x20, 0x2000)),
    lambda rng: character(rng, 0x10000),
    lambda rng: character(rng, sys.maxunicode + 1),
    lambda rng: rng.choice(
        "_\x00\x1c\x1f\x85\xad\u0345\u180e\u3007\U00011c5a"
    ),
]


def character(rng, end):
    """Any that is not the half of a pair."""
    while 0xD800 <= (code := rng.randrange(end)) < 0xE000:
        pass
    return chr(code)


def texts():
    rng = random.Random(0)
    for n in range(N_TEXTS):
        kinds = KINDS if n % 2 else rng.choices(KINDS, k=2)
        yield "".join(
            rng.choice(kinds)(rng) for _ in range(rng.randrange(1, 16))
        )


@pytest.fixture(scope="module")
def tokenizer():
    return lab.tokenizer()


@pytest.fixture(scope="module")
def page(chromium, tmp_path_factory):
    seen = visitor(chromium)
    seen.page.goto(lab.written(tmp_path_factory.mktemp("lab")).as_uri())
    seen.page.evaluate("() => { window.made = Tokenizer.create(demoTables); }")
    yield seen.page
    assert seen.messages == []
    seen.page.context.close()


def asked(page, function, each):
    """What a function of the page makes of each; one string is sent fast."""
    script = f"(all) => JSON.stringify(JSON.parse(all).map({function}))"
    return json.loads(page.evaluate(script, json.dumps(each)))


def encoded(page, texts):
    """The tokens of each text, as the page's tokenizer has them."""
    return asked(page, "made.encode", texts)


def test_ids_and_texts_of_any_characters(page, tokenizer):
    given = [*texts()]
    everything = "".join(given)
    assert {unicodedata.category(c)[0] for c in everything} >= {*"LMNPSZC"}
    ids = [tokenizer.encode(text) for text in given]
    found = asked(page, "(text) => made.encode(text).map((t) => t.id)", given)
    differ = [n for n, own in enumerate(ids) if own != found[n]]
    assert differ == []
    assert any(1023 in own for own in ids)
    back = asked(page, "made.decode", ids)
    assert back == given


def test_broken_characters_read_as_in_python(page, tokenizer):
    rng = random.Random(1)
    ids = [[rng.randrange(300) for _ in range(12)] for _ in range(500)]
    back = asked(page, "made.decode", ids)
    assert back == [tokenizer.decode(own) for own in ids]
    assert any("\ufffd" in text for text in back)


def test_tokens_lie_where_they_say(page, tokenizer):
    # places count the halves of pairs, as JavaScript's do
    given = [text for text in texts() if "\ufffd" not in text][:500]
    for text, tokens in zip(given, encoded(page, given), strict=True):
        units = text.encode("utf-16-le")
        at = 0
        for token in tokens:
            cut = units[2 * token["start"] : 2 * token["end"]]
            part = cut.decode("utf-16-le")
            own = tokenizer.decode([token["id"]])
            assert token["text"] == own
            assert token["start"] <= at <= token["end"]
            assert own.strip("\ufffd") in part
            assert (part == own) or "\ufffd" in own
            at = token["end"]
        assert 2 * at == len(units)


def test_a_character_may_be_of_several_tokens(page):
    (tokens,) = encoded(page, ["é \U0001f9ff<mask>x"])
    places = [(t["start"], t["end"]) for t in tokens]
    assert places[:2] == [(0, 1), (0, 1)]
    assert places[-2:] == [(4, 10), (10, 11)]
    assert {(2, 4)} <= {*places}
    assert tokens[0]["text"] == "\ufffd"


def test_what_is_no_token_is_refused(page):
    refused = """(id) => {
      try { made.decode([id]); } catch (error) {
        return `${error.name}: ${error.message}`;
      }
    }"""
    assert page.evaluate(refused, 1023) is None
    assert page.evaluate(refused, 1024) == "RangeError: no token 1024"
    assert page.evaluate(refused, -1) == "RangeError: no token -1"
    assert page.evaluate("() => made.size") == 1024
