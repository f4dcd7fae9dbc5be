"""The shape of every weight, from a configuration alone.

Weights that stand in every layer are listed once, with their number, and each
belongs to a part of `xfmr.count`: the numbers of a part's weights are what it
counts. Two axes that a weight has flattened are one size, such as N H.
"""

from dataclasses import dataclass

from xfmr.config import Config


@dataclass(frozen=True, kw_only=True)
class Shape:
    """One tensor, or several of the same shape.

    Args:
        part: where it belongs, a part of `xfmr.count` where it is a weight.
        name: what the book calls it.
        sizes: along each axis; a product of two where axes are flattened.
        times: how many there are.
    """

    part: str
    name: str
    sizes: tuple[int, ...]
    times: int = 1

    @property
    def numbers(self) -> int:
        """Numbers in all of them together."""
        product = self.times
        for size in self.sizes:
            product = product * size
        return product


def weights(config: Config) -> list[Shape]:
    """Every weight of a model, in the order of the parts of `xfmr.count`."""
    return [
        *_tables(config),
        *_attention(config),
        *_feed_forwards(config),
        *_norms(config),
        *(shape for head in config.heads for shape in _head(config, head)),
    ]


def _linear(
    part: str,
    name: str,
    *,
    to: int,
    of: int,
    bias: bool = False,
    times: int = 1,
) -> list[Shape]:
    found = [Shape(part=part, name=name, sizes=(to, of), times=times)]
    if bias:
        found.append(_vector(part, f"{name} bias", to, times))
    return found


def _vector(part: str, name: str, size: int, times: int) -> Shape:
    return Shape(part=part, name=name, sizes=(size,), times=times)


def _norm(
    config: Config, part: str, width: int, times: int = 1
) -> list[Shape]:
    names = ["gain"] if config.norm_gain else []
    if config.norm == "layer" and config.norm_bias:
        names.append("bias")
    return [_vector(part, name, width, times) for name in names]


def _table(part: str, rows: int, width: int, times: int = 1) -> Shape:
    return Shape(part=part, name="table", sizes=(rows, width), times=times)


def _tables(config: Config) -> list[Shape]:
    D, V = config.d_model, config.vocab_size
    width = config.d_embedding or D
    n_stacks = 1 if config.n_decoder_layers is None else 2
    narrow, n_tables = config.d_token or width, config.n_token_tables
    found = [_table("token embedding", V, narrow, n_tables)]
    if config.position == "learned":
        rows = config.context_length + (config.n_spare_positions or 0)
        found.append(_table("position embedding", rows, width, n_stacks))
    if config.position == "relative":
        rows, N = config.n_buckets, config.n_heads
        found.append(_table("relative positions", rows, N, n_stacks))
    if config.n_segments is not None:
        found.append(_table("segment embedding", config.n_segments, width))
    if config.embedding_norm:
        found += _norm(config, "embedding norm", width, n_stacks)
    part = "embedding projection"
    if config.d_embedding is not None:
        found += _linear(part, "w", to=D, of=config.d_embedding, bias=True)
    if config.d_token is not None:
        found += _linear(part, "w in", to=D, of=config.d_token)
        found += _linear(part, "w out", to=config.d_token, of=D)
    return found


def _attention(config: Config) -> list[Shape]:
    D, N, H = config.d_model, config.n_heads, config.d_head
    K, latent = config.n_kv_heads, config.latent
    n_own = config.n_distinct_layers or config.n_layers
    times = n_own + 2 * (config.n_decoder_layers or 0)
    if latent is None:
        bias, last = config.attention_bias, config.output_bias
        sizes = {"times": times, "bias": bias}
        out = {"times": times, "bias": bias if last is None else last}
        found = [
            *_linear("attention", "w_q", to=N * H, of=D, **sizes),
            *_linear("attention", "w_k", to=K * H, of=D, **sizes),
            *_linear("attention", "w_v", to=K * H, of=D, **sizes),
            *_linear("attention", "w_o", to=D, of=N * H, **out),
        ]
    else:
        found = _latent(config, times)
    if config.position == "projected":
        found += _linear(
            "position projection", "w", to=N * H, of=D, times=n_own
        )
    if config.qk_norm is not None:
        each, part = config.qk_norm == "head", "query and key norm"
        q, k = (H, H) if each else (N * H, K * H)
        found.append(_vector(part, "gain of q", q, times))
        found.append(_vector(part, "gain of k", k, times))
    if config.sinks:
        found.append(_vector("sinks", "scores", N, times))
    return found


