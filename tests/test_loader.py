"""What is loaded: every row once an epoch, the same whoever reads it."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from xfmr.data import tokens
from xfmr.data.loader import Loader, in_order
from xfmr.data.tokens import Tokens

IDS = np.arange(1000, 1107)  # 13 rows of 8, and 3 that nothing is left of


def rows(batch):
    """The first token of each row, which names it."""
    return batch[0][:, 0].tolist()


def test_a_row_is_what_stands_in_the_text_and_one_token_on():
    for inputs, targets in in_order(IDS, batch_size=2, n_tokens=8):
        for row, after in zip(inputs, targets, strict=True):
            a = int(row[0]) - 1000
            assert a % 8 == 0
            assert row.tolist() == IDS[a : a + 8].tolist()
            assert after.tolist() == IDS[a + 1 : a + 9].tolist()
            assert row.dtype == after.dtype == torch.int64


def test_an_epoch_has_each_row_once():
    loader = Loader(IDS, batch_size=1, n_tokens=8, seed=3)
    epochs = [[rows(next(loader))[0] for _ in range(13)] for _ in range(4)]
    whole = [1000 + 8 * n for n in range(13)]
    assert all(sorted(epoch) == whole for epoch in epochs)
    assert len({tuple(epoch) for epoch in epochs}) == 4
    assert whole not in epochs
    assert loader.epoch == 4
    other = Loader(IDS, batch_size=1, n_tokens=8, seed=4)
    assert [rows(next(other))[0] for _ in range(13)] != epochs[0]


def test_in_order_is_in_order_and_ends():
    found = [*in_order(IDS, batch_size=5, n_tokens=8)]
    assert [len(x) for x, _ in found] == [5, 5, 3]
    assert [n for batch in found for n in rows(batch)] == [
        1000 + 8 * n for n in range(13)
    ]
    (all_,) = in_order(IDS, batch_size=50, n_tokens=8)
    assert len(rows(all_)) == 13


@given(
    batch_size=st.integers(1, 20),
    before=st.integers(0, 30),
    seed=st.integers(0, 5),
)
def test_what_resumes_goes_on_to_the_bit(batch_size, before, seed):
    one = Loader(IDS, batch_size=batch_size, n_tokens=8, seed=seed)
    for _ in range(before):
        next(one)
    two = Loader(IDS, batch_size=batch_size, n_tokens=8, seed=seed)
    two.load_state_dict(one.state_dict())
    assert one.epoch == two.epoch == before * batch_size / 13
    for _ in range(5):
        for a, b in zip(next(one), next(two), strict=True):
            assert torch.equal(a, b)


@given(
    n_ranks=st.integers(1, 4),
    batch_size=st.integers(1, 5),
    seed=st.integers(0, 5),
)
def test_ranks_read_together_what_one_reads_alone(n_ranks, batch_size, seed):
    sizes = {"n_tokens": 8, "seed": seed}
    alone = Loader(IDS, batch_size=n_ranks * batch_size, **sizes)
    ranks = [
        Loader(IDS, batch_size=batch_size, rank=rank, n_ranks=n_ranks, **sizes)
        for rank in range(n_ranks)
    ]
    for _ in range(6):
        parts = [next(loader) for loader in ranks]
        for one, shared in zip(
            next(alone), zip(*parts, strict=True), strict=True
        ):
            assert torch.equal(one, torch.cat(shared))
    assert {loader.place for loader in ranks} == {alone.place}


def test_more_ranks_go_on_where_one_stopped():
    alone = Loader(IDS, batch_size=6, n_tokens=8, seed=0)
    next(alone)
    pair = [
        Loader(IDS, batch_size=3, n_tokens=8, seed=0, rank=r, n_ranks=2)
        for r in range(2)
    ]
    for loader in pair:
        loader.load_state_dict(alone.state_dict())
    parts = [n for loader in pair for n in rows(next(loader))]
    assert parts == rows(next(alone))


def test_a_file_is_read_as_an_array_is(tmp_path):
    class Numbers:
        vocab_size = 2000

        def encode(self, text):
            return [*map(int, text.split())]

    path = tmp_path / "a.tokens"
    tokens.write(path, [" ".join(map(str, IDS))], Numbers())
    found = Loader(Tokens(path), batch_size=4, n_tokens=8, seed=1)
    expected = Loader(IDS, batch_size=4, n_tokens=8, seed=1)
    for _ in range(5):
        assert torch.equal(next(found)[1], next(expected)[1])
    assert isinstance(iter(found), Loader)


def test_the_last_token_is_only_a_target():
    for n, n_rows in ((16, 1), (17, 2), (24, 2), (25, 3)):
        loader = Loader(IDS[:n], batch_size=1, n_tokens=8, seed=0)
        assert loader.n_rows == n_rows


def test_what_is_refused():
    good = {"batch_size": 2, "n_tokens": 8, "seed": 0}
    for bad in ({"batch_size": 0}, {"n_tokens": 0}):
        with pytest.raises(ValueError, match="=0 must be at least 1"):
            Loader(IDS, **good | bad)
        with pytest.raises(ValueError, match="=0 must be at least 1"):
            [*in_order(IDS, **{"batch_size": 2, "n_tokens": 8} | bad)]
    for rank, n_ranks in ((-1, 2), (2, 2), (0, 0)):
        with pytest.raises(ValueError, match=f"{rank=} must be from 0 to"):
            Loader(IDS, **good, rank=rank, n_ranks=n_ranks)
    with pytest.raises(ValueError, match="8 tokens must have more than n_tok"):
        Loader(IDS[:8], **good)
    assert Loader(IDS[:9], **good).n_rows == 1


def test_a_state_of_another_order_is_refused():
    loader = Loader(IDS, batch_size=2, n_tokens=8, seed=0)
    next(loader)
    state = loader.state_dict()
    assert state == {"seed": 0, "place": 2, "n_rows": 13}
    with pytest.raises(ValueError, match="seed=1 must be 0, as saved"):
        Loader(IDS, batch_size=2, n_tokens=8, seed=1).load_state_dict(state)
    with pytest.raises(ValueError, match="n_rows=15 must be 13, as saved"):
        Loader(IDS, batch_size=2, n_tokens=7, seed=0).load_state_dict(state)
