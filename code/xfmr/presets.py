"""Published models that the book follows, each with its source."""

from xfmr.config import Config

TRANSFORMER_BASE = Config(
    name="Transformer base",
    source="Vaswani et al. 2017, table 3 and section 5.1; no biases in the "
    "attention, as in the authors' tensor2tensor",
    n_layers=6,
    n_decoder_layers=6,
    d_model=512,
    n_heads=8,
    n_kv_heads=8,
    d_head=64,
    d_ff=2048,
    vocab_size=37_000,
    position="sinusoidal",
    norm_eps=1e-6,
    norm_order="post",
    activation="relu",
    attention_bias=False,
    ff_bias=True,
    tied=True,
    heads=("lm",),
)

TRANSFORMER_BIG = Config(
    name="Transformer big",
    source=TRANSFORMER_BASE.source,
    n_layers=6,
    n_decoder_layers=6,
    d_model=1024,
    n_heads=16,
    n_kv_heads=16,
    d_head=64,
    d_ff=4096,
    vocab_size=37_000,
    position="sinusoidal",
    norm_eps=1e-6,
    norm_order="post",
    activation="relu",
    attention_bias=False,
    ff_bias=True,
    tied=True,
    heads=("lm",),
)

BERT_BASE = Config(
    name="BERT-base",
    source="Devlin et al. 2019, section 3; vocabulary and segments from "
    "bert_config.json of the uncased release, google-research/bert",
    n_layers=12,
    d_model=768,
    n_heads=12,
    n_kv_heads=12,
    d_head=64,
    d_ff=3072,
    vocab_size=30_522,
    context_length=512,
    n_segments=2,
    position="learned",
    norm_eps=1e-12,
    norm_order="post",
    embedding_norm=True,
    activation="gelu",
    attention_bias=True,
    ff_bias=True,
    tied=True,
    heads=("pooler",),
)

GPT2 = Config(
    name="GPT-2",
    source="Radford et al. 2019, table 2; openai/gpt-2, src/model.py and "
    "the released hparams.json",
    n_layers=12,
    d_model=768,
    n_heads=12,
    n_kv_heads=12,
    d_head=64,
    d_ff=3072,
    vocab_size=50_257,
    context_length=1024,
    position="learned",
    norm_eps=1e-5,
    norm_order="pre",
    activation="gelu_tanh",
    attention_bias=True,
    ff_bias=True,
    tied=True,
    heads=("lm",),
)

LLAMA2_7B = Config(
    name="Llama 2 7B",
    source="Touvron et al. 2023b, section 2.2 and table 1; d_ff and epsilon "
    "from the released config.json, the base from llama/model.py",
    n_layers=32,
    d_model=4096,
    n_heads=32,
    n_kv_heads=32,
    d_head=128,
    d_ff=11_008,
    vocab_size=32_000,
    context_length=4096,
    position="rotary",
    rotary_base=10_000.0,
    norm="rms",
    norm_eps=1e-5,
    norm_order="pre",
    activation="silu",
    gated=True,
    attention_bias=False,
    ff_bias=False,
    tied=False,
    heads=("lm",),
)

LLAMA2_70B = Config(
    name="Llama 2 70B",
    source=LLAMA2_7B.source,
    n_layers=80,
    d_model=8192,
    n_heads=64,
    n_kv_heads=8,
    d_head=128,
    d_ff=28_672,
    vocab_size=32_000,
    context_length=4096,
    position="rotary",
    rotary_base=10_000.0,
    norm="rms",
    norm_eps=1e-5,
    norm_order="pre",
    activation="silu",
    gated=True,
    attention_bias=False,
    ff_bias=False,
    tied=False,
    heads=("lm",),
)

PRESETS = {
    config.name: config
    for config in (
        TRANSFORMER_BASE,
        TRANSFORMER_BIG,
        BERT_BASE,
        GPT2,
        LLAMA2_7B,
        LLAMA2_70B,
    )
}
