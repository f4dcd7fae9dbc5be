"""Files read into configurations. Counts are compared in tests/parity."""

import json
from math import sqrt

import pytest

from xfmr import count
from xfmr.config import Latent, Scaling
from xfmr.families import FAMILIES, KNOWN, LIBRARY, harmless, read

LLAMA = {
    **{"model_type": "llama", "vocab_size": 50, "hidden_size": 32},
    **{"intermediate_size": 40, "num_hidden_layers": 4},
    **{"num_attention_heads": 8, "num_key_value_heads": 2},
}
GPT2 = {
    **{"model_type": "gpt2", "vocab_size": 50, "n_embd": 12, "n_layer": 2},
    **{"n_head": 3, "n_positions": 9},
}
BERT = {
    **{"model_type": "bert", "vocab_size": 50, "hidden_size": 12},
    **{"intermediate_size": 20, "num_hidden_layers": 2},
    **{"num_attention_heads": 3, "max_position_embeddings": 9},
}
T5 = {
    **{"model_type": "t5", "vocab_size": 50, "d_model": 16, "d_kv": 3},
    **{"d_ff": 20, "num_layers": 2, "num_heads": 5},
}
BART = {
    **{"model_type": "bart", "vocab_size": 50, "d_model": 12},
    **{"encoder_layers": 2, "decoder_layers": 3, "encoder_ffn_dim": 20},
    **{"decoder_ffn_dim": 20, "encoder_attention_heads": 3},
    **{"decoder_attention_heads": 3, "max_position_embeddings": 9},
}
DEEPSEEK = LLAMA | {
    **{"model_type": "deepseek_v3", "num_key_value_heads": 8},
    **{"n_routed_experts": 6, "num_experts_per_tok": 2},
    **{"moe_intermediate_size": 10, "n_shared_experts": 3},
    **{"first_k_dense_replace": 1, "kv_lora_rank": 7, "q_lora_rank": 9},
    **{"qk_nope_head_dim": 4, "qk_rope_head_dim": 2, "v_head_dim": 3},
}
LINEAR = {"type": "linear", "factor": 4.0}
LLAMA3 = {
    **{"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0},
    **{"high_freq_factor": 4.0, "original_max_position_embeddings": 8192},
}


def config(*parts, **more):
    said = {}
    for part in parts:
        said |= part
    return read(said | more).config


def of(family, **more):
    return config(LLAMA, model_type=family, **more)


# Where a file is -------------------------------------------------------------


def test_a_dictionary_a_file_and_a_folder_say_the_same(tmp_path):
    file = tmp_path / "small" / "config.json"
    file.parent.mkdir()
    file.write_text(json.dumps(LLAMA))
    found = [read(LLAMA), read(file), read(str(file)), read(file.parent)]
    assert [r.config.name for r in found] == ["llama"] + 3 * ["small"]
    assert [r.config.source for r in found][:2] == ["llama", str(file)]
    assert {count.parameters(r.config) for r in found} == {
        count.parameters(found[0].config)
    }
    other = file.rename(tmp_path / "mine.json")
    assert read(other).config.name == "mine"
    assert read(other, name="ours").config.name == "ours"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", r"config.json is not JSON: Expecting property name .*line 1"),
        ("[1]", r"config.json must hold an object, not \[1\]$"),
        ("\xff", r"config.json cannot be read: .*utf-8"),
    ],
)
def test_files_that_are_none(tmp_path, text, message):
    (tmp_path / "config.json").write_bytes(text.encode("latin1"))
    with pytest.raises(ValueError, match=message):
        read(tmp_path)


def test_no_file(tmp_path):
    with pytest.raises(ValueError, match=r"config\.json does not exist$"):
        read(tmp_path)


# What it is ------------------------------------------------------------------


