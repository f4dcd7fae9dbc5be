"""The arithmetic of sizes: parameters from a configuration.

Integers in, integers out. Nothing here has seen a model, so that a count and
the model it describes are two derivations of one number. Per layer, with
biases where a model has them:

    attention       2 D H (N + K)      queries and output N, keys and values K
    feed-forward    2 D F              3 D F with a gate
    experts         E times that       and D E for the router
    norm            2 D                D where there is a gain alone

A tensor that serves twice counts once. What training does not set, such as a
table of sinusoids or a router's running correction, does not count.
"""

from math import ceil

from xfmr.axes import check_sizes, group_size
from xfmr.config import Config, Latent

KIB, MIB, GIB = 2**10, 2**20, 2**30


def attention(
    *,
    d_model: int,
    n_heads: int,
    n_kv_heads: int,
    d_head: int,
    bias: bool = False,
    output_bias: bool | None = None,
) -> int:
    """Parameters of one attention layer.

    Args:
        output_bias: whether the last projection adds a bias, where that
            differs from the others.

    Raises:
        ValueError: if K does not divide N, or a size is below one.
    """
    check_sizes(d_model=d_model, d_head=d_head)
    group_size(n_heads=n_heads, n_kv_heads=n_kv_heads)
    D, N, K, H = d_model, n_heads, n_kv_heads, d_head
    w_q, w_k, w_v, w_o = D * N * H, D * K * H, D * K * H, N * H * D
    biases = N * H + K * H + K * H if bias else 0
    last = D if (bias if output_bias is None else output_bias) else 0
    return w_q + w_k + w_v + w_o + biases + last


def latent_attention(
    *, d_model: int, n_heads: int, latent: Latent, bias: bool = False
) -> int:
    """Parameters of one attention layer whose keys and values are latent.

    Liu et al. 2024, section 2.1, with a norm on each latent vector. Biases,
    where there are any, stand on what reads the stream and what writes it.

    Raises:
        ValueError: if a size is below one.
    """
    check_sizes(d_model=d_model, n_heads=n_heads)
    D, N = d_model, n_heads
    compared = N * (latent.d_content + latent.d_rotary)
    down, up = latent.d_latent, N * (latent.d_content + latent.d_value)
    if latent.d_query is None:
        queries = D * compared
    else:
        queries = (D + compared + 1) * latent.d_query
    shared = (D + up + 1) * down + D * latent.d_rotary
    output = N * latent.d_value * D
    biases = (latent.d_query or 0) + down + latent.d_rotary + D if bias else 0
    return queries + shared + output + biases


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
    """Parameters by part; a part that the model lacks has no entry."""
    heads = {head: _head(config, head) for head in config.heads}
    return _tables(config) | _layers(config) | heads


def parameters(config: Config) -> int:
    """All the numbers that training sets, each counted once."""
    return sum(parts(config).values())


def embedding(config: Config) -> int:
    """Numbers of the table that tokens are looked up in."""
    return config.vocab_size * _width(config)


def non_embedding(config: Config) -> int:
    """Parameters without tokens' tables, learned positions, untied logits.

    A table of segments, and what lies between a narrow table and the stream,
    are counted.
    """
    found = parts(config)
    tables = found["token embedding"] + found.get("position embedding", 0)
    logits = {"lm", "mlm"} & set(config.heads)
    return sum(found.values()) - tables - len(logits) * _unembedding(config)


def active(config: Config) -> int:
    """Parameters that one token meets: all but the experts not chosen.

    Both embeddings are counted, although a token reads one row of the first.
    """
    experts = config.experts
    if experts is None:
        return parameters(config)
    idle = experts.n_experts - experts.n_active
    return parameters(config) - _n_mixed(config) * idle * _expert(config)


def _width(config: Config) -> int:
    return config.d_embedding or config.d_token or config.d_model


def _norm(config: Config, width: int) -> int:
    biased = config.norm == "layer" and config.norm_bias
    return int(config.norm_gain) * width + int(biased) * width


