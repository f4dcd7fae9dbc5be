/* What a state means: tokens, the run of the model, what it foretells.

   A text is read as it was learned from: each line stands after a line's end
   and a space. Nothing here touches the page. */
"use strict";

(() => {
  const FORETOLD = 6;  // tokens that are shown
  const asRead = (text) => text.split(/\r\n|\r|\n/).map((line) => `\n ${line}`).join("");

  const softmax = (logits) => {
    const top = logits.reduce((a, b) => Math.max(a, b), -Infinity);
    const shares = Float64Array.from(logits, (logit) => Math.exp(logit - top));
    const sum = shares.reduce((a, b) => a + b, 0);
    return shares.map((share) => share / sum);
  };

  const same = (one) => (other) => one.join() === other.join();
  const toggled = (list, part) => list.some(same(part))
    ? list.filter((other) => !same(part)(other)) : [...list, part];

  const of = (engine, tables) => {
    const tokenizer = Tokenizer.create(tables);
    const { config } = engine;
    const [[, mask]] = tables.specials;

    /* A word as one token that can stand in the place of another. */
    const single = (word, text) => {
      const ids = tokenizer.encode(text.startsWith(" ") ? ` ${word}` : word).map(({ id }) => id);
      return ids.length === 1 ? ids[0] : ids;
    };

    /* All that the page shows of a state. */
    const read = (wanted) => {
      const all = tokenizer.encode(asRead(wanted.text));
      const pieces = all.slice(0, config.context_length);
      const state = lab.state.within(wanted, config, pieces.length);
      const problems = [];
      if (all.length > pieces.length)
        problems.push(`The text has ${all.length} tokens; the model reads the first ${pieces.length}.`);

      const { mode, crossed, query, without, cut } = state;
      const own = mode === "causal" ? "causal" : "full";
      const other = mode === "causal" ? "full" : "causal";
      const usual = { mode, mask: own };
      const changed = { mode, mask: crossed ? other : own, without, cut };
      const ids = pieces.map(({ id }) => id);
      const hidden = mode === "bidirectional" && state.hide ? query : null;
      const target = hidden === null ? null : ids[hidden];
      if (hidden !== null) ids[hidden] = mask;
      const before = [...ids];
      if (state.swap) {
        const id = single(state.swap.word, pieces[state.swap.at].text);
        if (Array.isArray(id)) {
          problems.push(`“${state.swap.word}” is ${id.length} tokens; only a word that is one token`
            + " can stand in the place of another.");
          state.swap = null;
        } else if (state.swap.at !== hidden) ids[state.swap.at] = id;
      }
      const isChanged = crossed || without.length + cut.length > 0 || state.swap !== null;
      const run = engine.run(ids, changed);
      const first = isChanged ? engine.run(before, usual) : run;
      const texts = ids.map((id, n) => id === mask ? "[mask]"
        : state.swap?.at === n ? tokenizer.decode([id]) : pieces[n].text);
      const T = ids.length;
      const readable = (t, s) => changed.mask === "full" || s <= t;
      const isCut = (t, s) => cut.some(same([state.layer, state.head, t, s]));
      return {
        state, ids, texts, run, first, isChanged, problems, T, hidden, target,
        hides: (t, s) => !readable(t, s) || isCut(t, s), readable,
        foretold: () => foretold(run, first, query, target),
      };
    };

    /* The likeliest tokens at a place, and what they were before a change. */
    const foretold = (run, first, place, target) => {
      const V = config.vocab_size;
      const row = ({ logits }) => softmax(logits.subarray(place * V, (place + 1) * V));
      const now = row(run);
      const before = first === run ? now : row(first);
      const chosen = [];
      const likeliest = (shares) => {
        let best = -1;
        for (let id = 0; id < V; id += 1)
          if (!chosen.includes(id) && (best < 0 || shares[id] > shares[best])) best = id;
        chosen.push(best);
      };
      for (let n = 0; n < FORETOLD; n += 1) likeliest(now);
      for (const id of [before.indexOf(Math.max(...before)), target])
        if (id !== null && !chosen.includes(id)) chosen.push(id);
      return chosen.sort((a, b) => now[b] - now[a]).map((id) => ({
        id, text: tokenizer.decode([id]), now: now[id], before: before[id], isTarget: id === target,
      }));
    };

    return { read };
  };

  const create = (weights, tables, options) => of(Engine.create(weights, options), tables);

  lab.reading = { asRead, of, create, softmax, toggled, same };
})();
