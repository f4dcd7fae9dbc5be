"""The arithmetic of work: FLOPs from a configuration.

Integers in, integers out, and nothing here has seen a model. A term of a
matrix product is a multiplication and an addition, two FLOPs. Forwards, each
of T tokens that reads S costs in a layer

    projections     2 · 2 D H (N + K)     the attention's weights, without bias
    attention       2 · 2 N H S           scores, and the values they weigh
    feed-forward    2 · 2 D F             2 · 3 D F with a gate

and 2 D V for its logits. Softmax, norms, activations, biases and rotations
multiply no matrices and are left out. So are reading rows of a table, and what
projected positions add to scores.
"""

from xfmr.axes import check_sizes
from xfmr.config import Config

RECOMPUTE = ("none", "selective", "full")


def matmul_flops(*, n_rows: int, n_inner: int, n_columns: int) -> int:
    """FLOPs of a matrix product: a multiplication and an addition a term."""
    check_sizes(n_rows=n_rows, n_inner=n_inner, n_columns=n_columns)
    return 2 * n_rows * n_inner * n_columns


def flops(
    config: Config,
    *,
    n_tokens: int,
    n_targets: int | None = None,
    causal: bool = False,
) -> dict[str, int]:
    """FLOPs by part of one forward pass over one sequence.

    Of experts, those count that a token reads. Keys and values that are made
    of a latent vector are made in full, as in training.

    Args:
        n_tokens: T; of a model with two stacks, what its encoder reads.
        n_targets: what its decoder reads; as many if None.
        causal: whether scores count only where a query may read, nothing
            later and nothing beyond a window. Else they are the full square,
            as a kernel without a mask computes them.

    Raises:
        ValueError: if a size is below one, a model without a decoder has
            targets, or one that reads both ways is called causal.
    """
    check_sizes(n_tokens=n_tokens)
    one_stack = config.n_decoder_layers is None
    if n_targets is None:
        n_targets = n_tokens
    elif one_stack:
        raise ValueError(f"{n_targets=} must be None without a decoder")
    check_sizes(n_targets=n_targets)
    if causal and {"pooler", "mlm", "nsp"} & {*config.heads}:
        raise ValueError(
            f"{causal=} must be False for {config.name}, which reads both ways"
        )
    counts = _stack(config, n_tokens, causal=causal and one_stack)
    if not one_stack:
        decoder = _decoder(config, n_tokens, n_targets, causal=causal)
        counts = {part: counts[part] + decoder[part] for part in counts}
    if (width := _narrow(config)) is not None:
        counts["embedding projection"] = matmul_flops(
            n_rows=n_tokens, n_inner=width, n_columns=config.d_model
        )
    return counts | {
        head: _head_flops(config, head, n_targets) for head in config.heads
    }


def _stack(config: Config, n_tokens: int, *, causal: bool) -> dict[str, int]:
    """The layers whose queries read their own sequence."""
    T, L, experts = n_tokens, config.n_layers, config.experts
    n_windowed = L if config.windowed is None else sum(config.windowed)
    twice_pairs = n_windowed * _twice_pairs(
        T, config.window, causal=causal
    ) + (L - n_windowed) * _twice_pairs(T, None, causal=causal)
    counts = {
        "projections": 2 * T * L * sum(_projections(config)),
        "attention": _pair_width(config) * twice_pairs,
    }
    if experts is None:
        return counts | {"feed-forward": 2 * T * L * _units(config)}
    n_mixed = L if experts.layers is None else len(experts.layers)
    mixed = _units(config, experts.n_active * experts.d_ff)
    if experts.d_ff_shared is not None:
        mixed += _units(config, experts.d_ff_shared)
    dense = (L - n_mixed) * _units(config)
    router = n_mixed * config.d_model * experts.n_experts
    return counts | {
        "feed-forward": 2 * T * (dense + n_mixed * mixed),
        "router": 2 * T * router,
    }


def _decoder(
    config: Config, n_tokens: int, n_targets: int, *, causal: bool
) -> dict[str, int]:
    """The layers that read their own sequence, then what an encoder made."""
    S, T, L = n_tokens, n_targets, config.n_decoder_layers
    asks, reads = _projections(config)
    own = _twice_pairs(T, None, causal=causal)
    units = _units(config, config.d_decoder_ff)
    return {
        "projections": 2 * L * (T * (asks + reads) + T * asks + S * reads),
        "attention": L * _pair_width(config) * (own + 2 * T * S),
        "feed-forward": 2 * T * L * units,
    }


