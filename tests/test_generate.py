"""Generation: the same tokens as without a cache.

That they are the transformers library's is tested in parity/.
"""

from dataclasses import replace

import pytest
import torch

from tests.toys import TOY, toy
from xfmr.cache import empty_caches
from xfmr.generate import column_major, greedy

PROMPTS = torch.tensor([[1, 5, 3], [2, 10, 4]])


@pytest.mark.parametrize("n_layers", [1, 2])
@pytest.mark.parametrize("fused", [False, True])
def test_a_cache_changes_no_token(fused, n_layers):
    model = toy(replace(TOY, n_layers=n_layers), fused=fused)
    expected = PROMPTS
    for _ in range(9):
        best = model(expected)[:, -1].argmax(-1, keepdim=True)
        expected = torch.cat((expected, best), dim=1)
    assert torch.equal(greedy(model, PROMPTS, n_new=9), expected)
    assert len(set(expected[0].tolist())) > 3  # or nothing was tried


@pytest.mark.parametrize("fused", [False, True])
@pytest.mark.parametrize("pieces", [[1] * 7, [3, 4], [6, 1], [2, 3, 2]])
def test_logits_in_pieces(pieces, fused):
    model = toy(fused=fused).double()
    tokens = torch.randint(11, (2, 7), generator=torch.Generator())
    cache = empty_caches(TOY)
    rows = [model(piece, cache) for piece in tokens.split(pieces, dim=1)]
    torch.testing.assert_close(torch.cat(rows, dim=1), model(tokens))


def test_the_prompt_comes_first_and_nothing_is_learned():
    tokens = greedy(toy(), PROMPTS, n_new=2)
    assert torch.equal(tokens[:, :3], PROMPTS)
    assert tokens.shape == (2, 5)
    assert torch.equal(greedy(toy(), PROMPTS, n_new=0), PROMPTS)


@pytest.mark.parametrize(
    ("tokens", "n_new", "message"),
    [
        (PROMPTS, -1, "^n_new=-1 must be at least 0, after at least 1 of 3 "),
        (
            PROMPTS[:, :0],
            1,
            "^n_new=1 must be .* after at least 1 of 0 tokens",
        ),
    ],
)
def test_nothing_to_generate_from(tokens, n_new, message):
    with pytest.raises(ValueError, match=message):
        greedy(toy(), tokens, n_new=n_new)


def test_the_order_of_memory_changes_no_number():
    plain, other = toy(), toy()
    assert column_major(other) is other
    for p, q in zip(plain.parameters(), other.parameters(), strict=True):
        assert torch.equal(p, q)
        assert q.is_contiguous() == (q.ndim == 1)
        assert q.ndim == 1 or q.T.is_contiguous()
    torch.testing.assert_close(other(PROMPTS), plain(PROMPTS))
    assert torch.equal(
        greedy(other, PROMPTS, n_new=8), greedy(plain, PROMPTS, n_new=8)
    )
