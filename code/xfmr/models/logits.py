"""What a checkpoint scores at the last of some tokens."""

from pathlib import Path

import torch

from xfmr.models.bert import Bert
from xfmr.models.load import from_directory
from xfmr.models.t5 import T5


@torch.no_grad()
def last_row(
    path: str | Path, *, ids: list[int], decoder_ids: list[int] | None = None
) -> list[float]:
    """The logits of a folder's model at the last position, one a token.

    Numbers are computed in float32, or in float64 where the folder has them.

    Args:
        ids: the tokens; with an encoder and a decoder, the encoder's.
        decoder_ids: those of the decoder.

    Raises:
        ValueError: if the model cannot be loaded or scores no tokens, if one
            of the two lists is missing or too much, or if a token is not in
            the vocabulary.
    """
    model = from_directory(path)
    config = model.config
    has_decoder = isinstance(model, T5)
    if has_decoder and decoder_ids is None:
        raise ValueError(f"decoder_ids of {config.name} must be given")
    if not has_decoder and decoder_ids is not None:
        raise ValueError(f"decoder_ids of {config.name} must be absent")
    given = [tokens for tokens in (ids, decoder_ids) if tokens is not None]
    for tokens in given:
        _check(tokens, config.vocab_size)
    if next(model.parameters()).dtype != torch.float64:
        model.float()
    out = model(*(torch.tensor([tokens]) for tokens in given))
    if isinstance(model, Bert):
        out = out.token_logits
        if out is None:
            raise ValueError(
                f"heads={config.heads} of {config.name} must have 'mlm'"
            )
    return out[0, -1].tolist()


def _check(tokens: list[int], vocab_size: int) -> None:
    if not tokens:
        raise ValueError("there must be at least one token")
    for token in tokens:
        if not 0 <= token < vocab_size:
            raise ValueError(f"{token=} must be from 0 to {vocab_size - 1}")