def _projections(config: Config) -> tuple[int, int]:
    """Weights of a layer for what asks, and for what is read.

    A query also pays for the projection of what it has read.
    """
    D, N, latent = config.d_model, config.n_heads, config.latent
    K, H = config.n_kv_heads, config.d_head
    if latent is None:
        return 2 * D * N * H, 2 * D * K * H
    made = N * (latent.d_content + latent.d_value)
    reads = D * (latent.d_latent + latent.d_rotary) + latent.d_latent * made
    asks = D * N * H
    if latent.d_query is not None:
        asks = latent.d_query * (D + N * H)
    return asks + N * latent.d_value * D, reads


def _pair_width(config: Config) -> int:
    """Coordinates that a pair compares and weighs, of all heads together."""
    H, latent = config.d_head, config.latent
    return config.n_heads * (H + (latent.d_value if latent else H))


def _twice_pairs(n_tokens: int, window: int | None, *, causal: bool) -> int:
    """Twice the pairs of a query and a key: whole numbers, for letters too."""
    T = n_tokens
    if not causal:
        return 2 * T * T
    W = T if window is None else min(window, T)
    return W * (2 * T - W + 1)


def _units(config: Config, d_ff: int | None = None) -> int:
    """Weights of a feed-forward layer, of that many hidden units if given."""
    n_matrices = 3 if config.gated else 2
    return n_matrices * config.d_model * (d_ff or config.d_ff)


def _narrow(config: Config) -> int | None:
    """The width of a token table that is not as wide as the stream."""
    return config.d_embedding or config.d_token


def _head_flops(config: Config, head: str, n_tokens: int) -> int:
    D, V = config.d_model, config.vocab_size
    width = _narrow(config) or D
    if head in ("pooler", "nsp"):  # of the first position
        columns = D if head == "pooler" else 2
        return matmul_flops(n_rows=1, n_inner=D, n_columns=columns)
    logits = matmul_flops(n_rows=n_tokens, n_inner=width, n_columns=V)
    if head == "lm" and width == D:
        return logits
    return logits + matmul_flops(n_rows=n_tokens, n_inner=D, n_columns=width)


def forward_flops(config: Config, **lengths: int | bool | None) -> int:
    """FLOPs of one forward pass over one sequence, as `flops` counts them."""
    return sum(flops(config, **lengths).values())


def training_flops(
    config: Config, *, recompute: str = "none", **lengths: int | bool | None
) -> int:
    """FLOPs of a forward and a backward pass over one sequence.

    Backwards, every product is followed by two of its size: one for the
    gradient of each of its factors. What is recomputed is paid once more.

    Args:
        recompute: `full` runs every layer forwards again before its backward
            pass, `selective` the attention's scores and sums alone.
        lengths: as for `flops`.

    Raises:
        ValueError: as `flops`, or if there is no such way to recompute.
    """
    if recompute not in RECOMPUTE:
        raise ValueError(f"{recompute=} must be one of {RECOMPUTE}")
    parts = flops(config, **lengths)
    again = 0
    if recompute == "selective":
        again = parts["attention"]
    if recompute == "full":
        outside = {*config.heads, "embedding projection"}
        again = sum(n for part, n in parts.items() if part not in outside)
    return 3 * sum(parts.values()) + again


def attention_share(config: Config, **lengths: int | bool | None) -> float:
    """The part of a forward pass that grows with the square of the text."""
    parts = flops(config, **lengths)
    return parts["attention"] / sum(parts.values())


def attention_overtakes(config: Config) -> dict[str, float]:
    """Lengths at which scores and sums cost what other products cost.

    By what they are held against: the layer's own projections, and these
    with its feed-forward layer, D (1 + K / N) + n D F / (2 N H) where that has
    n matrices. Scores are those of the full square.

    Raises:
        ValueError: if the model has an encoder beside its decoder.
    """
    if config.n_decoder_layers is not None:
        raise ValueError(
            f"n_decoder_layers={config.n_decoder_layers} of {config.name} "
            "must be absent: its encoder reads a sequence of its own"
        )
    one = _stack(config, 1, causal=False)
    square, projections = one.pop("attention"), one.pop("projections")
    return {
        "projections": projections / square,
        "rest of the layer": (projections + sum(one.values())) / square,
    }
