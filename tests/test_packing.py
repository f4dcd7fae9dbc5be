"""A packed row has the loss, and the gradient, of its documents alone."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn.functional import cross_entropy

from tests.toys import TOY, toy
from xfmr.data.packing import FILLING, IGNORED, packed, rows

pytestmark = pytest.mark.usefixtures("double_precision")
T = TOY.context_length


def drawn(seed, lengths):
    generator = torch.Generator().manual_seed(seed)
    return [
        torch.randint(TOY.vocab_size, (n,), generator=generator).tolist()
        for n in lengths
    ]


def total(logits, targets):
    return cross_entropy(
        logits.flatten(0, 1), targets.flatten(), reduction="sum"
    )


@pytest.mark.parametrize("fused", [False, True])
@pytest.mark.parametrize("lengths", [[3, 3], [6, 1, 2, 3, 5, 2, 2], [4]])
def test_the_loss_is_that_of_the_documents_alone(lengths, fused):
    model, documents = toy(fused=fused), drawn(0, lengths)
    alone = sum(
        total(
            model(torch.tensor([ids]))[:, :-1], torch.tensor([ids[1:]]).long()
        )
        for ids in documents
    )
    given_ = packed(documents, n_tokens=T)
    logits = model(given_.tokens, mask=given_.mask, positions=given_.positions)
    together = total(logits, given_.targets)
    # double precision, and some tens of logarithms are added
    torch.testing.assert_close(together, alone, rtol=0, atol=1e-12)
    gradients = [
        torch.autograd.grad(loss, [*model.parameters()])
        for loss in (together, alone)
    ]
    for a, b in zip(*gradients, strict=True):
        torch.testing.assert_close(a, b, rtol=0, atol=1e-12)


@pytest.mark.parametrize("without", ["mask", "positions"])
def test_each_of_the_two_is_needed(without):
    model, given_ = toy(), packed(drawn(0, [3, 3]), n_tokens=T)
    both = {"mask": given_.mask, "positions": given_.positions}
    whole = total(model(given_.tokens, **both), given_.targets)
    less = total(
        model(given_.tokens, **both | {without: None}), given_.targets
    )
    assert abs(whole - less) > 1e-3


@given(
    lengths=st.lists(st.integers(1, 12), max_size=30),
    n_tokens=st.integers(12, 20),
)
def test_every_document_has_a_place(lengths, n_tokens):
    found = rows(lengths, n_tokens=n_tokens)
    assert sorted(n for row in found for n in row) == [*range(len(lengths))]
    for row in found:
        placed = [lengths[n] for n in row]
        assert placed == sorted(placed, reverse=True)
        assert sum(placed) <= n_tokens
    # no row is opened while another has room for its first document
    for n, row in enumerate(found):
        for earlier in found[:n]:
            before = [
                k
                for k in earlier
                if (-lengths[k], k) < (-lengths[row[0]], row[0])
            ]
            room = n_tokens - sum(lengths[k] for k in before)
            assert room < lengths[row[0]]


def test_a_document_goes_where_least_room_is_left():
    # 8 leaves 2 and 7 leaves 3: the 2 goes to the 8, the 3 to the 7
    assert rows([2, 7, 8, 3], n_tokens=10) == [[2, 0], [1, 3]]
    assert rows([1, 9, 8], n_tokens=10) == [[1, 0], [2]]
    assert rows([5, 5, 5], n_tokens=10) == [[0, 1], [2]]
    assert rows([], n_tokens=3) == []


def test_what_a_packed_row_holds():
    found = packed([[7, 8], [4, 5, 6], [9, 9, 9, 9]], n_tokens=5)
    assert found.tokens.tolist() == [[9, 9, 9, 9, 0], [4, 5, 6, 7, 8]]
    x = IGNORED
    assert found.targets.tolist() == [[9, 9, 9, x, x], [5, 6, x, 8, x]]
    x = FILLING
    assert found.documents.tolist() == [[2, 2, 2, 2, x], [1, 1, 1, 0, 0]]
    assert found.positions.tolist() == [[0, 1, 2, 3, 0], [0, 1, 2, 0, 1]]
    assert found.filled == 9 / 10
    assert found.mask[1, 3].tolist() == [False, False, False, True, True]
    assert found.mask[0, 4].tolist() == [False, False, False, False, True]
    assert {x.dtype for x in found} == {torch.long}
    assert IGNORED == -100  # torch's own


def test_documents_that_fit_no_row():
    for length in (0, 6):
        with pytest.raises(ValueError, match=rf"lengths\[1\]={length} must"):
            rows([5, length], n_tokens=5)
    with pytest.raises(ValueError, match="must be from 1 to n_tokens=5"):
        packed([[1] * 6], n_tokens=5)
