"""The arithmetic of what a forward pass keeps for its backward pass.

A product keeps both of its factors, a norm and an activation what they are
applied to, a softmax what it makes, dropout which numbers stay. What two
operations share is kept once. In a layer, of each of T tokens that reads S:

    norms           2 D                what each normalises
    attention       D + 2 N H + 2 K H  what it reads; q, and what the heads
                                       have read; k and v
    scores          N S                the shares that softmax makes
    feed-forward    D + 2 F            what it reads; before and after the
                                       activation; D + 4 F with a gate

and with dropout N S more, and masks of N S + 2 D bytes. For a block of GPT in
two bytes a number these are the s b h (34 + 5 a s / h) bytes of Korthikanti et
al. 2022, equation 1, where K = N, N H = D and F = 4 D.

That is what fused kernels keep. Left out are the statistics of norms, and all
that is outside the layers, where `logits_bytes` are much the largest.
"""

from xfmr.axes import check_sizes
from xfmr.compute import RECOMPUTE
from xfmr.config import Config


def activations(
    config: Config,
    *,
    n_tokens: int,
    n_targets: int | None = None,
    bytes_per_number: int = 2,
    dropout: bool = False,
) -> dict[str, int]:
    """Bytes by part that the layers keep of one sequence.

    Args:
        n_tokens: T; of a model with two stacks, what its encoder reads.
        n_targets: what its decoder reads; as many if None.
        dropout: whether shares and what each sublayer adds are dropped out.

    Raises:
        ValueError: if a size is below one, or there are targets for no
            decoder.
    """
    T, b = n_tokens, bytes_per_number
    check_sizes(n_tokens=T, bytes_per_number=b)
    numbers = _stack(config, T)
    masks = 2 * config.n_layers * T * config.d_model
    if config.n_decoder_layers is not None:
        own = T if n_targets is None else n_targets
        check_sizes(n_targets=own)
        decoder = _decoder(config, T, own)
        numbers = {part: numbers[part] + decoder[part] for part in numbers}
        masks += 3 * config.n_decoder_layers * own * config.d_model
    elif n_targets is not None:
        raise ValueError(f"{n_targets=} must be None without a decoder")
    kept = {part: b * n for part, n in numbers.items()}
    if dropout:
        kept["scores"] += (b + 1) * numbers["scores"]
        kept["masks"] = masks
    return kept


def activation_bytes(
    config: Config,
    *,
    n_tokens: int,
    batch_size: int = 1,
    recompute: str = "none",
    **how: int | bool | None,
) -> int:
    """Bytes that the layers keep of a batch of sequences.

    Args:
        recompute: `selective` keeps nothing of the scores, as fused attention
            does; `full` keeps what each layer reads and nothing else.
            Korthikanti et al. 2022, section 5.
        how: as for `activations`.

    Raises:
        ValueError: as `activations`, or if there is no such way to recompute.
    """
    check_sizes(batch_size=batch_size)
    if recompute not in RECOMPUTE:
        raise ValueError(f"{recompute=} must be one of {RECOMPUTE}")
    parts = activations(config, n_tokens=n_tokens, **how)
    if recompute == "selective":
        del parts["scores"]
    if recompute == "full":
        return batch_size * _between_layers(config, n_tokens, **how)
    return batch_size * sum(parts.values())


def has_dropout(config: Config) -> bool:
    """Whether a model is of the kind that was trained with dropout.

    That is GPT's and BERT's: norms with a mean, no gate, and attention before
    the feed-forward layer, not beside it.
    """
    return config.norm == "layer" and not (config.gated or config.parallel)


def logits_bytes(config: Config, *, n_tokens: int, batch_size: int = 1) -> int:
    """Bytes of the logits of a batch, of which a loss keeps four a number.

    Raises:
        ValueError: if a size is below one.
    """
    check_sizes(n_tokens=n_tokens, batch_size=batch_size)
    return 4 * batch_size * n_tokens * config.vocab_size


def _between_layers(
    config: Config,
    n_tokens: int,
    n_targets: int | None = None,
    bytes_per_number: int = 2,
    **_: bool,
) -> int:
    """What each layer reads: its stream, and once what an encoder made."""
    read = config.n_layers * n_tokens
    if config.n_decoder_layers is not None:
        own = n_tokens if n_targets is None else n_targets
        read += config.n_decoder_layers * own + n_tokens
    return bytes_per_number * read * config.d_model


def _stack(config: Config, n_tokens: int) -> dict[str, int]:
    """Numbers of the layers whose queries read their own sequence."""
    T, L, D = n_tokens, config.n_layers, config.d_model
    n_norms = L * _norms(config, 2) - int(not config.first_norm)
    return {
        "norms": T * n_norms * D,
        "attention": T * L * sum(_attention(config)),
        "scores": L * _scores(config, T * T),
        "feed-forward": T * _feed_forwards(config),
    }


def _decoder(config: Config, n_tokens: int, n_targets: int) -> dict[str, int]:
    """Numbers of the layers that also read what an encoder made."""
    S, T, L, D = n_tokens, n_targets, config.n_decoder_layers, config.d_model
    asks, reads = _attention(config)
    units = _units(config, config.d_decoder_ff or config.d_ff)
    return {
        "norms": T * L * _norms(config, 3) * D,
        # all layers read the same output, which is kept once
        "attention": L * (T * (2 * asks + reads) + S * reads) + S * D,
        "scores": L * _scores(config, T * (T + S)),
        "feed-forward": T * L * (D + units),
    }


def _norms(config: Config, n_sublayers: int) -> int:
    """Streams that a layer normalises."""
    if config.parallel:
        return 1
    return n_sublayers * (2 if config.norm_order == "sandwich" else 1)


def _attention(config: Config) -> tuple[int, int]:
    """Numbers of a token that asks, and of one that is read."""
    D, N, K, H = (config.axes[letter] for letter in "DNKH")
    latent = config.latent
    if latent is not None:
        asks = D + 2 * (latent.d_query or 0) + N * (H + latent.d_value)
        return asks, 2 * latent.d_latent + N * (H + latent.d_value)
    # queries and keys that are normalised are kept before it too
    before = 0 if config.qk_norm is None else 1
    return D + (2 + before) * N * H, (2 + before) * K * H


def _scores(config: Config, n_pairs: int) -> int:
    """Numbers of all heads: shares, and capped scores where they are."""
    return config.n_heads * n_pairs * (1 if config.score_cap is None else 2)


def _feed_forwards(config: Config) -> int:
    """Numbers of a token in all layers of the only stack, or the encoder.

    With experts, a router keeps what it reads and its shares, and an expert
    what it reads and what it adds before that is weighed.
    """
    D, L, experts = config.d_model, config.n_layers, config.experts
    dense = D + _units(config, config.d_ff)
    if experts is None:
        return L * dense
    each = 2 * D + _units(config, experts.d_ff)
    mixed = D + experts.n_experts + experts.n_active * each
    if experts.d_ff_shared is not None:
        mixed += _units(config, experts.d_ff_shared)
    n_mixed = L if experts.layers is None else len(experts.layers)
    return (L - n_mixed) * dense + n_mixed * mixed


def _units(config: Config, d_ff: int) -> int:
    """Numbers of a token's hidden units."""
    if config.gated:
        return 4 * d_ff
    # the gradient of relu can be seen in what it made
    return d_ff if config.activation == "relu" else 2 * d_ff
