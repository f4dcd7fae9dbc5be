"""The arithmetic of messages: bytes that a rank sends.

A collective on R ranks, done in a ring, sends from each rank so many times
(R - 1) / R of the M bytes that it is about:

    all-reduce        2    all have M, and end with the sum
    reduce-scatter    1    all have M, and end with a piece of the sum
    all-gather        1    all have a piece, and end with M
    all-to-all        1    all have M, a piece of it for each
    broadcast         1    one has M; the mean over all ranks

and what a step of training sends is made of these:

    data parallel     all-reduce of gradients
    ZeRO 1, 2         reduce-scatter of gradients, all-gather of weights
    ZeRO 3            the same, and the weights once more
    tensor            four all-reduces of the stream in each layer
    context           keys and values all round, twice; their gradients too
    pipeline          the stream to the next, its gradient to the one before
    expert            all-to-all of chosen tokens: there, back, and twice again

Pieces are taken to be equal. Nothing here has seen a process.
"""

from xfmr.axes import check_sizes
from xfmr.config import Config

TIMES = {
    "all-reduce": 2,
    "reduce-scatter": 1,
    "all-gather": 1,
    "all-to-all": 1,
    "broadcast": 1,
}


def sent(collective: str, n_bytes: int | float, *, ranks: int) -> float:
    """Bytes that each rank sends, in a ring.

    Patarasuk & Yuan 2009.

    Args:
        collective: a name of TIMES.
        n_bytes: M, of the whole that it is about.

    Raises:
        ValueError: if there is no such collective, or no rank.
    """
    if collective not in TIMES:
        raise ValueError(f"{collective=} must be one of {[*TIMES]}")
    check_sizes(ranks=ranks)
    return TIMES[collective] * (ranks - 1) * n_bytes / ranks


def data_parallel(
    n_parameters: int, *, ranks: int, zero: int = 0, bytes_per_number: int = 2
) -> float:
    """Bytes that each rank sends in a step on data of its own.

    Rajbhandari et al. 2020.

    Args:
        zero: the stage of ZeRO, as in `xfmr.memory`.

    Raises:
        ValueError: if a number is out of range.
    """
    check_sizes(n_parameters=n_parameters, bytes_per_number=bytes_per_number)
    if zero not in range(4):
        raise ValueError(f"{zero=} must be 0, 1, 2 or 3")
    whole = n_parameters * bytes_per_number
    if zero == 0:
        return sent("all-reduce", whole, ranks=ranks)
    n_gathers = 2 if zero == 3 else 1
    gathered = n_gathers * sent("all-gather", whole, ranks=ranks)
    return sent("reduce-scatter", whole, ranks=ranks) + gathered


def tensor_parallel(
    config: Config,
    *,
    n_tokens: int,
    ranks: int,
    batch_size: int = 1,
    bytes_per_number: int = 2,
) -> float:
    """Bytes that each rank sends in a step whose matrices are shared out.

    Both sublayers of each layer sum the stream once forwards, and its
    gradient once backwards. Shoeybi et al. 2019.

    Raises:
        ValueError: if a size is below one.
    """
    stream = _stream(config, n_tokens, batch_size, bytes_per_number)
    return 4 * config.n_layers * sent("all-reduce", stream, ranks=ranks)


def context_parallel(
    config: Config,
    *,
    n_tokens: int,
    ranks: int,
    batch_size: int = 1,
    bytes_per_number: int = 2,
) -> float:
    """Bytes that each rank sends in a step whose texts are shared out.

    In each layer a block of keys and values passes by all other ranks,
    forwards and once more backwards, where its gradients go with it and home.
    Liu et al. 2023. Gradients of weights are summed as in data parallel; that
    comes on top.

    Args:
        n_tokens: of a whole text.

    Raises:
        ValueError: if a size is below one.
    """
    check_sizes(
        n_tokens=n_tokens,
        batch_size=batch_size,
        bytes_per_number=bytes_per_number,
        ranks=ranks,
    )
    numbers = 2 * config.n_kv_heads * config.d_head * batch_size * n_tokens
    block = numbers * bytes_per_number / ranks
    n_blocks = 2 * (ranks - 1) + ranks if ranks > 1 else 0
    return config.n_layers * n_blocks * block


def pipeline(
    config: Config,
    *,
    n_tokens: int,
    batch_size: int = 1,
    bytes_per_number: int = 2,
) -> dict[str, int]:
    """Bytes that a stage sends in a step: to the next, to the one before.

    Raises:
        ValueError: if a size is below one.
    """
    stream = _stream(config, n_tokens, batch_size, bytes_per_number)
    return {"next": stream, "before": stream}


def expert_parallel(
    config: Config,
    *,
    n_tokens: int,
    ranks: int,
    batch_size: int = 1,
    bytes_per_number: int = 2,
) -> float:
    """Bytes that each rank sends in a step whose experts are shared out.

    In each layer that has experts, every choice takes a token to its expert
    and back, forwards and backwards, where all experts are chosen alike.
    Lepikhin et al. 2021.

    Args:
        n_tokens: of each text that a rank has.
        batch_size: texts of each rank.

    Raises:
        ValueError: if a size is below one, or there are no experts.
    """
    experts = config.experts
    if experts is None:
        raise ValueError(f"{config.name} must have experts")
    stream = _stream(config, n_tokens, batch_size, bytes_per_number)
    chosen = experts.n_active * stream
    n_mixed = config.n_layers
    if experts.layers is not None:
        n_mixed = len(experts.layers)
    return 4 * n_mixed * sent("all-to-all", chosen, ranks=ranks)


def _stream(
    config: Config, n_tokens: int, batch_size: int, bytes_per_number: int
) -> int:
    """Bytes of the stream of a batch."""
    check_sizes(
        n_tokens=n_tokens,
        batch_size=batch_size,
        bytes_per_number=bytes_per_number,
    )
    return batch_size * n_tokens * config.d_model * bytes_per_number