def _latent(config: Config, times: int) -> list[Shape]:
    D, N, latent = config.d_model, config.n_heads, config.latent
    compared = N * (latent.d_content + latent.d_rotary)
    made = N * (latent.d_content + latent.d_value)
    read = latent.d_latent + latent.d_rotary
    plain = {"times": times}
    sizes = plain | {"bias": config.attention_bias}
    if latent.d_query is None:
        found = _linear("attention", "w_q", to=compared, of=D, **plain)
    else:
        down = latent.d_query
        found = [
            *_linear("attention", "w_q down", to=down, of=D, **sizes),
            _vector("attention", "gain of q", down, times),
            *_linear("attention", "w_q up", to=compared, of=down, **plain),
        ]
    down = latent.d_latent
    return [
        *found,
        *_linear("attention", "w_kv down", to=read, of=D, **sizes),
        _vector("attention", "gain of kv", down, times),
        *_linear("attention", "w_kv up", to=made, of=down, **plain),
        *_linear("attention", "w_o", to=D, of=N * latent.d_value, **sizes),
    ]


def _feed_forward(
    config: Config, part: str, width: int, times: int, *, bias: bool
) -> list[Shape]:
    D = config.d_model
    names = ["w_in", "w_gate"] if config.gated else ["w_in"]
    sizes = {"bias": bias, "times": times}
    found = []
    for name in names:
        found += _linear(part, name, to=width, of=D, **sizes)
    return found + _linear(part, "w_out", to=D, of=width, **sizes)


def _feed_forwards(config: Config) -> list[Shape]:
    experts, bias = config.experts, config.ff_bias
    n_own = config.n_distinct_layers or config.n_layers
    n_mixed, found = 0, []
    if experts is not None:
        n_mixed = n_own if experts.layers is None else len(experts.layers)
    if n_own - n_mixed > 0:
        found += _feed_forward(
            config, "feed-forward", config.d_ff, n_own - n_mixed, bias=bias
        )
    if config.n_decoder_layers is not None:
        width = config.d_decoder_ff or config.d_ff
        found += _feed_forward(
            config, "feed-forward", width, config.n_decoder_layers, bias=bias
        )
    if n_mixed == 0:
        return found
    found += _feed_forward(
        config,
        "experts",
        experts.d_ff,
        n_mixed * experts.n_experts,
        bias=experts.bias,
    )
    found += _linear(
        "router",
        "w",
        to=experts.n_experts,
        of=config.d_model,
        bias=experts.router_bias,
        times=n_mixed,
    )
    if experts.d_ff_shared is not None:
        found += _feed_forward(
            config, "shared expert", experts.d_ff_shared, n_mixed, bias=bias
        )
    return found


def _norms(config: Config) -> list[Shape]:
    D, n_decoders = config.d_model, config.n_decoder_layers or 0
    n_own = config.n_distinct_layers or config.n_layers
    times = (1 if config.shared_norm else 2) * n_own + 3 * n_decoders
    if config.norm_order == "sandwich":
        times = 2 * times
    if not config.first_norm:
        times = times - 1
    found = _norm(config, "norm", D, times)
    if config.norm_order != "post" and config.final_norm:
        n_stacks = 2 if n_decoders else 1
        found += _norm(config, "final norm", D, n_stacks)
    return found


def _head(config: Config, head: str) -> list[Shape]:
    D, V = config.d_model, config.vocab_size
    width = config.d_embedding or D
    logits = config.d_embedding or config.d_token or D
    untied = [] if config.tied else _linear(head, "w", to=V, of=logits)
    match head:
        case "pooler":
            return _linear(head, "w", to=D, of=D, bias=True)
        case "nsp":
            return _linear(head, "w", to=2, of=D, bias=True)
        case "lm":
            return untied
    bias = config.mlm_dense_bias
    found = _linear(head, "w dense", to=width, of=D, bias=bias)
    found += _norm(config, head, width)
    if config.n_mlm_biases is not None:
        n = config.n_mlm_biases
        found.append(Shape(part=head, name="bias", sizes=(V,), times=n))
    return found + untied
