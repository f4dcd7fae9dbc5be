"""The arithmetic of sizes: parameters, FLOPs and bytes from a configuration.

Integers in, integers out. Nothing here has seen a model, so that a count and
the model it describes are two derivations of one number. Per layer, with
biases where a model has them:

    attention       2 D H (N + K)      queries and output N, keys and values K
    feed-forward    2 D F              3 D F with a gate
    norm            2 D                D where there is a gain alone
"""

from math import ceil

from xfmr.axes import group_size
from xfmr.config import Config

KIB, MIB, GIB = 2**10, 2**20, 2**30


def attention(
    *,
    d_model: int,
    n_heads: int,
    n_kv_heads: int,
    d_head: int,
    bias: bool = False,
) -> int:
    """Parameters of one attention layer.

    Raises:
        ValueError: if K does not divide N, or a size is below one.
    """
    _check_sizes(d_model=d_model, d_head=d_head)
    group_size(n_heads=n_heads, n_kv_heads=n_kv_heads)
    D, N, K, H = d_model, n_heads, n_kv_heads, d_head
    w_q, w_k, w_v, w_o = D * N * H, D * K * H, D * K * H, N * H * D
    biases = N * H + K * H + K * H + D if bias else 0
    return w_q + w_k + w_v + w_o + biases


def feed_forward(
    *, d_model: int, d_ff: int, bias: bool = False, gated: bool = False
) -> int:
    """Parameters of one feed-forward layer.

    Raises:
        ValueError: if a size is below one.
    """
    _check_sizes(d_model=d_model, d_ff=d_ff)
    D, F = d_model, d_ff
    n_in = 2 if gated else 1
    biases = n_in * F + D if bias else 0
    return n_in * D * F + F * D + biases


