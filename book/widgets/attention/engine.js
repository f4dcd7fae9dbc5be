/* The demo model (xfmr/demo/model.py), run in the reader's browser.

   const engine = Engine.create(weights, { kernel: true });
   const parts = Engine.making(weights, { kernel: true });

       weights    window.demoWeights, of a script that xfmr.export writes
       kernel     whether to use the processor's lanes, where they can be had:
                  numbers of 32 bits, several times as fast; else of 64

   The second makes the same in short parts, for a page to do other things in
   between: a generator, which returns the engine.

   engine.config is the model's configuration, engine.kernel says whether the
   kernel is used, and

   const run = engine.run(ids, { mode, mask, without, cut });

       mode       "causal" or "bidirectional": the row added to every token
       mask       "causal" or "full": what a position may read; for the mode's
                  own mask say "causal" with the first, "full" with the second
       without    [[layer, head], ...]: heads that read nothing, whatever
                  their weights say
       cut        [[layer, head, query, key], ...]: scores set to -Infinity

   All count from 0, T is ids.length, arrays are rows one after the other:

       run.logits                     T x V
       run.attention(layer, head)     T x T, what each query reads of each key
       run.vectors(layer, head)       q, k, v: T x H, turned by their positions;
                                      scores: T x T, before mask and cuts
       run.stream(layer)              T x D, as the layer reads it; the number
                                      of layers gives what the last one wrote

   What cannot be run throws a RangeError. A run stays as it is whatever is run
   after it; its arrays are for reading.

   Rows are kept: where each position reads only those before it, a text that
   begins as the last one did, with the same settings, is computed from the
   first token that differs. */
"use strict";

