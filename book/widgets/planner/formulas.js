/* Made by `python -m xfmr.export.formulas` out of the book's Python, which is
   the place to change it. */
"use strict";

(() => {
const { py } = planner;
const modules = {};

/* xfmr.axes */
modules["xfmr.axes"] = (() => {
  let AXES, Axis, check_sizes, group_size;
  Axis = py.kind("Axis", [["indexes", null], ["size", null]], [
  ]);
  AXES = new Map([["B", Axis("sequence of the batch", "batch_size")], ["T", Axis("position that asks (query)", "n_queries")], ["S", Axis("position that is read (key and value)", "n_keys")], ["D", Axis("coordinate of the model's stream", "d_model")], ["N", Axis("query head", "n_heads")], ["K", Axis("key/value head", "n_kv_heads")], ["G", Axis("query head among those that share a key/value head", "n_group")], ["H", Axis("coordinate within a head", "d_head")], ["F", Axis("hidden unit of the feed-forward layer", "d_ff")], ["V", Axis("entry of the vocabulary", "vocab_size")], ["L", Axis("layer", "n_layers")], ["E", Axis("expert of a mixture", "n_experts")]]);
  group_size = py.define("group_size", ["n_heads", "n_kv_heads"], 0, {  }, false, (n_heads, n_kv_heads) => {
    if (((py.lt(n_kv_heads, 1n)) || (py.lt(n_heads, 1n)) || py.truth(py.mod(n_heads, n_kv_heads)))) {
      throw new py.ValueError(("n_kv_heads=" + py.repr(n_kv_heads) + " must divide n_heads=" + py.repr(n_heads)));
    }
    return py.floordiv(n_heads, n_kv_heads);
  });
  check_sizes = py.define("check_sizes", [], 0, {  }, true, (sizes) => {
    let name, size;
    for ([name, size] of py.each(py.call(sizes, "items"))) {
      if ((py.le(size, 0n))) {
        throw new py.ValueError((py.str(name) + "=" + py.str(size) + " must be at least 1"));
      }
    }
    return null;
  });
  return { AXES, Axis, check_sizes, group_size };
})();

/* xfmr.config_parts */
modules["xfmr.config_parts"] = (() => {
  const fields = py.fields;
  let Experts, Latent, SCALINGS, SHARES, Scaling, check_choice, check_even, check_fields;
  SHARES = ["softmax", "sigmoid"];
  SCALINGS = ["linear", "llama3", "yarn"];
  Experts = py.kind("Experts", [["n_experts", null], ["n_active", null], ["d_ff", null], ["d_ff_shared", () => null], ["bias", () => false], ["router_bias", () => false], ["shares", () => "softmax"], ["share_scale", () => null], ["layers", () => null]], [
    ["__post_init__", "do", py.define("__post_init__", ["self"], 1, {  }, false, (self) => {
      check_fields(self);
      check_choice("shares", self.shares, SHARES);
      if ((py.lt(self.n_experts, self.n_active))) {
        throw new py.ValueError(("n_active=" + py.str(self.n_active) + " must not exceed n_experts=" + py.str(self.n_experts)));
      }
      return null;
    })],
  ]);
  Latent = py.kind("Latent", [["d_latent", null], ["d_query", () => null], ["d_content", null], ["d_rotary", null], ["d_value", null]], [
    ["__post_init__", "do", py.define("__post_init__", ["self"], 1, {  }, false, (self) => {
      check_fields(self);
      check_even("d_rotary", self.d_rotary);
      return null;
    })],
  ]);
  Scaling = py.kind("Scaling", [["kind", null], ["factor", null], ["original_length", () => null], ["slow", () => null], ["fast", () => null]], [
    ["__post_init__", "do", py.define("__post_init__", ["self"], 1, {  }, false, (self) => {
      let name;
      check_fields(self);
      check_choice("kind", self.kind, SCALINGS);
      if ((py.lt(self.factor, 1n))) {
        throw new py.ValueError(("factor=" + py.str(self.factor) + " must be at least 1"));
      }
      if ((py.eq(self.kind, "linear"))) {
        return null;
      }
      for (name of py.each(["original_length", "slow", "fast"])) {
        if ((py.getattr(self, name) === null)) {
          throw new py.ValueError(("kind=" + py.repr(self.kind) + " needs " + py.str(name)));
        }
      }
      if ((py.le(self.fast, self.slow))) {
        throw new py.ValueError(("slow=" + py.str(self.slow) + " must be below fast=" + py.str(self.fast)));
      }
      return null;
    })],
  ]);
  check_choice = py.define("check_choice", ["name", "value", "known"], 3, {  }, false, (name, value, known) => {
    if ((!py.has(known, value))) {
      throw new py.ValueError((py.str(name) + "=" + py.repr(value) + " must be one of " + py.str(known)));
    }
    return null;
  });
  check_fields = py.define("check_fields", ["part"], 1, {  }, false, (part) => {
    let field, value;
    for (field of py.each(fields(part))) {
      value = py.getattr(part, field.name);
      if (((py.type(value) === py.int) && (py.lt(value, 1n)))) {
        throw new py.ValueError((py.str(field.name) + "=" + py.str(value) + " must be at least 1"));
      }
    }
    return null;
  });
  check_even = py.define("check_even", ["name", "value"], 2, {  }, false, (name, value) => {
    if (py.truth(py.mod(value, 2n))) {
      throw new py.ValueError((py.str(name) + "=" + py.str(value) + " must be even"));
    }
    return null;
  });
  return { Experts, Latent, SCALINGS, SHARES, Scaling, check_choice, check_even, check_fields, fields };
})();

/* xfmr.families.harmless */
modules["xfmr.families.harmless"] = (() => {
  let BEGINNINGS, ENDINGS, NAMES, is_harmless;
  ENDINGS = ["_token_id", "_token_ids", "_pdrop", "dropout", "dropout_prob"];
  BEGINNINGS = ["output_", "summary_", "classifier_", "_attn_implementation"];
  NAMES = py.frozenset([...py.each(["architectures", "auto_map", "model_type", "name_or_path"]), ...py.each(["_name_or_path", "_commit_hash", "transformers_version"]), ...py.each(["tokenizer_class", "finetuning_task", "task_specific_params"]), ...py.each(["is_decoder", "is_encoder_decoder", "problem_type", "prefix"]), ...py.each(["id2label", "label2id", "num_labels", "return_dict"]), ...py.each(["return_dict_in_generate", "attn_implementation"]), ...py.each(["dtype", "torch_dtype", "use_bfloat16", "quantization_config"]), ...py.each(["pretraining_tp", "initializer_factor", "initializer_range"]), ...py.each(["initializer_cutoff_factor", "init_std"]), ...py.each(["gradient_checkpointing", "chunk_size_feed_forward", "layerdrop"]), ...py.each(["encoder_layerdrop", "decoder_layerdrop", "tf_legacy_loss"]), ...py.each(["router_aux_loss_coef", "router_jitter_noise", "aux_loss_alpha"]), ...py.each(["seq_aux", "dropout_rate", "attention_dropout"]), ...py.each(["use_cache", "bad_words_ids", "begin_suppress_tokens", "do_sample"]), ...py.each(["diversity_penalty", "early_stopping", "length_penalty"]), ...py.each(["encoder_no_repeat_ngram_size", "exponential_decay_length_penalty"]), ...py.each(["max_length", "min_length", "no_repeat_ngram_size"]), ...py.each(["num_beam_groups", "num_beams", "num_return_sequences"]), ...py.each(["remove_invalid_values", "repetition_penalty", "suppress_tokens"]), ...py.each(["temperature", "top_k", "top_p", "typical_p", "forced_bos_token_id"]), ...py.each(["cross_attention_hidden_size"])]);
  is_harmless = py.define("is_harmless", ["key"], 1, {  }, false, (key) => {
    return py.or((py.has(NAMES, key)), () => py.call(key, "endswith", ENDINGS), () => py.call(key, "startswith", BEGINNINGS));
  });
  return { BEGINNINGS, ENDINGS, NAMES, is_harmless };
})();

/* xfmr.shapes */
modules["xfmr.shapes"] = (() => {
  let Shape, _attention, _feed_forward, _feed_forwards, _head, _latent, _linear, _norm, _norms, _table, _tables, _vector, weights;
  Shape = py.kind("Shape", [["part", null], ["name", null], ["sizes", null], ["times", () => 1n]], [
    ["numbers", "get", py.define("numbers", ["self"], 1, {  }, false, (self) => {
      let product, size;
      product = self.times;
      for (size of py.each(self.sizes)) {
        product = py.mul(product, size);
      }
      return product;
    })],
  ]);
  weights = py.define("weights", ["config"], 1, {  }, false, (config) => {
    return [...py.each(_tables(config)), ...py.each(_attention(config)), ...py.each(_feed_forwards(config)), ...py.each(_norms(config)), ...py.each(py.each(config.heads).flatMap((head) => py.each(_head(config, head)).map((shape) => shape)))];
  });
  _linear = py.define("_linear", ["part", "name", "to", "of", "bias", "times"], 2, { "bias": false, "times": 1n }, false, (part, name, to, of, bias, times) => {
    let found;
    found = [Shape(new py.Words([["part", part], ["name", name], ["sizes", [to, of]], ["times", times]]))];
    if (py.truth(bias)) {
      py.call(found, "append", _vector(part, (py.str(name) + " bias"), to, times));
    }
    return found;
  });
  _vector = py.define("_vector", ["part", "name", "size", "times"], 4, {  }, false, (part, name, size, times) => {
    return Shape(new py.Words([["part", part], ["name", name], ["sizes", [size]], ["times", times]]));
  });
  _norm = py.define("_norm", ["config", "part", "width", "times"], 4, { "times": 1n }, false, (config, part, width, times) => {
    let names;
    names = (py.truth(config.norm_gain) ? ["gain"] : []);
    if (((py.eq(config.norm, "layer")) && py.truth(config.norm_bias))) {
      py.call(names, "append", "bias");
    }
    return py.each(names).map((name) => _vector(part, name, width, times));
  });
  _table = py.define("_table", ["part", "rows", "width", "times"], 4, { "times": 1n }, false, (part, rows, width, times) => {
    return Shape(new py.Words([["part", part], ["name", "table"], ["sizes", [rows, width]], ["times", times]]));
  });
  _tables = py.define("_tables", ["config"], 1, {  }, false, (config) => {
    let D, N, V, found, n_stacks, n_tables, narrow, part, rows, width;
    [D, V] = py.each([config.d_model, config.vocab_size]);
    width = py.or(config.d_embedding, () => D);
    n_stacks = ((config.n_decoder_layers === null) ? 1n : 2n);
    [narrow, n_tables] = py.each([py.or(config.d_token, () => width), config.n_token_tables]);
    found = [_table("token embedding", V, narrow, n_tables)];
    if ((py.eq(config.position, "learned"))) {
      rows = py.add(config.context_length, py.or(config.n_spare_positions, () => 0n));
      py.call(found, "append", _table("position embedding", rows, width, n_stacks));
    }
    if ((py.eq(config.position, "relative"))) {
      [rows, N] = py.each([config.n_buckets, config.n_heads]);
      py.call(found, "append", _table("relative positions", rows, N, n_stacks));
    }
    if ((config.n_segments !== null)) {
      py.call(found, "append", _table("segment embedding", config.n_segments, width));
    }
    if (py.truth(config.embedding_norm)) {
      found = py.add(found, _norm(config, "embedding norm", width, n_stacks));
    }
    part = "embedding projection";
    if ((config.d_embedding !== null)) {
      found = py.add(found, _linear(part, "w", new py.Words([["to", D], ["of", config.d_embedding], ["bias", true]])));
    }
    if ((config.d_token !== null)) {
      found = py.add(found, _linear(part, "w in", new py.Words([["to", D], ["of", config.d_token]])));
      found = py.add(found, _linear(part, "w out", new py.Words([["to", config.d_token], ["of", D]])));
    }
    return found;
  });
  _attention = py.define("_attention", ["config"], 1, {  }, false, (config) => {
    let D, H, K, N, bias, each, found, k, last, latent, n_own, out, part, q, sizes, times;
    [D, N, H] = py.each([config.d_model, config.n_heads, config.d_head]);
    [K, latent] = py.each([config.n_kv_heads, config.latent]);
    n_own = py.or(config.n_distinct_layers, () => config.n_layers);
    times = py.add(n_own, py.mul(2n, py.or(config.n_decoder_layers, () => 0n)));
    if ((latent === null)) {
      [bias, last] = py.each([config.attention_bias, config.output_bias]);
      sizes = new Map([["times", times], ["bias", bias]]);
      out = new Map([["times", times], ["bias", ((last === null) ? bias : last)]]);
      found = [...py.each(_linear("attention", "w_q", new py.Words([["to", py.mul(N, H)], ["of", D], ...sizes]))), ...py.each(_linear("attention", "w_k", new py.Words([["to", py.mul(K, H)], ["of", D], ...sizes]))), ...py.each(_linear("attention", "w_v", new py.Words([["to", py.mul(K, H)], ["of", D], ...sizes]))), ...py.each(_linear("attention", "w_o", new py.Words([["to", D], ["of", py.mul(N, H)], ...out])))];
    } else {
      found = _latent(config, times);
    }
    if ((py.eq(config.position, "projected"))) {
      found = py.add(found, _linear("position projection", "w", new py.Words([["to", py.mul(N, H)], ["of", D], ["times", n_own]])));
    }
    if ((config.qk_norm !== null)) {
      [each, part] = py.each([(py.eq(config.qk_norm, "head")), "query and key norm"]);
      [q, k] = py.each((py.truth(each) ? [H, H] : [py.mul(N, H), py.mul(K, H)]));
      py.call(found, "append", _vector(part, "gain of q", q, times));
      py.call(found, "append", _vector(part, "gain of k", k, times));
    }
    if (py.truth(config.sinks)) {
      py.call(found, "append", _vector("sinks", "scores", N, times));
    }
    return found;
  });
  _latent = py.define("_latent", ["config", "times"], 2, {  }, false, (config, times) => {
    let D, N, compared, down, found, latent, made, plain, read, sizes;
    [D, N, latent] = py.each([config.d_model, config.n_heads, config.latent]);
    compared = py.mul(N, py.add(latent.d_content, latent.d_rotary));
    made = py.mul(N, py.add(latent.d_content, latent.d_value));
    read = py.add(latent.d_latent, latent.d_rotary);
    plain = new Map([["times", times]]);
    sizes = py.union(plain, new Map([["bias", config.attention_bias]]));
    if ((latent.d_query === null)) {
      found = _linear("attention", "w_q", new py.Words([["to", compared], ["of", D], ...plain]));
    } else {
      down = latent.d_query;
      found = [...py.each(_linear("attention", "w_q down", new py.Words([["to", down], ["of", D], ...sizes]))), _vector("attention", "gain of q", down, times), ...py.each(_linear("attention", "w_q up", new py.Words([["to", compared], ["of", down], ...plain])))];
    }
    down = latent.d_latent;
    return [...py.each(found), ...py.each(_linear("attention", "w_kv down", new py.Words([["to", read], ["of", D], ...sizes]))), _vector("attention", "gain of kv", down, times), ...py.each(_linear("attention", "w_kv up", new py.Words([["to", made], ["of", down], ...plain]))), ...py.each(_linear("attention", "w_o", new py.Words([["to", D], ["of", py.mul(N, latent.d_value)], ...sizes])))];
  });
  _feed_forward = py.define("_feed_forward", ["config", "part", "width", "times", "bias"], 4, {  }, false, (config, part, width, times, bias) => {
    let D, found, name, names, sizes;
    D = config.d_model;
    names = (py.truth(config.gated) ? ["w_in", "w_gate"] : ["w_in"]);
    sizes = new Map([["bias", bias], ["times", times]]);
    found = [];
    for (name of py.each(names)) {
      found = py.add(found, _linear(part, name, new py.Words([["to", width], ["of", D], ...sizes])));
    }
    return py.add(found, _linear(part, "w_out", new py.Words([["to", D], ["of", width], ...sizes])));
  });
  _feed_forwards = py.define("_feed_forwards", ["config"], 1, {  }, false, (config) => {
    let bias, experts, found, n_mixed, n_own, width;
    [experts, bias] = py.each([config.experts, config.ff_bias]);
    n_own = py.or(config.n_distinct_layers, () => config.n_layers);
    [n_mixed, found] = py.each([0n, []]);
    if ((experts !== null)) {
      n_mixed = ((experts.layers === null) ? n_own : py.len(experts.layers));
    }
    if ((py.lt(0n, py.sub(n_own, n_mixed)))) {
      found = py.add(found, _feed_forward(config, "feed-forward", config.d_ff, py.sub(n_own, n_mixed), new py.Words([["bias", bias]])));
    }
    if ((config.n_decoder_layers !== null)) {
      width = py.or(config.d_decoder_ff, () => config.d_ff);
      found = py.add(found, _feed_forward(config, "feed-forward", width, config.n_decoder_layers, new py.Words([["bias", bias]])));
    }
    if ((py.eq(n_mixed, 0n))) {
      return found;
    }
    found = py.add(found, _feed_forward(config, "experts", experts.d_ff, py.mul(n_mixed, experts.n_experts), new py.Words([["bias", experts.bias]])));
    found = py.add(found, _linear("router", "w", new py.Words([["to", experts.n_experts], ["of", config.d_model], ["bias", experts.router_bias], ["times", n_mixed]])));
    if ((experts.d_ff_shared !== null)) {
      found = py.add(found, _feed_forward(config, "shared expert", experts.d_ff_shared, n_mixed, new py.Words([["bias", bias]])));
    }
    return found;
  });
  _norms = py.define("_norms", ["config"], 1, {  }, false, (config) => {
    let D, found, n_decoders, n_own, n_stacks, times;
    [D, n_decoders] = py.each([config.d_model, py.or(config.n_decoder_layers, () => 0n)]);
    n_own = py.or(config.n_distinct_layers, () => config.n_layers);
    times = py.add(py.mul((py.truth(config.shared_norm) ? 1n : 2n), n_own), py.mul(3n, n_decoders));
    if ((py.eq(config.norm_order, "sandwich"))) {
      times = py.mul(2n, times);
    }
    if (!py.truth(config.first_norm)) {
      times = py.sub(times, 1n);
    }
    found = _norm(config, "norm", D, times);
    if (((!py.eq(config.norm_order, "post")) && py.truth(config.final_norm))) {
      n_stacks = (py.truth(n_decoders) ? 2n : 1n);
      found = py.add(found, _norm(config, "final norm", D, n_stacks));
    }
    return found;
  });
  _head = py.define("_head", ["config", "head"], 2, {  }, false, (config, head) => {
    let D, V, bias, found, logits, n, untied, width;
    [D, V] = py.each([config.d_model, config.vocab_size]);
    width = py.or(config.d_embedding, () => D);
    logits = py.or(config.d_embedding, () => config.d_token, () => D);
    untied = (py.truth(config.tied) ? [] : _linear(head, "w", new py.Words([["to", V], ["of", logits]])));
    switch (head) {
    case "pooler": {
      return _linear(head, "w", new py.Words([["to", D], ["of", D], ["bias", true]]));
      break;
    }
    case "nsp": {
      return _linear(head, "w", new py.Words([["to", 2n], ["of", D], ["bias", true]]));
      break;
    }
    case "lm": {
      return untied;
      break;
    }
    }
    bias = config.mlm_dense_bias;
    found = _linear(head, "w dense", new py.Words([["to", width], ["of", D], ["bias", bias]]));
    found = py.add(found, _norm(config, head, width));
    if ((config.n_mlm_biases !== null)) {
      n = config.n_mlm_biases;
      py.call(found, "append", Shape(new py.Words([["part", head], ["name", "bias"], ["sizes", [V]], ["times", n]])));
    }
    return py.add(found, untied);
  });
  return { Shape, _attention, _feed_forward, _feed_forwards, _head, _latent, _linear, _norm, _norms, _table, _tables, _vector, weights };
})();

/* xfmr.compute */
modules["xfmr.compute"] = (() => {
  const check_sizes = modules["xfmr.axes"].check_sizes;
  let RECOMPUTE, _decoder, _head_flops, _narrow, _pair_width, _projections, _stack, _twice_pairs, _units, flops, matmul_flops, training_flops;
  RECOMPUTE = ["none", "selective", "full"];
  matmul_flops = py.define("matmul_flops", ["n_rows", "n_inner", "n_columns"], 0, {  }, false, (n_rows, n_inner, n_columns) => {
    check_sizes(new py.Words([["n_rows", n_rows], ["n_inner", n_inner], ["n_columns", n_columns]]));
    return py.mul(py.mul(py.mul(2n, n_rows), n_inner), n_columns);
  });
  flops = py.define("flops", ["config", "n_tokens", "n_targets", "causal"], 1, { "n_targets": null, "causal": false }, false, (config, n_tokens, n_targets, causal) => {
    let counts, decoder, one_stack, width;
    check_sizes(new py.Words([["n_tokens", n_tokens]]));
    one_stack = (config.n_decoder_layers === null);
    if ((n_targets === null)) {
      n_targets = n_tokens;
    } else {
      if (py.truth(one_stack)) {
        throw new py.ValueError(("n_targets=" + py.repr(n_targets) + " must be None without a decoder"));
      }
    }
    check_sizes(new py.Words([["n_targets", n_targets]]));
    if ((py.truth(causal) && py.truth(py.common(new Set(["pooler", "mlm", "nsp"]), new Set([...py.each(config.heads)]))))) {
      throw new py.ValueError(("causal=" + py.repr(causal) + " must be False for " + py.str(config.name) + ", which reads both ways"));
    }
    counts = _stack(config, n_tokens, new py.Words([["causal", py.and(causal, () => one_stack)]]));
    if (!py.truth(one_stack)) {
      decoder = _decoder(config, n_tokens, n_targets, new py.Words([["causal", causal]]));
      counts = new Map(py.each(counts).map((part) => [part, py.add(py.item(counts, part), py.item(decoder, part))]));
    }
    if (((width = _narrow(config)) !== null)) {
      py.put(counts, "embedding projection", matmul_flops(new py.Words([["n_rows", n_tokens], ["n_inner", width], ["n_columns", config.d_model]])));
    }
    return py.union(counts, new Map(py.each(config.heads).map((head) => [head, _head_flops(config, head, n_targets)])));
  });
  _stack = py.define("_stack", ["config", "n_tokens", "causal"], 2, {  }, false, (config, n_tokens, causal) => {
    let L, T, counts, dense, experts, mixed, n_mixed, n_windowed, router, twice_pairs;
    [T, L, experts] = py.each([n_tokens, config.n_layers, config.experts]);
    n_windowed = ((config.windowed === null) ? L : py.sum(config.windowed));
    twice_pairs = py.add(py.mul(n_windowed, _twice_pairs(T, config.window, new py.Words([["causal", causal]]))), py.mul(py.sub(L, n_windowed), _twice_pairs(T, null, new py.Words([["causal", causal]]))));
    counts = new Map([["projections", py.mul(py.mul(py.mul(2n, T), L), py.sum(_projections(config)))], ["attention", py.mul(_pair_width(config), twice_pairs)]]);
    if ((experts === null)) {
      return py.union(counts, new Map([["feed-forward", py.mul(py.mul(py.mul(2n, T), L), _units(config))]]));
    }
    n_mixed = ((experts.layers === null) ? L : py.len(experts.layers));
    mixed = _units(config, py.mul(experts.n_active, experts.d_ff));
    if ((experts.d_ff_shared !== null)) {
      mixed = py.add(mixed, _units(config, experts.d_ff_shared));
    }
    dense = py.mul(py.sub(L, n_mixed), _units(config));
    router = py.mul(py.mul(n_mixed, config.d_model), experts.n_experts);
    return py.union(counts, new Map([["feed-forward", py.mul(py.mul(2n, T), py.add(dense, py.mul(n_mixed, mixed)))], ["router", py.mul(py.mul(2n, T), router)]]));
  });
  _decoder = py.define("_decoder", ["config", "n_tokens", "n_targets", "causal"], 3, {  }, false, (config, n_tokens, n_targets, causal) => {
    let L, S, T, asks, own, reads, units;
    [S, T, L] = py.each([n_tokens, n_targets, config.n_decoder_layers]);
    [asks, reads] = py.each(_projections(config));
    own = _twice_pairs(T, null, new py.Words([["causal", causal]]));
    units = _units(config, config.d_decoder_ff);
    return new Map([["projections", py.mul(py.mul(2n, L), py.add(py.add(py.mul(T, py.add(asks, reads)), py.mul(T, asks)), py.mul(S, reads)))], ["attention", py.mul(py.mul(L, _pair_width(config)), py.add(own, py.mul(py.mul(2n, T), S)))], ["feed-forward", py.mul(py.mul(py.mul(2n, T), L), units)]]);
  });
  _projections = py.define("_projections", ["config"], 1, {  }, false, (config) => {
    let D, H, K, N, asks, latent, made, reads;
    [D, N, latent] = py.each([config.d_model, config.n_heads, config.latent]);
    [K, H] = py.each([config.n_kv_heads, config.d_head]);
    if ((latent === null)) {
      return [py.mul(py.mul(py.mul(2n, D), N), H), py.mul(py.mul(py.mul(2n, D), K), H)];
    }
    made = py.mul(N, py.add(latent.d_content, latent.d_value));
    reads = py.add(py.mul(D, py.add(latent.d_latent, latent.d_rotary)), py.mul(latent.d_latent, made));
    asks = py.mul(py.mul(D, N), H);
    if ((latent.d_query !== null)) {
      asks = py.mul(latent.d_query, py.add(D, py.mul(N, H)));
    }
    return [py.add(asks, py.mul(py.mul(N, latent.d_value), D)), reads];
  });
  _pair_width = py.define("_pair_width", ["config"], 1, {  }, false, (config) => {
    let H, latent;
    [H, latent] = py.each([config.d_head, config.latent]);
    return py.mul(config.n_heads, py.add(H, (py.truth(latent) ? latent.d_value : H)));
  });
  _twice_pairs = py.define("_twice_pairs", ["n_tokens", "window", "causal"], 2, {  }, false, (n_tokens, window, causal) => {
    let T, W;
    T = n_tokens;
    if (!py.truth(causal)) {
      return py.mul(py.mul(2n, T), T);
    }
    W = ((window === null) ? T : py.min(window, T));
    return py.mul(W, py.add(py.sub(py.mul(2n, T), W), 1n));
  });
  _units = py.define("_units", ["config", "d_ff"], 2, { "d_ff": null }, false, (config, d_ff) => {
    let n_matrices;
    n_matrices = (py.truth(config.gated) ? 3n : 2n);
    return py.mul(py.mul(n_matrices, config.d_model), py.or(d_ff, () => config.d_ff));
  });
  _narrow = py.define("_narrow", ["config"], 1, {  }, false, (config) => {
    return py.or(config.d_embedding, () => config.d_token);
  });
  _head_flops = py.define("_head_flops", ["config", "head", "n_tokens"], 3, {  }, false, (config, head, n_tokens) => {
    let D, V, columns, logits, width;
    [D, V] = py.each([config.d_model, config.vocab_size]);
    width = py.or(_narrow(config), () => D);
    if ((py.has(["pooler", "nsp"], head))) {
      columns = ((py.eq(head, "pooler")) ? D : 2n);
      return matmul_flops(new py.Words([["n_rows", 1n], ["n_inner", D], ["n_columns", columns]]));
    }
    logits = matmul_flops(new py.Words([["n_rows", n_tokens], ["n_inner", width], ["n_columns", V]]));
    if (((py.eq(head, "lm")) && (py.eq(width, D)))) {
      return logits;
    }
    return py.add(logits, matmul_flops(new py.Words([["n_rows", n_tokens], ["n_inner", D], ["n_columns", width]])));
  });
  training_flops = py.define("training_flops", ["config", "recompute"], 1, { "recompute": "none" }, true, (config, recompute, lengths) => {
    let again, outside, parts;
    if ((!py.has(RECOMPUTE, recompute))) {
      throw new py.ValueError(("recompute=" + py.repr(recompute) + " must be one of " + py.str(RECOMPUTE)));
    }
    parts = flops(config, new py.Words([...lengths]));
    again = 0n;
    if ((py.eq(recompute, "selective"))) {
      again = py.item(parts, "attention");
    }
    if ((py.eq(recompute, "full"))) {
      outside = new Set([...py.each(config.heads), "embedding projection"]);
      again = py.sum(py.each(py.call(parts, "items")).filter(([part, n]) => (!py.has(outside, part))).map(([part, n]) => n));
    }
    return py.add(py.mul(3n, py.sum(py.call(parts, "values"))), again);
  });
  return { RECOMPUTE, _decoder, _head_flops, _narrow, _pair_width, _projections, _stack, _twice_pairs, _units, check_sizes, flops, matmul_flops, training_flops };
})();

/* xfmr.config */
modules["xfmr.config"] = (() => {
  const AXES = modules["xfmr.axes"].AXES;
  const group_size = modules["xfmr.axes"].group_size;
  const Experts = modules["xfmr.config_parts"].Experts;
  const Latent = modules["xfmr.config_parts"].Latent;
  const check_choice = modules["xfmr.config_parts"].check_choice;
  const check_even = modules["xfmr.config_parts"].check_even;
  const check_fields = modules["xfmr.config_parts"].check_fields;
  let Config, HEADS, NORMS, ORDERS, POSITIONS, QK_NORMS;
  POSITIONS = ["learned", "sinusoidal", "rotary", "relative", "projected"];
  NORMS = ["layer", "rms"];
  ORDERS = ["post", "pre", "sandwich", "output"];
  QK_NORMS = ["head", "all"];
  HEADS = ["pooler", "mlm", "nsp", "lm"];
  Config = py.kind("Config", [["name", null], ["source", null], ["n_layers", null], ["n_decoder_layers", () => null], ["n_distinct_layers", () => null], ["n_decoder_heads", () => null], ["d_decoder_ff", () => null], ["d_model", null], ["n_heads", null], ["n_kv_heads", null], ["d_head", null], ["d_ff", null], ["vocab_size", null], ["n_token_tables", () => 1n], ["d_embedding", () => null], ["d_token", () => null], ["context_length", () => null], ["n_spare_positions", () => null], ["n_segments", () => null], ["position", null], ["n_buckets", () => null], ["max_distance", () => null], ["rotary_base", () => null], ["local_rotary_base", () => null], ["rotary_scaling", () => null], ["d_rotary", () => null], ["norm", () => "layer"], ["norm_gain", () => true], ["norm_bias", () => true], ["norm_from_one", () => false], ["norm_eps", null], ["norm_order", null], ["first_norm", () => true], ["final_norm", () => true], ["parallel", () => false], ["shared_norm", () => false], ["embedding_norm", () => false], ["embedding_scale", () => null], ["qk_norm", () => null], ["sinks", () => false], ["score_scale", () => null], ["score_cap", () => null], ["logit_cap", () => null], ["logit_scale", () => null], ["window", () => null], ["windowed", () => null], ["activation", null], ["gated", () => false], ["experts", () => null], ["latent", () => null], ["attention_bias", null], ["output_bias", () => null], ["ff_bias", null], ["tied", null], ["heads", null], ["mlm_dense_bias", () => true], ["n_mlm_biases", () => 1n]], [
    ["__post_init__", "do", py.define("__post_init__", ["self"], 1, {  }, false, (self) => {
      let head, name, needed, position;
      check_fields(self);
      group_size(new py.Words([["n_heads", self.n_heads], ["n_kv_heads", self.n_kv_heads]]));
      check_choice("position", self.position, POSITIONS);
      check_choice("norm", self.norm, NORMS);
      check_choice("norm_order", self.norm_order, ORDERS);
      for (head of py.each(self.heads)) {
        check_choice("head", head, HEADS);
      }
      if ((self.qk_norm !== null)) {
        check_choice("qk_norm", self.qk_norm, QK_NORMS);
      }
      for ([position, needed] of py.each(py.call(new Map([["learned", ["context_length"]], ["rotary", ["rotary_base"]], ["relative", ["n_buckets", "max_distance"]]]), "items"))) {
        for (name of py.each(needed)) {
          if (((py.eq(self.position, position)) && (py.getattr(self, name) === null))) {
            throw new py.ValueError(("position=" + py.repr(position) + " needs a " + py.str(name)));
          }
        }
      }
      if (((self.d_embedding !== null) && (self.d_token !== null))) {
        throw new py.ValueError(("d_embedding=" + py.str(self.d_embedding) + " must be absent where d_token=" + py.str(self.d_token) + " is not"));
      }
      if (((py.has(self.heads, "nsp")) && (!py.has(self.heads, "pooler")))) {
        throw new py.ValueError("head='nsp' needs head='pooler'");
      }
      if ((self.d_rotary !== null)) {
        check_even("d_rotary", self.d_rotary);
        if ((py.lt(self.d_head, self.d_rotary))) {
          throw new py.ValueError(("d_rotary=" + py.str(self.d_rotary) + " must not exceed d_head=" + py.str(self.d_head)));
        }
      }
      if ((self.windowed !== null)) {
        if ((self.window === null)) {
          throw new py.ValueError("windowed needs a window");
        }
        if ((!py.eq(py.len(self.windowed), self.n_layers))) {
          throw new py.ValueError(("windowed has " + py.str(py.len(self.windowed)) + " entries and must have n_layers=" + py.str(self.n_layers)));
        }
      }
      if ((self.latent !== null)) {
        self._check_latent();
      }
      return null;
    })],
    ["_check_latent", "do", py.define("_check_latent", ["self"], 1, {  }, false, (self) => {
      let found, name;
      for (name of py.each(["window", "qk_norm", "score_cap", "output_bias", "sinks"])) {
        if ((!py.has([null, false], (found = py.getattr(self, name))))) {
          throw new py.ValueError((py.str(name) + "=" + py.repr(found) + " must be absent with a latent"));
        }
      }
      return null;
    })],
    ["n_group", "get", py.define("n_group", ["self"], 1, {  }, false, (self) => {
      return group_size(new py.Words([["n_heads", self.n_heads], ["n_kv_heads", self.n_kv_heads]]));
    })],
    ["n_experts", "get", py.define("n_experts", ["self"], 1, {  }, false, (self) => {
      return py.and(self.experts, () => self.experts.n_experts);
    })],
    ["axes", "get", py.define("axes", ["self"], 1, {  }, false, (self) => {
      return new Map(py.each(py.call(AXES, "items")).filter(([letter, axis]) => (py.getattr(self, axis.size, null) !== null)).map(([letter, axis]) => [letter, py.getattr(self, axis.size)]));
    })],
    ["attention", "get", py.define("attention", ["self"], 1, {  }, false, (self) => {
      let names;
      names = ["d_model", "n_heads", "n_kv_heads", "d_head"];
      return py.union(new Map(py.each(names).map((name) => [name, py.getattr(self, name)])), new Map([["bias", self.attention_bias]]));
    })],
    ["feed_forward", "get", py.define("feed_forward", ["self"], 1, {  }, false, (self) => {
      return new Map([["d_model", self.d_model], ["d_ff", self.d_ff], ["bias", self.ff_bias], ["gated", self.gated]]);
    })],
    ["window_of", "do", py.define("window_of", ["self", "layer"], 2, {  }, false, (self, layer) => {
      if (((self.windowed === null) || py.truth(py.item(self.windowed, layer)))) {
        return self.window;
      }
      return null;
    })],
  ]);
  return { AXES, Config, Experts, HEADS, Latent, NORMS, ORDERS, POSITIONS, QK_NORMS, check_choice, check_even, check_fields, group_size };
})();

/* xfmr.count */
modules["xfmr.count"] = (() => {
  const check_sizes = modules["xfmr.axes"].check_sizes;
  const group_size = modules["xfmr.axes"].group_size;
  let _attention, _expert, _feed_forwards, _head, _layers, _n_mixed, _norm, _qk_norm, _tables, _unembedding, _width, active, attention, embedding, feed_forward, latent_attention, non_embedding, parameters, parts;
  attention = py.define("attention", ["d_model", "n_heads", "n_kv_heads", "d_head", "bias", "output_bias"], 0, { "bias": false, "output_bias": null }, false, (d_model, n_heads, n_kv_heads, d_head, bias, output_bias) => {
    let D, H, K, N, biases, last, w_k, w_o, w_q, w_v;
    check_sizes(new py.Words([["d_model", d_model], ["d_head", d_head]]));
    group_size(new py.Words([["n_heads", n_heads], ["n_kv_heads", n_kv_heads]]));
    [D, N, K, H] = py.each([d_model, n_heads, n_kv_heads, d_head]);
    [w_q, w_k, w_v, w_o] = py.each([py.mul(py.mul(D, N), H), py.mul(py.mul(D, K), H), py.mul(py.mul(D, K), H), py.mul(py.mul(N, H), D)]);
    biases = (py.truth(bias) ? py.add(py.add(py.mul(N, H), py.mul(K, H)), py.mul(K, H)) : 0n);
    last = (py.truth(((output_bias === null) ? bias : output_bias)) ? D : 0n);
    return py.add(py.add(py.add(py.add(py.add(w_q, w_k), w_v), w_o), biases), last);
  });
  latent_attention = py.define("latent_attention", ["d_model", "n_heads", "latent", "bias"], 0, { "bias": false }, false, (d_model, n_heads, latent, bias) => {
    let D, N, biases, compared, down, output, queries, shared, up;
    check_sizes(new py.Words([["d_model", d_model], ["n_heads", n_heads]]));
    [D, N] = py.each([d_model, n_heads]);
    compared = py.mul(N, py.add(latent.d_content, latent.d_rotary));
    [down, up] = py.each([latent.d_latent, py.mul(N, py.add(latent.d_content, latent.d_value))]);
    if ((latent.d_query === null)) {
      queries = py.mul(D, compared);
    } else {
      queries = py.mul(py.add(py.add(D, compared), 1n), latent.d_query);
    }
    shared = py.add(py.mul(py.add(py.add(D, up), 1n), down), py.mul(D, latent.d_rotary));
    output = py.mul(py.mul(N, latent.d_value), D);
    biases = (py.truth(bias) ? py.add(py.add(py.add(py.or(latent.d_query, () => 0n), down), latent.d_rotary), D) : 0n);
    return py.add(py.add(py.add(queries, shared), output), biases);
  });
  feed_forward = py.define("feed_forward", ["d_model", "d_ff", "bias", "gated"], 0, { "bias": false, "gated": false }, false, (d_model, d_ff, bias, gated) => {
    let D, F, biases, n_in;
    check_sizes(new py.Words([["d_model", d_model], ["d_ff", d_ff]]));
    [D, F] = py.each([d_model, d_ff]);
    n_in = (py.truth(gated) ? 2n : 1n);
    biases = (py.truth(bias) ? py.add(py.mul(n_in, F), D) : 0n);
    return py.add(py.add(py.mul(py.mul(n_in, D), F), py.mul(F, D)), biases);
  });
  parts = py.define("parts", ["config"], 1, {  }, false, (config) => {
    let heads;
    heads = new Map(py.each(config.heads).map((head) => [head, _head(config, head)]));
    return py.union(py.union(_tables(config), _layers(config)), heads);
  });
  parameters = py.define("parameters", ["config"], 1, {  }, false, (config) => {
    return py.sum(py.call(parts(config), "values"));
  });
  embedding = py.define("embedding", ["config"], 1, {  }, false, (config) => {
    return py.mul(config.vocab_size, _width(config));
  });
  non_embedding = py.define("non_embedding", ["config"], 1, {  }, false, (config) => {
    let found, logits, tables;
    found = parts(config);
    tables = py.add(py.item(found, "token embedding"), py.call(found, "get", "position embedding", 0n));
    logits = py.common(new Set(["lm", "mlm"]), py.set(config.heads));
    return py.sub(py.sub(py.sum(py.call(found, "values")), tables), py.mul(py.len(logits), _unembedding(config)));
  });
  active = py.define("active", ["config"], 1, {  }, false, (config) => {
    let experts, idle;
    experts = config.experts;
    if ((experts === null)) {
      return parameters(config);
    }
    idle = py.sub(experts.n_experts, experts.n_active);
    return py.sub(parameters(config), py.mul(py.mul(_n_mixed(config), idle), _expert(config)));
  });
  _width = py.define("_width", ["config"], 1, {  }, false, (config) => {
    return py.or(config.d_embedding, () => config.d_token, () => config.d_model);
  });
  _norm = py.define("_norm", ["config", "width"], 2, {  }, false, (config, width) => {
    let biased;
    biased = py.and((py.eq(config.norm, "layer")), () => config.norm_bias);
    return py.add(py.mul(py.int(config.norm_gain), width), py.mul(py.int(biased), width));
  });
  _tables = py.define("_tables", ["config"], 1, {  }, false, (config) => {
    let D, counts, n_numbers, n_rows, n_stacks, width;
    [D, width] = py.each([config.d_model, py.or(config.d_embedding, () => config.d_model)]);
    n_stacks = ((config.n_decoder_layers === null) ? 1n : 2n);
    counts = new Map([["token embedding", py.mul(config.n_token_tables, embedding(config))]]);
    if ((py.eq(config.position, "learned"))) {
      n_rows = py.add(config.context_length, py.or(config.n_spare_positions, () => 0n));
      py.put(counts, "position embedding", py.mul(py.mul(n_stacks, n_rows), width));
    }
    if ((py.eq(config.position, "relative"))) {
      n_numbers = py.mul(config.n_buckets, config.n_heads);
      py.put(counts, "relative positions", py.mul(n_stacks, n_numbers));
    }
    if ((config.n_segments !== null)) {
      py.put(counts, "segment embedding", py.mul(config.n_segments, width));
    }
    if (py.truth(config.embedding_norm)) {
      py.put(counts, "embedding norm", py.mul(n_stacks, _norm(config, width)));
    }
    if ((config.d_embedding !== null)) {
      py.put(counts, "embedding projection", py.add(py.mul(config.d_embedding, D), D));
    }
    if ((config.d_token !== null)) {
      py.put(counts, "embedding projection", py.mul(py.mul(2n, config.d_token), D));
    }
    return counts;
  });
  _layers = py.define("_layers", ["config"], 1, {  }, false, (config) => {
    let D, H, N, counts, n_attentions, n_decoders, n_last, n_norms, n_own;
    [D, N, H] = py.each([config.d_model, config.n_heads, config.d_head]);
    n_own = py.or(config.n_distinct_layers, () => config.n_layers);
    n_decoders = py.or(config.n_decoder_layers, () => 0n);
    n_attentions = py.add(n_own, py.mul(2n, n_decoders));
    n_norms = py.add(py.mul((py.truth(config.shared_norm) ? 1n : 2n), n_own), py.mul(3n, n_decoders));
    if ((py.eq(config.norm_order, "sandwich"))) {
      n_norms = py.mul(n_norms, 2n);
    }
    if (!py.truth(config.first_norm)) {
      n_norms = py.sub(n_norms, 1n);
    }
    counts = new Map([["attention", py.mul(n_attentions, _attention(config))]]);
    if ((py.eq(config.position, "projected"))) {
      py.put(counts, "position projection", py.mul(py.mul(py.mul(n_own, D), N), H));
    }
    if ((config.qk_norm !== null)) {
      py.put(counts, "query and key norm", py.mul(n_attentions, _qk_norm(config)));
    }
    if (py.truth(config.sinks)) {
      py.put(counts, "sinks", py.mul(n_attentions, N));
    }
    counts = py.union(counts, _feed_forwards(config, n_own, n_decoders));
    if (py.truth(config.norm_gain)) {
      py.put(counts, "norm", py.mul(n_norms, _norm(config, D)));
      if (((!py.eq(config.norm_order, "post")) && py.truth(config.final_norm))) {
        n_last = (py.truth(n_decoders) ? 2n : 1n);
        py.put(counts, "final norm", py.mul(n_last, _norm(config, D)));
      }
    }
    return counts;
  });
  _attention = py.define("_attention", ["config"], 1, {  }, false, (config) => {
    if ((config.latent === null)) {
      return attention(new py.Words([...config.attention, ["output_bias", config.output_bias]]));
    }
    return latent_attention(new py.Words([["d_model", config.d_model], ["n_heads", config.n_heads], ["latent", config.latent], ["bias", config.attention_bias]]));
  });
  _qk_norm = py.define("_qk_norm", ["config"], 1, {  }, false, (config) => {
    let n_heads, n_kv_heads;
    [n_heads, n_kv_heads] = py.each([config.n_heads, config.n_kv_heads]);
    if ((py.eq(config.qk_norm, "head"))) {
      return py.mul(2n, config.d_head);
    }
    return py.mul(py.add(n_heads, n_kv_heads), config.d_head);
  });
  _feed_forwards = py.define("_feed_forwards", ["config", "n_own", "n_decoders"], 3, {  }, false, (config, n_own, n_decoders) => {
    let counts, decoder_ff, dense, experts, n_mixed, rows, shared, sizes;
    [sizes, experts] = py.each([config.feed_forward, config.experts]);
    n_mixed = _n_mixed(config);
    dense = py.mul(py.sub(n_own, n_mixed), feed_forward(new py.Words([...sizes])));
    if (py.truth(n_decoders)) {
      decoder_ff = py.or(config.d_decoder_ff, () => config.d_ff);
      dense = py.add(dense, py.mul(n_decoders, feed_forward(new py.Words([...py.union(sizes, new Map([["d_ff", decoder_ff]]))]))));
    }
    counts = ((py.eq(dense, 0n)) ? new Map([]) : new Map([["feed-forward", dense]]));
    if (!py.truth(n_mixed)) {
      return counts;
    }
    py.put(counts, "experts", py.mul(py.mul(n_mixed, experts.n_experts), _expert(config)));
    rows = py.add(config.d_model, py.int(experts.router_bias));
    py.put(counts, "router", py.mul(py.mul(n_mixed, rows), experts.n_experts));
    if ((experts.d_ff_shared !== null)) {
      shared = feed_forward(new py.Words([...py.union(sizes, new Map([["d_ff", experts.d_ff_shared]]))]));
      py.put(counts, "shared expert", py.mul(n_mixed, shared));
    }
    return counts;
  });
  _n_mixed = py.define("_n_mixed", ["config"], 1, {  }, false, (config) => {
    let layers;
    if ((config.experts === null)) {
      return 0n;
    }
    layers = config.experts.layers;
    return ((layers === null) ? config.n_layers : py.len(layers));
  });
  _expert = py.define("_expert", ["config"], 1, {  }, false, (config) => {
    let experts;
    experts = config.experts;
    return feed_forward(new py.Words([["d_model", config.d_model], ["d_ff", experts.d_ff], ["bias", experts.bias], ["gated", config.gated]]));
  });
  _unembedding = py.define("_unembedding", ["config"], 1, {  }, false, (config) => {
    return (py.truth(config.tied) ? 0n : embedding(config));
  });
  _head = py.define("_head", ["config", "head"], 2, {  }, false, (config, head) => {
    let D, V, biases, dense, extra, width;
    [D, V] = py.each([config.d_model, config.vocab_size]);
    width = py.or(config.d_embedding, () => D);
    switch (head) {
    case "pooler": {
      return py.add(py.mul(D, D), D);
      break;
    }
    case "mlm": {
      dense = py.add(py.mul(D, width), py.mul(py.int(config.mlm_dense_bias), width));
      biases = py.mul(py.or(config.n_mlm_biases, () => 0n), V);
      extra = py.add(_norm(config, width), biases);
      return py.add(py.add(dense, extra), _unembedding(config));
      break;
    }
    case "nsp": {
      return py.add(py.mul(2n, D), 2n);
      break;
    }
    }
    return _unembedding(config);
  });
  return { _attention, _expert, _feed_forwards, _head, _layers, _n_mixed, _norm, _qk_norm, _tables, _unembedding, _width, active, attention, check_sizes, embedding, feed_forward, group_size, latent_attention, non_embedding, parameters, parts };
})();

/* xfmr.families.keys */
modules["xfmr.families.keys"] = (() => {
  const is_harmless = modules["xfmr.families.harmless"].is_harmless;
  let ACTIVATIONS, COUNTLESS, Family, Keys, ONLY;
  ACTIVATIONS = new Map([["gelu_new", "gelu_tanh"], ["gelu_pytorch_tanh", "gelu_tanh"], ["gelu_fast", "gelu_tanh"], ["swish", "silu"]]);
  ONLY = new Map([["add_cross_attention", false], ["position_embedding_type", "absolute"], ["pruned_heads", new Map([])], ["tie_encoder_decoder", false], ["torchscript", false]]);
  COUNTLESS = new Set(["global_attn_every_n_layers", "local_attention", "max_position_embeddings", "max_window_layers", "pad_token_id", "query_pre_attn_scalar", "relative_attention_max_distance", "sliding_window", "sliding_window_pattern"]);
  Family = py.kind("Family", [["fields", null], ["read", null], ["defaults", null], ["spellings", () => new Map()], ["roles", () => new Map()], ["classes", null], ["assumed", null], ["encoder", () => null], ["divides", () => false], ["only", () => new Map()], ["ignored", () => py.frozenset()]], [
  ]);
  Keys = py.kind("Keys", [], [
    ["__init__", "do", py.define("__init__", ["self", "raw", "family"], 3, {  }, false, (self, raw, family) => {
      [self.raw, self.family] = py.each([raw, family]);
      self.known = py.union(py.set(family.defaults), py.set(family.spellings));
      self.missing = new Map([]);
      return null;
    })],
    ["name", "do", py.define("name", ["self", "role"], 2, {  }, false, (self, role) => {
      let given, names, one, other, own, two;
      own = py.call(self.family.roles, "get", role, role);
      own = py.call(self.family.spellings, "get", own, own);
      names = [own, ...py.each(py.each(py.call(self.family.spellings, "items")).filter(([a, b]) => (py.eq(b, own))).map(([a, b]) => a))];
      given = py.each(names).filter((name) => (py.has(self.raw, name))).map((name) => name);
      for (other of py.each(py.slice(given, 1n, null))) {
        [one, two] = py.each([py.item(self.raw, py.item(given, 0n)), py.item(self.raw, other)]);
        if ((!py.eq(one, two))) {
          throw new py.ValueError((py.str(py.item(given, 0n)) + "=" + py.repr(one) + " contradicts " + py.str(other) + "=" + py.repr(two)));
        }
      }
      return (py.truth(given) ? py.item(given, 0n) : own);
    })],
    ["get", "do", py.define("get", ["self", "role"], 2, {  }, false, (self, role) => {
      let name, value;
      name = self.name(role);
      if ((py.has(self.raw, name))) {
        return py.item(self.raw, name);
      }
      value = py.call(self.family.defaults, "get", name);
      if (((py.type(value) === py.int) && (!py.has(COUNTLESS, name)))) {
        py.put(self.missing, name, value);
      }
      return value;
    })],
    ["size", "do", py.define("size", ["self", "role", "instead"], 3, { "instead": null }, false, (self, role, instead) => {
      let value;
      value = py.call(self, "get", role);
      if (((value === null) && (instead !== null))) {
        return instead;
      }
      if (((py.type(value) !== py.int) || (py.lt(value, 1n)))) {
        throw new py.ValueError((py.str(self.name(role)) + "=" + py.repr(value) + " must be a whole number of at least 1"));
      }
      return value;
    })],
    ["needed", "do", py.define("needed", ["self", "role"], 2, {  }, false, (self, role) => {
      let default_, name;
      name = self.name(role);
      if ((!py.has(self.raw, name))) {
        default_ = py.item(self.family.defaults, name);
        throw new py.ValueError((py.str(name) + " is missing: the library would take " + py.str(default_) + ", which need not be this model's"));
      }
      return self.size(role);
    })],
    ["longest", "do", py.define("longest", ["self"], 1, {  }, false, (self) => {
      return self.some("max_position_embeddings");
    })],
    ["some", "do", py.define("some", ["self", "role"], 2, {  }, false, (self, role) => {
      return ((!py.has([null, 0n], py.call(self, "get", role))) ? self.size(role) : null);
    })],
    ["flag", "do", py.define("flag", ["self", "role"], 2, {  }, false, (self, role) => {
      let value;
      value = py.call(self, "get", role);
      if ((py.type(value) !== py.bool)) {
        throw new py.ValueError((py.str(self.name(role)) + "=" + py.repr(value) + " must be true or false"));
      }
      return value;
    })],
    ["number", "do", py.define("number", ["self", "role"], 2, {  }, false, (self, role) => {
      let value;
      value = py.call(self, "get", role);
      if (((value !== null) && (!py.has([py.int, py.float], py.type(value))))) {
        throw new py.ValueError((py.str(self.name(role)) + "=" + py.repr(value) + " must be a number"));
      }
      return ((value === null) ? null : py.float(value));
    })],
    ["activation", "do", py.define("activation", ["self", "role"], 2, { "role": "hidden_act" }, false, (self, role) => {
      let value;
      value = py.str(py.call(self, "get", role));
      return py.call(ACTIVATIONS, "get", value, value);
    })],
    ["unknown", "do", py.define("unknown", ["self"], 1, {  }, false, (self) => {
      let known;
      known = py.union(py.union(self.known, self.family.ignored), py.call(ONLY, "keys"));
      known = py.union(known, py.call(self.family.only, "keys"));
      return py.each(self.raw).filter((k) => ((!py.has(known, k)) && !py.truth(is_harmless(k)))).map((k) => k);
    })],
    ["check_only", "do", py.define("check_only", ["self"], 1, {  }, false, (self) => {
      let key, said, value;
      for ([key, value] of py.each(py.call(py.union(ONLY, py.dict(self.family.only)), "items"))) {
        said = py.call(self.raw, "get", key);
        if (((said !== null) && (!py.eq(said, value)))) {
          throw new py.ValueError((py.str(key) + "=" + py.repr(said) + " is not counted: only " + py.repr(value) + " is known"));
        }
      }
      return null;
    })],
  ]);
  return { ACTIVATIONS, COUNTLESS, Family, Keys, ONLY, is_harmless };
})();

/* xfmr.families.rope */
modules["xfmr.families.rope"] = (() => {
  const Mapping = py.Mapping;
  const SCALINGS = modules["xfmr.config_parts"].SCALINGS;
  const Scaling = modules["xfmr.config_parts"].Scaling;
  let KEYS, UNTURNED, _first, _mapping, _scaling, kind_unknown, positions;
  KEYS = py.frozenset([...py.each(["rope_parameters", "rope_scaling", "rope_theta"]), ...py.each(["rotary_emb_base", "rotary_pct", "partial_rotary_factor"]), ...py.each(["rope_local_base_freq", "global_rope_theta", "local_rope_theta"]), ...py.each(["original_max_position_embeddings", "max_position_embeddings"]), ...py.each(["rope_interleave"])]);
  UNTURNED = [null, "default"];
  positions = py.define("positions", ["keys", "d_head", "base", "local"], 1, { "local": null }, false, (keys, d_head, base, local) => {
    let found, full, given, old, part, sliding;
    given = _mapping(keys.raw, "rope_parameters");
    full = py.or(_mapping(given, "full_attention"), () => given);
    sliding = _mapping(given, "sliding_attention");
    full = py.union(full, _mapping(keys.raw, "rope_scaling"));
    found = new Map([["rotary_base", _first([full, keys.raw], ["rope_theta", "rotary_emb_base", "global_rope_theta"], base)], ["rotary_scaling", _scaling(keys.raw, full)]]);
    part = _first([full, keys.raw], ["partial_rotary_factor", "rotary_pct"], py.call(keys.family.defaults, "get", "partial_rotary_factor", 1.0));
    if ((!py.eq(part, 1n))) {
      py.put(found, "d_rotary", py.max(py.mul(2n, py.floordiv(py.int(py.mul(d_head, part)), 2n)), 2n));
    }
    if ((local !== null)) {
      old = ["rope_local_base_freq", "local_rope_theta"];
      py.put(found, "local_rotary_base", _first([sliding], ["rope_theta"], _first([keys.raw], old, local)));
    }
    return found;
  });
  kind_unknown = py.define("kind_unknown", ["keys"], 1, {  }, false, (keys) => {
    let full, given, said;
    given = _mapping(keys.raw, "rope_parameters");
    full = py.or(_mapping(given, "full_attention"), () => given);
    full = py.union(full, _mapping(keys.raw, "rope_scaling"));
    said = py.call(full, "get", "rope_type", py.call(full, "get", "type"));
    return ((py.has([...py.each(UNTURNED), ...py.each(SCALINGS)], said)) ? null : py.str(said));
  });
  _mapping = py.define("_mapping", ["raw", "key"], 2, {  }, false, (raw, key) => {
    let found;
    found = py.call(raw, "get", key);
    if ((found === null)) {
      return new Map([]);
    }
    if (!py.truth(py.isinstance(found, Mapping))) {
      throw new py.ValueError((py.str(key) + "=" + py.repr(found) + " must be an object or null"));
    }
    return py.dict(found);
  });
  _first = py.define("_first", ["places", "names", "instead"], 3, {  }, false, (places, names, instead) => {
    let name, place, value;
    for (place of py.each(places)) {
      for (name of py.each(names)) {
        value = py.call(place, "get", name);
        if ((value === null)) {
          continue;
        }
        if (((!py.has([py.int, py.float], py.type(value))) || (py.le(value, 0n)))) {
          throw new py.ValueError((py.str(name) + "=" + py.repr(value) + " must be above 0"));
        }
        return py.float(value);
      }
    }
    return instead;
  });
  _scaling = py.define("_scaling", ["raw", "full"], 2, {  }, false, (raw, full) => {
    let fast, original, said, slow;
    said = py.call(full, "get", "rope_type", py.call(full, "get", "type"));
    if ((!py.has(SCALINGS, said))) {
      return null;
    }
    original = py.call(full, "get", "original_max_position_embeddings", py.call(raw, "get", "original_max_position_embeddings", py.call(raw, "get", "max_position_embeddings")));
    [slow, fast] = py.each(py.item(new Map([["llama3", [py.call(full, "get", "low_freq_factor"), py.call(full, "get", "high_freq_factor")]], ["yarn", [py.call(full, "get", "beta_slow", 1.0), py.call(full, "get", "beta_fast", 32.0)]], ["linear", [null, null]]]), said));
    return Scaling(new py.Words([["kind", said], ["factor", _first([full], ["factor"], 1.0)], ["original_length", original], ["slow", ((slow === null) ? null : py.float(slow))], ["fast", ((fast === null) ? null : py.float(fast))]]));
  });
  return { KEYS, Mapping, SCALINGS, Scaling, UNTURNED, _first, _mapping, _scaling, kind_unknown, positions };
})();

/* xfmr.memory */
modules["xfmr.memory"] = (() => {
  const check_sizes = modules["xfmr.axes"].check_sizes;
  let BYTES, STATES, _kept_by_layers, _numbers_kept, bytes_of, kv_cache_bytes, training_bytes;
  BYTES = new Map([["fp32", 4n], ["bf16", 2n], ["fp16", 2n]]);
  STATES = ["optimizer", "gradients", "weights"];
  training_bytes = py.define("training_bytes", ["n_parameters", "dtype", "zero", "ranks"], 1, { "dtype": "bf16", "zero": 0n, "ranks": 1n }, false, (n_parameters, dtype, zero, ranks) => {
    let each, share, size;
    check_sizes(new py.Words([["n_parameters", n_parameters], ["ranks", ranks]]));
    if ((!py.has(py.range(py.add(py.len(STATES), 1n)), zero))) {
      throw new py.ValueError(("zero=" + py.repr(zero) + " must be 0, 1, 2 or 3"));
    }
    size = bytes_of(dtype);
    each = new Map([["weights", size], ["gradients", size], ["optimizer", ((py.eq(size, 4n)) ? 8n : 12n)]]);
    share = py.neg(py.floordiv(py.neg(n_parameters), ranks));
    return new Map(py.each(py.call(each, "items")).map(([state, n]) => [state, py.mul(n, ((py.has(py.slice(STATES, null, zero), state)) ? share : n_parameters))]));
  });
  bytes_of = py.define("bytes_of", ["dtype"], 1, {  }, false, (dtype) => {
    if ((!py.has(BYTES, dtype))) {
      throw new py.ValueError(("dtype=" + py.repr(dtype) + " must be one of " + py.str([...py.each(BYTES)])));
    }
    return py.item(BYTES, dtype);
  });
  kv_cache_bytes = py.define("kv_cache_bytes", ["config", "n_tokens", "n_source", "bytes_per_number"], 1, { "n_source": null, "bytes_per_number": 2n }, false, (config, n_tokens, n_source, bytes_per_number) => {
    let kept;
    check_sizes(new py.Words([["n_tokens", n_tokens], ["bytes_per_number", bytes_per_number]]));
    if ((config.n_decoder_layers === null)) {
      if ((n_source !== null)) {
        throw new py.ValueError(("n_source=" + py.repr(n_source) + " must be None without an encoder"));
      }
      kept = _kept_by_layers(config, n_tokens);
    } else {
      n_source = ((n_source === null) ? n_tokens : n_source);
      check_sizes(new py.Words([["n_source", n_source]]));
      kept = py.mul(config.n_decoder_layers, py.add(n_tokens, n_source));
    }
    return py.mul(py.mul(kept, _numbers_kept(config)), bytes_per_number);
  });
  _kept_by_layers = py.define("_kept_by_layers", ["config", "n_tokens"], 2, {  }, false, (config, n_tokens) => {
    let L, in_window, n_windowed;
    L = config.n_layers;
    if ((config.window === null)) {
      return py.mul(L, n_tokens);
    }
    n_windowed = ((config.windowed === null) ? L : py.sum(config.windowed));
    in_window = py.min(n_tokens, config.window);
    return py.add(py.mul(n_windowed, in_window), py.mul(py.sub(L, n_windowed), n_tokens));
  });
  _numbers_kept = py.define("_numbers_kept", ["config"], 1, {  }, false, (config) => {
    let latent;
    latent = config.latent;
    if ((latent === null)) {
      return py.mul(py.mul(2n, config.n_kv_heads), config.d_head);
    }
    return py.add(latent.d_latent, latent.d_rotary);
  });
  return { BYTES, STATES, _kept_by_layers, _numbers_kept, bytes_of, check_sizes, kv_cache_bytes, training_bytes };
})();

/* xfmr.streams */
modules["xfmr.streams"] = (() => {
  const check_sizes = modules["xfmr.axes"].check_sizes;
  const Shape = modules["xfmr.shapes"].Shape;
  let _attention, _hidden, _shape, _units, made;
  made = py.define("made", ["config", "n_tokens", "batch_size"], 1, { "batch_size": 1n }, false, (config, n_tokens, batch_size) => {
    let B, L, T, found, n_decoders, stream;
    check_sizes(new py.Words([["n_tokens", n_tokens], ["batch_size", batch_size]]));
    [B, T, L] = py.each([batch_size, n_tokens, config.n_layers]);
    n_decoders = py.or(config.n_decoder_layers, () => 0n);
    stream = [B, T, config.d_model];
    found = [_shape("layers", "stream", stream, py.add(L, n_decoders)), ...py.each(_attention(config, B, T, py.add(L, py.mul(2n, n_decoders)))), ...py.each(_units(config, B, T))];
    if (py.truth(py.common(new Set(["lm", "mlm"]), new Set([...py.each(config.heads)])))) {
      py.call(found, "append", _shape("head", "logits", [B, T, config.vocab_size], 1n));
    }
    return found;
  });
  _shape = py.define("_shape", ["part", "name", "sizes", "times"], 4, {  }, false, (part, name, sizes, times) => {
    return Shape(new py.Words([["part", part], ["name", name], ["sizes", sizes], ["times", times]]));
  });
  _attention = py.define("_attention", ["config", "B", "T", "times"], 4, {  }, false, (config, B, T, times) => {
    let H, K, N, keys, latent, part, queries, read;
    [N, K, H] = py.each([config.n_heads, config.n_kv_heads, config.d_head]);
    [latent, part] = py.each([config.latent, "attention"]);
    [queries, read] = py.each([[B, T, N, H], [B, T, N, H]]);
    keys = [["k", [B, T, K, H]], ["v", [B, T, K, H]]];
    if ((latent !== null)) {
      queries = [B, T, N, py.add(latent.d_content, latent.d_rotary)];
      read = [B, T, N, latent.d_value];
      keys = [["latent", [B, T, latent.d_latent]], ["rotary key", [B, T, latent.d_rotary]], ["k", queries], ["v", read]];
    }
    return [_shape(part, "q", queries, times), ...py.each(py.each(keys).map(([name, sizes]) => _shape(part, name, sizes, times))), _shape(part, "scores", [B, N, T, T], times), _shape(part, "read", read, times)];
  });
  _units = py.define("_units", ["config", "B", "T"], 3, {  }, false, (config, B, T) => {
    let L, experts, found, n_mixed, scores, sizes, width;
    [experts, L] = py.each([config.experts, config.n_layers]);
    [found, n_mixed] = py.each([[], 0n]);
    if ((experts !== null)) {
      n_mixed = ((experts.layers === null) ? L : py.len(experts.layers));
    }
    if ((py.lt(0n, py.sub(L, n_mixed)))) {
      found = py.add(found, _hidden(config, "feed-forward", [B, T, config.d_ff], py.sub(L, n_mixed)));
    }
    if ((config.n_decoder_layers !== null)) {
      width = py.or(config.d_decoder_ff, () => config.d_ff);
      sizes = [B, T, width];
      found = py.add(found, _hidden(config, "feed-forward", sizes, config.n_decoder_layers));
    }
    if ((py.eq(n_mixed, 0n))) {
      return found;
    }
    scores = [B, T, experts.n_experts];
    py.call(found, "append", _shape("router", "scores", scores, n_mixed));
    sizes = [B, T, experts.n_active, experts.d_ff];
    found = py.add(found, _hidden(config, "experts", sizes, n_mixed));
    if ((experts.d_ff_shared !== null)) {
      sizes = [B, T, experts.d_ff_shared];
      found = py.add(found, _hidden(config, "shared expert", sizes, n_mixed));
    }
    return found;
  });
  _hidden = py.define("_hidden", ["config", "part", "sizes", "times"], 4, {  }, false, (config, part, sizes, times) => {
    let names;
    names = (py.truth(config.gated) ? ["hidden", "gate"] : ["hidden"]);
    return py.each(names).map((name) => _shape(part, name, sizes, times));
  });
  return { Shape, _attention, _hidden, _shape, _units, check_sizes, made };
})();

/* xfmr.activations */
modules["xfmr.activations"] = (() => {
  const check_sizes = modules["xfmr.axes"].check_sizes;
  const RECOMPUTE = modules["xfmr.compute"].RECOMPUTE;
  let _attention, _between_layers, _decoder, _feed_forwards, _norms, _scores, _stack, _units, activation_bytes, activations, has_dropout, logits_bytes;
  activations = py.define("activations", ["config", "n_tokens", "n_targets", "bytes_per_number", "dropout"], 1, { "n_targets": null, "bytes_per_number": 2n, "dropout": false }, false, (config, n_tokens, n_targets, bytes_per_number, dropout) => {
    let T, b, decoder, kept, masks, numbers, own;
    [T, b] = py.each([n_tokens, bytes_per_number]);
    check_sizes(new py.Words([["n_tokens", T], ["bytes_per_number", b]]));
    numbers = _stack(config, T);
    masks = py.mul(py.mul(py.mul(2n, config.n_layers), T), config.d_model);
    if ((config.n_decoder_layers !== null)) {
      own = ((n_targets === null) ? T : n_targets);
      check_sizes(new py.Words([["n_targets", own]]));
      decoder = _decoder(config, T, own);
      numbers = new Map(py.each(numbers).map((part) => [part, py.add(py.item(numbers, part), py.item(decoder, part))]));
      masks = py.add(masks, py.mul(py.mul(py.mul(3n, config.n_decoder_layers), own), config.d_model));
    } else {
      if ((n_targets !== null)) {
        throw new py.ValueError(("n_targets=" + py.repr(n_targets) + " must be None without a decoder"));
      }
    }
    kept = new Map(py.each(py.call(numbers, "items")).map(([part, n]) => [part, py.mul(b, n)]));
    if (py.truth(dropout)) {
      py.put(kept, "scores", py.add(py.item(kept, "scores"), py.mul(py.add(b, 1n), py.item(numbers, "scores"))));
      py.put(kept, "masks", masks);
    }
    return kept;
  });
  activation_bytes = py.define("activation_bytes", ["config", "n_tokens", "batch_size", "recompute"], 1, { "batch_size": 1n, "recompute": "none" }, true, (config, n_tokens, batch_size, recompute, how) => {
    let parts;
    check_sizes(new py.Words([["batch_size", batch_size]]));
    if ((!py.has(RECOMPUTE, recompute))) {
      throw new py.ValueError(("recompute=" + py.repr(recompute) + " must be one of " + py.str(RECOMPUTE)));
    }
    parts = activations(config, new py.Words([["n_tokens", n_tokens], ...how]));
    if ((py.eq(recompute, "selective"))) {
      parts.delete("scores");
    }
    if ((py.eq(recompute, "full"))) {
      return py.mul(batch_size, _between_layers(config, n_tokens, new py.Words([...how])));
    }
    return py.mul(batch_size, py.sum(py.call(parts, "values")));
  });
  has_dropout = py.define("has_dropout", ["config"], 1, {  }, false, (config) => {
    return py.and((py.eq(config.norm, "layer")), () => !(py.truth(config.gated) || py.truth(config.parallel)));
  });
  logits_bytes = py.define("logits_bytes", ["config", "n_tokens", "batch_size"], 1, { "batch_size": 1n }, false, (config, n_tokens, batch_size) => {
    check_sizes(new py.Words([["n_tokens", n_tokens], ["batch_size", batch_size]]));
    return py.mul(py.mul(py.mul(4n, batch_size), n_tokens), config.vocab_size);
  });
  _between_layers = py.define("_between_layers", ["config", "n_tokens", "n_targets", "bytes_per_number"], 4, { "n_targets": null, "bytes_per_number": 2n }, true, (config, n_tokens, n_targets, bytes_per_number, _) => {
    let own, read;
    read = py.mul(config.n_layers, n_tokens);
    if ((config.n_decoder_layers !== null)) {
      own = ((n_targets === null) ? n_tokens : n_targets);
      read = py.add(read, py.add(py.mul(config.n_decoder_layers, own), n_tokens));
    }
    return py.mul(py.mul(bytes_per_number, read), config.d_model);
  });
  _stack = py.define("_stack", ["config", "n_tokens"], 2, {  }, false, (config, n_tokens) => {
    let D, L, T, n_norms;
    [T, L, D] = py.each([n_tokens, config.n_layers, config.d_model]);
    n_norms = py.sub(py.mul(L, _norms(config, 2n)), py.int(!py.truth(config.first_norm)));
    return new Map([["norms", py.mul(py.mul(T, n_norms), D)], ["attention", py.mul(py.mul(T, L), py.sum(_attention(config)))], ["scores", py.mul(L, _scores(config, py.mul(T, T)))], ["feed-forward", py.mul(T, _feed_forwards(config))]]);
  });
  _decoder = py.define("_decoder", ["config", "n_tokens", "n_targets"], 3, {  }, false, (config, n_tokens, n_targets) => {
    let D, L, S, T, asks, reads, units;
    [S, T, L, D] = py.each([n_tokens, n_targets, config.n_decoder_layers, config.d_model]);
    [asks, reads] = py.each(_attention(config));
    units = _units(config, py.or(config.d_decoder_ff, () => config.d_ff));
    return new Map([["norms", py.mul(py.mul(py.mul(T, L), _norms(config, 3n)), D)], ["attention", py.add(py.mul(L, py.add(py.mul(T, py.add(py.mul(2n, asks), reads)), py.mul(S, reads))), py.mul(S, D))], ["scores", py.mul(L, _scores(config, py.mul(T, py.add(T, S))))], ["feed-forward", py.mul(py.mul(T, L), py.add(D, units))]]);
  });
  _norms = py.define("_norms", ["config", "n_sublayers"], 2, {  }, false, (config, n_sublayers) => {
    if (py.truth(config.parallel)) {
      return 1n;
    }
    return py.mul(n_sublayers, ((py.eq(config.norm_order, "sandwich")) ? 2n : 1n));
  });
  _attention = py.define("_attention", ["config"], 1, {  }, false, (config) => {
    let D, H, K, N, asks, before, latent;
    [D, N, K, H] = py.each(py.each("DNKH").map((letter) => py.item(config.axes, letter)));
    latent = config.latent;
    if ((latent !== null)) {
      asks = py.add(py.add(D, py.mul(2n, py.or(latent.d_query, () => 0n))), py.mul(N, py.add(H, latent.d_value)));
      return [asks, py.add(py.mul(2n, latent.d_latent), py.mul(N, py.add(H, latent.d_value)))];
    }
    before = ((config.qk_norm === null) ? 0n : 1n);
    return [py.add(D, py.mul(py.mul(py.add(2n, before), N), H)), py.mul(py.mul(py.add(2n, before), K), H)];
  });
  _scores = py.define("_scores", ["config", "n_pairs"], 2, {  }, false, (config, n_pairs) => {
    return py.mul(py.mul(config.n_heads, n_pairs), ((config.score_cap === null) ? 1n : 2n));
  });
  _feed_forwards = py.define("_feed_forwards", ["config"], 1, {  }, false, (config) => {
    let D, L, dense, each, experts, mixed, n_mixed;
    [D, L, experts] = py.each([config.d_model, config.n_layers, config.experts]);
    dense = py.add(D, _units(config, config.d_ff));
    if ((experts === null)) {
      return py.mul(L, dense);
    }
    each = py.add(py.mul(2n, D), _units(config, experts.d_ff));
    mixed = py.add(py.add(D, experts.n_experts), py.mul(experts.n_active, each));
    if ((experts.d_ff_shared !== null)) {
      mixed = py.add(mixed, _units(config, experts.d_ff_shared));
    }
    n_mixed = ((experts.layers === null) ? L : py.len(experts.layers));
    return py.add(py.mul(py.sub(L, n_mixed), dense), py.mul(n_mixed, mixed));
  });
  _units = py.define("_units", ["config", "d_ff"], 2, {  }, false, (config, d_ff) => {
    if (py.truth(config.gated)) {
      return py.mul(4n, d_ff);
    }
    return ((py.eq(config.activation, "relu")) ? d_ff : py.mul(2n, d_ff));
  });
  return { RECOMPUTE, _attention, _between_layers, _decoder, _feed_forwards, _norms, _scores, _stack, _units, activation_bytes, activations, check_sizes, has_dropout, logits_bytes };
})();

/* xfmr.families.shared */
modules["xfmr.families.shared"] = (() => {
  const rope = modules["xfmr.families.rope"];
  const Family = modules["xfmr.families.keys"].Family;
  let MODERN, MODERN_KEYS, _d_head, causal, decoder, divide, modern, norm_and_units, sizes, window, windowed;
  sizes = py.define("sizes", ["keys", "d_head"], 2, { "d_head": null }, false, (keys, d_head) => {
    let K, N;
    N = keys.needed("num_attention_heads");
    K = N;
    if ((py.has(keys.family.defaults, "num_key_value_heads"))) {
      K = keys.size("num_key_value_heads", N);
      divide(keys, "num_key_value_heads", "num_attention_heads", K, N);
    }
    return new Map([["n_layers", keys.needed("num_hidden_layers")], ["d_model", keys.needed("hidden_size")], ["n_heads", N], ["n_kv_heads", K], ["d_head", py.or(d_head, () => _d_head(keys, N))], ["vocab_size", keys.needed("vocab_size")], ["tied", keys.flag("tie_word_embeddings")]]);
  });
  divide = py.define("divide", ["keys", "part", "whole", "n", "of"], 5, {  }, false, (keys, part, whole, n, of) => {
    if ((py.lt(of, n))) {
      throw new py.ValueError((py.str(keys.name(part)) + "=" + py.str(n) + " must not exceed " + py.str(keys.name(whole)) + "=" + py.str(of)));
    }
    if (py.truth(py.mod(of, n))) {
      throw new py.ValueError((py.str(keys.name(part)) + "=" + py.str(n) + " must divide " + py.str(keys.name(whole)) + "=" + py.str(of)));
    }
    return null;
  });
  _d_head = py.define("_d_head", ["keys", "n_heads"], 2, {  }, false, (keys, n_heads) => {
    let D, free, given;
    D = keys.needed("hidden_size");
    free = (py.has(keys.family.defaults, "head_dim"));
    given = (py.truth(free) ? py.call(keys, "get", "head_dim") : null);
    if (((given === null) || py.truth(keys.family.divides))) {
      divide(keys, "num_attention_heads", "hidden_size", n_heads, D);
    }
    return ((given === null) ? py.floordiv(D, n_heads) : keys.size("head_dim"));
  });
  norm_and_units = py.define("norm_and_units", ["keys", "eps"], 2, { "eps": "rms_norm_eps" }, false, (keys, eps) => {
    return new Map([["d_ff", keys.needed("intermediate_size")], ["activation", keys.activation()], ["norm_eps", keys.number(eps)]]);
  });
  window = py.define("window", ["keys"], 1, {  }, false, (keys) => {
    let layers, width;
    [width, layers] = py.each([keys.some("sliding_window"), py.call(keys.raw, "get", "layer_types")]);
    if (((width === null) || (layers === null))) {
      return new Map([["window", width]]);
    }
    return new Map([["window", width], ["windowed", windowed(layers)]]);
  });
  windowed = py.define("windowed", ["layers"], 1, {  }, false, (layers) => {
    let kinds;
    kinds = new Map([["sliding_attention", true], ["full_attention", false]]);
    if ((!py.truth(py.isinstance(layers, py.list)) || !(py.le(new Set([...py.each(py.map(py.str, layers))]), new Set([...py.each(kinds)]))))) {
      throw new py.ValueError(("layer_types=" + py.repr(layers) + " must be of " + py.str([...py.each(kinds)])));
    }
    return py.tuple(py.each(layers).map((layer) => py.item(kinds, layer)));
  });
  MODERN = new Map([["position", "rotary"], ["norm", "rms"], ["norm_order", "pre"], ["gated", true], ["attention_bias", false], ["ff_bias", false]]);
  MODERN_KEYS = new Map([["vocab_size", 32000n], ["hidden_size", 4096n], ["intermediate_size", 11008n], ["num_hidden_layers", 32n], ["num_attention_heads", 32n], ["num_key_value_heads", null], ["head_dim", null], ["hidden_act", "silu"], ["max_position_embeddings", 2048n], ["rms_norm_eps", 1e-06], ["tie_word_embeddings", false]]);
  modern = py.define("modern", ["base", "local"], 0, { "base": 10000.0, "local": null }, false, (base, local) => {
    let read;
    read = py.define("read", ["keys"], 1, {  }, false, (keys) => {
      let found;
      found = py.union(sizes(keys), norm_and_units(keys));
      return py.union(py.union(found, new Map([["context_length", keys.longest()]])), rope.positions(keys, new py.Words([["d_head", py.item(found, "d_head")], ["base", base], ["local", local]])));
    });
    return read;
  });
  causal = py.define("causal", ["name"], 1, {  }, false, (name) => {
    return new Map([["classes", new Map([[(py.str(name) + "ForCausalLM"), ["lm"]], [(py.str(name) + "Model"), []]])], ["assumed", (py.str(name) + "ForCausalLM")]]);
  });
  decoder = py.define("decoder", ["name"], 1, {  }, true, (name, difference) => {
    let base, common, defaults, local, more, renamed;
    base = py.call(difference, "pop", "base", 10000.0);
    local = py.call(difference, "pop", "local", null);
    more = py.call(difference, "pop", "read", ((keys) => new Map([])));
    common = modern(new py.Words([["base", base], ["local", local]]));
    renamed = py.call(difference, "get", "roles", new Map([]));
    defaults = py.union(MODERN_KEYS, py.call(difference, "pop", "defaults", new Map([])));
    return Family(new py.Words([["fields", py.union(MODERN, py.call(difference, "pop", "fields", new Map([])))], ["defaults", new Map(py.each(py.call(defaults, "items")).filter(([k, v]) => (!py.has(renamed, k))).map(([k, v]) => [k, v]))], ["read", ((keys) => py.union(common(keys), more(keys)))], ["ignored", py.union(rope.KEYS, py.call(difference, "pop", "ignored", py.frozenset()))], ...py.union(causal(name), difference)]));
  });
  return { Family, MODERN, MODERN_KEYS, _d_head, causal, decoder, divide, modern, norm_and_units, rope, sizes, window, windowed };
})();

/* xfmr.families.decoders */
modules["xfmr.families.decoders"] = (() => {
  const sqrt = py.sqrt;
  const decoder = modules["xfmr.families.shared"].decoder;
  const window = modules["xfmr.families.shared"].window;
  const windowed = modules["xfmr.families.shared"].windowed;
  let CAPS, FAMILIES, GEMMA, LAYERS, QWEN_WINDOW, _alternating, _biased, _capped, _gemma, _gemma2, _gemma3, _llama, _qwen3, qwen_window;
  _biased = py.define("_biased", ["keys"], 1, {  }, false, (keys) => {
    return new Map([["attention_bias", keys.flag("attention_bias")]]);
  });
  _llama = py.define("_llama", ["keys"], 1, {  }, false, (keys) => {
    return py.union(_biased(keys), new Map([["ff_bias", keys.flag("mlp_bias")]]));
  });
  _gemma = py.define("_gemma", ["keys"], 1, {  }, false, (keys) => {
    return py.union(_biased(keys), new Map([["embedding_scale", sqrt(keys.size("hidden_size"))]]));
  });
  _alternating = py.define("_alternating", ["keys", "every"], 2, {  }, false, (keys, every) => {
    let layers, local, n_layers, width;
    [width, layers] = py.each([keys.some("sliding_window"), py.call(keys.raw, "get", "layer_types")]);
    if ((width === null)) {
      return new Map([]);
    }
    n_layers = keys.size("num_hidden_layers");
    local = py.each(py.range(1n, py.add(n_layers, 1n))).map((n) => py.bool(py.mod(n, every)));
    return new Map([["window", width], ["windowed", ((layers === null) ? py.tuple(local) : windowed(layers))]]);
  });
  _capped = py.define("_capped", ["keys"], 1, {  }, false, (keys) => {
    return new Map([["score_scale", py.pow(keys.size("query_pre_attn_scalar"), py.neg(0.5))], ["score_cap", keys.number("attn_logit_softcapping")], ["logit_cap", keys.number("final_logit_softcapping")]]);
  });
  _gemma2 = py.define("_gemma2", ["keys"], 1, {  }, false, (keys) => {
    return py.union(py.union(_gemma(keys), _capped(keys)), _alternating(keys, 2n));
  });
  _gemma3 = py.define("_gemma3", ["keys"], 1, {  }, false, (keys) => {
    let every;
    every = py.call(keys.raw, "get", "sliding_window_pattern", 6n);
    return py.union(py.union(_gemma(keys), _capped(keys)), _alternating(keys, every));
  });
  qwen_window = py.define("qwen_window", ["keys"], 1, {  }, false, (keys) => {
    let first, later, layers, n_layers, width;
    width = keys.some("sliding_window");
    if (((width === null) || !py.truth(keys.flag("use_sliding_window")))) {
      return new Map([]);
    }
    layers = py.call(keys.raw, "get", "layer_types");
    first = py.or(py.call(keys, "get", "max_window_layers"), () => 0n);
    n_layers = keys.size("num_hidden_layers");
    later = py.each(py.range(n_layers)).map((n) => (py.le(first, n)));
    return new Map([["window", width], ["windowed", ((layers === null) ? py.tuple(later) : windowed(layers))]]);
  });
  _qwen3 = py.define("_qwen3", ["keys"], 1, {  }, false, (keys) => {
    return py.union(_biased(keys), qwen_window(keys));
  });
  QWEN_WINDOW = new Map([["use_sliding_window", false], ["sliding_window", 4096n], ["max_window_layers", 28n]]);
  LAYERS = py.frozenset(new Set(["layer_types"]));
  GEMMA = new Map([["head_dim", 256n], ["max_position_embeddings", 8192n], ["attention_bias", false], ["tie_word_embeddings", true], ["vocab_size", 256000n]]);
  CAPS = new Map([["hidden_activation", "gelu_pytorch_tanh"], ["hidden_size", 2304n], ["intermediate_size", 9216n], ["num_hidden_layers", 26n], ["num_attention_heads", 8n], ["num_key_value_heads", 4n], ["query_pre_attn_scalar", 256n], ["sliding_window", 4096n]]);
  FAMILIES = new Map([["llama", decoder("Llama", new py.Words([["defaults", new Map([["attention_bias", false], ["mlp_bias", false]])], ["read", _llama], ["divides", true]]))], ["mistral", decoder("Mistral", new py.Words([["defaults", new Map([["intermediate_size", 14336n], ["num_key_value_heads", 8n], ["max_position_embeddings", 131072n], ["sliding_window", 4096n]])], ["read", window], ["ignored", LAYERS]]))], ["gemma", decoder("Gemma", new py.Words([["fields", new Map([["norm_from_one", true]])], ["defaults", py.union(GEMMA, new Map([["hidden_size", 3072n], ["intermediate_size", 24576n], ["num_hidden_layers", 28n], ["num_attention_heads", 16n], ["num_key_value_heads", 16n], ["hidden_act", "gelu_pytorch_tanh"]]))], ["read", _gemma], ["ignored", py.frozenset(new Set(["hidden_activation", "use_bidirectional_attention"]))]]))], ["gemma2", decoder("Gemma2", new py.Words([["fields", new Map([["norm_from_one", true], ["norm_order", "sandwich"]])], ["defaults", py.union(py.union(GEMMA, CAPS), new Map([["attn_logit_softcapping", 50.0], ["final_logit_softcapping", 30.0]]))], ["roles", new Map([["hidden_act", "hidden_activation"]])], ["read", _gemma2], ["divides", true], ["ignored", py.union(LAYERS, new Set(["use_bidirectional_attention", "cache_implementation"]))]]))], ["gemma3_text", decoder("Gemma3", new py.Words([["fields", new Map([["norm_from_one", true], ["norm_order", "sandwich"], ["qk_norm", "head"]])], ["defaults", py.union(py.union(GEMMA, CAPS), new Map([["vocab_size", 262208n], ["max_position_embeddings", 131072n], ["attn_logit_softcapping", null], ["final_logit_softcapping", null]]))], ["roles", new Map([["hidden_act", "hidden_activation"]])], ["read", _gemma3], ["base", 1000000.0], ["local", 10000.0], ["divides", true], ["ignored", py.union(py.union(LAYERS, new Set(["use_bidirectional_attention", "cache_implementation"])), new Set(["sliding_window_pattern", "_sliding_window_pattern", "hidden_act"]))], ["classes", new Map([["Gemma3ForCausalLM", ["lm"]], ["Gemma3TextModel", []]])]]))], ["qwen2", decoder("Qwen2", new py.Words([["fields", new Map([["attention_bias", true], ["output_bias", false]])], ["defaults", py.union(QWEN_WINDOW, new Map([["vocab_size", 151936n], ["intermediate_size", 22016n], ["num_key_value_heads", 32n], ["max_position_embeddings", 32768n]]))], ["read", qwen_window], ["ignored", LAYERS]]))], ["qwen3", decoder("Qwen3", new py.Words([["fields", new Map([["qk_norm", "head"]])], ["defaults", py.union(QWEN_WINDOW, new Map([["vocab_size", 151936n], ["intermediate_size", 22016n], ["num_key_value_heads", 32n], ["head_dim", 128n], ["max_position_embeddings", 32768n], ["attention_bias", false]]))], ["read", _qwen3], ["ignored", LAYERS]]))], ["phi3", decoder("Phi3", new py.Words([["defaults", new Map([["vocab_size", 32064n], ["hidden_size", 3072n], ["intermediate_size", 8192n], ["max_position_embeddings", 4096n], ["rms_norm_eps", 1e-05], ["sliding_window", null]])], ["read", window], ["ignored", py.union(LAYERS, new Set(["embd_layer", "blocksparse_block_size", "under_rotary"]))]]))], ["olmo2", decoder("Olmo2", new py.Words([["fields", new Map([["norm_order", "output"], ["qk_norm", "all"]])], ["defaults", new Map([["vocab_size", 50304n], ["rms_norm_eps", 1e-05], ["attention_bias", false]])], ["read", _biased]]))]]);
  return { CAPS, FAMILIES, GEMMA, LAYERS, QWEN_WINDOW, _alternating, _biased, _capped, _gemma, _gemma2, _gemma3, _llama, _qwen3, decoder, qwen_window, sqrt, window, windowed };
})();

/* xfmr.families.encoders */
modules["xfmr.families.encoders"] = (() => {
  const rope = modules["xfmr.families.rope"];
  const Family = modules["xfmr.families.keys"].Family;
  const norm_and_units = modules["xfmr.families.shared"].norm_and_units;
  const sizes = modules["xfmr.families.shared"].sizes;
  const windowed = modules["xfmr.families.shared"].windowed;
  let BERT, BERT_KEYS, FAMILIES, _ALBERT_HEADS, _BERT_HEADS, _ROBERTA_HEADS, _albert, _bert, _distilbert, _heads, _modernbert, _roberta;
  BERT = new Map([["position", "learned"], ["norm_order", "post"], ["embedding_norm", true], ["attention_bias", true], ["ff_bias", true]]);
  BERT_KEYS = new Map([["vocab_size", 30522n], ["hidden_size", 768n], ["intermediate_size", 3072n], ["num_hidden_layers", 12n], ["num_attention_heads", 12n], ["hidden_act", "gelu"], ["max_position_embeddings", 512n], ["type_vocab_size", 2n], ["layer_norm_eps", 1e-12], ["tie_word_embeddings", true]]);
  _bert = py.define("_bert", ["keys"], 1, {  }, false, (keys) => {
    let found;
    found = py.union(sizes(keys), norm_and_units(keys, "layer_norm_eps"));
    return py.union(found, new Map([["context_length", keys.needed("max_position_embeddings")], ["n_segments", keys.size("type_vocab_size")], ["n_mlm_biases", (py.truth(py.item(found, "tied")) ? 1n : 2n)]]));
  });
  _roberta = py.define("_roberta", ["keys"], 1, {  }, false, (keys) => {
    let found, n_spare, rows;
    n_spare = py.add(py.call(keys, "get", "pad_token_id"), 1n);
    found = _bert(keys);
    rows = py.item(found, "context_length");
    if ((py.le(rows, n_spare))) {
      throw new py.ValueError(("max_position_embeddings=" + py.str(rows) + " must exceed pad_token_id + 1 = " + py.str(n_spare)));
    }
    return py.union(found, new Map([["context_length", py.sub(rows, n_spare)], ["n_spare_positions", py.or(n_spare, () => null)]]));
  });
  _distilbert = py.define("_distilbert", ["keys"], 1, {  }, false, (keys) => {
    return py.union(sizes(keys), new Map([["d_ff", keys.needed("intermediate_size")], ["activation", keys.activation()], ["context_length", keys.needed("max_position_embeddings")]]));
  });
  _albert = py.define("_albert", ["keys"], 1, {  }, false, (keys) => {
    let groups, inner;
    [groups, inner] = py.each([keys.size("num_hidden_groups"), keys.size("inner_group_num")]);
    return py.union(_bert(keys), new Map([["d_embedding", keys.size("embedding_size")], ["n_distinct_layers", py.mul(groups, inner)]]));
  });
  _modernbert = py.define("_modernbert", ["keys"], 1, {  }, false, (keys) => {
    let every, found, layers, local;
    found = py.union(sizes(keys), norm_and_units(keys, "norm_eps"));
    [layers, every] = py.each([py.call(keys.raw, "get", "layer_types"), py.call(keys.raw, "get", "global_attn_every_n_layers", 3n)]);
    local = py.each(py.range(py.item(found, "n_layers"))).map((n) => py.bool(py.mod(n, every)));
    return py.union(py.union(found, rope.positions(keys, new py.Words([["d_head", py.item(found, "d_head")], ["base", 160000.0], ["local", 10000.0]]))), new Map([["context_length", keys.longest()], ["norm_bias", keys.flag("norm_bias")], ["attention_bias", keys.flag("attention_bias")], ["ff_bias", keys.flag("mlp_bias")], ["mlm_dense_bias", keys.flag("classifier_bias")], ["n_mlm_biases", (py.truth(keys.flag("decoder_bias")) ? 1n : null)], ["window", keys.size("local_attention")], ["windowed", ((layers === null) ? py.tuple(local) : windowed(layers))]]));
  });
  _heads = py.define("_heads", ["name", "pooled"], 1, { "pooled": true }, false, (name, pooled) => {
    let plain;
    plain = (py.truth(pooled) ? ["pooler"] : []);
    return new Map([["classes", new Map([[(py.str(name) + "Model"), plain], [(py.str(name) + "ForMaskedLM"), ["mlm"]]])], ["assumed", (py.str(name) + "Model")]]);
  });
  _BERT_HEADS = _heads("Bert");
  py.put(_BERT_HEADS, "classes", py.union(py.item(_BERT_HEADS, "classes"), new Map([["BertLMHeadModel", ["mlm"]], ["BertForNextSentencePrediction", ["pooler", "nsp"]], ["BertForPreTraining", ["pooler", "mlm", "nsp"]]])));
  _ROBERTA_HEADS = _heads("Roberta");
  py.put(py.item(_ROBERTA_HEADS, "classes"), "RobertaForCausalLM", ["mlm"]);
  _ALBERT_HEADS = _heads("Albert");
  py.put(py.item(_ALBERT_HEADS, "classes"), "AlbertForPreTraining", ["pooler", "mlm", "nsp"]);
  FAMILIES = new Map([["bert", Family(new py.Words([["fields", BERT], ["defaults", BERT_KEYS], ["read", _bert], ..._BERT_HEADS]))], ["roberta", Family(new py.Words([["fields", BERT], ["defaults", py.union(BERT_KEYS, new Map([["vocab_size", 50265n], ["pad_token_id", 1n]]))], ["read", _roberta], ..._ROBERTA_HEADS]))], ["distilbert", Family(new py.Words([["fields", py.union(BERT, new Map([["norm_eps", 1e-12]]))], ["defaults", new Map([["vocab_size", 30522n], ["dim", 768n], ["hidden_dim", 3072n], ["n_layers", 6n], ["n_heads", 12n], ["activation", "gelu"], ["max_position_embeddings", 512n], ["tie_word_embeddings", true]])], ["spellings", new Map([["hidden_size", "dim"], ["num_attention_heads", "n_heads"], ["num_hidden_layers", "n_layers"]])], ["roles", new Map([["intermediate_size", "hidden_dim"], ["hidden_act", "activation"]])], ["read", _distilbert], ["ignored", py.frozenset(new Set(["sinusoidal_pos_embds", "tie_weights_"]))], ..._heads("DistilBert", new py.Words([["pooled", false]]))]))], ["albert", Family(new py.Words([["fields", BERT], ["defaults", py.union(BERT_KEYS, new Map([["vocab_size", 30000n], ["embedding_size", 128n], ["hidden_size", 4096n], ["intermediate_size", 16384n], ["num_attention_heads", 64n], ["num_hidden_groups", 1n], ["inner_group_num", 1n], ["hidden_act", "gelu_new"]]))], ["read", _albert], ["ignored", py.frozenset(py.union(new Set(["net_structure_type", "gap_size", "num_memory_blocks"]), new Set(["down_scale_factor"])))], ..._ALBERT_HEADS]))], ["modernbert", Family(new py.Words([["fields", new Map([["position", "rotary"], ["norm_order", "pre"], ["first_norm", false], ["embedding_norm", true], ["gated", true]])], ["defaults", new Map([["vocab_size", 50368n], ["hidden_size", 768n], ["intermediate_size", 1152n], ["num_hidden_layers", 22n], ["num_attention_heads", 12n], ["hidden_activation", "gelu"], ["max_position_embeddings", 8192n], ["norm_eps", 1e-05], ["norm_bias", false], ["attention_bias", false], ["mlp_bias", false], ["classifier_bias", false], ["decoder_bias", true], ["local_attention", 128n], ["tie_word_embeddings", true]])], ["roles", new Map([["hidden_act", "hidden_activation"]])], ["read", _modernbert], ["ignored", py.union(rope.KEYS, new Set([...py.each(["layer_types", "global_attn_every_n_layers", "sparse_prediction"]), ...py.each(["sparse_pred_ignore_index", "deterministic_flash_attn"]), ...py.each(["reference_compile", "repad_logits_with_grad", "layer_norm_eps"]), "causal_mask"]))], ..._heads("ModernBert", new py.Words([["pooled", false]]))]))]]);
  return { BERT, BERT_KEYS, FAMILIES, Family, _ALBERT_HEADS, _BERT_HEADS, _ROBERTA_HEADS, _albert, _bert, _distilbert, _heads, _modernbert, _roberta, norm_and_units, rope, sizes, windowed };
})();

/* xfmr.families.gpts */
modules["xfmr.families.gpts"] = (() => {
  const rope = modules["xfmr.families.rope"];
  const Family = modules["xfmr.families.keys"].Family;
  const causal = modules["xfmr.families.shared"].causal;
  const norm_and_units = modules["xfmr.families.shared"].norm_and_units;
  const sizes = modules["xfmr.families.shared"].sizes;
  let FAMILIES, GPT, GPT_KEYS, GPT_NAMES, _gpt, _gpt1, _neox, _opt;
  GPT = new Map([["position", "learned"], ["attention_bias", true], ["ff_bias", true]]);
  GPT_KEYS = new Map([["vocab_size", 50257n], ["n_embd", 768n], ["n_layer", 12n], ["n_head", 12n], ["n_positions", 1024n], ["layer_norm_epsilon", 1e-05], ["tie_word_embeddings", true]]);
  GPT_NAMES = new Map([["spellings", new Map([["hidden_size", "n_embd"], ["max_position_embeddings", "n_positions"], ["num_attention_heads", "n_head"], ["num_hidden_layers", "n_layer"]])], ["ignored", py.frozenset(py.union(new Set(["n_ctx", "n_special", "predict_special_tokens", "scale_attn_weights"]), new Set(["scale_attn_by_inverse_layer_idx", "reorder_and_upcast_attn"])))]]);
  _gpt = py.define("_gpt", ["keys"], 1, {  }, false, (keys) => {
    let F, found;
    found = sizes(keys);
    F = py.mul(4n, py.item(found, "d_model"));
    if ((py.has(keys.family.defaults, "n_inner"))) {
      F = keys.size("n_inner", F);
    }
    return py.union(found, new Map([["d_ff", F], ["activation", keys.activation()], ["norm_eps", keys.number("layer_norm_epsilon")], ["context_length", keys.needed("n_positions")]]));
  });
  _gpt1 = py.define("_gpt1", ["keys"], 1, {  }, false, (keys) => {
    let found, name;
    found = _gpt(keys);
    name = py.item(found, "activation");
    return py.union(found, new Map([["activation", ((py.eq(name, "gelu")) ? "gelu_tanh" : name)]]));
  });
  _neox = py.define("_neox", ["keys"], 1, {  }, false, (keys) => {
    let found;
    found = py.union(sizes(keys), norm_and_units(keys, "layer_norm_eps"));
    return py.union(py.union(found, rope.positions(keys, new py.Words([["d_head", py.item(found, "d_head")], ["base", 10000.0]]))), new Map([["context_length", keys.longest()], ["attention_bias", keys.flag("attention_bias")], ["parallel", keys.flag("use_parallel_residual")]]));
  });
  _opt = py.define("_opt", ["keys"], 1, {  }, false, (keys) => {
    let affine, before, biased, found, narrow;
    found = sizes(keys);
    before = keys.flag("do_layer_norm_before");
    biased = keys.flag("enable_bias");
    affine = keys.flag("layer_norm_elementwise_affine");
    narrow = keys.size("word_embed_proj_dim", py.item(found, "d_model"));
    return py.union(found, new Map([["d_ff", keys.needed("ffn_dim")], ["activation", keys.activation("activation_function")], ["context_length", keys.needed("max_position_embeddings")], ["norm_order", (py.truth(before) ? "pre" : "post")], ["norm_gain", affine], ["norm_bias", affine], ["final_norm", !py.truth(keys.flag("_remove_final_layer_norm"))], ["attention_bias", biased], ["ff_bias", biased], ["d_token", ((py.eq(narrow, py.item(found, "d_model"))) ? null : narrow)]]));
  });
  FAMILIES = new Map([["openai-gpt", Family(new py.Words([["fields", py.union(GPT, new Map([["norm_order", "post"]]))], ["defaults", py.union(GPT_KEYS, new Map([["vocab_size", 40478n], ["n_positions", 512n], ["afn", "gelu"]]))], ["roles", new Map([["hidden_act", "afn"]])], ["read", _gpt1], ["classes", new Map([["OpenAIGPTLMHeadModel", ["lm"]], ["OpenAIGPTModel", []]])], ["assumed", "OpenAIGPTLMHeadModel"], ...GPT_NAMES]))], ["gpt2", Family(new py.Words([["fields", py.union(GPT, new Map([["norm_order", "pre"]]))], ["defaults", py.union(GPT_KEYS, new Map([["n_inner", null], ["activation_function", "gelu_new"]]))], ["roles", new Map([["hidden_act", "activation_function"]])], ["read", _gpt], ["classes", new Map([["GPT2LMHeadModel", ["lm"]], ["GPT2Model", []]])], ["assumed", "GPT2LMHeadModel"], ...GPT_NAMES]))], ["gpt_neox", Family(new py.Words([["fields", new Map([["position", "rotary"], ["norm_order", "pre"], ["ff_bias", true]])], ["defaults", new Map([["vocab_size", 50432n], ["hidden_size", 6144n], ["intermediate_size", 24576n], ["num_hidden_layers", 44n], ["num_attention_heads", 64n], ["hidden_act", "gelu"], ["max_position_embeddings", 2048n], ["layer_norm_eps", 1e-05], ["attention_bias", true], ["use_parallel_residual", true], ["tie_word_embeddings", false], ["partial_rotary_factor", 0.25]])], ["read", _neox], ["ignored", rope.KEYS], ...causal("GPTNeoX")]))], ["opt", Family(new py.Words([["fields", new Map([["position", "learned"], ["n_spare_positions", 2n], ["norm_eps", 1e-05]])], ["defaults", new Map([["vocab_size", 50272n], ["hidden_size", 768n], ["ffn_dim", 3072n], ["num_hidden_layers", 12n], ["num_attention_heads", 12n], ["activation_function", "relu"], ["max_position_embeddings", 2048n], ["do_layer_norm_before", true], ["_remove_final_layer_norm", false], ["word_embed_proj_dim", null], ["enable_bias", true], ["layer_norm_elementwise_affine", true], ["tie_word_embeddings", true]])], ["read", _opt], ...causal("OPT")]))]]);
  return { FAMILIES, Family, GPT, GPT_KEYS, GPT_NAMES, _gpt, _gpt1, _neox, _opt, causal, norm_and_units, rope, sizes };
})();

/* xfmr.families.pairs */
modules["xfmr.families.pairs"] = (() => {
  const sqrt = py.sqrt;
  const Family = modules["xfmr.families.keys"].Family;
  const divide = modules["xfmr.families.shared"].divide;
  const sizes = modules["xfmr.families.shared"].sizes;
  let FAMILIES, _bart, _t5;
  _t5 = py.define("_t5", ["keys"], 1, {  }, false, (keys) => {
    let D, N, _, gate, n_layers, said, tied, unit, untied;
    said = py.str(py.call(keys, "get", "feed_forward_proj"));
    [gate, _, unit] = py.each(py.call(said, "rpartition", "-"));
    if ((!py.has(["", "gated"], gate))) {
      throw new py.ValueError(("feed_forward_proj=" + py.repr(said) + " must be a nonlinearity, or `gated-` and one"));
    }
    [D, N] = py.each([keys.needed("d_model"), keys.needed("num_heads")]);
    n_layers = keys.needed("num_layers");
    untied = !py.truth(keys.flag("scale_decoder_outputs"));
    tied = py.and(keys.flag("tie_word_embeddings"), () => !py.truth(untied));
    return new Map([["n_layers", n_layers], ["n_decoder_layers", keys.size("num_decoder_layers", n_layers)], ["d_model", D], ["n_heads", N], ["n_kv_heads", N], ["d_head", keys.needed("d_kv")], ["d_ff", keys.needed("d_ff")], ["vocab_size", keys.needed("vocab_size")], ["n_buckets", keys.size("relative_attention_num_buckets")], ["max_distance", keys.size("relative_attention_max_distance")], ["norm_eps", keys.number("layer_norm_epsilon")], ["gated", (py.eq(gate, "gated"))], ["activation", ((py.eq(said, "gated-gelu")) ? "gelu_tanh" : unit)], ["tied", tied], ["logit_scale", (py.truth(tied) ? py.pow(D, py.neg(0.5)) : null)]]);
  });
  _bart = py.define("_bart", ["keys"], 1, {  }, false, (keys) => {
    let F, N, decoder_F, decoder_N, found, scaled;
    found = sizes(keys);
    [F, decoder_F] = py.each([keys.needed("encoder_ffn_dim"), keys.needed("decoder_ffn_dim")]);
    [N, decoder_N] = py.each([py.item(found, "n_heads"), keys.needed("decoder_attention_heads")]);
    divide(keys, "decoder_attention_heads", "d_model", decoder_N, py.item(found, "d_model"));
    scaled = keys.flag("scale_embedding");
    return py.union(found, new Map([["n_decoder_layers", keys.needed("decoder_layers")], ["n_decoder_heads", ((py.eq(N, decoder_N)) ? null : decoder_N)], ["d_ff", F], ["d_decoder_ff", ((py.eq(F, decoder_F)) ? null : decoder_F)], ["activation", keys.activation("activation_function")], ["context_length", keys.needed("max_position_embeddings")], ["n_token_tables", (py.truth(py.item(found, "tied")) ? 1n : 3n)], ["embedding_scale", (py.truth(scaled) ? sqrt(py.item(found, "d_model")) : null)]]));
  });
  FAMILIES = new Map([["t5", Family(new py.Words([["fields", new Map([["position", "relative"], ["norm", "rms"], ["norm_order", "pre"], ["score_scale", 1.0], ["attention_bias", false], ["ff_bias", false]])], ["defaults", new Map([["vocab_size", 32128n], ["d_model", 512n], ["d_kv", 64n], ["d_ff", 2048n], ["num_layers", 6n], ["num_decoder_layers", null], ["num_heads", 8n], ["relative_attention_num_buckets", 32n], ["relative_attention_max_distance", 128n], ["layer_norm_epsilon", 1e-06], ["feed_forward_proj", "relu"], ["scale_decoder_outputs", true], ["tie_word_embeddings", true]])], ["spellings", new Map([["hidden_size", "d_model"], ["num_attention_heads", "num_heads"], ["num_hidden_layers", "num_layers"], ["head_dim", "d_kv"]])], ["read", _t5], ["classes", new Map([["T5ForConditionalGeneration", ["lm"]], ["T5WithLMHeadModel", ["lm"]], ["T5Model", []], ["T5EncoderModel", []]])], ["assumed", "T5ForConditionalGeneration"], ["encoder", "T5EncoderModel"], ["ignored", py.frozenset(new Set(["n_positions", "dense_act_fn", "is_gated_act"]))]]))], ["bart", Family(new py.Words([["fields", new Map([["position", "learned"], ["n_spare_positions", 2n], ["norm_eps", 1e-05], ["norm_order", "post"], ["embedding_norm", true], ["attention_bias", true], ["ff_bias", true]])], ["defaults", new Map([["vocab_size", 50265n], ["d_model", 1024n], ["encoder_layers", 12n], ["decoder_layers", 12n], ["encoder_attention_heads", 16n], ["decoder_attention_heads", 16n], ["encoder_ffn_dim", 4096n], ["decoder_ffn_dim", 4096n], ["activation_function", "gelu"], ["max_position_embeddings", 1024n], ["scale_embedding", false], ["tie_word_embeddings", true]])], ["spellings", new Map([["hidden_size", "d_model"], ["num_attention_heads", "encoder_attention_heads"], ["num_hidden_layers", "encoder_layers"]])], ["read", _bart], ["classes", new Map([["BartForConditionalGeneration", ["lm"]], ["BartModel", []]])], ["assumed", "BartForConditionalGeneration"], ["only", py.union(new Map([["normalize_before", false], ["add_final_layer_norm", false]]), new Map([["normalize_embedding", true], ["static_position_embeddings", false]]))], ["ignored", py.union(py.frozenset(new Set(["classif_dropout", "extra_pos_embeddings"])), new Set(["add_bias_logits", "force_bos_token_to_be_generated", "gradient"]))]]))]]);
  return { FAMILIES, Family, _bart, _t5, divide, sizes, sqrt };
})();

/* xfmr.families.papers */
modules["xfmr.families.papers"] = (() => {
  const sqrt = py.sqrt;
  const Family = modules["xfmr.families.keys"].Family;
  const sizes = modules["xfmr.families.shared"].sizes;
  let FAMILIES, SIZES, UNBIASED, _family, _one_stack, _palm, _transformer;
  SIZES = new Map([["vocab_size", 0n], ["hidden_size", 0n], ["intermediate_size", 0n], ["num_hidden_layers", 0n], ["num_attention_heads", 0n], ["tie_word_embeddings", true]]);
  UNBIASED = new Map([["norm_order", "pre"], ["norm_eps", 1e-06], ["norm_bias", false], ["attention_bias", false], ["ff_bias", false]]);
  _transformer = py.define("_transformer", ["keys"], 1, {  }, false, (keys) => {
    return py.union(sizes(keys), new Map([["n_decoder_layers", keys.needed("decoder_layers")], ["d_ff", keys.needed("intermediate_size")]]));
  });
  _one_stack = py.define("_one_stack", ["keys"], 1, {  }, false, (keys) => {
    return py.union(sizes(keys), new Map([["d_ff", keys.needed("intermediate_size")], ["context_length", keys.longest()]]));
  });
  _palm = py.define("_palm", ["keys"], 1, {  }, false, (keys) => {
    let found;
    found = _one_stack(keys);
    return py.union(found, new Map([["embedding_scale", sqrt(py.item(found, "d_model"))]]));
  });
  _family = py.define("_family", ["name"], 1, {  }, true, (name, parts) => {
    return Family(new py.Words([["classes", new Map([[name, ["lm"]]])], ["assumed", name], ...parts]));
  });
  FAMILIES = new Map([["transformer", _family("Transformer", new py.Words([["fields", new Map([["position", "sinusoidal"], ["norm_eps", 1e-06], ["norm_order", "post"], ["activation", "relu"], ["attention_bias", false], ["ff_bias", true]])], ["defaults", py.union(SIZES, new Map([["decoder_layers", 0n]]))], ["read", _transformer]]))], ["gopher", _family("Gopher", new py.Words([["fields", py.union(UNBIASED, new Map([["position", "projected"], ["norm", "rms"], ["norm_gain", false], ["activation", "gelu"]]))], ["defaults", py.union(SIZES, new Map([["head_dim", null], ["max_position_embeddings", null]]))], ["read", _one_stack]]))], ["palm", _family("PaLM", new py.Words([["fields", py.union(UNBIASED, new Map([["position", "rotary"], ["rotary_base", 10000.0], ["parallel", true], ["shared_norm", true], ["activation", "silu"], ["gated", true]]))], ["defaults", py.union(SIZES, new Map([["head_dim", null], ["num_key_value_heads", 1n], ["max_position_embeddings", null]]))], ["read", _palm]]))]]);
  return { FAMILIES, Family, SIZES, UNBIASED, _family, _one_stack, _palm, _transformer, sizes, sqrt };
})();

/* xfmr.families.mixtures */
modules["xfmr.families.mixtures"] = (() => {
  const Experts = modules["xfmr.config"].Experts;
  const Latent = modules["xfmr.config"].Latent;
  const rope = modules["xfmr.families.rope"];
  const LAYERS = modules["xfmr.families.decoders"].LAYERS;
  const qwen_window = modules["xfmr.families.decoders"].qwen_window;
  const Family = modules["xfmr.families.keys"].Family;
  const MODERN = modules["xfmr.families.shared"].MODERN;
  const causal = modules["xfmr.families.shared"].causal;
  const decoder = modules["xfmr.families.shared"].decoder;
  const sizes = modules["xfmr.families.shared"].sizes;
  const window = modules["xfmr.families.shared"].window;
  let FAMILIES, _deepseek, _gpt_oss, _mixtral, _n_active, _qwen3_moe;
  _n_active = py.define("_n_active", ["keys", "n_experts"], 2, {  }, false, (keys, n_experts) => {
    let n_active;
    n_active = keys.size("num_experts_per_tok");
    if ((py.lt(n_experts, n_active))) {
      throw new py.ValueError(("num_experts_per_tok=" + py.str(n_active) + " must not exceed " + py.str(keys.name("num_local_experts")) + "=" + py.str(n_experts)));
    }
    return n_active;
  });
  _mixtral = py.define("_mixtral", ["keys"], 1, {  }, false, (keys) => {
    let experts, n_experts;
    n_experts = keys.needed("num_local_experts");
    experts = Experts(new py.Words([["n_experts", n_experts], ["n_active", _n_active(keys, n_experts)], ["d_ff", keys.needed("intermediate_size")]]));
    return py.union(window(keys), new Map([["experts", experts]]));
  });
  _qwen3_moe = py.define("_qwen3_moe", ["keys"], 1, {  }, false, (keys) => {
    let dense, found, mixed, n_experts, n_layers, step;
    found = qwen_window(keys);
    py.put(found, "attention_bias", keys.flag("attention_bias"));
    [n_experts, step] = py.each([keys.some("num_experts"), keys.size("decoder_sparse_step")]);
    if ((n_experts === null)) {
      return found;
    }
    dense = py.or(py.call(keys, "get", "mlp_only_layers"), () => []);
    n_layers = keys.needed("num_hidden_layers");
    mixed = py.tuple(py.each(py.range(n_layers)).filter((n) => ((!py.has(dense, n)) && (py.eq(py.mod(py.add(n, 1n), step), 0n)))).map((n) => n));
    return py.union(found, new Map([["experts", Experts(new py.Words([["n_experts", n_experts], ["n_active", _n_active(keys, n_experts)], ["d_ff", keys.needed("moe_intermediate_size")], ["layers", ((py.eq(py.len(mixed), n_layers)) ? null : mixed)]]))]]));
  });
  _gpt_oss = py.define("_gpt_oss", ["keys"], 1, {  }, false, (keys) => {
    let found, n_experts, n_layers;
    [n_experts, n_layers] = py.each([keys.needed("num_local_experts"), keys.needed("num_hidden_layers")]);
    found = window(keys);
    if (((py.item(found, "window") !== null) && (!py.has(found, "windowed")))) {
      py.put(found, "windowed", py.tuple(py.each(py.range(n_layers)).map((n) => (py.eq(py.mod(n, 2n), 0n)))));
    }
    return py.union(found, new Map([["attention_bias", keys.flag("attention_bias")], ["experts", Experts(new py.Words([["n_experts", n_experts], ["n_active", _n_active(keys, n_experts)], ["d_ff", keys.needed("intermediate_size")], ["bias", true], ["router_bias", true]]))]]));
  });
  _deepseek = py.define("_deepseek", ["keys"], 1, {  }, false, (keys) => {
    let found, latent, n_dense, n_experts, n_layers, n_shared, width;
    [n_experts, n_layers] = py.each([keys.needed("num_local_experts"), keys.needed("num_hidden_layers")]);
    width = keys.needed("moe_intermediate_size");
    n_shared = keys.some("n_shared_experts");
    n_dense = py.min(py.or(py.call(keys, "get", "first_k_dense_replace"), () => 0n), n_layers);
    latent = Latent(new py.Words([["d_latent", keys.size("kv_lora_rank")], ["d_query", keys.some("q_lora_rank")], ["d_content", keys.size("qk_nope_head_dim")], ["d_rotary", keys.size("qk_rope_head_dim")], ["d_value", keys.size("v_head_dim")]]));
    found = sizes(keys, new py.Words([["d_head", py.add(latent.d_content, latent.d_rotary)]]));
    return py.union(py.union(found, rope.positions(keys, new py.Words([["d_head", latent.d_rotary], ["base", 10000.0]]))), new Map([["n_kv_heads", py.item(found, "n_heads")], ["d_ff", keys.needed("intermediate_size")], ["activation", keys.activation()], ["norm_eps", keys.number("rms_norm_eps")], ["context_length", keys.longest()], ["attention_bias", keys.flag("attention_bias")], ["latent", latent], ["experts", Experts(new py.Words([["n_experts", n_experts], ["n_active", _n_active(keys, n_experts)], ["d_ff", width], ["d_ff_shared", ((n_shared === null) ? null : py.mul(n_shared, width))], ["shares", "sigmoid"], ["share_scale", keys.number("routed_scaling_factor")], ["layers", (py.truth(n_dense) ? py.tuple(py.range(n_dense, n_layers)) : null)]]))]]));
  });
  FAMILIES = new Map([["mixtral", decoder("Mixtral", new py.Words([["defaults", new Map([["intermediate_size", 14336n], ["num_key_value_heads", 8n], ["max_position_embeddings", 131072n], ["rms_norm_eps", 1e-05], ["sliding_window", null], ["num_local_experts", 8n], ["num_experts_per_tok", 2n]])], ["spellings", new Map([["num_experts", "num_local_experts"]])], ["read", _mixtral], ["base", 1000000.0], ["ignored", LAYERS]]))], ["qwen3_moe", decoder("Qwen3Moe", new py.Words([["fields", new Map([["qk_norm", "head"]])], ["defaults", new Map([["vocab_size", 151936n], ["hidden_size", 2048n], ["intermediate_size", 6144n], ["num_hidden_layers", 24n], ["num_key_value_heads", 4n], ["max_position_embeddings", 32768n], ["attention_bias", false], ["use_sliding_window", false], ["sliding_window", 4096n], ["decoder_sparse_step", 1n], ["mlp_only_layers", null], ["moe_intermediate_size", 768n], ["num_experts_per_tok", 8n], ["num_local_experts", 128n]])], ["spellings", new Map([["num_experts", "num_local_experts"]])], ["read", _qwen3_moe], ["ignored", py.union(LAYERS, new Set(["norm_topk_prob", "max_window_layers"]))]]))], ["gpt_oss", decoder("GptOss", new py.Words([["fields", new Map([["sinks", true]])], ["defaults", new Map([["vocab_size", 201088n], ["hidden_size", 2880n], ["intermediate_size", 2880n], ["num_hidden_layers", 36n], ["num_attention_heads", 64n], ["num_key_value_heads", 8n], ["head_dim", 64n], ["max_position_embeddings", 131072n], ["rms_norm_eps", 1e-05], ["sliding_window", 128n], ["attention_bias", true], ["num_local_experts", 128n], ["num_experts_per_tok", 4n]])], ["spellings", new Map([["num_experts", "num_local_experts"]])], ["read", _gpt_oss], ["base", 150000.0], ["ignored", py.union(py.union(LAYERS, new Set(["swiglu_alpha", "swiglu_limit", "initial_context_length"])), new Set(["experts_per_token"]))]]))], ["deepseek_v3", Family(new py.Words([["fields", MODERN], ["defaults", new Map([["vocab_size", 129280n], ["hidden_size", 7168n], ["intermediate_size", 18432n], ["moe_intermediate_size", 2048n], ["num_hidden_layers", 61n], ["num_attention_heads", 128n], ["num_key_value_heads", 128n], ["n_shared_experts", 1n], ["n_routed_experts", 256n], ["num_experts_per_tok", 8n], ["first_k_dense_replace", 3n], ["routed_scaling_factor", 2.5], ["kv_lora_rank", 512n], ["q_lora_rank", 1536n], ["qk_rope_head_dim", 64n], ["qk_nope_head_dim", 128n], ["v_head_dim", 128n], ["hidden_act", "silu"], ["max_position_embeddings", 4096n], ["rms_norm_eps", 1e-06], ["attention_bias", false], ["tie_word_embeddings", false]])], ["spellings", new Map([["num_local_experts", "n_routed_experts"]])], ["read", _deepseek], ["only", new Map([["moe_layer_freq", 1n]])], ["ignored", py.union(rope.KEYS, new Set([...py.each(["n_group", "topk_group", "norm_topk_prob", "topk_method"]), ...py.each(["scoring_func", "ep_size"]), ...py.each(["num_nextn_predict_layers", "num_mtp_layers"]), ...py.each(["head_dim", "qk_head_dim"])]))], ...causal("DeepseekV3")]))]]);
  return { Experts, FAMILIES, Family, LAYERS, Latent, MODERN, _deepseek, _gpt_oss, _mixtral, _n_active, _qwen3_moe, causal, decoder, qwen_window, rope, sizes, window };
})();

/* xfmr.families */
modules["xfmr.families"] = (() => {
  const get_close_matches = py.get_close_matches;
  const Config = modules["xfmr.config"].Config;
  const decoders = modules["xfmr.families.decoders"];
  const encoders = modules["xfmr.families.encoders"];
  const gpts = modules["xfmr.families.gpts"];
  const mixtures = modules["xfmr.families.mixtures"];
  const pairs = modules["xfmr.families.pairs"];
  const papers = modules["xfmr.families.papers"];
  const rope = modules["xfmr.families.rope"];
  const Keys = modules["xfmr.families.keys"].Keys;
  let FAMILIES, KNOWN, LIBRARY, Reading, _counted, _family, _warnings, of_keys;
  LIBRARY = py.union(py.union(py.union(py.union(encoders.FAMILIES, gpts.FAMILIES), decoders.FAMILIES), mixtures.FAMILIES), pairs.FAMILIES);
  FAMILIES = py.union(LIBRARY, papers.FAMILIES);
  KNOWN = py.call(", ", "join", py.sorted(LIBRARY));
  Reading = py.kind("Reading", [["config", null], ["family", null], ["counted", null], ["assumed", null], ["warnings", null]], [
  ]);
  of_keys = py.define("of_keys", ["raw", "name", "source"], 1, {  }, false, (raw, name, source) => {
    let assumed, config, counted, family, fields, keys, kind;
    kind = py.call(raw, "get", "model_type");
    family = _family(kind);
    [counted, assumed] = py.each(_counted(raw, kind, family));
    keys = Keys(raw, family);
    keys.check_only();
    fields = new Map([...family.fields, ...family.read(keys)]);
    if ((py.eq(counted, family.encoder))) {
      py.put(fields, "n_decoder_layers", null);
    }
    config = Config(new py.Words([["name", name], ["source", source], ["heads", py.item(family.classes, counted)], ...fields]));
    return Reading(new py.Words([["config", config], ["family", py.str(kind)], ["counted", counted], ["assumed", assumed], ["warnings", py.tuple(_warnings(keys))]]));
  });
  _family = py.define("_family", ["kind"], 1, {  }, false, (kind) => {
    let meant, near;
    if ((kind === null)) {
      throw new py.ValueError(("model_type is missing: known are " + py.str(KNOWN)));
    }
    if ((!py.truth(py.isinstance(kind, py.str)) || (!py.has(FAMILIES, kind)))) {
      near = get_close_matches(py.str(kind), LIBRARY, new py.Words([["n", 1n]]));
      meant = (py.truth(near) ? (", perhaps " + py.str(py.item(near, 0n))) : "");
      throw new py.ValueError(("model_type=" + py.repr(kind) + " is unknown" + py.str(meant) + ": known are " + py.str(KNOWN)));
    }
    return py.item(FAMILIES, kind);
  });
  _counted = py.define("_counted", ["raw", "kind", "family"], 3, {  }, false, (raw, kind, family) => {
    let said;
    said = py.call(raw, "get", "architectures");
    if ((py.has([null, []], said))) {
      return [family.assumed, true];
    }
    if ((!py.truth(py.isinstance(said, py.list)) || (!py.has(family.classes, py.item(said, 0n))))) {
      throw new py.ValueError(("architectures=" + py.repr(said) + " has a head that is not counted: known for " + py.str(kind) + " are " + py.str(py.call(", ", "join", family.classes))));
    }
    return [py.item(said, 0n), false];
  });
  _warnings = py.define("_warnings", ["keys"], 1, {  }, false, (keys) => {
    let found, kind, listed, unknown;
    found = [];
    if (py.truth(keys.missing)) {
      listed = py.call(", ", "join", py.each(py.call(keys.missing, "items")).map(([k, v]) => (py.str(k) + "=" + py.str(v))));
      py.call(found, "append", ("missing, so the library's defaults are taken: " + py.str(listed)));
    }
    if (py.truth((unknown = keys.unknown()))) {
      py.call(found, "append", py.add("unknown, and could change the count: ", py.call(", ", "join", unknown)));
    }
    if (py.truth((kind = rope.kind_unknown(keys)))) {
      py.call(found, "append", ("rope_type=" + py.repr(kind) + " is not computed; no count depends on it"));
    }
    return found;
  });
  return { Config, FAMILIES, KNOWN, Keys, LIBRARY, Reading, _counted, _family, _warnings, decoders, encoders, get_close_matches, gpts, mixtures, of_keys, pairs, papers, rope };
})();

Object.assign(planner, {
arithmetic: modules,
letters: {"n_layers":["L","layers"],"n_decoder_layers":["L_dec","layers of the decoder"],"n_distinct_layers":["L_own","layers with weights of their own"],"d_model":["D","width"],"n_heads":["N","query heads"],"n_kv_heads":["K","key/value heads"],"d_head":["H","width of a head"],"d_ff":["F","hidden units"],"d_decoder_ff":["F_dec","hidden units of the decoder"],"vocab_size":["V","vocabulary"],"d_embedding":["D_emb","width of the tables"],"d_token":["D_tok","width of the token table"],"context_length":["S_max","positions"],"n_spare_positions":["S_spare","spare rows of the position table"],"n_segments":["S_seg","kinds of segment"],"n_buckets":["S_rel","ranges of relative positions"],"window":["W","positions of a window"]},
partLetters: {"experts":{"n_experts":["E","experts"],"n_active":["E_act","experts that a token reads"],"d_ff":["F_exp","hidden units of an expert"],"d_ff_shared":["F_sh","hidden units of the shared expert"]},"latent":{"d_latent":["D_kv","width of the latent of keys and values"],"d_query":["D_q","width of the latent of queries"],"d_content":["H_con","coordinates of a head without position"],"d_rotary":["H_rot","coordinates of a head with one"],"d_value":["H_val","coordinates of a value"]}},
asked: {"b":"bytes of a number","B":"texts at a time","T":"tokens of a text","P":"parameters","R":"ranks"},
keyLetters: {"num_hidden_layers":"L","n_layer":"L","n_layers":"L","num_layers":"L","encoder_layers":"L_enc","decoder_layers":"L_dec","num_decoder_layers":"L_dec","hidden_size":"D","n_embd":"D","dim":"D","d_model":"D","num_attention_heads":"N","n_head":"N","n_heads":"N","num_heads":"N","num_key_value_heads":"K","head_dim":"H","d_kv":"H","intermediate_size":"F","n_inner":"F","hidden_dim":"F","d_ff":"F","ffn_dim":"F","num_local_experts":"E","num_experts":"E","n_routed_experts":"E","num_experts_per_tok":"E_act","moe_intermediate_size":"F_exp","vocab_size":"V","max_position_embeddings":"S_max","n_positions":"S_max"},
lists: ["mlp_only_layers"],
presets: [
{"name":"transformer-base","published":"65M","in":"Vaswani et al. 2017, table 3","keys":{"model_type":"transformer","architectures":["Transformer"],"vocab_size":37000,"hidden_size":512,"num_hidden_layers":6,"decoder_layers":6,"num_attention_heads":8,"intermediate_size":2048}},
{"name":"transformer-big","published":"213M","in":"Vaswani et al. 2017, table 3","keys":{"model_type":"transformer","architectures":["Transformer"],"vocab_size":37000,"hidden_size":1024,"num_hidden_layers":6,"decoder_layers":6,"num_attention_heads":16,"intermediate_size":4096}},
{"name":"bert-base-uncased","published":"110M","in":"google-research/bert, README @eedf5716","keys":{"model_type":"bert","architectures":["BertModel"],"vocab_size":30522,"hidden_size":768,"num_hidden_layers":12,"num_attention_heads":12,"intermediate_size":3072,"max_position_embeddings":512,"type_vocab_size":2}},
{"name":"bert-large-uncased","published":"340M","in":"google-research/bert, README @eedf5716","keys":{"model_type":"bert","architectures":["BertModel"],"vocab_size":30522,"hidden_size":1024,"num_hidden_layers":24,"num_attention_heads":16,"intermediate_size":4096,"max_position_embeddings":512,"type_vocab_size":2}},
{"name":"roberta-base","published":"125M","in":"facebookresearch/fairseq, examples/roberta/README.md","keys":{"model_type":"roberta","architectures":["RobertaModel"],"vocab_size":50265,"hidden_size":768,"num_hidden_layers":12,"num_attention_heads":12,"intermediate_size":3072,"max_position_embeddings":514,"type_vocab_size":1,"layer_norm_eps":1e-05}},
{"name":"roberta-large","published":"355M","in":"facebookresearch/fairseq, examples/roberta/README.md","keys":{"model_type":"roberta","architectures":["RobertaModel"],"vocab_size":50265,"hidden_size":1024,"num_hidden_layers":24,"num_attention_heads":16,"intermediate_size":4096,"max_position_embeddings":514,"type_vocab_size":1,"layer_norm_eps":1e-05}},
{"name":"distilbert-base","published":"66M","in":"Sanh et al. 2019, not fetched","keys":{"model_type":"distilbert","architectures":["DistilBertModel"],"vocab_size":30522,"dim":768,"n_layers":6,"n_heads":12,"hidden_dim":3072,"max_position_embeddings":512}},
{"name":"albert-base-v2","published":"12M","in":"Lan et al. 2020, table 1","keys":{"model_type":"albert","architectures":["AlbertModel"],"vocab_size":30000,"hidden_size":768,"num_hidden_layers":12,"num_attention_heads":12,"intermediate_size":3072,"max_position_embeddings":512,"type_vocab_size":2,"embedding_size":128,"num_hidden_groups":1,"inner_group_num":1}},
{"name":"albert-large-v2","published":"18M","in":"Lan et al. 2020, table 1","keys":{"model_type":"albert","architectures":["AlbertModel"],"vocab_size":30000,"hidden_size":1024,"num_hidden_layers":24,"num_attention_heads":16,"intermediate_size":4096,"max_position_embeddings":512,"type_vocab_size":2,"embedding_size":128,"num_hidden_groups":1,"inner_group_num":1}},
{"name":"albert-xxlarge-v2","published":"235M","in":"Lan et al. 2020, table 1","keys":{"model_type":"albert","architectures":["AlbertModel"],"vocab_size":30000,"hidden_size":4096,"num_hidden_layers":12,"num_attention_heads":64,"intermediate_size":16384,"max_position_embeddings":512,"type_vocab_size":2,"embedding_size":128,"num_hidden_groups":1,"inner_group_num":1}},
{"name":"openai-gpt","published":"117M","in":"Radford et al. 2018, not fetched","keys":{"model_type":"openai-gpt","architectures":["OpenAIGPTLMHeadModel"],"vocab_size":40478,"n_positions":512,"n_embd":768,"n_layer":12,"n_head":12}},
{"name":"gpt2","published":"124M","in":"openai/gpt-2, DEVELOPERS.md @9b63575","keys":{"model_type":"gpt2","architectures":["GPT2LMHeadModel"],"vocab_size":50257,"n_positions":1024,"n_embd":768,"n_layer":12,"n_head":12}},
{"name":"gpt2-medium","published":"355M","in":"openai/gpt-2, DEVELOPERS.md @9b63575","keys":{"model_type":"gpt2","architectures":["GPT2LMHeadModel"],"vocab_size":50257,"n_positions":1024,"n_embd":1024,"n_layer":24,"n_head":16}},
{"name":"gpt2-large","published":"774M","in":"openai/gpt-2, DEVELOPERS.md @9b63575","keys":{"model_type":"gpt2","architectures":["GPT2LMHeadModel"],"vocab_size":50257,"n_positions":1024,"n_embd":1280,"n_layer":36,"n_head":20}},
{"name":"gpt2-xl","published":"1558M","in":"openai/gpt-2, DEVELOPERS.md @9b63575","keys":{"model_type":"gpt2","architectures":["GPT2LMHeadModel"],"vocab_size":50257,"n_positions":1024,"n_embd":1600,"n_layer":48,"n_head":25}},
{"name":"gpt3-small","published":"125M","in":"Brown et al. 2020, table 2.1","keys":{"model_type":"gpt2","architectures":["GPT2LMHeadModel"],"vocab_size":50257,"n_positions":2048,"n_embd":768,"n_layer":12,"n_head":12}},
{"name":"gpt3-medium","published":"350M","in":"Brown et al. 2020, table 2.1","keys":{"model_type":"gpt2","architectures":["GPT2LMHeadModel"],"vocab_size":50257,"n_positions":2048,"n_embd":1024,"n_layer":24,"n_head":16}},
{"name":"gpt3-large","published":"760M","in":"Brown et al. 2020, table 2.1","keys":{"model_type":"gpt2","architectures":["GPT2LMHeadModel"],"vocab_size":50257,"n_positions":2048,"n_embd":1536,"n_layer":24,"n_head":16}},
{"name":"gpt3-xl","published":"1.3B","in":"Brown et al. 2020, table 2.1","keys":{"model_type":"gpt2","architectures":["GPT2LMHeadModel"],"vocab_size":50257,"n_positions":2048,"n_embd":2048,"n_layer":24,"n_head":16}},
{"name":"gpt3-2.7b","published":"2.7B","in":"Brown et al. 2020, table 2.1","keys":{"model_type":"gpt2","architectures":["GPT2LMHeadModel"],"vocab_size":50257,"n_positions":2048,"n_embd":2560,"n_layer":32,"n_head":32}},
{"name":"gpt3-6.7b","published":"6.7B","in":"Brown et al. 2020, table 2.1","keys":{"model_type":"gpt2","architectures":["GPT2LMHeadModel"],"vocab_size":50257,"n_positions":2048,"n_embd":4096,"n_layer":32,"n_head":32}},
{"name":"gpt3-13b","published":"13.0B","in":"Brown et al. 2020, table 2.1","keys":{"model_type":"gpt2","architectures":["GPT2LMHeadModel"],"vocab_size":50257,"n_positions":2048,"n_embd":5120,"n_layer":40,"n_head":40}},
{"name":"gpt3-175b","published":"175.0B","in":"Brown et al. 2020, table 2.1","keys":{"model_type":"gpt2","architectures":["GPT2LMHeadModel"],"vocab_size":50257,"n_positions":2048,"n_embd":12288,"n_layer":96,"n_head":96}},
{"name":"t5-small","published":"60M","in":"google-research/text-to-text-transfer-transformer, README @03c94165","keys":{"model_type":"t5","architectures":["T5ForConditionalGeneration"],"vocab_size":32128,"d_model":512,"d_kv":64,"d_ff":2048,"num_layers":6,"num_decoder_layers":6,"num_heads":8,"relative_attention_num_buckets":32}},
{"name":"t5-base","published":"220M","in":"google-research/text-to-text-transfer-transformer, README @03c94165","keys":{"model_type":"t5","architectures":["T5ForConditionalGeneration"],"vocab_size":32128,"d_model":768,"d_kv":64,"d_ff":3072,"num_layers":12,"num_decoder_layers":12,"num_heads":12,"relative_attention_num_buckets":32}},
{"name":"t5-large","published":"770M","in":"google-research/text-to-text-transfer-transformer, README @03c94165","keys":{"model_type":"t5","architectures":["T5ForConditionalGeneration"],"vocab_size":32128,"d_model":1024,"d_kv":64,"d_ff":4096,"num_layers":24,"num_decoder_layers":24,"num_heads":16,"relative_attention_num_buckets":32}},
{"name":"t5-11b","published":"11B","in":"google-research/text-to-text-transfer-transformer, README @03c94165","keys":{"model_type":"t5","architectures":["T5ForConditionalGeneration"],"vocab_size":32128,"d_model":1024,"d_kv":128,"d_ff":65536,"num_layers":24,"num_decoder_layers":24,"num_heads":128,"relative_attention_num_buckets":32}},
{"name":"t5-v1.1-small","published":"77M","in":"google-research/text-to-text-transfer-transformer, released_checkpoints.md","keys":{"model_type":"t5","architectures":["T5ForConditionalGeneration"],"vocab_size":32128,"d_model":512,"d_kv":64,"d_ff":1024,"num_layers":8,"num_decoder_layers":8,"num_heads":6,"relative_attention_num_buckets":32,"feed_forward_proj":"gated-gelu","tie_word_embeddings":false}},
{"name":"t5-v1.1-base","published":"250M","in":"google-research/text-to-text-transfer-transformer, released_checkpoints.md","keys":{"model_type":"t5","architectures":["T5ForConditionalGeneration"],"vocab_size":32128,"d_model":768,"d_kv":64,"d_ff":2048,"num_layers":12,"num_decoder_layers":12,"num_heads":12,"relative_attention_num_buckets":32,"feed_forward_proj":"gated-gelu","tie_word_embeddings":false}},
{"name":"t5-v1.1-xl","published":"3B","in":"google-research/text-to-text-transfer-transformer, released_checkpoints.md","keys":{"model_type":"t5","architectures":["T5ForConditionalGeneration"],"vocab_size":32128,"d_model":2048,"d_kv":64,"d_ff":5120,"num_layers":24,"num_decoder_layers":24,"num_heads":32,"relative_attention_num_buckets":32,"feed_forward_proj":"gated-gelu","tie_word_embeddings":false}},
{"name":"t5-v1.1-xxl","published":"11B","in":"google-research/text-to-text-transfer-transformer, released_checkpoints.md","keys":{"model_type":"t5","architectures":["T5ForConditionalGeneration"],"vocab_size":32128,"d_model":4096,"d_kv":64,"d_ff":10240,"num_layers":24,"num_decoder_layers":24,"num_heads":64,"relative_attention_num_buckets":32,"feed_forward_proj":"gated-gelu","tie_word_embeddings":false}},
{"name":"bart-base","published":"140M","in":"facebookresearch/fairseq, examples/bart/README.md, not fetched","keys":{"model_type":"bart","architectures":["BartForConditionalGeneration"],"vocab_size":50265,"max_position_embeddings":1024,"d_model":768,"encoder_layers":6,"decoder_layers":6,"encoder_attention_heads":12,"decoder_attention_heads":12,"encoder_ffn_dim":3072,"decoder_ffn_dim":3072}},
{"name":"bart-large","published":"400M","in":"facebookresearch/fairseq, examples/bart/README.md, not fetched","keys":{"model_type":"bart","architectures":["BartForConditionalGeneration"],"vocab_size":50265,"max_position_embeddings":1024,"d_model":1024,"encoder_layers":12,"decoder_layers":12,"encoder_attention_heads":16,"decoder_attention_heads":16,"encoder_ffn_dim":4096,"decoder_ffn_dim":4096}},
{"name":"opt-125m","published":"125M","in":"Zhang et al. 2022, table 1","keys":{"model_type":"opt","architectures":["OPTForCausalLM"],"vocab_size":50272,"max_position_embeddings":2048,"hidden_size":768,"num_hidden_layers":12,"num_attention_heads":12,"ffn_dim":3072}},
{"name":"opt-1.3b","published":"1.3B","in":"Zhang et al. 2022, table 1","keys":{"model_type":"opt","architectures":["OPTForCausalLM"],"vocab_size":50272,"max_position_embeddings":2048,"hidden_size":2048,"num_hidden_layers":24,"num_attention_heads":32,"ffn_dim":8192}},
{"name":"opt-2.7b","published":"2.7B","in":"Zhang et al. 2022, table 1","keys":{"model_type":"opt","architectures":["OPTForCausalLM"],"vocab_size":50272,"max_position_embeddings":2048,"hidden_size":2560,"num_hidden_layers":32,"num_attention_heads":32,"ffn_dim":10240}},
{"name":"opt-6.7b","published":"6.7B","in":"Zhang et al. 2022, table 1","keys":{"model_type":"opt","architectures":["OPTForCausalLM"],"vocab_size":50272,"max_position_embeddings":2048,"hidden_size":4096,"num_hidden_layers":32,"num_attention_heads":32,"ffn_dim":16384}},
{"name":"opt-13b","published":"13B","in":"Zhang et al. 2022, table 1","keys":{"model_type":"opt","architectures":["OPTForCausalLM"],"vocab_size":50272,"max_position_embeddings":2048,"hidden_size":5120,"num_hidden_layers":40,"num_attention_heads":40,"ffn_dim":20480}},
{"name":"opt-30b","published":"30B","in":"Zhang et al. 2022, table 1","keys":{"model_type":"opt","architectures":["OPTForCausalLM"],"vocab_size":50272,"max_position_embeddings":2048,"hidden_size":7168,"num_hidden_layers":48,"num_attention_heads":56,"ffn_dim":28672}},
{"name":"opt-66b","published":"66B","in":"Zhang et al. 2022, table 1","keys":{"model_type":"opt","architectures":["OPTForCausalLM"],"vocab_size":50272,"max_position_embeddings":2048,"hidden_size":9216,"num_hidden_layers":64,"num_attention_heads":72,"ffn_dim":36864}},
{"name":"opt-175b","published":"175B","in":"Zhang et al. 2022, table 1","keys":{"model_type":"opt","architectures":["OPTForCausalLM"],"vocab_size":50272,"max_position_embeddings":2048,"hidden_size":12288,"num_hidden_layers":96,"num_attention_heads":96,"ffn_dim":49152}},
{"name":"pythia-14m","published":"14M","in":"EleutherAI/pythia, README @a19eecb, and model cards","keys":{"model_type":"gpt_neox","architectures":["GPTNeoXForCausalLM"],"vocab_size":50304,"max_position_embeddings":2048,"hidden_size":128,"num_hidden_layers":6,"num_attention_heads":4,"intermediate_size":512,"rotary_pct":0.25,"tie_word_embeddings":false}},
{"name":"pythia-31m","published":"31M","in":"EleutherAI/pythia, README @a19eecb, and model cards","keys":{"model_type":"gpt_neox","architectures":["GPTNeoXForCausalLM"],"vocab_size":50304,"max_position_embeddings":2048,"hidden_size":256,"num_hidden_layers":6,"num_attention_heads":8,"intermediate_size":1024,"rotary_pct":0.25,"tie_word_embeddings":false}},
{"name":"pythia-70m","published":"70,426,624, 18,915,328 non-embedding","in":"EleutherAI/pythia, README @a19eecb, and model cards","keys":{"model_type":"gpt_neox","architectures":["GPTNeoXForCausalLM"],"vocab_size":50304,"max_position_embeddings":2048,"hidden_size":512,"num_hidden_layers":6,"num_attention_heads":8,"intermediate_size":2048,"rotary_pct":0.25,"tie_word_embeddings":false}},
{"name":"pythia-160m","published":"162,322,944, 85,056,000 non-embedding","in":"EleutherAI/pythia, README @a19eecb, and model cards","keys":{"model_type":"gpt_neox","architectures":["GPTNeoXForCausalLM"],"vocab_size":50304,"max_position_embeddings":2048,"hidden_size":768,"num_hidden_layers":12,"num_attention_heads":12,"intermediate_size":3072,"rotary_pct":0.25,"tie_word_embeddings":false}},
{"name":"pythia-410m","published":"405,334,016, 302,311,424 non-embedding","in":"EleutherAI/pythia, README @a19eecb, and model cards","keys":{"model_type":"gpt_neox","architectures":["GPTNeoXForCausalLM"],"vocab_size":50304,"max_position_embeddings":2048,"hidden_size":1024,"num_hidden_layers":24,"num_attention_heads":16,"intermediate_size":4096,"rotary_pct":0.25,"tie_word_embeddings":false}},
{"name":"pythia-1b","published":"1,011,781,632, 805,736,448 non-embedding","in":"EleutherAI/pythia, README @a19eecb, and model cards","keys":{"model_type":"gpt_neox","architectures":["GPTNeoXForCausalLM"],"vocab_size":50304,"max_position_embeddings":2048,"hidden_size":2048,"num_hidden_layers":16,"num_attention_heads":8,"intermediate_size":8192,"rotary_pct":0.25,"tie_word_embeddings":false}},
{"name":"pythia-2.8b","published":"2,775,208,960, 2,517,652,480 non-embedding","in":"EleutherAI/pythia, README @a19eecb, and model cards","keys":{"model_type":"gpt_neox","architectures":["GPTNeoXForCausalLM"],"vocab_size":50304,"max_position_embeddings":2048,"hidden_size":2560,"num_hidden_layers":32,"num_attention_heads":32,"intermediate_size":10240,"rotary_pct":0.25,"tie_word_embeddings":false}},
{"name":"pythia-6.9b","published":"6,857,302,016, 6,444,163,072 non-embedding","in":"EleutherAI/pythia, README @a19eecb, and model cards","keys":{"model_type":"gpt_neox","architectures":["GPTNeoXForCausalLM"],"vocab_size":50432,"max_position_embeddings":2048,"hidden_size":4096,"num_hidden_layers":32,"num_attention_heads":32,"intermediate_size":16384,"rotary_pct":0.25,"tie_word_embeddings":false}},
{"name":"llama-7b","published":"6.7B","in":"Touvron et al. 2023a, table 2","keys":{"model_type":"llama","architectures":["LlamaForCausalLM"],"vocab_size":32000,"max_position_embeddings":2048,"hidden_size":4096,"num_hidden_layers":32,"num_attention_heads":32,"num_key_value_heads":32,"intermediate_size":11008,"tie_word_embeddings":false,"rope_theta":10000.0}},
{"name":"llama-13b","published":"13.0B","in":"Touvron et al. 2023a, table 2","keys":{"model_type":"llama","architectures":["LlamaForCausalLM"],"vocab_size":32000,"max_position_embeddings":2048,"hidden_size":5120,"num_hidden_layers":40,"num_attention_heads":40,"num_key_value_heads":40,"intermediate_size":13824,"tie_word_embeddings":false,"rope_theta":10000.0}},
{"name":"llama-33b","published":"32.5B","in":"Touvron et al. 2023a, table 2","keys":{"model_type":"llama","architectures":["LlamaForCausalLM"],"vocab_size":32000,"max_position_embeddings":2048,"hidden_size":6656,"num_hidden_layers":60,"num_attention_heads":52,"num_key_value_heads":52,"intermediate_size":17920,"tie_word_embeddings":false,"rope_theta":10000.0}},
{"name":"llama-65b","published":"65.2B","in":"Touvron et al. 2023a, table 2","keys":{"model_type":"llama","architectures":["LlamaForCausalLM"],"vocab_size":32000,"max_position_embeddings":2048,"hidden_size":8192,"num_hidden_layers":80,"num_attention_heads":64,"num_key_value_heads":64,"intermediate_size":22016,"tie_word_embeddings":false,"rope_theta":10000.0}},
{"name":"llama-2-7b","published":"7B","in":"meta-llama/llama, MODEL_CARD.md @689c7f26","keys":{"model_type":"llama","architectures":["LlamaForCausalLM"],"vocab_size":32000,"max_position_embeddings":4096,"hidden_size":4096,"num_hidden_layers":32,"num_attention_heads":32,"num_key_value_heads":32,"intermediate_size":11008,"tie_word_embeddings":false,"rms_norm_eps":1e-05,"rope_theta":10000.0}},
{"name":"llama-2-13b","published":"13B","in":"meta-llama/llama, MODEL_CARD.md @689c7f26","keys":{"model_type":"llama","architectures":["LlamaForCausalLM"],"vocab_size":32000,"max_position_embeddings":4096,"hidden_size":5120,"num_hidden_layers":40,"num_attention_heads":40,"num_key_value_heads":40,"intermediate_size":13824,"tie_word_embeddings":false,"rms_norm_eps":1e-05,"rope_theta":10000.0}},
{"name":"llama-2-70b","published":"70B","in":"meta-llama/llama, MODEL_CARD.md @689c7f26","keys":{"model_type":"llama","architectures":["LlamaForCausalLM"],"vocab_size":32000,"max_position_embeddings":4096,"hidden_size":8192,"num_hidden_layers":80,"num_attention_heads":64,"num_key_value_heads":8,"intermediate_size":28672,"tie_word_embeddings":false,"rms_norm_eps":1e-05,"rope_theta":10000.0}},
{"name":"llama-3-8b","published":"8B","in":"meta-llama/llama-models, models/sku_list.py @084b88e9","keys":{"model_type":"llama","architectures":["LlamaForCausalLM"],"vocab_size":128256,"max_position_embeddings":8192,"hidden_size":4096,"num_hidden_layers":32,"num_attention_heads":32,"num_key_value_heads":8,"intermediate_size":14336,"tie_word_embeddings":false,"rms_norm_eps":1e-05,"rope_theta":500000.0}},
{"name":"llama-3.1-8b","published":"8B","in":"meta-llama/llama-models, models/sku_list.py @084b88e9","keys":{"model_type":"llama","architectures":["LlamaForCausalLM"],"vocab_size":128256,"max_position_embeddings":131072,"hidden_size":4096,"num_hidden_layers":32,"num_attention_heads":32,"num_key_value_heads":8,"intermediate_size":14336,"tie_word_embeddings":false,"rms_norm_eps":1e-05,"rope_theta":500000.0,"rope_scaling":{"rope_type":"llama3","factor":8.0,"low_freq_factor":1.0,"high_freq_factor":4.0,"original_max_position_embeddings":8192}}},
{"name":"llama-3.1-70b","published":"70B","in":"meta-llama/llama-models, models/sku_list.py @084b88e9","keys":{"model_type":"llama","architectures":["LlamaForCausalLM"],"vocab_size":128256,"max_position_embeddings":131072,"hidden_size":8192,"num_hidden_layers":80,"num_attention_heads":64,"num_key_value_heads":8,"intermediate_size":28672,"tie_word_embeddings":false,"rms_norm_eps":1e-05,"rope_theta":500000.0,"rope_scaling":{"rope_type":"llama3","factor":8.0,"low_freq_factor":1.0,"high_freq_factor":4.0,"original_max_position_embeddings":8192}}},
{"name":"llama-3.1-405b","published":"405B","in":"meta-llama/llama-models, models/sku_list.py @084b88e9","keys":{"model_type":"llama","architectures":["LlamaForCausalLM"],"vocab_size":128256,"max_position_embeddings":131072,"hidden_size":16384,"num_hidden_layers":126,"num_attention_heads":128,"num_key_value_heads":8,"intermediate_size":53248,"tie_word_embeddings":false,"rms_norm_eps":1e-05,"rope_theta":500000.0,"rope_scaling":{"rope_type":"llama3","factor":8.0,"low_freq_factor":1.0,"high_freq_factor":4.0,"original_max_position_embeddings":8192}}},
{"name":"llama-3.2-1b","published":"1.23B","in":"meta-llama/llama-models, models/sku_list.py @084b88e9","keys":{"model_type":"llama","architectures":["LlamaForCausalLM"],"vocab_size":128256,"max_position_embeddings":131072,"hidden_size":2048,"num_hidden_layers":16,"num_attention_heads":32,"num_key_value_heads":8,"intermediate_size":8192,"tie_word_embeddings":true,"rms_norm_eps":1e-05,"rope_theta":500000.0,"rope_scaling":{"rope_type":"llama3","factor":32.0,"low_freq_factor":1.0,"high_freq_factor":4.0,"original_max_position_embeddings":8192}}},
{"name":"llama-3.2-3b","published":"3.21B","in":"meta-llama/llama-models, models/sku_list.py @084b88e9","keys":{"model_type":"llama","architectures":["LlamaForCausalLM"],"vocab_size":128256,"max_position_embeddings":131072,"hidden_size":3072,"num_hidden_layers":28,"num_attention_heads":24,"num_key_value_heads":8,"intermediate_size":8192,"tie_word_embeddings":true,"rms_norm_eps":1e-05,"rope_theta":500000.0,"rope_scaling":{"rope_type":"llama3","factor":32.0,"low_freq_factor":1.0,"high_freq_factor":4.0,"original_max_position_embeddings":8192}}},
{"name":"mistral-7b-v0.1","published":"7.3B","in":"Jiang et al. 2023, title; 7.3B in its announcement, not fetched","keys":{"model_type":"mistral","architectures":["MistralForCausalLM"],"vocab_size":32000,"max_position_embeddings":32768,"hidden_size":4096,"num_hidden_layers":32,"num_attention_heads":32,"num_key_value_heads":8,"intermediate_size":14336,"tie_word_embeddings":false,"rms_norm_eps":1e-05,"rope_theta":10000.0,"sliding_window":4096}},
{"name":"mistral-7b-v0.3","published":"7.25B","in":"model card, not fetched","keys":{"model_type":"mistral","architectures":["MistralForCausalLM"],"vocab_size":32768,"max_position_embeddings":32768,"hidden_size":4096,"num_hidden_layers":32,"num_attention_heads":32,"num_key_value_heads":8,"intermediate_size":14336,"tie_word_embeddings":false,"rms_norm_eps":1e-05,"rope_theta":1000000.0,"sliding_window":null}},
{"name":"mixtral-8x7b","published":"47B, 13B active","in":"Jiang et al. 2024, abstract, not fetched","keys":{"model_type":"mixtral","architectures":["MixtralForCausalLM"],"vocab_size":32000,"max_position_embeddings":32768,"hidden_size":4096,"num_hidden_layers":32,"num_attention_heads":32,"num_key_value_heads":8,"intermediate_size":14336,"tie_word_embeddings":false,"rms_norm_eps":1e-05,"rope_theta":1000000.0,"num_local_experts":8,"num_experts_per_tok":2}},
{"name":"mixtral-8x22b","published":"141B, 39B active","in":"announcement, not fetched","keys":{"model_type":"mixtral","architectures":["MixtralForCausalLM"],"vocab_size":32768,"max_position_embeddings":32768,"hidden_size":6144,"num_hidden_layers":56,"num_attention_heads":48,"num_key_value_heads":8,"intermediate_size":16384,"tie_word_embeddings":false,"rms_norm_eps":1e-05,"rope_theta":1000000.0,"num_local_experts":8,"num_experts_per_tok":2}},
{"name":"gemma-2b","published":"524,550,144 + 1,981,884,416","in":"Gemma Team 2024a, table 2","keys":{"model_type":"gemma","architectures":["GemmaForCausalLM"],"vocab_size":256000,"max_position_embeddings":8192,"hidden_size":2048,"num_hidden_layers":18,"num_attention_heads":8,"num_key_value_heads":1,"intermediate_size":16384,"tie_word_embeddings":true,"head_dim":256,"rope_theta":10000.0}},
{"name":"gemma-2-2b","published":"590,118,912 + 2,024,517,888","in":"Gemma Team 2024b, table 2","keys":{"model_type":"gemma2","architectures":["Gemma2ForCausalLM"],"vocab_size":256000,"max_position_embeddings":8192,"hidden_size":2304,"num_hidden_layers":26,"num_attention_heads":8,"num_key_value_heads":4,"intermediate_size":9216,"tie_word_embeddings":true,"head_dim":256,"rope_theta":10000.0,"sliding_window":4096,"query_pre_attn_scalar":256}},
{"name":"gemma-2-27b","published":"1,180,237,824 + 26,047,480,320","in":"Gemma Team 2024b, table 2","keys":{"model_type":"gemma2","architectures":["Gemma2ForCausalLM"],"vocab_size":256000,"max_position_embeddings":8192,"hidden_size":4608,"num_hidden_layers":46,"num_attention_heads":32,"num_key_value_heads":16,"intermediate_size":36864,"tie_word_embeddings":true,"head_dim":128,"rope_theta":10000.0,"sliding_window":4096,"query_pre_attn_scalar":144}},
{"name":"gemma-3-1b","published":"302M + 698M","in":"Gemma Team 2025, table 1","keys":{"model_type":"gemma3_text","architectures":["Gemma3ForCausalLM"],"vocab_size":262144,"max_position_embeddings":32768,"hidden_size":1152,"num_hidden_layers":26,"num_attention_heads":4,"num_key_value_heads":1,"intermediate_size":6912,"tie_word_embeddings":true,"head_dim":256,"rope_theta":1000000.0,"sliding_window":512,"query_pre_attn_scalar":256,"rope_local_base_freq":10000.0}},
{"name":"gemma-3-4b-text","published":"675M + 3,209M","in":"Gemma Team 2025, table 1","keys":{"model_type":"gemma3_text","architectures":["Gemma3ForCausalLM"],"vocab_size":262208,"max_position_embeddings":131072,"hidden_size":2560,"num_hidden_layers":34,"num_attention_heads":8,"num_key_value_heads":4,"intermediate_size":10240,"tie_word_embeddings":true,"head_dim":256,"rope_theta":1000000.0,"sliding_window":1024,"query_pre_attn_scalar":256,"rope_local_base_freq":10000.0,"rope_scaling":{"rope_type":"linear","factor":8.0}}},
{"name":"gemma-3-12b-text","published":"1,012M + 10,759M","in":"Gemma Team 2025, table 1","keys":{"model_type":"gemma3_text","architectures":["Gemma3ForCausalLM"],"vocab_size":262208,"max_position_embeddings":131072,"hidden_size":3840,"num_hidden_layers":48,"num_attention_heads":16,"num_key_value_heads":8,"intermediate_size":15360,"tie_word_embeddings":true,"head_dim":256,"rope_theta":1000000.0,"sliding_window":1024,"query_pre_attn_scalar":256,"rope_local_base_freq":10000.0,"rope_scaling":{"rope_type":"linear","factor":8.0}}},
{"name":"gemma-3-27b-text","published":"1,416M + 25,600M","in":"Gemma Team 2025, table 1","keys":{"model_type":"gemma3_text","architectures":["Gemma3ForCausalLM"],"vocab_size":262208,"max_position_embeddings":131072,"hidden_size":5376,"num_hidden_layers":62,"num_attention_heads":32,"num_key_value_heads":16,"intermediate_size":21504,"tie_word_embeddings":true,"head_dim":128,"rope_theta":1000000.0,"sliding_window":1024,"query_pre_attn_scalar":168,"rope_local_base_freq":10000.0,"rope_scaling":{"rope_type":"linear","factor":8.0}}},
{"name":"qwen2.5-0.5b","published":"0.49B, 0.36B non-embedding","in":"Qwen2.5 report, not fetched","keys":{"model_type":"qwen2","architectures":["Qwen2ForCausalLM"],"vocab_size":151936,"max_position_embeddings":32768,"hidden_size":896,"num_hidden_layers":24,"num_attention_heads":14,"num_key_value_heads":2,"intermediate_size":4864,"tie_word_embeddings":true,"rms_norm_eps":1e-06,"rope_theta":1000000.0}},
{"name":"qwen2.5-3b","published":"3.09B, 2.77B non-embedding","in":"Qwen2.5 report, not fetched","keys":{"model_type":"qwen2","architectures":["Qwen2ForCausalLM"],"vocab_size":151936,"max_position_embeddings":32768,"hidden_size":2048,"num_hidden_layers":36,"num_attention_heads":16,"num_key_value_heads":2,"intermediate_size":11008,"tie_word_embeddings":true,"rms_norm_eps":1e-06,"rope_theta":1000000.0}},
{"name":"qwen2.5-7b","published":"7.61B, 6.53B non-embedding","in":"Qwen2.5 report, not fetched","keys":{"model_type":"qwen2","architectures":["Qwen2ForCausalLM"],"vocab_size":152064,"max_position_embeddings":32768,"hidden_size":3584,"num_hidden_layers":28,"num_attention_heads":28,"num_key_value_heads":4,"intermediate_size":18944,"tie_word_embeddings":false,"rms_norm_eps":1e-06,"rope_theta":1000000.0}},
{"name":"qwen2.5-14b","published":"14.7B, 13.1B non-embedding","in":"Qwen2.5 report, not fetched","keys":{"model_type":"qwen2","architectures":["Qwen2ForCausalLM"],"vocab_size":152064,"max_position_embeddings":32768,"hidden_size":5120,"num_hidden_layers":48,"num_attention_heads":40,"num_key_value_heads":8,"intermediate_size":13824,"tie_word_embeddings":false,"rms_norm_eps":1e-06,"rope_theta":1000000.0}},
{"name":"qwen2.5-32b","published":"32.5B, 31.0B non-embedding","in":"model card of QwQ-32B","keys":{"model_type":"qwen2","architectures":["Qwen2ForCausalLM"],"vocab_size":152064,"max_position_embeddings":32768,"hidden_size":5120,"num_hidden_layers":64,"num_attention_heads":40,"num_key_value_heads":8,"intermediate_size":27648,"tie_word_embeddings":false,"rms_norm_eps":1e-06,"rope_theta":1000000.0}},
{"name":"qwen2.5-72b","published":"72.7B, 70.0B non-embedding","in":"Qwen2.5 report, not fetched","keys":{"model_type":"qwen2","architectures":["Qwen2ForCausalLM"],"vocab_size":152064,"max_position_embeddings":32768,"hidden_size":8192,"num_hidden_layers":80,"num_attention_heads":64,"num_key_value_heads":8,"intermediate_size":29568,"tie_word_embeddings":false,"rms_norm_eps":1e-06,"rope_theta":1000000.0}},
{"name":"qwen3-0.6b","published":"0.6B, 0.44B non-embedding","in":"names, and model cards","keys":{"model_type":"qwen3","architectures":["Qwen3ForCausalLM"],"vocab_size":151936,"max_position_embeddings":40960,"hidden_size":1024,"num_hidden_layers":28,"num_attention_heads":16,"num_key_value_heads":8,"intermediate_size":3072,"tie_word_embeddings":true,"head_dim":128,"rms_norm_eps":1e-06,"rope_theta":1000000.0}},
{"name":"qwen3-1.7b","published":"1.7B, 1.4B non-embedding","in":"names, and model cards","keys":{"model_type":"qwen3","architectures":["Qwen3ForCausalLM"],"vocab_size":151936,"max_position_embeddings":40960,"hidden_size":2048,"num_hidden_layers":28,"num_attention_heads":16,"num_key_value_heads":8,"intermediate_size":6144,"tie_word_embeddings":true,"head_dim":128,"rms_norm_eps":1e-06,"rope_theta":1000000.0}},
{"name":"qwen3-4b","published":"4.0B, 3.6B non-embedding","in":"names, and model cards","keys":{"model_type":"qwen3","architectures":["Qwen3ForCausalLM"],"vocab_size":151936,"max_position_embeddings":40960,"hidden_size":2560,"num_hidden_layers":36,"num_attention_heads":32,"num_key_value_heads":8,"intermediate_size":9728,"tie_word_embeddings":true,"head_dim":128,"rms_norm_eps":1e-06,"rope_theta":1000000.0}},
{"name":"qwen3-8b","published":"8.2B, 6.95B non-embedding","in":"names, and model cards","keys":{"model_type":"qwen3","architectures":["Qwen3ForCausalLM"],"vocab_size":151936,"max_position_embeddings":40960,"hidden_size":4096,"num_hidden_layers":36,"num_attention_heads":32,"num_key_value_heads":8,"intermediate_size":12288,"tie_word_embeddings":false,"head_dim":128,"rms_norm_eps":1e-06,"rope_theta":1000000.0}},
{"name":"qwen3-14b","published":"14.8B, 13.2B non-embedding","in":"names, and model cards","keys":{"model_type":"qwen3","architectures":["Qwen3ForCausalLM"],"vocab_size":151936,"max_position_embeddings":40960,"hidden_size":5120,"num_hidden_layers":40,"num_attention_heads":40,"num_key_value_heads":8,"intermediate_size":17408,"tie_word_embeddings":false,"head_dim":128,"rms_norm_eps":1e-06,"rope_theta":1000000.0}},
{"name":"qwen3-32b","published":"32.8B, 31.2B non-embedding","in":"names, and model cards","keys":{"model_type":"qwen3","architectures":["Qwen3ForCausalLM"],"vocab_size":151936,"max_position_embeddings":40960,"hidden_size":5120,"num_hidden_layers":64,"num_attention_heads":64,"num_key_value_heads":8,"intermediate_size":25600,"tie_word_embeddings":false,"head_dim":128,"rms_norm_eps":1e-06,"rope_theta":1000000.0}},
{"name":"qwen3-235b-a22b","published":"235B, 22B active","in":"name, and model card","keys":{"model_type":"qwen3_moe","architectures":["Qwen3MoeForCausalLM"],"vocab_size":151936,"max_position_embeddings":40960,"hidden_size":4096,"num_hidden_layers":94,"num_attention_heads":64,"num_key_value_heads":4,"intermediate_size":12288,"tie_word_embeddings":false,"head_dim":128,"rms_norm_eps":1e-06,"rope_theta":1000000.0,"moe_intermediate_size":1536,"num_experts":128,"num_experts_per_tok":8,"decoder_sparse_step":1,"mlp_only_layers":[]}},
{"name":"phi-3-mini-4k","published":"3.8B","in":"Phi-3 report, not fetched","keys":{"model_type":"phi3","architectures":["Phi3ForCausalLM"],"vocab_size":32064,"max_position_embeddings":4096,"hidden_size":3072,"num_hidden_layers":32,"num_attention_heads":32,"num_key_value_heads":32,"intermediate_size":8192,"tie_word_embeddings":false,"rms_norm_eps":1e-05,"rope_theta":10000.0,"sliding_window":2047}},
{"name":"smollm2-135m","published":"135M","in":"names","keys":{"model_type":"llama","architectures":["LlamaForCausalLM"],"vocab_size":49152,"max_position_embeddings":8192,"hidden_size":576,"num_hidden_layers":30,"num_attention_heads":9,"num_key_value_heads":3,"intermediate_size":1536,"tie_word_embeddings":true,"rms_norm_eps":1e-05,"rope_theta":100000.0}},
{"name":"smollm2-360m","published":"360M","in":"names","keys":{"model_type":"llama","architectures":["LlamaForCausalLM"],"vocab_size":49152,"max_position_embeddings":8192,"hidden_size":960,"num_hidden_layers":32,"num_attention_heads":15,"num_key_value_heads":5,"intermediate_size":2560,"tie_word_embeddings":true,"rms_norm_eps":1e-05,"rope_theta":100000.0}},
{"name":"smollm2-1.7b","published":"1.7B","in":"names","keys":{"model_type":"llama","architectures":["LlamaForCausalLM"],"vocab_size":49152,"max_position_embeddings":8192,"hidden_size":2048,"num_hidden_layers":24,"num_attention_heads":32,"num_key_value_heads":32,"intermediate_size":8192,"tie_word_embeddings":true,"rms_norm_eps":1e-05,"rope_theta":130000.0}},
{"name":"olmo-2-1b","published":"1.48B","in":"name; the second figure not fetched","keys":{"model_type":"olmo2","architectures":["Olmo2ForCausalLM"],"vocab_size":100352,"max_position_embeddings":4096,"hidden_size":2048,"num_hidden_layers":16,"num_attention_heads":16,"num_key_value_heads":16,"intermediate_size":8192,"tie_word_embeddings":false,"rms_norm_eps":1e-06,"rope_theta":500000.0}},
{"name":"olmo-2-7b","published":"7.3B","in":"name; the second figure not fetched","keys":{"model_type":"olmo2","architectures":["Olmo2ForCausalLM"],"vocab_size":100352,"max_position_embeddings":4096,"hidden_size":4096,"num_hidden_layers":32,"num_attention_heads":32,"num_key_value_heads":32,"intermediate_size":11008,"tie_word_embeddings":false,"rms_norm_eps":1e-06,"rope_theta":500000.0}},
{"name":"gopher-280b","published":"280B","in":"Rae et al. 2021, title of the model","keys":{"model_type":"gopher","architectures":["Gopher"],"vocab_size":32000,"hidden_size":16384,"num_hidden_layers":80,"num_attention_heads":128,"head_dim":128,"intermediate_size":65536,"max_position_embeddings":2048}},
{"name":"chinchilla-70b","published":"70B","in":"Hoffmann et al. 2022, title of the model","keys":{"model_type":"gopher","architectures":["Gopher"],"vocab_size":32000,"hidden_size":8192,"num_hidden_layers":80,"num_attention_heads":64,"head_dim":128,"intermediate_size":32768,"max_position_embeddings":2048}},
{"name":"palm-8b","published":"8.63B","in":"Chowdhery et al. 2022, table 1","keys":{"model_type":"palm","architectures":["PaLM"],"vocab_size":256000,"hidden_size":4096,"num_hidden_layers":32,"num_attention_heads":16,"head_dim":256,"intermediate_size":16384,"max_position_embeddings":2048,"num_key_value_heads":1}},
{"name":"palm-62b","published":"62.50B","in":"Chowdhery et al. 2022, table 1","keys":{"model_type":"palm","architectures":["PaLM"],"vocab_size":256000,"hidden_size":8192,"num_hidden_layers":64,"num_attention_heads":32,"head_dim":256,"intermediate_size":32768,"max_position_embeddings":2048,"num_key_value_heads":1}},
],
});
})();
