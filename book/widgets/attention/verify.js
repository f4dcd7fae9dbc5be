/* Whether this browser computes what Python did, told in its own words. */
"use strict";

(() => {
  const { make } = lab;
  const NAMES = { plain: "Plain JavaScript, 64 bits a number", kernel: "The kernel that this page uses, 32 bits" };
  const GATES = { plain: 1e-12, kernel: 1e-5 };

  const doubles = (base64) => new Float64Array(
    Uint8Array.from(atob(base64), (sign) => sign.charCodeAt(0)).buffer);

  /* The largest difference to what Python computed, over all cases. */
  function* difference(weights, golden, { kernel }) {
    const engine = yield* Engine.making(weights, { kernel });
    if (kernel && !engine.kernel) return null;
    let most = 0, count = 0;
    const compare = (mine, theirs, from) => {
      for (let n = 0; n < mine.length; n += 1)
        most = Math.max(most, Math.abs(mine[n] - theirs[from + n]));
      count += mine.length;
    };
    for (const { given, expected } of golden) {
      const run = engine.run(given.ids, given);
      const T = given.ids.length;
      const attention = doubles(expected.attention);
      let at = 0;
      for (let layer = 0; layer < engine.config.n_layers; layer += 1)
        for (let head = 0; head < engine.config.n_heads; head += 1) {
          compare(run.attention(layer, head), attention, at);
          at += T * T;
        }
      compare(run.logits.subarray(-engine.config.vocab_size), doubles(expected.logits), 0);
      yield;
    }
    return { most, count };
  }

  const create = () => {
    const start = make("button", { type: "button", textContent: "Verify against Python" });
    const said = make("div", { className: "verified", aria: { role: "status" } });
    const line = (name, found) => {
      if (!found) return make("p", { textContent: `${NAMES[name]}: this browser cannot run it.` });
      const holds = found.most <= GATES[name];
      return make("p", { className: holds ? "holds" : "fails",
        textContent: `${NAMES[name]}: ${found.count.toLocaleString("en")} numbers, none further than `
          + `${found.most.toExponential(1)} from Python’s. Allowed are ${GATES[name]}: `
          + `${holds ? "they agree." : "they DIFFER."}` });
    };
    start.addEventListener("click", async () => {
      start.disabled = true;
      said.textContent = "Computing …";
      const lines = [];
      for (const name of ["plain", "kernel"])
        lines.push(line(name, await lab.finished(
          difference(window.demoWeights, window.demoGolden, { kernel: name === "kernel" }))));
      said.replaceChildren(...lines);
      start.disabled = false;
    });
    return make("div", { className: "verify" }, start, said);
  };

  lab.verify = { create, difference, GATES };
})();