const Engine = (() => {
  const { PANEL, pack } = Arithmetic;
  const MODES = ["causal", "bidirectional"];
  const MASKS = ["causal", "full"];
  const SLICE = 2 ** 17;  // letters of weights that are read at a time
  const SETTINGS_KEPT = 4;  // with their rows: those of the page's views

  const bytesOf = (base64) => {
    const text = atob(base64);
    const bytes = new Uint8Array(text.length);
    for (let n = 0; n < text.length; n += 1) bytes[n] = text.charCodeAt(n);
    return bytes;
  };

  /* Numbers of 16 bits, of which all low bytes stand first: with their exponent in the place of a float32's they
     are 2 ** 112 times too small, those below the normal ones too. */
  const halves = (low, high) => {
    const numbers = new Float32Array(low.length);
    const wide = new Uint32Array(numbers.buffer);
    for (let n = 0; n < low.length; n += 1) {
      wide[n] = (high[n] & 0x80) << 24 | ((high[n] & 0x7f) << 8 | low[n]) << 13;
      numbers[n] *= 2 ** 112;
    }
    return numbers;
  };

  function* tensorsOf({ shapes, data }) {
    const bytes = new Uint8Array(data.length / 4 * 3);  // or two less
    for (let at = 0; at < data.length; at += SLICE) {
      bytes.set(bytesOf(data.slice(at, at + SLICE)), at / 4 * 3);
      yield;
    }
    const tensors = {};
    const sizeOf = (shape) => shape.reduce((product, length) => product * length, 1);
    const all = Object.values(shapes).reduce((sum, shape) => sum + sizeOf(shape), 0);
    let at = 0;
    for (const [name, shape] of Object.entries(shapes)) {
      const end = at + sizeOf(shape);
      tensors[name] = halves(bytes.subarray(at, end), bytes.subarray(all + at, all + end));
      at = end;
      yield;
    }
    return tensors;
  }

  const check = (holds, message) => {
    if (!holds) throw new RangeError(message);
  };
  const isIn = (number, end) => Number.isInteger(number) && number >= 0 && number < end;

  function* making(weights, { kernel }) {
    const { config } = weights;
    const [L, D, N, H] = [config.n_layers, config.d_model, config.n_heads, config.d_head];
    const [F, V, MOST] = [config.d_ff, config.vocab_size, config.context_length];
    const accelerated = kernel ? Arithmetic.kernel(bytesOf(window.demoKernel)) : null;
    const { Numbers, kept, multiply, gate } = accelerated ?? Arithmetic.plain();

    const tensors = yield* tensorsOf(weights);
    const matrix = (name, columns, rows) =>
      kept(pack(new Numbers(rows * columns), tensors[`${name}.weight`], 0, rows, 1, rows, columns));
    const tokens = tensors["embedding.token.weight"];
    const modes = tensors["embedding.segment.weight"];
    const unembedding = matrix("embedding.token", V, D);
    const layers = [];
    for (let n = 0; n < L; n += 1) {
      yield;
      layers.push({
        attentionGain: tensors[`blocks.${n}.attention_norm.gain`],
        q: matrix(`blocks.${n}.attention.w_q`, N * H, D),
        k: matrix(`blocks.${n}.attention.w_k`, N * H, D),
        v: matrix(`blocks.${n}.attention.w_v`, N * H, D),
        o: matrix(`blocks.${n}.attention.w_o`, D, N * H),
        feedForwardGain: tensors[`blocks.${n}.feed_forward_norm.gain`],
        gate: matrix(`blocks.${n}.feed_forward.w_gate`, F, D),
        up: matrix(`blocks.${n}.feed_forward.w_in`, F, D),
        down: matrix(`blocks.${n}.feed_forward.w_out`, D, F),
      });
    }
    const finalGain = tensors["final_norm.gain"];

    const cosine = new Float64Array(MOST * H / 2);
    const sine = cosine.slice();
    for (let t = 0; t < MOST; t += 1)
      for (let plane = 0; plane < H / 2; plane += 1) {
        const angle = t * config.rotary_base ** (-2 * plane / H);
        cosine[t * H / 2 + plane] = Math.cos(angle);
        sine[t * H / 2 + plane] = Math.sin(angle);
      }

    /* What is overwritten from layer to layer. */
    const scratch = (length) => new Numbers(MOST * length);
    const [normed, heads, change] = [scratch(D), scratch(N * H), scratch(D)];
    const [hidden, up] = [scratch(F), scratch(F)];
    const [query, read, scores, shares] = [scratch(H), scratch(H), scratch(MOST), scratch(MOST)];
    const [key, value] = [scratch(H), scratch(H)];

    /* The rows of a text, with room for the longest; `filled` of them are there. */
    const blank = () => {
      const each = (count, length) => Array.from({ length: count }, () => scratch(length));
      return {
        filled: 0,
        streams: each(L + 1, D),
        q: each(L, N * H),
        k: each(L, N * H),
        v: each(L, N * H),
        weights: each(L, N * MOST),
        logits: [scratch(V)],
      };
    };
    const copied = (rows, count) => {
      const fresh = blank();
      for (const [name, arrays] of Object.entries(rows))
        if (name !== "filled")
          arrays.forEach((array, n) =>
            fresh[name][n].set(array.subarray(0, count * array.length / MOST)));
      return fresh;
    };

    const normalise = (y, x, gain, rows) => {
      for (let t = 0; t < rows; t += 1) {
        let squares = 0;
        for (let d = t * D; d < (t + 1) * D; d += 1) squares += x[d] * x[d];
        const root = Math.sqrt(squares / D + config.norm_eps);
        for (let d = 0; d < D; d += 1) y[t * D + d] = x[t * D + d] / root * gain[d];
      }
    };

    /* Each plane of each head: its coordinates are H / 2 apart. */
    const turn = (x, from, to) => {
      for (let t = from; t < to; t += 1)
        for (let head = t * N * H; head < (t + 1) * N * H; head += H)
          for (let plane = 0; plane < H / 2; plane += 1) {
            const c = cosine[t * H / 2 + plane], s = sine[t * H / 2 + plane];
            const one = x[head + plane], other = x[head + plane + H / 2];
            x[head + plane] = one * c - other * s;
            x[head + plane + H / 2] = other * c + one * s;
          }
    };

    /* q k^T / sqrt(H) of one head, its rows `columns` apart. */
    const score = (rows, layer, head, from, to) => {
      const columns = Math.ceil(to / PANEL) * PANEL;
      pack(key, rows.k[layer], head * H, N * H, 1, H, columns);
      for (let t = from; t < to; t += 1)
        for (let d = 0; d < H; d += 1)
          query[(t - from) * H + d] = rows.q[layer][(t * N + head) * H + d] / Math.sqrt(H);
      multiply(scores, query, key, to - from, H, columns);
      return columns;
    };

    const softmax = (to, toAt, from, fromAt, length) => {
      let top = -Infinity;
      for (let s = 0; s < length; s += 1) top = Math.max(top, from[fromAt + s]);
      if (top === -Infinity) return;  // all is cut: nothing is read
      let sum = 0;
      for (let s = 0; s < length; s += 1)
        sum += to[toAt + s] = Math.exp(from[fromAt + s] - top);
      for (let s = 0; s < length; s += 1) to[toAt + s] /= sum;
    };

    const attend = (rows, layer, head, from, to, { mask, without, cut }) => {
      const columns = score(rows, layer, head, from, to);
      for (const [l, h, t, s] of cut)
        if (l === layer && h === head && t >= from && t < to)
          scores[(t - from) * columns + s] = -Infinity;
      shares.fill(0, 0, (to - from) * to);
      for (let t = from; t < to; t += 1) {
        const readable = mask === "causal" ? t + 1 : to;
        const at = (t - from) * to;
        softmax(shares, at, scores, (t - from) * columns, readable);
        rows.weights[layer].set(shares.subarray(at, at + to), (t * N + head) * MOST);
      }
      if (without.some(([l, h]) => l === layer && h === head)) read.fill(0);
      else {
        pack(value, rows.v[layer], head * H, 1, N * H, to, H);
        multiply(read, shares, value, to - from, to, H);
      }
      for (let t = 0; t < to - from; t += 1)
        heads.set(read.subarray(t * H, (t + 1) * H), (t * N + head) * H);
    };

    /* The rows `from` to `to` of a text whose first `from` are there. */
    const compute = (rows, ids, from, to, settings) => {
      const count = to - from;
      const mode = MODES.indexOf(settings.mode) * D;
      for (let t = from; t < to; t += 1)
        for (let d = 0; d < D; d += 1)
          rows.streams[0][t * D + d] = tokens[ids[t] * D + d] + modes[mode + d];
      layers.forEach((layer, n) => {
        const [q, k, v] = [rows.q, rows.k, rows.v].map((x) => x[n].subarray(from * N * H));
        const x = rows.streams[n].subarray(from * D);
        const next = rows.streams[n + 1].subarray(from * D);
        normalise(normed, x, layer.attentionGain, count);
        multiply(q, normed, layer.q, count, D, N * H);
        multiply(k, normed, layer.k, count, D, N * H);
        multiply(v, normed, layer.v, count, D, N * H);
        turn(rows.q[n], from, to);
        turn(rows.k[n], from, to);
        for (let head = 0; head < N; head += 1) attend(rows, n, head, from, to, settings);
        multiply(change, heads, layer.o, count, N * H, D);
        for (let d = 0; d < count * D; d += 1) next[d] = x[d] + change[d];
        normalise(normed, next, layer.feedForwardGain, count);
        multiply(hidden, normed, layer.gate, count, D, F);
        multiply(up, normed, layer.up, count, D, F);
        gate(hidden, up, count * F);
        multiply(change, hidden, layer.down, count, F, D);
        for (let d = 0; d < count * D; d += 1) next[d] += change[d];
      });
      normalise(normed, rows.streams[L].subarray(from * D), finalGain, count);
      multiply(rows.logits[0].subarray(from * V), normed, unembedding, count, D, V);
      rows.filled = to;
    };

    const checkHead = (layer, head) =>
      check(isIn(layer, L) && isIn(head, N), `no head ${head} in layer ${layer}`);

    const result = (rows, T) => {
      const ofHead = (array, head) => {
        const own = new Numbers(T * H);
        for (let t = 0; t < T; t += 1)
          own.set(array.subarray((t * N + head) * H, (t * N + head + 1) * H), t * H);
        return own;
      };
      return {
        logits: rows.logits[0].subarray(0, T * V),
        attention: (layer, head) => {
          checkHead(layer, head);
          const weights = new Numbers(T * T);
          for (let t = 0; t < T; t += 1) {
            const at = (t * N + head) * MOST;
            weights.set(rows.weights[layer].subarray(at, at + T), t * T);
          }
          return weights;
        },
        vectors: (layer, head) => {
          checkHead(layer, head);
          const columns = score(rows, layer, head, 0, T);
          const own = new Numbers(T * T);
          for (let t = 0; t < T; t += 1)
            own.set(scores.subarray(t * columns, t * columns + T), t * T);
          const [q, k, v] = [rows.q, rows.k, rows.v].map((x) => ofHead(x[layer], head));
          return { q, k, v, scores: own };
        },
        stream: (layer) => {
          check(isIn(layer, L + 1), `no stream ${layer}`);
          return rows.streams[layer].subarray(0, T * D);
        },
      };
    };

    const last = new Map();  // the text that was run last, of each settings
    const run = (ids, { mode, mask, without = [], cut = [] }) => {
      const T = ids.length;
      check(MODES.includes(mode), `mode ${mode} must be one of ${MODES}`);
      check(MASKS.includes(mask), `mask ${mask} must be one of ${MASKS}`);
      check(T <= MOST, `${T} tokens must be at most ${MOST}`);
      for (const id of ids) check(isIn(id, V), `no token ${id}`);
      for (const [layer, head] of [...without, ...cut]) checkHead(layer, head);
      for (const [, , ...edge] of cut)
        check(edge.length === 2 && edge.every((t) => isIn(t, T)), `no edge ${edge}`);

      const settings = { mode, mask, without, cut };
      const name = JSON.stringify(settings);
      let { rows, ids: before } = last.get(name) ?? { rows: blank(), ids: [] };
      let same = 0;
      while (same < T && ids[same] === before[same]) same += 1;
      if (mask === "full" && same < Math.max(T, before.length)) same = 0;
      if (same < T) {
        if (rows.filled > same) rows = copied(rows, same);
        compute(rows, ids, same, T, settings);
      }
      last.delete(name);
      last.set(name, { rows, ids: [...ids] });
      if (last.size > SETTINGS_KEPT) last.delete(last.keys().next().value);
      return result(rows, T);
    };

    return { config, kernel: accelerated !== null, run };
  }

  const create = (...given) => {
    const parts = making(...given);
    for (;;) {
      const { done, value } = parts.next();
      if (done) return value;
    }
  };

  return { create, making };
})();