def test_every_family_of_the_library_is_named():
    assert KNOWN == ", ".join(sorted(LIBRARY))
    assert len(LIBRARY) == 24
    assert FAMILIES.keys() - LIBRARY.keys() == {
        "transformer",
        "gopher",
        "palm",
    }


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({}, f"^model_type is missing: known are {KNOWN}$"),
        (
            {"model_type": "lama"},
            f"^model_type='lama' is unknown, perhaps llama: known are {KNOWN}",
        ),
        ({"model_type": "x"}, "^model_type='x' is unknown: known are albert"),
        ({"model_type": 3}, "^model_type=3 is unknown: known are albert"),
    ],
)
def test_families_that_are_unknown(said, message):
    with pytest.raises(ValueError, match=message):
        read(said)


def test_what_a_file_names_is_counted():
    found = read(BERT | {"architectures": ["BertForPreTraining"]})
    assert found.config.heads == ("pooler", "mlm", "nsp")
    assert (found.counted, found.assumed) == ("BertForPreTraining", False)
    assert found.family == "bert"


@pytest.mark.parametrize("said", [{}, {"architectures": None}])
def test_without_a_name_a_class_is_assumed(said):
    found = read(BERT | said)
    assert (found.counted, found.assumed) == ("BertModel", True)
    assert found.config.heads == ("pooler",)
    assert read(BERT | {"architectures": []}).assumed


@pytest.mark.parametrize(
    "said", [["BertForSequenceClassification"], ["LlamaModel"], "BertModel"]
)
def test_heads_that_are_not_counted(said):
    with pytest.raises(ValueError) as error:
        read(BERT | {"architectures": said})
    assert str(error.value) == (
        f"architectures={said!r} has a head that is not counted: known for "
        "bert are BertModel, BertForMaskedLM, BertLMHeadModel, "
        "BertForNextSentencePrediction, BertForPreTraining"
    )


def test_an_encoder_alone():
    alone = config(T5, architectures=["T5EncoderModel"])
    assert (alone.n_layers, alone.n_decoder_layers) == (2, None)
    assert config(T5, architectures=["T5Model"]).n_decoder_layers == 2


# How it is spelled -----------------------------------------------------------


def test_old_and_new_names():
    renamed = {
        **{"model_type": "gpt2", "vocab_size": 50, "hidden_size": 12},
        **{"num_hidden_layers": 2, "num_attention_heads": 3},
        "max_position_embeddings": 9,
    }
    assert config(renamed) == config(GPT2)
    assert read(renamed).warnings == ()


def test_names_that_contradict_each_other():
    message = "^n_embd=12 contradicts hidden_size=16$"
    with pytest.raises(ValueError, match=message):
        config(GPT2, hidden_size=16)
    assert config(GPT2, hidden_size=12) == config(GPT2)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("hidden_size", "32", "='32' must be a whole number of at least 1$"),
        ("hidden_size", True, "=True must be a whole number of at least 1$"),
        ("hidden_size", None, "=None must be a whole number of at least 1$"),
        ("num_hidden_layers", 0, "=0 must be a whole number of at least 1$"),
        ("vocab_size", 5.0, "=5.0 must be a whole number of at least 1$"),
        ("tie_word_embeddings", 1, "=1 must be true or false$"),
        ("tie_word_embeddings", None, "=None must be true or false$"),
        ("rms_norm_eps", "x", "='x' must be a number$"),
        ("num_attention_heads", 6, "=6 must divide hidden_size=32$"),
        ("num_attention_heads", 64, "=64 must not exceed hidden_size=32$"),
        ("num_key_value_heads", 3, "=3 must divide num_attention_heads=8$"),
        ("num_key_value_heads", 9, "=9 must not exceed num_attention_heads"),
        ("rope_parameters", 3, "=3 must be an object or null$"),
        ("rope_theta", -1, "=-1 must be above 0$"),
        ("rope_theta", "1", "='1' must be above 0$"),
    ],
)
def test_values_that_cannot_be(key, value, message):
    with pytest.raises(ValueError, match=f"^{key}{message}"):
        config(LLAMA, **{key: value})


