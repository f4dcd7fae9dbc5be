"""The arithmetic of sizes: parameters from a configuration.

Integers in, integers out. Nothing here has seen a model, so that a count and
the model it describes are two derivations of one number. Per layer, with
biases where a model has them:

    attention       2 D H (N + K)      queries and output N, keys and values K
    feed-forward    2 D F              3 D F with a gate
    norm            2 D                D where there is a gain alone
"""

from math import ceil

from xfmr.axes import check_sizes, group_size
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
    check_sizes(d_model=d_model, d_head=d_head)
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
    check_sizes(d_model=d_model, d_ff=d_ff)
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
    check_sizes(d_model=d_model, multiple_of=multiple_of)
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
