"""The arithmetic of work: FLOPs from a configuration.

Integers in, integers out, and nothing here has seen a model. A term of a
matrix product is a multiplication and an addition, two FLOPs.
"""

from xfmr.axes import check_sizes
from xfmr.config import Config


def matmul_flops(*, n_rows: int, n_inner: int, n_columns: int) -> int:
    """FLOPs of a matrix product: a multiplication and an addition a term."""
    check_sizes(n_rows=n_rows, n_inner=n_inner, n_columns=n_columns)
    return 2 * n_rows * n_inner * n_columns


def flops(config: Config, *, n_tokens: int) -> dict[str, int]:
    """FLOPs of the matrix products of one forward pass over one sequence.

    Scores are counted over the full square, as a kernel without a mask
    computes them. Softmax, norms, activations and biases are left out.

    Raises:
        ValueError: if a size is below one, or the model has an encoder.
    """
    check_sizes(n_tokens=n_tokens)
    _check_one_stack(config)
    T, D, F, L = n_tokens, config.d_model, config.d_ff, config.n_layers
    N, K, H = config.n_heads, config.n_kv_heads, config.d_head
    n_matrices = 3 if config.gated else 2
    to_heads = matmul_flops(n_rows=T, n_inner=D, n_columns=2 * (N + K) * H)
    square = matmul_flops(n_rows=T, n_inner=H, n_columns=T)
    to_units = matmul_flops(n_rows=T, n_inner=D, n_columns=n_matrices * F)
    return {
        "projections": L * to_heads,
        "attention": L * 2 * N * square,
        "feed-forward": L * to_units,
    } | {head: _head_flops(config, head, T) for head in config.heads}


def _head_flops(config: Config, head: str, n_tokens: int) -> int:
    D, V = config.d_model, config.vocab_size
    rows, columns = {
        "pooler": (1, D),
        "nsp": (1, 2),
        "mlm": (n_tokens, D + V),
        "lm": (n_tokens, V),
    }[head]
    return matmul_flops(n_rows=rows, n_inner=D, n_columns=columns)


def forward_flops(config: Config, *, n_tokens: int) -> int:
    """FLOPs of one forward pass over one sequence, as `flops` counts them."""
    return sum(flops(config, n_tokens=n_tokens).values())


def attention_overtakes(config: Config) -> dict[str, float]:
    """Lengths at which scores and sums cost what other products cost.

    By what they are held against: the layer's own projections, and these
    with its feed-forward layer, D (1 + K / N) + n D F / (2 N H) where that has
    n matrices. Scores are those of the full square.
    """
    D, F = config.d_model, config.d_ff
    N, K, H = config.n_heads, config.n_kv_heads, config.d_head
    projections = D * (N + K) / N
    n_matrices = 3 if config.gated else 2
    layer = projections + n_matrices * D * F / (2 * N * H)
    return {"projections": projections, "rest of the layer": layer}


def _check_one_stack(config: Config) -> None:
    if config.n_decoder_layers is not None:
        raise ValueError(
            f"n_decoder_layers={config.n_decoder_layers} of {config.name} "
            "must be absent: its encoder reads a sequence of its own"
        )