@pytest.mark.parametrize(
    ("said", "key", "default"),
    [
        *[
            (LLAMA, key, default)
            for key, default in {
                "vocab_size": 32_000,
                "hidden_size": 4096,
                "intermediate_size": 11_008,
                "num_hidden_layers": 32,
                "num_attention_heads": 32,
            }.items()
        ],
        (GPT2, "n_positions", 1024),
        (BERT, "max_position_embeddings", 512),
        (T5, "num_layers", 6),
        (BART, "decoder_layers", 12),
        (DEEPSEEK, "n_routed_experts", 256),
    ],
)
def test_sizes_that_are_missing(said, key, default):
    rest = {k: v for k, v in said.items() if k != key}
    with pytest.raises(ValueError) as error:
        read(rest)
    assert str(error.value) == (
        f"{key} is missing: the library would take {default}, which need not "
        "be this model's"
    )


def test_defaults_that_are_taken_are_named():
    (line,) = read(BERT).warnings
    assert line == (
        "missing, so the library's defaults are taken: type_vocab_size=2"
    )
    assert read(BERT | {"type_vocab_size": 2}).warnings == ()
    assert read(BERT).config.n_segments == 2


def test_what_no_count_depends_on_is_not_missed():
    rest = {k: v for k, v in LLAMA.items() if k != "num_key_value_heads"}
    assert read(rest).warnings == ()
    assert read(rest).config.n_kv_heads == 8


@pytest.mark.parametrize(
    ("key", "value", "known"),
    [
        ("add_cross_attention", True, False),
        ("pruned_heads", {"0": [1]}, {}),
        ("position_embedding_type", "relative_key", "absolute"),
        ("tie_encoder_decoder", True, False),
        ("torchscript", True, False),
    ],
)
def test_what_has_more_weights_than_are_counted(key, value, known):
    with pytest.raises(ValueError) as error:
        read(BERT | {key: value})
    assert str(error.value) == (
        f"{key}={value!r} is not counted: only {known!r} is known"
    )
    assert read(BERT | {key: known}).config == read(BERT).config


def test_a_family_refuses_its_own():
    with pytest.raises(ValueError, match=r"^moe_layer_freq=2 is not counted"):
        config(DEEPSEEK, moe_layer_freq=2)
    with pytest.raises(ValueError, match=r"^normalize_before=True is not"):
        config(BART, normalize_before=True)


def test_keys_that_nobody_knows_are_named():
    said = LLAMA | {"n_extra": 1, "other": 2, "use_cache": True}
    (line,) = read(said).warnings
    assert line == "unknown, and could change the count: n_extra, other"


@pytest.mark.parametrize(
    "key",
    [
        *("bos_token_id", "suppress_token_ids", "attn_pdrop", "dropout"),
        *("hidden_dropout_prob", "output_attentions", "summary_type"),
        *("classifier_dropout", "_attn_implementation_internal", "dtype"),
        "torch_dtype",
    ],
)
def test_harmless_keys(key):
    assert harmless.is_harmless(key)
    assert not harmless.is_harmless(f"x_{key}_x")


# What it says ----------------------------------------------------------------


def test_decoders_of_one_kind():
    found = of("llama")
    assert (found.norm, found.norm_order, found.gated) == ("rms", "pre", True)
    assert (found.d_head, found.n_kv_heads, found.d_ff) == (4, 2, 40)
    assert (found.activation, found.norm_eps) == ("silu", 1e-6)
    assert not (found.attention_bias or found.ff_bias or found.tied)
    assert (found.context_length, found.rotary_base) == (2048, 10_000)
    biased = of("llama", attention_bias=True, mlp_bias=True)
    assert biased.attention_bias and biased.ff_bias


@pytest.mark.parametrize("family", ["llama", "gemma2", "gemma3_text"])
def test_heads_that_must_divide_though_their_width_is_given(family):
    with pytest.raises(ValueError, match=r"must divide hidden_size=30$"):
        of(family, hidden_size=30, head_dim=4)


@pytest.mark.parametrize("family", ["mistral", "qwen3", "gemma"])
def test_heads_that_need_not(family):
    assert of(family, hidden_size=30, head_dim=4).d_head == 4


def test_rotary_positions_old_and_new():
    new = {"rope_theta": 5e5, **LLAMA3}
    old = {"rope_theta": 5e5, "rope_scaling": LLAMA3}
    found = of("llama", rope_parameters=new)
    assert found == of("llama", **old)
    assert found.rotary_base == 5e5
    assert found.rotary_scaling == Scaling(
        kind="llama3", factor=8.0, original_length=8192, slow=1.0, fast=4.0
    )


