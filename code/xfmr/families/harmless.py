"""Keys of a config.json on which no count of parameters depends.

They say how a model is trained, sampled from, stored or labelled. What is
neither here nor known to a family is reported, never passed over.
"""

ENDINGS = ("_token_id", "_token_ids", "_pdrop", "dropout", "dropout_prob")
BEGINNINGS = ("output_", "summary_", "classifier_", "_attn_implementation")
NAMES = frozenset(
    (
        # what it is
        *("architectures", "auto_map", "model_type", "name_or_path"),
        *("_name_or_path", "_commit_hash", "transformers_version"),
        *("tokenizer_class", "finetuning_task", "task_specific_params"),
        *("is_decoder", "is_encoder_decoder", "problem_type", "prefix"),
        *("id2label", "label2id", "num_labels", "return_dict"),
        *("return_dict_in_generate", "attn_implementation"),
        # how its numbers are stored and first drawn
        *("dtype", "torch_dtype", "use_bfloat16", "quantization_config"),
        *("pretraining_tp", "initializer_factor", "initializer_range"),
        *("initializer_cutoff_factor", "init_std"),
        # how it is trained
        *("gradient_checkpointing", "chunk_size_feed_forward", "layerdrop"),
        *("encoder_layerdrop", "decoder_layerdrop", "tf_legacy_loss"),
        *("router_aux_loss_coef", "router_jitter_noise", "aux_loss_alpha"),
        *("seq_aux", "dropout_rate", "attention_dropout"),
        # how it is sampled from
        *("use_cache", "bad_words_ids", "begin_suppress_tokens", "do_sample"),
        *("diversity_penalty", "early_stopping", "length_penalty"),
        *("encoder_no_repeat_ngram_size", "exponential_decay_length_penalty"),
        *("max_length", "min_length", "no_repeat_ngram_size"),
        *("num_beam_groups", "num_beams", "num_return_sequences"),
        *("remove_invalid_values", "repetition_penalty", "suppress_tokens"),
        *("temperature", "top_k", "top_p", "typical_p", "forced_bos_token_id"),
        *("cross_attention_hidden_size",),
    )
)


def is_harmless(key: str) -> bool:
    """Whether no family's count depends on a key."""
    return key in NAMES or key.endswith(ENDINGS) or key.startswith(BEGINNINGS)
