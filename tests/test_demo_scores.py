"""Scores of the demo model, against loops over what they are means of."""

from dataclasses import replace
from math import log

import pytest
import torch

from xfmr.demo import scores, texts
from xfmr.demo.heads import heads
from xfmr.demo.model import DEMO, MODES, Demo, mask_of
from xfmr.demo.rows import MASK, both
from xfmr.tokenizer import merges

SAID, HEARD = range(3, 9), range(13, 19)  # where lists are, counted by hand


@pytest.fixture(scope="module")
def tokenizer():
    said = texts.as_read([" ".join(texts.LANGUAGE.words)] * 9)
    said += texts.as_read(texts.drawn(2000, seed=0))
    return merges.train([said], vocab_size=1000, specials=[MASK])


@pytest.fixture(scope="module")
def lists(tokenizer):
    return scores.lists(tokenizer)


@pytest.fixture(scope="module")
def model(tokenizer):
    torch.manual_seed(0)
    sizes = {"n_layers": 2, "d_model": 8, "n_heads": 2, "n_kv_heads": 2}
    sizes |= {"d_head": 4, "d_ff": 16, "vocab_size": tokenizer.vocab_size}
    made = Demo(replace(DEMO, **sizes))
    for p in made.parameters():
        torch.nn.init.normal_(p, std=0.5)
    return made.requires_grad_(False)


def test_lists_stand_where_they_are_said_to_stand(tokenizer, lists):
    assert lists.tokens.shape == (100, 20)
    assert lists.back == 10
    for row in lists.tokens.tolist():
        words = [tokenizer.decode([n]) for n in row]
        assert words[0] == "\n" and words[2] == " said"
        assert words[9:11] == [",", " and"]
        assert words[12] == " heard" and words[19] == "."
        assert [row[n] for n in lists.said] == [row[n] for n in lists.heard]
        assert len({*row[3:9]}) == 6 and row[1] != row[11]
    assert (lists.said, lists.heard) == (SAID, HEARD)


def test_the_last_of_two_names_is_the_one_that_was_not_repeated(tokenizer):
    beginnings, last = scores.names(tokenizer)
    assert len(beginnings) == len(last) == 100
    firsts, names = set(), texts.LANGUAGE.grammar.classes["name"]
    for read, name in zip(beginnings, last.tolist(), strict=True):
        words = tokenizer.decode(read[0].tolist()).split()
        firsts.add(words[0])
        said = [w for w in words if w in names]
        one, other, again = said
        assert again in (one, other) and words[-1] == "to"
        expected = other if again == one else one
        assert tokenizer.decode([name]) == f" {expected}"
    assert firsts == {"When", "After"}


@pytest.mark.parametrize("mode", MODES)
def test_scores_of_heads_are_means_of_what_they_read(model, lists, mode):
    read = heads(model, lists.tokens, mode).weights
    asked = {
        "itself": [(n, n) for n in SAID],
        "previous": [(n, n - 1) for n in SAID],
        "following": [(n, n + 1) for n in SAID],
        "induction": [(n, n - 9) for n in HEARD[:-1]],
        "repeat": [(n, n - 10) for n in HEARD],
        "first": [(n, 0) for n in range(1, 20)],
    }
    found = scores.of_heads(model, lists, mode)
    assert found.keys() == {*asked, "entropy"}
    for name, pairs in asked.items():
        each = torch.stack([read[:, :, :, t, s] for t, s in pairs])
        torch.testing.assert_close(found[name], each.mean((0, 2)))
    shares = []
    for n in range(20):
        most = n + 1 if mode == "causal" else 20
        if most > 1:
            row = read[..., n, :most]
            shares.append(-(row * row.log()).sum(-1) / log(most))
    expected = torch.stack(shares).mean((0, 2))
    torch.testing.assert_close(found["entropy"], expected)


def test_an_even_spread_has_the_entropy_one_and_a_point_none():
    even = torch.ones(1, 1, 2, 5, 5).tril() / torch.arange(1, 6)[:, None]
    point = torch.eye(5).expand(1, 1, 2, 5, 5)
    for read, expected in ((even, 1.0), (point, 0.0)):
        found = scores.entropy(read, mask_of("causal", 5))
        torch.testing.assert_close(found, torch.full((1, 2), expected))


