"""Masks against those that the transformers library builds, pair by pair."""

import pytest
import torch
from transformers import DynamicCache, LlamaConfig
from transformers.masking_utils import (
    create_causal_mask,
    create_sliding_window_causal_mask,
    packed_sequence_mask_function,
    sdpa_mask,
    sliding_window_bidirectional_overlay,
    sliding_window_overlay,
)

from xfmr.mask import (
    causal_mask,
    document_mask,
    padding_mask,
    prefix_mask,
    sliding_window_mask,
)

SIZES = [(9, 9), (3, 9), (1, 9)]


def by_overlay(mask_function, n_queries, n_keys, batch=1):
    return sdpa_mask(
        batch_size=batch,
        q_length=n_queries,
        kv_length=n_keys,
        q_offset=n_keys - n_queries,
        mask_function=mask_function,
        allow_is_causal_skip=False,
    )[:, 0]


def arguments(n_queries, n_keys, batch):
    """What the library asks of a model that has kept the first keys."""
    config = LlamaConfig(
        num_hidden_layers=1, attn_implementation="sdpa", sliding_window=4
    )
    cache = DynamicCache(config=config)
    n_before = n_keys - n_queries
    if n_before:
        kept = torch.zeros(batch, 1, n_before, 2)
        cache = DynamicCache()
        cache.update(kept, kept, 0)
    return {
        "config": config,
        "inputs_embeds": torch.zeros(batch, n_queries, 8),
        "past_key_values": cache if n_before else None,
        "allow_is_causal_skip": False,
    }


@pytest.mark.parametrize(("n_queries", "n_keys"), SIZES)
@pytest.mark.parametrize("lengths", [None, [9, 6]])
@pytest.mark.parametrize("window", [None, 4])
def test_causal_padded_and_sliding(n_queries, n_keys, lengths, window):
    size = {"n_queries": n_queries, "n_keys": n_keys}
    ours = causal_mask(**size).expand(2, -1, -1)
    create = create_causal_mask
    if window is not None:
        ours = ours & sliding_window_mask(window=window, **size)
        create = create_sliding_window_causal_mask
    tokens = None
    if lengths is not None:
        padding = padding_mask(lengths, n_keys=n_keys)
        ours, tokens = ours & padding, padding[:, 0].long()
    theirs = create(**arguments(**size, batch=2), attention_mask=tokens)
    assert torch.equal(ours, theirs[:, 0])


@pytest.mark.parametrize(("n_queries", "n_keys"), SIZES)
@pytest.mark.parametrize("window", [1, 2, 5, 20])
def test_windows_are_the_overlays(n_queries, n_keys, window):
    size = {"n_queries": n_queries, "n_keys": n_keys}
    causal = causal_mask(**size)
    ours = sliding_window_mask(window=window, **size)
    overlay = by_overlay(sliding_window_overlay(window), **size)
    assert torch.equal((ours & causal)[None], overlay & causal)
    # the library counts the neighbours on each side, we the query as well
    both = sliding_window_bidirectional_overlay(window - 1)
    assert torch.equal(ours[None], by_overlay(both, **size))


@pytest.mark.parametrize(("n_queries", "n_keys"), SIZES)
@pytest.mark.parametrize("prefix", [0, 1, 4, 9])
def test_prefixes_as_the_library_would_overlay_them(n_queries, n_keys, prefix):
    size = {"n_queries": n_queries, "n_keys": n_keys}
    theirs = create_causal_mask(
        **arguments(**size, batch=1),
        attention_mask=None,
        or_mask_function=lambda b, h, t, s: s < prefix,
    )
    assert torch.equal(prefix_mask([prefix], **size), theirs[:, 0])


def test_documents_are_packed_sequences():
    documents = torch.tensor([[0, 0, 1, 1, 1, 2], [0, 1, 1, 1, 1, 1]])
    theirs = by_overlay(packed_sequence_mask_function(documents), 6, 6, 2)
    assert torch.equal(document_mask(documents), theirs)