def test_rotary_scalings():
    linear = of("llama", rope_scaling=LINEAR).rotary_scaling
    assert (linear.kind, linear.factor) == ("linear", 4.0)
    said = {"rope_type": "yarn", "factor": 2.0}
    yarn = of("llama", rope_scaling=said, max_position_embeddings=64)
    assert yarn.rotary_scaling == Scaling(
        kind="yarn", factor=2.0, original_length=64, slow=1.0, fast=32.0
    )
    assert of("llama", rope_scaling=None).rotary_scaling is None
    assert of("llama", rope_scaling={"type": "default"}).rotary_scaling is None


def test_a_scaling_that_is_not_computed():
    found = read(LLAMA | {"rope_scaling": {"type": "dynamic", "factor": 2.0}})
    assert found.config.rotary_scaling is None
    assert found.warnings == (
        "rope_type='dynamic' is not computed; no count depends on it",
    )


def test_a_part_of_a_head_is_turned():
    neox = of("gpt_neox", hidden_size=64)
    assert (neox.d_head, neox.d_rotary) == (8, 2)
    assert of("gpt_neox", hidden_size=64, rotary_pct=0.5).d_rotary == 4
    assert of("gpt_neox", hidden_size=64, rotary_pct=1.0).d_rotary is None
    assert of("gpt_neox", hidden_size=64, rotary_pct=0.9).d_rotary == 6
    assert of("gpt_neox", hidden_size=64, rotary_pct=0.1).d_rotary == 2
    assert neox.parallel and neox.attention_bias
    apart = of("gpt_neox", use_parallel_residual=False, attention_bias=False)
    assert not (apart.parallel or apart.attention_bias)


def test_two_bases():
    layers = {
        "full_attention": {"rope_theta": 5.0, **LINEAR},
        "sliding_attention": {"rope_theta": 3.0},
    }
    new = of("gemma3_text", rope_parameters=layers)
    assert (new.rotary_base, new.local_rotary_base) == (5.0, 3.0)
    assert new.rotary_scaling.factor == 4.0
    old = {"rope_theta": 5.0, "rope_local_base_freq": 3.0}
    assert of("gemma3_text", **old, rope_scaling=LINEAR) == new
    default = of("gemma3_text")
    assert (default.rotary_base, default.local_rotary_base) == (1e6, 1e4)


def test_windows():
    assert of("mistral", sliding_window=7).window == 7
    assert of("mistral", sliding_window=7).windowed is None
    assert of("mistral", sliding_window=None).window is None
    gemma = of("gemma2", sliding_window=7)
    assert gemma.windowed == (True, False, True, False)
    deep = of("gemma3_text", num_hidden_layers=7, sliding_window=7)
    assert deep.windowed == (*[True] * 5, False, True)
    second = of("gemma3_text", sliding_window_pattern=2)
    assert second.windowed == (True, False, True, False)
    assert of("gemma2", sliding_window=None).windowed is None
    moe = {"num_local_experts": 4, "num_experts_per_tok": 2}
    assert of("gpt_oss", **moe).windowed == (True, False, True, False)


def test_windows_of_layers_that_are_listed():
    layers = ["full_attention", "sliding_attention"] * 2
    for family in ("mistral", "gemma2", "gemma3_text"):
        assert of(family, layer_types=layers).windowed == (False, True) * 2
    message = r"^layer_types=\['x'\] must be of \['sliding_attention', 'full"
    with pytest.raises(ValueError, match=message):
        of("mistral", layer_types=["x"])
    with pytest.raises(ValueError, match=r"^layer_types=3 must be of"):
        of("gemma2", layer_types=3)


def test_qwen_s_window_is_off_until_it_is_on():
    said = {"sliding_window": 5, "max_window_layers": 3}
    assert of("qwen2", **said).window is None
    found = of("qwen2", **said, use_sliding_window=True)
    assert found.window == 5
    assert found.windowed == (False, False, False, True)
    assert found.attention_bias and found.output_bias is False
    assert of("qwen3").qk_norm == "head"


