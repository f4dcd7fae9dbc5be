"""Where heads read and what layers hold, against the transformers library."""

from dataclasses import replace

import pytest
import torch
from transformers import GPT2LMHeadModel

from xfmr import inside
from xfmr.models.gpt import GPT
from xfmr.presets import GPT2
from xfmr.train import export

TOY = replace(
    GPT2,
    n_layers=3,
    d_model=12,
    n_heads=2,
    n_kv_heads=2,
    d_head=6,
    d_ff=20,
    vocab_size=29,
    context_length=9,
)
TOKENS = torch.tensor([[3, 1, 4, 1, 5, 9, 2], [6, 5, 3, 5, 8, 28, 0]])


@pytest.fixture
def model():
    torch.manual_seed(0)
    made = GPT(TOY)
    for p in made.parameters():
        torch.nn.init.normal_(p, std=0.5)
    return made.requires_grad_(False)


@pytest.fixture
def library(model, tmp_path):
    export.save(TOY, model.state_dict(), tmp_path)
    found = GPT2LMHeadModel.from_pretrained(
        tmp_path, attn_implementation="eager"
    )
    return found.eval()


def test_shares_are_those_of_the_library(model, library):
    theirs = library(TOKENS, output_attentions=True).attentions
    torch.testing.assert_close(
        inside.shares(model, TOKENS), torch.stack(theirs)
    )


def test_the_lens_reads_the_streams_of_the_library(model, library):
    found = inside.lens(model, TOKENS)
    halfway = []
    for block in library.transformer.h:
        block.ln_2.register_forward_pre_hook(
            lambda _, given: halfway.append(given[0])
        )
    streams = library(TOKENS, output_hidden_states=True).hidden_states
    norm, head = library.transformer.ln_f, library.lm_head
    # the library's last one is normalised already
    whole = [head(norm(x)) for x in streams[:-1]] + [head(streams[-1])]
    half = [head(norm(x)) for x in halfway]
    torch.testing.assert_close(found[::2], torch.stack(whole))
    torch.testing.assert_close(found[1::2], torch.stack(half))
    assert torch.equal(found[-1], model(TOKENS))


@pytest.mark.parametrize(
    ("field", "value"), [("norm_order", "post"), ("parallel", True)]
)
def test_a_lens_on_other_streams_is_refused(field, value):
    other = GPT(replace(TOY, **{field: value}))
    with pytest.raises(ValueError, match=f"{field}="):
        inside.lens(other, TOKENS)


def test_fused_kernels_are_seen_through(model):
    fused = GPT(TOY, fused=True)
    fused.load_state_dict(model.state_dict())
    torch.testing.assert_close(
        inside.shares(fused, TOKENS), inside.shares(model, TOKENS)
    )


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("qk_norm", "head"),
        ("score_scale", 1.0),
        ("score_cap", 5.0),
        ("sinks", True),
        ("window", 3),
        ("n_kv_heads", 1),
    ],
)
def test_shares_of_other_scores_are_refused(field, value):
    other = GPT(replace(TOY, **{field: value}))
    with pytest.raises(ValueError, match=f"{field}="):
        inside.shares(other, TOKENS)


# Taking heads out ------------------------------------------------------------


def columns(model, layer, n):
    """The columns of an output projection that belong to a head."""
    return model.blocks[layer].attention.w_o.weight[:, 6 * n : 6 * n + 6]


@pytest.mark.parametrize("head", [(0, 0), (0, 1), (2, 1)])
def test_without_a_head_is_without_its_columns(model, head):
    whole = model(TOKENS)
    with inside.without(model, [head]):
        found = model(TOKENS)
    assert torch.equal(model(TOKENS), whole)
    assert not torch.allclose(found, whole)
    columns(model, *head).zero_()
    torch.testing.assert_close(found, model(TOKENS))


def test_several_heads_at_once(model):
    with inside.without(model, [(0, 0), (0, 1), (1, 0)]):
        found = model(TOKENS)
    for head in ((0, 0), (0, 1), (1, 0)):
        columns(model, *head).zero_()
    torch.testing.assert_close(found, model(TOKENS))


def test_a_head_that_always_says_the_same_is_a_bias(model):
    instead = {(1, 1): torch.arange(6.0)}
    with inside.without(model, [(1, 1)], instead):
        found = model(TOKENS)
    w_o = model.blocks[1].attention.w_o
    w_o.bias += columns(model, 1, 1) @ instead[1, 1]
    columns(model, 1, 1).zero_()
    torch.testing.assert_close(found, model(TOKENS))


def test_means_are_over_all_positions(model):
    found = inside.means(model, TOKENS)
    assert [*found] == [(layer, n) for layer in range(3) for n in range(2)]
    layer = model.blocks[0].attention
    x = model.blocks[0].attention_norm(model.embedding(TOKENS))
    read = inside.shares(model, TOKENS)[0, :, 1]
    values = layer.w_v(x)[..., 6:]
    torch.testing.assert_close(found[0, 1], (read @ values).mean((0, 1)))


@pytest.mark.parametrize("head", [(3, 0), (0, 2), (-1, 0), (0, -1)])
def test_a_head_that_is_not_there(model, head):
    before = model(TOKENS)
    with pytest.raises(ValueError, match="must be one of 3 layers of 2"):
        with inside.without(model, [(0, 0), head]):
            pass
    assert torch.equal(model(TOKENS), before)


# Parts -----------------------------------------------------------------------


def test_what_is_caught_and_put_back_changes_nothing(model):
    names = ["embedding", "blocks.1.attention.w_k"]
    found = inside.caught(model, TOKENS, names)
    assert [*found] == names
    expected = model(TOKENS)
    with inside.replaced(model, found):
        assert torch.equal(model(TOKENS), expected)
        other = TOKENS.flip(0)  # the keys are still those of the first text
        assert not torch.allclose(model(other), expected.flip(0))


def test_parts_return_what_they_are_told(model):
    keys = torch.zeros(2, 7, 12)
    with inside.replaced(model, {"blocks.0.attention.w_k": keys}):
        read = inside.shares(model, TOKENS)[0]
    each = 1 / torch.arange(1, 8)  # equal scores: equal shares
    torch.testing.assert_close(read[0, 0], (torch.ones(7, 7) * each).T.tril())
    assert not torch.allclose(inside.shares(model, TOKENS)[0], read)


def test_a_part_that_is_not_there(model):
    with pytest.raises(ValueError, match="name='heads' must be one of"):
        inside.caught(model, TOKENS, ["embedding", "heads"])
    with pytest.raises(ValueError, match="name='w_k' must be one of"):
        with inside.replaced(model, {"w_k": torch.zeros(1)}):
            pass
    for part in model.modules():
        assert not part._forward_hooks
