/* The lab: a text, the model that reads it, and all that can be asked of it.

   What the reader does changes a state; the model reads again, at most once a
   frame, and every part is drawn from what it found. */
"use strict";

(() => {
  const { make, write, button, spoken } = lab;
  const { toggled, same } = lab.reading;
  const SAVED_AFTER = 250;  // ms: browsers refuse addresses that change too often
  const EXAMPLES = [
    ["Two names", "When Ann and Ben went to the park, Ann gave a book to", "causal"],
    ["A list, twice", "Ann said red oak tea salt iron, and Bob heard red oak tea salt", "causal"],
    ["A hidden word", "Ann said red oak tea, and Bob heard red oak tea.", "bidirectional"],
    ["Agreement", "The dogs that the boy sees", "causal"],
    ["A sum", "4 plus 3 is", "causal"],
    ["Prose", "The number of parameters is", "causal"],
  ];

  const choice = (type, name, label, value, changed) => {
    const input = make("input", { type, name, value });
    input.addEventListener("change", () => changed(input));
    return Object.assign(make("label", { className: "choice" }, input, ` ${label}`), { input });
  };

  /* In parts, between which the page does other things. */
  function* start(mount) {
    mount.textContent = "The model is being unpacked …";
    mount.inert = true;
    const engine = yield* Engine.making(window.demoWeights, { kernel: true });
    const model = lab.reading.of(engine, window.demoTables);
    yield;
    const { config } = engine;
    let wanted = lab.state.fromHash(location.hash);
    if (!lab.state.isSaid(location.hash))
      Object.assign(wanted, lab.heads.clearest(window.demoCards[wanted.mode], "induction"));
    let reading = null, weights = null, saving = null;
    let isWaiting = false, isStale = false, unfinished = null;

    /* The matrix at once, or with the next frame if that has one to show; all
       else in the frame after it. */
    const begun = () => {
      const update = unfinished = updating();
      while (!update.next().value);
      return update;
    };
    const redraw = () => {
      isStale = isWaiting;
      if (isWaiting) return;
      isWaiting = true;
      let update = begun();
      requestAnimationFrame(() => {
        isWaiting = false;
        if (isStale) update = begun();
        requestAnimationFrame(() => { if (update === unfinished) for (const _ of update); });
      });
    };
    const set = (changes) => {
      Object.assign(wanted, changes);
      clearTimeout(saving);
      saving = setTimeout(() => history.replaceState(null, "", lab.state.toHash(wanted)), SAVED_AFTER);
      redraw();
    };
    const say = (text) => { status.textContent = text; };
    const sayCell = () => say(matrix.said(reading, weights));

    /* The text, and how it is read. */
    const text = make("textarea", {
      id: "lab-text", rows: 2, spellcheck: false, autocomplete: "off", maxLength: lab.state.LONGEST,
    });
    text.addEventListener("input", () => set({ text: text.value }));
    const examples = make("p", { className: "examples" }, "Try: ", ...EXAMPLES.map(([name, words, mode]) => {
      const example = button(name);
      example.addEventListener("click", () => {
        wanted = { ...lab.state.fresh(), text: words, mode, layer: wanted.layer, head: wanted.head };
        text.value = words;
        set({});
      });
      return example;
    }));
    const modes = ["causal", "bidirectional"].map((mode) => choice("radio", "lab-mode",
      mode === "causal" ? "causal: tell the next token" : "bidirectional: restore a hidden token",
      mode, () => set({ mode })));
    const crossed = choice("checkbox", "lab-mask", "with the other one’s mask, which it was never trained with",
      "crossed", ({ checked }) => set({ crossed: checked }));
    const hide = choice("checkbox", "lab-hide", "hide the chosen token", "hide",
      ({ checked }) => set({ hide: checked }));
    const form = make("form", { className: "asked" },
      make("label", { htmlFor: text.id, textContent: "Text" }), text, examples,
      make("fieldset", {}, make("legend", { textContent: "The model reads it" }), ...modes, hide, crossed));
    form.addEventListener("submit", (event) => event.preventDefault());
    const problems = make("p", { className: "problems", aria: { live: "polite" } });

    /* The tokens. */
    const tokens = lab.tokens.create((place, compared) => {
      set(compared ? { other: wanted.other === place ? null : place } : { query: place });
      requestAnimationFrame(sayCell);
    });
    const compare = button("Compare with another token");
    compare.addEventListener("click", () => {
      if (reading.state.other !== null) set({ other: null });
      else {
        tokens.compareNext();
        say("Now choose the token to compare with.");
      }
    });

    /* One head, and all of them. */
    const matrix = lab.matrix.create((changes) => {
      set(changes);
      requestAnimationFrame(sayCell);
    });
    const heading = make("h2", { className: "title" });
    const card = make("details", { className: "measured", open: true },
      make("summary", { textContent: "What was measured of this head" }), make("div"));
    const heads = lab.heads.create(config, (layer, head) => set({ layer, head }));
    const status = make("p", { className: "said", aria: { role: "status" } });

    /* What is taken away. */
    const foretold = lab.foretold.create();
    const remove = button("");
    remove.addEventListener("click", () =>
      set({ without: toggled(reading.state.without, [reading.state.layer, reading.state.head]) }));
    const cut = button("");
    cut.addEventListener("click", () => {
      const { layer, head, query, key } = reading.state;
      set({ cut: toggled(reading.state.cut, [layer, head, query, key]) });
    });
    const word = make("input", { id: "lab-word", type: "text", autocomplete: "off", spellcheck: false, maxLength: 40 });
    const swap = button("Replace");
    const swapped = () => {
      const typed = word.value.trim();
      const { key, query } = reading.state;
      set({ swap: typed ? { at: key ?? query, word: typed } : null });
    };
    swap.addEventListener("click", swapped);
    word.addEventListener("keydown", (event) => { if (event.key === "Enter") swapped(); });
    const swapLabel = make("label", { htmlFor: word.id });
    const taken = make("ul", { className: "taken" });
    const restore = button("Put all back");
    restore.addEventListener("click", () => set({ without: [], cut: [], swap: null, crossed: false }));

    const drawTaken = ({ state, texts, isChanged }) => {
      const isRemoved = state.without.some(same([state.layer, state.head]));
      remove.textContent = `${isRemoved ? "Put back" : "Remove"} head ${state.layer}.${state.head}`;
      const edge = [state.layer, state.head, state.query, state.key];
      cut.disabled = state.key === null || !reading.readable(state.query, state.key);
      cut.textContent = state.key === null ? "Cut an edge: choose a cell first"
        : `${state.cut.some(same(edge)) ? "Mend" : "Cut"} “${spoken(texts[state.query])}” → “${spoken(texts[state.key])}” in this head`;
      swapLabel.textContent = `Put another word in the place of “${spoken(texts[state.key ?? state.query])}”`;
      const back = (text, changes) => {
        const undo = make("button", { type: "button", textContent: "put back", aria: { label: `Put back ${text}` } });
        undo.addEventListener("click", () => { set(changes); remove.focus(); });
        return make("li", {}, `${text} `, undo);
      };
      taken.replaceChildren(
        ...state.without.map((head) => back(`head ${head.join(".")}`, { without: toggled(state.without, head) })),
        ...state.cut.map((one) => back(
          `edge ${spoken(texts[one[2]])} (${one[2]}) → ${spoken(texts[one[3]])} (${one[3]}) of head ${one[0]}.${one[1]}`,
          { cut: toggled(state.cut, one) })),
        ...state.swap ? [back(`the word at ${state.swap.at}`, { swap: null })] : []);
      restore.disabled = !isChanged;
    };

    /* What it is made of, and whether it is right. */
    const steps = lab.steps.create();
    const made = make("details", { className: "made" },
      make("summary", { textContent: "How was this number made?" }), steps.box);
    made.addEventListener("toggle", () => steps.draw(reading, config));
    const copying = [["Copy as SVG", "svg"], ["Copy as CSV", "csv"]].map(([name, kind]) => {
      const copy = button(name);
      copy.addEventListener("click", async () => {
        const done = await lab.copies.copy(lab.copies[kind](reading, weights));
        say(done ? `Copied as ${kind.toUpperCase()}.` : "The browser did not let it be copied.");
      });
      return copy;
    });

    const drawHeads = () => heads.draw(reading, window.demoCards[reading.state.mode]);

    function* updating() {
      reading = model.read(wanted);
      yield;
      const { state } = reading;
      weights = reading.run.attention(state.layer, state.head);
      /* First what asks how wide it is, while nothing waits to be laid out. */
      const cards = window.demoCards[state.mode];
      matrix.draw(reading, weights);
      yield "the matrix";
      tokens.draw(reading, weights);
      write(problems, reading.problems.join(" "));
      for (const { input } of modes) input.checked = input.value === state.mode;
      crossed.input.checked = state.crossed;
      hide.input.checked = state.hide;
      hide.hidden = state.mode === "causal";
      write(compare, state.other === null ? "Compare with another token" : "Compare no more");
      write(heading, `Layer ${state.layer}, head ${state.head}: ${lab.heads.nameOf(cards, state.layer, state.head)}`);
      const ofCard = [state.mode, state.layer, state.head].join();
      if (card.dataset.of !== ofCard) {
        card.dataset.of = ofCard;
        card.lastChild.replaceChildren(lab.heads.card(cards, state.layer, state.head));
      }
      foretold.draw(reading);
      drawTaken(reading);
      if (made.open) steps.draw(reading, config);
      yield;
      drawHeads();
    }

    window.addEventListener("hashchange", () => {
      if (!lab.state.isSaid(location.hash)) return;
      clearTimeout(saving);
      wanted = lab.state.fromHash(location.hash);
      text.value = wanted.text;
      redraw();
    });
    window.addEventListener("resize", redraw);
    for (const query of ["(prefers-color-scheme: dark)", "(forced-colors: active)"])
      window.matchMedia(query).addEventListener("change", redraw);
    new MutationObserver(redraw).observe(document.documentElement, { attributes: true });
    yield;

    text.value = wanted.text;
    mount.replaceChildren(
      form, problems, tokens.list, make("p", { className: "tools" }, compare), status,
      make("div", { className: "views" },
        make("section", { className: "one", aria: { label: "One head" } },
          heading, matrix.box, lab.matrix.legend(), matrix.hint,
          make("p", { id: "lab-matrix-keys", className: "keys", textContent:
            "Click a cell, or move with the arrow keys, Home, End, Page Up and Page Down; Escape lets go of the key." }),
          make("p", { className: "tools" }, ...copying)),
        make("section", { className: "all", aria: { label: "All heads" } }, heads.grid, card)),
      made,
      make("section", { className: "says", aria: { label: "What it foretells" } }, foretold.box,
        make("div", { className: "taking" },
          make("p", { className: "tools" }, remove, cut),
          make("p", { className: "tools" }, swapLabel, word, swap),
          taken, make("p", { className: "tools" }, restore))),
      lab.verify.create());
    yield* updating();
    new ResizeObserver(drawHeads).observe(heads.grid);  // they lie over it
    mount.inert = false;
    mount.dataset.ready = "yes";
  }

  for (const mount of document.querySelectorAll("[data-lab]")) lab.finished(start(mount));
})();
