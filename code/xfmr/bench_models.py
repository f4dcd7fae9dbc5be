"""How long GPT-2 takes beside the transformers library's, in one run.

Both have the same random weights and are called in turn, on one thread. Run it
with `python -m xfmr.bench_models`; the library is one of the tests' packages.
"""

import sys
import tempfile
from collections.abc import Callable

import torch
from torch.nn.functional import cross_entropy
from transformers import GPT2Config, GPT2LMHeadModel

from xfmr.bench import medians
from xfmr.config import Config
from xfmr.generate import column_major, greedy
from xfmr.models.gpt import GPT
from xfmr.models.load import from_directory
from xfmr.presets import GPT2

LEAST = 0.97  # theirs over ours
B, T = 4, 256
N_PROMPT, N_NEW = 16, 64
TURNS = {"both passes": 5, "decoding": 7}
Pair = tuple[Callable[[], object], Callable[[], object]]


def models(config: Config) -> tuple[GPT, GPT2LMHeadModel]:
    """Ours with torch's kernels, and theirs with the same weights."""
    torch.manual_seed(0)
    theirs = GPT2LMHeadModel(
        GPT2Config(
            n_embd=config.d_model,
            n_head=config.n_heads,
            n_inner=config.d_ff,
            n_layer=config.n_layers,
            vocab_size=config.vocab_size,
            n_positions=config.context_length,
            bos_token_id=0,
            eos_token_id=None,
            attn_implementation="sdpa",
        )
    ).eval()
    ours = GPT(config, fused=True)
    with tempfile.TemporaryDirectory() as folder:
        theirs.save_pretrained(folder)
        ours.load_state_dict(from_directory(folder).state_dict())
    return ours, theirs


def both_passes(ours: GPT, theirs: GPT2LMHeadModel) -> Pair:
    """A forward and a backward pass over a batch of texts."""
    generator = torch.Generator().manual_seed(1)
    size = ours.config.vocab_size, (B, T + 1)
    text = torch.randint(*size, generator=generator)
    tokens, targets = text[:, :-1], text[:, 1:].flatten()

    def timed(model: torch.nn.Module, **named: object) -> Callable[[], float]:
        def run() -> float:
            model.zero_grad()
            out = model(tokens, **named)
            logits = getattr(out, "logits", out)
            loss = cross_entropy(logits.flatten(0, 1), targets)
            loss.backward()
            return loss.item()

        return run

    return timed(ours), timed(theirs, use_cache=False)


def decoding(ours: GPT, theirs: GPT2LMHeadModel) -> Pair:
    """A text of tokens that each scored best, with a cache."""
    generator = torch.Generator().manual_seed(2)
    size = ours.config.vocab_size, (1, N_PROMPT)
    prompt = torch.randint(*size, generator=generator)
    named = {"max_new_tokens": N_NEW, "do_sample": False, "pad_token_id": 0}
    mask = torch.ones_like(prompt)
    column_major(ours)
    return (
        lambda: greedy(ours, prompt, n_new=N_NEW),
        lambda: theirs.generate(prompt, attention_mask=mask, **named),
    )


def main() -> int:
    """Print a line for each comparison; 1 if a ratio is below the least."""
    torch.set_num_threads(1)
    pair, ratios = models(GPT2), []
    print("GPT-2: seconds of ours and of the transformers library")
    for name, compared in (
        ("both passes", both_passes),
        ("decoding", decoding),
    ):
        ours, theirs = medians(*compared(*pair), n_turns=TURNS[name])
        ratios.append(theirs / ours)
        print(f"{name:11}  {ours:7.3f}  {theirs:7.3f}  {ratios[-1]:.3f} times")
    print(f"smallest ratio {min(ratios):.3f}, at least {LEAST}")
    return int(min(ratios) < LEAST)


if __name__ == "__main__":
    sys.exit(main())
