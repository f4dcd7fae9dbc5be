"""How fast a run is: beside what the machine can do.

MFU, model FLOPs utilisation, is the share of the machine's peak that the
products of the model take: tokens a second times FLOPs a token, over FLOPs a
second. The peak is that of a product of large square matrices, measured here
on as many threads as the run has. Chowdhery et al. 2022, appendix B; what is
recomputed does not count, and of scores only those that a query may read.
"""

import time

import torch

from xfmr import compute
from xfmr.config import Config

SIZE = 1024
N_TIMES = 5


def token_flops(config: Config, *, n_tokens: int) -> float:
    """FLOPs of both passes for a token of a row of so many."""
    row = compute.training_flops(config, n_tokens=n_tokens, causal=True)
    return row / n_tokens


def peak_flops(
    device: torch.device, dtype: torch.dtype = torch.float32
) -> float:
    """FLOPs a second of the fastest of a few large products."""
    x = torch.ones(SIZE, SIZE, device=device, dtype=dtype)
    product_flops = compute.matmul_flops(
        n_rows=SIZE, n_inner=SIZE, n_columns=SIZE
    )
    seconds = []
    for _ in range(N_TIMES):
        _finish(device)
        start = time.perf_counter()
        torch.mm(x, x)
        _finish(device)
        seconds.append(time.perf_counter() - start)
    return product_flops / min(seconds)


def _finish(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