def test_gemma():
    first, second = of("gemma"), of("gemma2")
    assert first.norm_from_one and second.norm_from_one
    assert first.embedding_scale == second.embedding_scale == sqrt(32)
    assert (first.norm_order, second.norm_order) == ("pre", "sandwich")
    assert (second.score_cap, second.logit_cap) == (50.0, 30.0)
    assert second.score_scale == 256**-0.5
    assert of("gemma2", query_pre_attn_scalar=144).score_scale == 1 / 12
    assert (first.activation, first.d_head) == ("gelu_tanh", 256)
    assert of("gemma3_text").qk_norm == "head"


def test_olmo():
    found = of("olmo2")
    assert (found.qk_norm, found.norm_order) == ("all", "output")


def test_gpt():
    found = config(GPT2)
    assert (found.d_ff, found.activation) == (48, "gelu_tanh")
    assert config(GPT2, n_inner=7).d_ff == 7
    assert (found.position, found.norm_order) == ("learned", "pre")
    first = config(GPT2, model_type="openai-gpt")
    # its gelu is the other one
    assert (first.norm_order, first.activation) == ("post", "gelu_tanh")
    assert config(GPT2, activation_function="gelu").activation == "gelu"
    assert config(GPT2, activation_function="swish").activation == "silu"


def test_opt():
    said = {"model_type": "opt", "ffn_dim": 20}
    found = config(BERT, said)
    assert (found.n_spare_positions, found.activation) == (2, "relu")
    assert (found.norm_order, found.d_token) == ("pre", None)
    odd = config(
        BERT,
        said,
        word_embed_proj_dim=5,
        do_layer_norm_before=False,
        enable_bias=False,
        layer_norm_elementwise_affine=False,
        _remove_final_layer_norm=True,
    )
    assert (odd.d_token, odd.norm_order) == (5, "post")
    assert not (odd.attention_bias or odd.ff_bias or odd.final_norm)
    assert not (odd.norm_gain or odd.norm_bias)
    assert config(BERT, said, word_embed_proj_dim=12).d_token is None


def test_roberta_counts_from_its_padding():
    found = config(BERT, model_type="roberta")
    assert (found.context_length, found.n_spare_positions) == (7, 2)
    other = config(BERT, model_type="roberta", pad_token_id=0)
    assert (other.context_length, other.n_spare_positions) == (8, 1)
    message = r"^max_position_embeddings=2 must exceed pad_token_id \+ 1 = 2$"
    with pytest.raises(ValueError, match=message):
        config(BERT, model_type="roberta", max_position_embeddings=2)


def test_bert_untied_has_a_bias_that_nobody_reads():
    assert config(BERT).n_mlm_biases == 1
    assert config(BERT, tie_word_embeddings=False).n_mlm_biases == 2


def test_albert():
    said = {"model_type": "albert", "embedding_size": 5}
    found = config(BERT, said, num_hidden_groups=2, inner_group_num=3)
    assert (found.d_embedding, found.n_distinct_layers) == (5, 6)


def test_modernbert():
    said = {"model_type": "modernbert", "num_hidden_layers": 4}
    found = config(BERT, said)
    assert found.windowed == (False, True, True, False)
    assert (found.window, found.first_norm) == (128, False)
    assert (found.rotary_base, found.local_rotary_base) == (160_000, 10_000)
    assert found.n_mlm_biases == 1 and not found.mlm_dense_bias
    second = config(BERT, said, global_attn_every_n_layers=2)
    assert second.windowed == (False, True, False, True)
    bare = config(BERT, said, decoder_bias=False, classifier_bias=True)
    assert bare.n_mlm_biases is None and bare.mlm_dense_bias


def test_t5():
    found = config(T5)
    assert (found.n_decoder_layers, found.d_head) == (2, 3)
    assert (found.gated, found.activation) == (False, "relu")
    assert (found.tied, found.logit_scale) == (True, 0.25)
    assert (found.score_scale, found.n_buckets) == (1.0, 32)
    assert config(T5, num_decoder_layers=3).n_decoder_layers == 3
    gated = config(T5, feed_forward_proj="gated-gelu")
    assert (gated.gated, gated.activation) == (True, "gelu_tanh")
    silu = config(T5, feed_forward_proj="gated-silu")
    assert (silu.gated, silu.activation) == (True, "silu")
    message = "^feed_forward_proj='free-relu' must be a nonlinearity, or"
    with pytest.raises(ValueError, match=message):
        config(T5, feed_forward_proj="free-relu")


