/* Whether this browser computes what Python did, told in its own words. */
"use strict";

(() => {
  const { make } = lab;
  const GATES = { plain: 1e-12, kernel: 1e-5 };

  const doubles = (base64) => new Float64Array(
    Uint8Array.from(atob(base64), (sign) => sign.charCodeAt(0)).buffer);

  /* The largest difference to what Python computed, over all cases. */
  const difference = (engine, golden) => {
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
    }
    return { most, count };
  };

  const create = () => {
    const start = make("button", { type: "button", textContent: "Verify against Python" });
    const said = make("div", { className: "verified", aria: { role: "status" } });
    start.addEventListener("click", () => {
      said.replaceChildren(...["plain", "kernel"].map((name) => {
        const engine = Engine.create(window.demoWeights, { kernel: name === "kernel" });
        if (name === "kernel" && !engine.kernel)
          return make("p", { textContent: "kernel: this browser has no WebAssembly lanes; it uses the plain engine." });
        const { most, count } = difference(engine, window.demoGolden);
        const holds = most <= GATES[name];
        return make("p", { className: holds ? "holds" : "fails",
          textContent: `${name}: ${count.toLocaleString("en")} numbers, largest difference ${most.toExponential(1)}, `
            + `allowed ${GATES[name]}: ${holds ? "they agree" : "THEY DIFFER"}` });
      }));
    });
    return make("div", { className: "verify" }, start, said);
  };

  lab.verify = { create, difference, GATES };
})();
