"""The demo model: one network that reads forwards or in both directions.

A row of a small table is added to every token and says in which *mode* the
text is read: `causal`, to tell the next token, or `bidirectional`, to tell a
hidden one. The mask is another matter. Each mode was trained with the mask
that belongs to it, and with the other one a forward pass is a counterfactual.

All else is Llama's: norms before, rotary positions, a gated feed-forward
layer, no biases; the token table also reads the logits. Of DEMO's sizes it
has 886,144 parameters:

    token table      V D          131,072
    mode table       2 D              256
    a layer          4 D D + 3 D F + 2 D = 188,672, four times
    last norm        D                128

In two bytes each, which keep its heads what they are, and in the letters that
a script can carry, that is 2.4 MB.
"""

import torch
from einops import einsum
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from xfmr.block import EncoderBlock
from xfmr.config import Config
from xfmr.embedding import Embedding
from xfmr.mask import causal_mask
from xfmr.models import required
from xfmr.norm import norm_of

MODES = ("causal", "bidirectional")  # a row of the mode table each
DEMO = Config(
    name="demo",
    source="made for this book's lab",
    n_layers=4,
    d_model=128,
    n_heads=4,
    n_kv_heads=4,
    d_head=32,
    d_ff=320,
    vocab_size=1024,
    context_length=128,
    n_segments=len(MODES),
    position="rotary",
    rotary_base=10_000.0,
    norm="rms",
    norm_eps=1e-5,
    norm_order="pre",
    activation="silu",
    gated=True,
    attention_bias=False,
    ff_bias=False,
    tied=True,
    heads=("lm",),
)
# in which a configuration may differ from DEMO
FREE = {
    *("name", "source", "n_layers", "d_model", "n_heads", "n_kv_heads"),
    *("d_head", "d_ff", "vocab_size", "context_length"),
    *("rotary_base", "norm_eps"),
}
REQUIRED = {
    field: value for field, value in vars(DEMO).items() if field not in FREE
}


def mask_of(mode: str, n_tokens: int) -> Bool[Tensor, "T T"]:
    """What each position reads in a mode, as it was trained.

    Raises:
        ValueError: if there is no such mode.
    """
    _check(mode)
    if mode == "causal":
        return causal_mask(n_queries=n_tokens, n_keys=n_tokens)
    return torch.ones(n_tokens, n_tokens, dtype=torch.bool)


class Demo(nn.Module):
    """The whole model.

    Args:
        config: DEMO, or the same with other sizes.
        fused: whether torch's kernels compute what they can, as in blocks.

    Raises:
        ValueError: if the configuration differs in more than sizes, or heads
            share keys.
    """

    def __init__(self, config: Config = DEMO, *, fused: bool = False):
        super().__init__()
        required.check(config, REQUIRED | {"n_kv_heads": config.n_heads})
        self.config = config
        # a mode is a segment that has the whole text
        self.embedding = Embedding(
            vocab_size=config.vocab_size,
            d_model=config.d_model,
            n_segments=config.n_segments,
        )
        self.blocks = nn.ModuleList(
            EncoderBlock(config, layer=n, fused=fused)
            for n in range(config.n_layers)
        )
        self.final_norm = norm_of(config, config.d_model, fused=fused)

    def forward(
        self,
        tokens: Int[Tensor, "B T"],
        mode: str,
        mask: Bool[Tensor, "... #T S"] | None = None,
    ) -> Float[Tensor, "B T V"]:
        """Logits of the next token (`causal`) or of each place's own.

        Args:
            mode: one of MODES.
            mask: which positions each may read; the mode's own if None.

        Raises:
            ValueError: if there is no such mode, or the text is longer than
                the model was made for.
        """
        x = self.stream(tokens, mode, mask)
        table = self.embedding.token.weight
        return einsum(x, table, "B T D, V D -> B T V")

    def stream(
        self,
        tokens: Int[Tensor, "B T"],
        mode: str,
        mask: Bool[Tensor, "... #T S"] | None = None,
    ) -> Float[Tensor, "B T D"]:
        """The stream after the last norm, of which logits are made.

        Raises:
            ValueError: as `forward`.
        """
        _check(mode)
        n_tokens, most = tokens.shape[1], self.config.context_length
        if n_tokens > most:
            raise ValueError(f"{n_tokens=} must be at most {most}")
        if mask is None:
            mask = mask_of(mode, n_tokens).to(tokens.device)
        modes = torch.full_like(tokens, MODES.index(mode))
        x = self.embedding(tokens, modes)
        for block in self.blocks:
            x = block(x, mask)
        return self.final_norm(x)


def _check(mode: str) -> None:
    if mode not in MODES:
        raise ValueError(f"{mode=} must be one of {MODES}")