@pytest.mark.parametrize(
    "said", [{"tie_word_embeddings": False}, {"scale_decoder_outputs": False}]
)
def test_t5_that_the_library_would_tie(said):
    found = config(T5, said)
    assert (found.tied, found.logit_scale) == (False, None)


def test_bart():
    found = config(BART)
    assert (found.n_layers, found.n_decoder_layers) == (2, 3)
    assert (found.d_decoder_ff, found.n_decoder_heads) == (None, None)
    assert (found.n_spare_positions, found.n_token_tables) == (2, 1)
    assert found.embedding_scale is None
    odd = config(
        BART,
        decoder_ffn_dim=7,
        decoder_attention_heads=4,
        scale_embedding=True,
        tie_word_embeddings=False,
    )
    assert (odd.d_decoder_ff, odd.n_decoder_heads) == (7, 4)
    assert (odd.embedding_scale, odd.n_token_tables) == (sqrt(12), 3)
    with pytest.raises(
        ValueError, match=r"^decoder_attention_heads=5 must divide d_model=12$"
    ):
        config(BART, decoder_attention_heads=5)


def test_experts():
    said = {"num_local_experts": 6, "num_experts_per_tok": 2}
    found = of("mixtral", **said).experts
    assert (found.n_experts, found.n_active, found.d_ff) == (6, 2, 40)
    assert not (found.bias or found.router_bias)
    oss = of("gpt_oss", **said)
    assert oss.sinks and oss.attention_bias
    assert oss.experts.bias and oss.experts.router_bias
    with pytest.raises(
        ValueError,
        match=r"^num_experts_per_tok=7 must not exceed num_experts=6$",
    ):
        of("mixtral", num_experts=6, num_experts_per_tok=7)


def test_experts_in_some_layers():
    said = {"num_experts": 6, "moe_intermediate_size": 10}
    said |= {"num_experts_per_tok": 2}
    assert of("qwen3_moe", **said).experts.layers is None
    second = of("qwen3_moe", **said, decoder_sparse_step=2).experts
    assert (second.layers, second.d_ff) == ((1, 3), 10)
    some = of("qwen3_moe", **said, mlp_only_layers=[0, 3]).experts
    assert some.layers == (1, 2)
    assert of("qwen3_moe", **said | {"num_experts": 0}).experts is None


def test_deepseek():
    found = config(DEEPSEEK)
    assert found.latent == Latent(
        d_latent=7, d_query=9, d_content=4, d_rotary=2, d_value=3
    )
    assert (found.d_head, found.n_kv_heads) == (6, 8)
    assert found.experts.layers == (1, 2, 3)
    assert (found.experts.d_ff, found.experts.d_ff_shared) == (10, 30)
    everywhere = config(DEEPSEEK, first_k_dense_replace=0, q_lora_rank=None)
    assert everywhere.experts.layers is None
    assert everywhere.latent.d_query is None
    assert config(DEEPSEEK, first_k_dense_replace=9).experts.layers == ()
    assert config(DEEPSEEK, n_shared_experts=None).experts.d_ff_shared is None
    assert read(DEEPSEEK | {"num_nextn_predict_layers": 1}).warnings == ()


def test_papers():
    said = {k: v for k, v in LLAMA.items() if k != "num_key_value_heads"}
    first = config(said, model_type="transformer", decoder_layers=3)
    assert (first.position, first.n_decoder_layers) == ("sinusoidal", 3)
    gopher = config(said, model_type="gopher")
    assert (gopher.position, gopher.norm_gain) == ("projected", False)
    palm = config(said, model_type="palm")
    assert palm.parallel and palm.shared_norm and palm.gated
    assert (palm.n_kv_heads, palm.norm_bias) == (1, False)
    assert palm.embedding_scale == sqrt(32)