def test_losses_are_those_of_the_tokens_that_count(model, tokenizer):
    rows = torch.randint(900, (5, 13))
    examples = both(rows, tokenizer, seed=1)
    found = scores.losses(model, {"random": examples})["random"]
    for mode, mask, other in (
        ("causal", None, torch.ones(12, 12, dtype=torch.bool)),
        ("bidirectional", None, torch.ones(12, 12).tril().bool()),
    ):
        example = getattr(examples, mode)
        expected = []
        for given in (mask, other):
            shares = model(example.inputs, mode, given).log_softmax(-1)
            own = shares.gather(-1, example.targets[..., None])[..., 0]
            expected.append(-own[example.counts].mean().item())
        loss, wrong = expected
        assert found[mode]["loss"] == pytest.approx(loss, rel=1e-4)
        cost = found[mode]["wrong mask"]
        assert cost == pytest.approx(wrong - loss, abs=1e-4)
        assert abs(cost) > 1e-3


def test_held_out_rows_are_of_both_kinds(tokenizer):
    found = scores.held_out(tokenizer)
    assert [*found] == ["language", "prose"]
    prose = texts.as_read(texts.held_out_prose() * 2)
    learned = texts.as_read(texts.learned_prose())
    for kind, examples in found.items():
        assert examples.causal.inputs.shape == (64, 64)
        assert examples.bidirectional.inputs.shape == (64, 64)
        rows = [tokenizer.decode(r) for r in examples.causal.inputs.tolist()]
        assert {row in prose for row in rows} == {kind == "prose"}
        assert {row in learned for row in rows} == {False}


class Told:
    """Says what it is told of each place, and keeps what it was asked."""

    def __init__(self, said, n_tokens):
        self.said, self.n_tokens, self.asked = said, n_tokens, []

    def __call__(self, tokens, mode):
        self.asked.append((tokens, mode))
        said = self.said[:, : tokens.shape[1]]
        return torch.nn.functional.one_hot(said, self.n_tokens).float()


@pytest.fixture
def told(tokenizer):
    return lambda said: Told(said, tokenizer.vocab_size)


def test_copied_counts_the_words_of_the_list_as_it_is_heard(told, lists):
    ahead = lists.tokens.roll(-1, dims=1)  # each place says the next
    wrong = ahead.clone()
    wrong[:, :12] = wrong[:, 18:] = 0  # not asked for
    assert scores.copied(told(wrong), lists) == 1
    wrong[:25, 12] = 0
    assert scores.copied(told(wrong), lists) == pytest.approx(1 - 25 / 600)


def test_restored_hides_one_word_at_a_time(told, lists, tokenizer):
    model = told(lists.tokens.clone())
    model.said[:, :13] = model.said[:, 19:] = 0
    assert scores.restored(model, lists, tokenizer) == 1
    for (tokens, mode), place in zip(model.asked, HEARD, strict=True):
        changed = (tokens != lists.tokens).nonzero()
        assert mode == "bidirectional" and len(changed) == 100
        assert {*changed[:, 1].tolist()} == {place}
        assert (tokens[:, place] == tokenizer.specials[MASK]).all()
    model.said[:25, 18] = 0
    found = scores.restored(model, lists, tokenizer)
    assert found == pytest.approx(1 - 25 / 600)


def test_named_is_asked_at_the_last_place():
    last = torch.tensor([3, 1, 2])

    def model(tokens, mode):
        assert mode == "causal"
        logits = torch.zeros(1, tokens.shape[1], 5)
        logits[0, -1, tokens[0, 0]] = 1
        return logits

    rows = [torch.tensor([[n, 0]]) for n in (3, 1, 4)]
    assert scores.named(model, rows, last) == pytest.approx(2 / 3)


def test_measured_has_all_scores(model, tokenizer, lists):
    found = scores.measured(model, tokenizer)
    assert found.keys() == {
        *("losses", "names", "copied", "restored", "heads")
    }
    assert found["losses"] == scores.losses(model, scores.held_out(tokenizer))
    assert found["heads"].keys() == {*MODES}
    card = scores.of_heads(model, lists, "bidirectional")
    assert found["heads"]["bidirectional"]["repeat"] == card["repeat"].tolist()
    assert 0 <= found["names"] < 0.2