def gated_width(*, d_model: int, multiple_of: int, factor: float = 1.0) -> int:
    """F of a gated layer with about as many weights as a plain one of 4 D.

    Three matrices in place of two: two thirds of 4 D, times a factor if the
    model wants more, up to the next multiple. Touvron et al. 2023a, section
    2.2, and `FeedForward` in the authors' code, which truncates.

    Raises:
        ValueError: if a size is below one.
    """
    _check_sizes(d_model=d_model, multiple_of=multiple_of)
    width = int(factor * (2 * 4 * d_model // 3))
    return multiple_of * ceil(width / multiple_of)


def parts(config: Config) -> dict[str, int]:
    """Parameters by part; a part that the model lacks has no entry.

    A tensor that serves twice, as a tied embedding does, counts once.
    """
    D, V = config.d_model, config.vocab_size
    n_encoders, n_decoders = config.n_layers, config.n_decoder_layers or 0
    norm = 2 * D if config.norm == "layer" else D
    counts = {"token embedding": V * D}
    if config.position == "learned":
        counts["position embedding"] = config.context_length * D
    if config.n_segments is not None:
        counts["segment embedding"] = config.n_segments * D
    if config.embedding_norm:
        counts["embedding norm"] = norm
    # a decoder layer that reads an encoder attends twice and has three norms
    counts["attention"] = (n_encoders + 2 * n_decoders) * attention(
        **config.attention
    )
    counts["feed-forward"] = (n_encoders + n_decoders) * feed_forward(
        **config.feed_forward
    )
    n_each = 2 if config.norm_order == "sandwich" else 1
    counts["norm"] = n_each * (2 * n_encoders + 3 * n_decoders) * norm
    if config.norm_order != "post":
        counts["final norm"] = (2 if n_decoders else 1) * norm
    return counts | {head: _head(config, head, norm) for head in config.heads}


def _head(config: Config, head: str, norm: int) -> int:
    D, V = config.d_model, config.vocab_size
    unembedding = 0 if config.tied else V * D
    match head:
        case "pooler":
            return D * D + D
        case "mlm":
            return D * D + D + norm + V + unembedding
        case "nsp":
            return 2 * D + 2
    return unembedding


def parameters(config: Config) -> int:
    """All the numbers that training sets, each counted once."""
    return sum(parts(config).values())


def kv_cache_bytes(
    config: Config, *, n_tokens: int, bytes_per_number: int = 2
) -> int:
    """Bytes that decoding keeps of one sequence: 2 L K H numbers a token.

    Raises:
        ValueError: if a size is below one, or the model has an encoder.
    """
    _check_sizes(n_tokens=n_tokens, bytes_per_number=bytes_per_number)
    _check_one_stack(config)
    L, K, H = config.n_layers, config.n_kv_heads, config.d_head
    return 2 * L * K * H * n_tokens * bytes_per_number


def matmul_flops(*, n_rows: int, n_inner: int, n_columns: int) -> int:
    """FLOPs of a matrix product: a multiplication and an addition a term."""
    _check_sizes(n_rows=n_rows, n_inner=n_inner, n_columns=n_columns)
    return 2 * n_rows * n_inner * n_columns


def flops(config: Config, *, n_tokens: int) -> dict[str, int]:
    """FLOPs of the matrix products of one forward pass over one sequence.

    Scores are counted over the full square, as a kernel without a mask
    computes them. Softmax, norms, activations and biases are left out.

    Raises:
        ValueError: if a size is below one, or the model has an encoder.
    """
    _check_sizes(n_tokens=n_tokens)
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


def score_bytes(
    config: Config, *, n_tokens: int, bytes_per_number: int = 2
) -> int:
    """Bytes of one layer's scores of one sequence: N T^2 numbers.

    Raises:
        ValueError: if a size is below one.
    """
    _check_sizes(n_tokens=n_tokens, bytes_per_number=bytes_per_number)
    return config.n_heads * n_tokens**2 * bytes_per_number


def attention_traffic(*, n_queries: int, n_keys: int, d_head: int) -> int:
    """Numbers that a head moves whose kernels are not fused.

    Queries, keys, values and what is read pass once each. Between them scores
    are scaled and normalised: three matrices of T S, each written and read.

    Raises:
        ValueError: if a size is below one.
    """
    _check_sizes(n_queries=n_queries, n_keys=n_keys, d_head=d_head)
    T, S, H = n_queries, n_keys, d_head
    return 2 * T * H + 2 * S * H + 3 * 2 * T * S


def flash_traffic(
    *, n_queries: int, n_keys: int, d_head: int, query_tile: int
) -> int:
    """Numbers that a head of Flash Attention moves forwards.

    Keys and values pass once for each tile of queries; queries and what they
    read pass once, and one number more for each query is written.

    Raises:
        ValueError: if a size is below one.
    """
    _check_sizes(n_queries=n_queries, n_keys=n_keys, d_head=d_head)
    _check_sizes(query_tile=query_tile)
    T, S, H = n_queries, n_keys, d_head
    return 2 * T * H + T + 2 * S * H * ceil(T / query_tile)


def flash_tiles(*, n_fast: int, d_head: int) -> dict[str, int]:
    """Tiles for a fast memory that holds so many numbers.

    Four tiles of H columns fit: of queries, keys, values and what is read.
    Dao et al. 2022, algorithm 1, line 1, where the outer loop is over keys;
    ours is over queries, which therefore have the larger tile.

    Raises:
        ValueError: if a size is below one.
    """
    _check_sizes(n_fast=n_fast, d_head=d_head)
    query_tile = ceil(n_fast / (4 * d_head))
    return {"query_tile": query_tile, "key_tile": min(query_tile, d_head)}


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


def _check_sizes(**sizes: int) -> None:
    for name, size in sizes.items():
        if size < 1:
            raise ValueError(f"{name}={size} must be at least 1")


def _check_one_stack(config: Config) -> None:
    if config.n_decoder_layers is not None:
        raise ValueError(
            f"n_decoder_layers={config.n_decoder_layers} of {config.name} "
            "must be absent: its encoder reads a sequence of its own"
        )
