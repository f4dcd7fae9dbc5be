/* Small views of one head inside a chapter: a figure that the build has drawn
   becomes live when the reader asks for it, and only then is the model loaded.

   A view is an element with data-seed, the part of the lab's address behind #. */
"use strict";

(() => {
  const HERE = document.currentScript.src.replace(/[^/]*$/, "");
  const SCRIPTS = ["arithmetic", "engine", "tokenizer", "weights", "tables",
    "parts", "state", "reading", "matrix", "tokens"];

  // what a chapter has no sheet for until the model is asked for
  const STYLE = "min-height:2rem;padding:.2rem .6rem;border:1px solid var(--soft);"
    + "border-radius:3px;background:var(--paper);color:var(--ink);font:inherit;cursor:pointer";

  const inserted = (element) => new Promise((done, failed) => {
    element.addEventListener("load", done);
    element.addEventListener("error", failed);
    document.head.append(element);
  });
  const script = (name) => inserted(Object.assign(document.createElement("script"),
    { src: `${HERE}${name}.js`, async: false }));
  const sheet = () => inserted(Object.assign(document.createElement("link"),
    { rel: "stylesheet", href: `${HERE}lab.css` }));

  /* The model, loaded once for all views of a page. */
  let loading = null;
  const load = () => loading ??= Promise.all([sheet(), ...SCRIPTS.map(script)])
    .then(() => lab.reading.create(window.demoWeights, window.demoTables, { kernel: false }));

  const live = (seed, model, count) => {
    const { make } = lab;
    const wanted = lab.state.fromHash(seed.dataset.seed);
    const address = seed.querySelector("a").href.split("#")[0];
    const text = make("input", {
      type: "text", id: `seed-${count}`, value: wanted.text, autocomplete: "off",
      spellcheck: false, maxLength: lab.state.LONGEST,
    });
    const said = make("p", { className: "said", aria: { role: "status" } });
    const way = make("a", { textContent: "Open in the lab" });
    const choose = (changes) => {
      Object.assign(wanted, changes);
      update();
    };
    const tokens = lab.tokens.create((place) => choose({ query: place, key: null }));
    const matrix = lab.matrix.create(choose);
    const keys = make("p", { className: "keys", id: `seed-keys-${count}`,
      textContent: "Click a cell or a word, or move with the arrow keys." });
    matrix.box.setAttribute("aria-describedby", keys.id);

    const update = () => {
      const reading = model.read(wanted);
      const { run, T, state } = reading;
      const weights = T ? run.attention(state.layer, state.head) : new Float64Array(0);
      tokens.draw(reading, weights);
      matrix.draw(reading, weights);
      said.textContent = reading.problems.join(" ") || (T ? matrix.said(reading, weights) : "");
      way.href = address + lab.state.toHash(wanted);
    };
    text.addEventListener("input", () => choose({ text: text.value, query: null, key: null }));

    const view = make("div", { className: "lab embedded" },
      make("p", { className: "tools" },
        make("label", { htmlFor: text.id, textContent: "Text" }), text),
      tokens.list, said, matrix.box, lab.matrix.legend(), matrix.hint, keys,
      make("p", { className: "tools" }, way));
    seed.after(view);
    seed.hidden = true;
    update();
    text.focus();
    window.addEventListener("resize", update);
    new MutationObserver(update).observe(document.documentElement, { attributes: true });
  };

  document.querySelectorAll("[data-seed]").forEach((seed, count) => {
    const button = Object.assign(document.createElement("button"),
      { type: "button", textContent: "Make it live" });
    button.style.cssText = STYLE;
    button.addEventListener("click", async () => {
      button.disabled = true;
      button.textContent = "Loading the model…";
      try {
        live(seed, await load(), count);
      } catch {
        button.textContent = "The model did not load.";
      }
    });
    seed.querySelector(".seed-tools").prepend(button, " ");
  });
})();
