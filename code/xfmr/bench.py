"""How long the fused attention takes beside torch's own kernel, and a command.

Both kernels are called in turn, on one thread, and the medians of their
processor time are compared: what else the machine does slows both. A command
is a process of its own, and the fastest of several counts. Run it with
`python -m xfmr.bench`.
"""

import subprocess
import sys
import time
from collections.abc import Callable
from statistics import median

import torch
from torch import Tensor
from torch.nn.functional import scaled_dot_product_attention

from xfmr.attention import attend_fused

BOUND = 1.15
SIZES = {"B": 8, "N": 12, "H": 64}
TURNS = {256: 15, 512: 9, 1024: 5}
COMMANDS = {"count gpt2": 0.4, "presets": 1.0}  # seconds at most
N_RUNS = 7


def medians(*functions: Callable[[], object], n_turns: int) -> list[float]:
    """Seconds of processor time of each function, called in turn."""
    seconds = [[] for _ in functions]
    for turn in range(n_turns + 1):
        for taken, function in zip(seconds, functions, strict=True):
            start = time.process_time()
            function()
            if turn:  # the first is for warming up
                taken.append(time.process_time() - start)
    return [median(taken) for taken in seconds]


def pair(
    n_tokens: int, *, causal: bool, backward: bool
) -> tuple[Callable[[], object], Callable[[], object]]:
    """Ours and torch's, on the same numbers."""
    generator = torch.Generator().manual_seed(0)
    shape = SIZES["B"], SIZES["N"], n_tokens, SIZES["H"]
    q, k, v, d_heads = torch.randn(4, *shape, generator=generator)
    inputs = [x.requires_grad_(backward) for x in (q, k, v)]

    def timed(attention: Callable[..., Tensor]) -> Callable[[], object]:
        def run() -> None:
            heads = attention(*inputs)
            if backward:
                torch.autograd.grad(heads, inputs, d_heads)

        return run

    def ours(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        groups = (x[:, :, None] for x in (q, k, v))
        return attend_fused(*groups, causal=causal)[:, :, 0]

    def theirs(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        return scaled_dot_product_attention(q, k, v, is_causal=causal)

    return timed(ours), timed(theirs)


def main() -> int:
    """Print a line for each size; 1 if a ratio exceeds the bound."""
    torch.set_num_threads(1)
    ratios = []
    print(f"fused attention, {SIZES}: seconds of ours and of torch's")
    for n_tokens, n_turns in TURNS.items():
        for causal in (False, True):
            for backward in (False, True):
                what = {"causal": causal, "backward": backward}
                both = pair(n_tokens, **what)
                ours, theirs = medians(*both, n_turns=n_turns)
                ratios.append(ours / theirs)
                print(
                    f"T {n_tokens:5}  {'causal' if causal else 'all':6}  "
                    f"{'both passes' if backward else 'forward':11}  "
                    f"{ours:7.3f}  {theirs:7.3f}  ratio {ratios[-1]:.3f}"
                )
    print(f"largest ratio {max(ratios):.3f}, at most {BOUND}")
    return int(max(ratios) > BOUND)


def fastest(command: str) -> float:
    """Seconds that the fastest of several processes of a command takes."""
    words = [sys.executable, "-m", "xfmr", *command.split()]
    seconds = []
    for _ in range(N_RUNS):
        start = time.perf_counter()
        subprocess.run(words, check=True, stdout=subprocess.DEVNULL)
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def commands() -> int:
    """Print a line for each command; 1 if one exceeds its bound."""
    late = False
    for command, bound in COMMANDS.items():
        seconds = fastest(command)
        late |= seconds > bound
        print(f"xfmr {command:10}  {seconds:.3f} s, at most {bound} s")
    return int(late)


if __name__ == "__main__":
    sys.exit(max(main(), commands()))
