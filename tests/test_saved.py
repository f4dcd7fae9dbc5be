"""What autograd keeps, by hand."""

import torch
from torch import nn

from xfmr.saved import Saved, SavedTensors


def test_a_product_keeps_both_factors():
    a = torch.ones(3, 5, requires_grad=True)
    b = torch.ones(5, 7, requires_grad=True)
    with SavedTensors() as saved:
        a @ b
    assert {x.shape for x in saved.tensors} == {(3, 5), (5, 7)}
    assert saved.n_bytes == 4 * (15 + 35)
    assert {x.dtype for x in saved.tensors} == {"float32"}
    with SavedTensors(b) as saved:
        a @ b
    assert [x.shape for x in saved.tensors] == [(3, 5)]
    assert saved.tensors[0].value.data_ptr() == a.data_ptr()


def test_memory_that_is_shared_is_one():
    x = torch.ones(4, 6, dtype=torch.bfloat16, requires_grad=True)
    with SavedTensors() as saved:
        x[:2] * x[2:]
        x.exp().exp()
    # x by its two halves, and each exponential
    assert [t.bytes for t in saved.tensors] == [2 * 24] * 3


def test_parameters_of_a_module_are_there_in_any_case():
    layer, x = nn.Linear(6, 3), torch.ones(4, 6, requires_grad=True)
    with SavedTensors(layer) as saved:
        layer(x)
    assert saved.n_bytes == 4 * 24


def test_nothing_after_the_end():
    x = torch.ones(4, requires_grad=True)
    with SavedTensors() as saved:
        pass
    x.exp()
    assert saved.tensors == []


def test_a_backward_pass_finds_what_was_kept():
    x = torch.ones(4, requires_grad=True)
    with SavedTensors() as saved:
        y = x.exp().sum()
    y.backward()
    torch.testing.assert_close(x.grad, x.exp().detach())
    assert saved.n_bytes == 16


def test_what_is_kept_is_known_by_its_kind_and_not_by_its_numbers():
    kind = {"shape": (2,), "dtype": "float32", "bytes": 8}
    first = Saved(**kind, value=torch.zeros(2))
    assert first == Saved(**kind, value=torch.ones(2))
    assert repr(first) == "Saved(shape=(2,), dtype='float32', bytes=8)"


def test_on_meta():
    with torch.device("meta"):
        layer, x = nn.Linear(6, 3), torch.ones(4, 6, requires_grad=True)
        with SavedTensors(layer) as saved:
            layer(x).exp()
    assert saved.n_bytes == 4 * (24 + 12)
