"""What a forward pass makes of a batch of texts: its widest tensors.

A layer's tensors stand once, with the number of layers that make them:

    stream            B T D      what layers read and add to
    q; k, v           B T N H    B T K H
    scores            B N T S    and the shares that softmax makes of them
    read              B T N H    what the heads have read
    hidden            B T F      twice with a gate, before their product
    logits            B T V

Norms, activations and sums are of the same shapes. Scores are drawn as the
full square; a kernel that fuses attention never holds it.
"""

from xfmr.axes import check_sizes
from xfmr.config import Config
from xfmr.shapes import Shape


def made(config: Config, *, n_tokens: int, batch_size: int = 1) -> list[Shape]:
    """The widest tensors of a forward pass.

    Of a model with two stacks, both read as many tokens.

    Raises:
        ValueError: if a size is below one.
    """
    check_sizes(n_tokens=n_tokens, batch_size=batch_size)
    B, T, L = batch_size, n_tokens, config.n_layers
    n_decoders = config.n_decoder_layers or 0
    stream = (B, T, config.d_model)
    found = [
        _shape("layers", "stream", stream, L + n_decoders),
        *_attention(config, B, T, L + 2 * n_decoders),
        *_units(config, B, T),
    ]
    if {"lm", "mlm"} & {*config.heads}:
        found.append(_shape("head", "logits", (B, T, config.vocab_size), 1))
    return found


def _shape(part: str, name: str, sizes: tuple[int, ...], times: int) -> Shape:
    return Shape(part=part, name=name, sizes=sizes, times=times)


def _attention(config: Config, B: int, T: int, times: int) -> list[Shape]:
    N, K, H = config.n_heads, config.n_kv_heads, config.d_head
    latent, part = config.latent, "attention"
    queries, read = (B, T, N, H), (B, T, N, H)
    keys = [("k", (B, T, K, H)), ("v", (B, T, K, H))]
    if latent is not None:
        queries = (B, T, N, latent.d_content + latent.d_rotary)
        read = (B, T, N, latent.d_value)
        keys = [
            ("latent", (B, T, latent.d_latent)),
            ("rotary key", (B, T, latent.d_rotary)),
            ("k", queries),
            ("v", read),
        ]
    return [
        _shape(part, "q", queries, times),
        *(_shape(part, name, sizes, times) for name, sizes in keys),
        _shape(part, "scores", (B, N, T, T), times),
        _shape(part, "read", read, times),
    ]


def _units(config: Config, B: int, T: int) -> list[Shape]:
    experts, L = config.experts, config.n_layers
    found, n_mixed = [], 0
    if experts is not None:
        n_mixed = L if experts.layers is None else len(experts.layers)
    if L - n_mixed > 0:
        found += _hidden(
            config, "feed-forward", (B, T, config.d_ff), L - n_mixed
        )
    if config.n_decoder_layers is not None:
        width = config.d_decoder_ff or config.d_ff
        sizes = (B, T, width)
        found += _hidden(
            config, "feed-forward", sizes, config.n_decoder_layers
        )
    if n_mixed == 0:
        return found
    scores = (B, T, experts.n_experts)
    found.append(_shape("router", "scores", scores, n_mixed))
    sizes = (B, T, experts.n_active, experts.d_ff)
    found += _hidden(config, "experts", sizes, n_mixed)
    if experts.d_ff_shared is not None:
        sizes = (B, T, experts.d_ff_shared)
        found += _hidden(config, "shared expert", sizes, n_mixed)
    return found


def _hidden(
    config: Config, part: str, sizes: tuple[int, ...], times: int
) -> list[Shape]:
    names = ["hidden", "gate"] if config.gated else ["hidden"]
    return [_shape(part, name, sizes, times) for name in names]
