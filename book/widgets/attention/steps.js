/* How one number of the matrix was made, step by step, with the line of Python
   that does the same. The lines stand in the page, and the build runs them. */
"use strict";

(() => {
  const { make, number, spoken } = lab;

  const list = (numbers, digits = 2) =>
    make("span", { className: "numbers", textContent: [...numbers].map((x) => number(x, digits)).join("  ") });

  /* The numbers of each step, by name. */
  const steps = ({ run, T, state, hides }, config) => {
    const { layer, head, query: t, key: s } = state;
    const H = config.d_head;
    const { q, k, v } = run.vectors(layer, head);
    const row = (x, at) => x.slice(at * H, (at + 1) * H);
    const [query, key, value] = [row(q, t), row(k, s), row(v, s)];
    const products = query.map((x, d) => x * key[d]);
    const score = products.reduce((a, b) => a + b, 0);
    const scaled = score / Math.sqrt(H);
    const all = Float64Array.from({ length: T }, (_, other) => {
      if (hides(t, other)) return -Infinity;
      return row(k, other).reduce((sum, x, d) => sum + x * query[d], 0) / Math.sqrt(H);
    });
    const top = all.reduce((a, b) => Math.max(a, b), -Infinity);
    const exps = all.map((x) => x === -Infinity ? 0 : Math.exp(x - top));
    const total = exps.reduce((a, b) => a + b, 0);
    const weight = exps[s] / total;
    return {
      query, key, value, products, score, scaled, masked: all[s],
      exp: exps[s], total, weight, share: value.map((x) => x * weight),
    };
  };

  const create = () => {
    const box = make("div", { className: "steps" });
    const draw = (reading, config) => {
      const { state, texts } = reading;
      if (state.key === null) {
        box.replaceChildren(make("p", { textContent: "Choose a cell of the matrix to see how its number was made." }));
        return;
      }
      const [t, s] = [state.query, state.key];
      const found = steps(reading, config);
      const [who, whom] = [t, s].map((place) => `“${spoken(texts[place])}”`);
      if (!found.total) {
        box.replaceChildren(make("p", { textContent: `${who} may read nothing: all its edges are cut.` }));
        return;
      }
      const rows = [
        ["The query of", who, "q = queries[t]", list(found.query)],
        ["The key of", whom, "k = keys[s]", list(found.key)],
        ["Their products", "", "products = q * k", list(found.products)],
        ["added up", "", "score = products.sum()", number(found.score, 4)],
        ["by the root of H", "", "scaled = score / math.sqrt(H)", number(found.scaled, 4)],
        ["may it be read?", "", "masked = scaled if readable[t, s] else -math.inf", number(found.masked, 4)],
        ["less the row's largest, as a power of e", "", "e = math.exp(masked - row.max())", number(found.exp, 4)],
        ["the same of the whole row, added up", "", "total = (row - row.max()).exp().sum()", number(found.total, 4)],
        ["the softmax: a share of the whole", "", "weight = e / total", number(found.weight, 4)],
        ["So much of its value is added", "", "weight * values[s]", list(found.share)],
      ];
      box.replaceChildren(make("ol", {}, ...rows.map(([title, name, line, value]) => make("li", {},
        make("span", { className: "what", textContent: `${title} ${name}`.trim() }),
        make("code", { textContent: line }),
        make("span", { className: "value" }, value)))));
    };
    return { box, draw };
  };

  lab.steps = { create, steps };
})();
