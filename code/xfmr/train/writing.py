"""What a trained model writes after a prompt."""

from pathlib import Path

import torch
from torch import nn

from xfmr.cache import empty_caches
from xfmr.models.load import from_directory
from xfmr.tokenizer import files
from xfmr.tokenizer.base import Tokenizer
from xfmr.train.material import TOKENIZER


def load(folder: Path) -> tuple[nn.Module, Tokenizer]:
    """The model of a run's folder, and its tokenizer.

    Raises:
        ValueError: if either is missing or broken.
    """
    return from_directory(folder), files.load(folder / TOKENIZER)


@torch.no_grad()
def written(
    model: nn.Module,
    tokenizer: Tokenizer,
    prompt: str,
    *,
    n_new: int,
    temperature: float | int = 1,
    seed: int = 0,
) -> str:
    """The prompt, and the text of `n_new` tokens that are drawn after it.

    Tokens past the model's context make it read the last half of that
    again, without what was before.

    Args:
        temperature: what logits are divided by; at 0 the best one is taken.

    Raises:
        ValueError: if the temperature or `n_new` is negative, or there is no
            prompt.
    """
    for name, number in {"n_new": n_new, "temperature": temperature}.items():
        if number < 0:
            raise ValueError(f"{name}={number} must not be negative")
    ids, generator = tokenizer.encode(prompt), torch.Generator()
    if not ids:
        raise ValueError(f"{prompt=} must have a token")
    generator.manual_seed(seed)
    T, cache = model.config.context_length, None
    for _ in range(n_new):
        if cache is None or cache[0].n_tokens == T:
            unread = ids[-T:] if cache is None else ids[-max(1, T // 2) :]
            cache = empty_caches(model.config)
        x = model.stream(torch.tensor([unread]), cache)
        logits = model.logits(x[:, -1:])[0, 0]
        if temperature:
            shares = (logits / temperature).softmax(-1)
            new = torch.multinomial(shares, 1, generator=generator)
        else:
            new = logits.argmax(-1, keepdim=True)
        unread = new.tolist()
        ids += unread
    return tokenizer.decode(ids)