def _tables(config: Config) -> dict[str, int]:
    D, width = config.d_model, config.d_embedding or config.d_model
    n_stacks = 1 if config.n_decoder_layers is None else 2
    counts = {"token embedding": config.n_token_tables * embedding(config)}
    if config.position == "learned":
        n_rows = config.context_length + (config.n_spare_positions or 0)
        counts["position embedding"] = n_stacks * n_rows * width
    if config.position == "relative":
        n_numbers = config.n_buckets * config.n_heads
        counts["relative positions"] = n_stacks * n_numbers
    if config.n_segments is not None:
        counts["segment embedding"] = config.n_segments * width
    if config.embedding_norm:
        counts["embedding norm"] = n_stacks * _norm(config, width)
    if config.d_embedding is not None:
        counts["embedding projection"] = config.d_embedding * D + D
    if config.d_token is not None:
        counts["embedding projection"] = 2 * config.d_token * D
    return counts


def _layers(config: Config) -> dict[str, int]:
    D, N, H = config.d_model, config.n_heads, config.d_head
    n_own = config.n_distinct_layers or config.n_layers
    n_decoders = config.n_decoder_layers or 0
    # a decoder layer that reads an encoder attends twice and has three norms
    n_attentions = n_own + 2 * n_decoders
    n_norms = (1 if config.shared_norm else 2) * n_own + 3 * n_decoders
    if config.norm_order == "sandwich":
        n_norms *= 2
    if not config.first_norm:
        n_norms -= 1
    counts = {"attention": n_attentions * _attention(config)}
    if config.position == "projected":
        counts["position projection"] = n_own * D * N * H
    if config.qk_norm is not None:
        counts["query and key norm"] = n_attentions * _qk_norm(config)
    if config.sinks:
        counts["sinks"] = n_attentions * N
    counts |= _feed_forwards(config, n_own, n_decoders)
    if config.norm_gain:
        counts["norm"] = n_norms * _norm(config, D)
        if config.norm_order != "post" and config.final_norm:
            n_last = 2 if n_decoders else 1
            counts["final norm"] = n_last * _norm(config, D)
    return counts


def _attention(config: Config) -> int:
    if config.latent is None:
        return attention(**config.attention, output_bias=config.output_bias)
    return latent_attention(
        d_model=config.d_model,
        n_heads=config.n_heads,
        latent=config.latent,
        bias=config.attention_bias,
    )


def _qk_norm(config: Config) -> int:
    n_heads, n_kv_heads = config.n_heads, config.n_kv_heads
    if config.qk_norm == "head":
        return 2 * config.d_head
    return (n_heads + n_kv_heads) * config.d_head


def _feed_forwards(
    config: Config, n_own: int, n_decoders: int
) -> dict[str, int]:
    sizes, experts = config.feed_forward, config.experts
    n_mixed = _n_mixed(config)
    dense = (n_own - n_mixed) * feed_forward(**sizes)
    if n_decoders:
        decoder_ff = config.d_decoder_ff or config.d_ff
        dense += n_decoders * feed_forward(**sizes | {"d_ff": decoder_ff})
    counts = {} if dense == 0 else {"feed-forward": dense}
    if not n_mixed:
        return counts
    counts["experts"] = n_mixed * experts.n_experts * _expert(config)
    rows = config.d_model + int(experts.router_bias)
    counts["router"] = n_mixed * rows * experts.n_experts
    if experts.d_ff_shared is not None:
        shared = feed_forward(**sizes | {"d_ff": experts.d_ff_shared})
        counts["shared expert"] = n_mixed * shared
    return counts


def _n_mixed(config: Config) -> int:
    if config.experts is None:
        return 0
    layers = config.experts.layers
    return config.n_layers if layers is None else len(layers)


def _expert(config: Config) -> int:
    experts = config.experts
    return feed_forward(
        d_model=config.d_model,
        d_ff=experts.d_ff,
        bias=experts.bias,
        gated=config.gated,
    )


def _unembedding(config: Config) -> int:
    return 0 if config.tied else embedding(config)


def _head(config: Config, head: str) -> int:
    D, V = config.d_model, config.vocab_size
    width = config.d_embedding or D
    match head:
        case "pooler":
            return D * D + D
        case "mlm":
            dense = D * width + int(config.mlm_dense_bias) * width
            biases = (config.n_mlm_biases or 0) * V
            extra = _norm(config, width) + biases
            return dense + extra + _unembedding(config)
        case "nsp":
            return 2 * D + 2
    return _unembedding(config)
