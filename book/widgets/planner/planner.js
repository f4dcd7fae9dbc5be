/* A planner: the form, the results, and what happens between a key and them.

   A page says what it asks and what it shows. Input is looked at once a frame.
   What cannot be computed is explained at its field, and the last result stays
   where it is, marked as the last one. */
"use strict";

(() => {
  const { make, py, digits, number, reading, controls, known } = planner;
  const states = planner.state;
  const FIRST = "llama-3.1-8b";

  /* What an error says to the reader; what is no refusal goes on. */
  const refusal = (error) => {
    if (error instanceof py.ValueError) return error.message;
    if (error instanceof py.Confused) {
      return "a key of the file has a value of a kind that it cannot have";
    }
    throw error;
  };

  /* Where a message belongs: the name that it begins with. */
  const subject = (message) => /^(\w+)(?:=| is missing| contradicts)/.exec(message)?.[1];

  /* Fields of a configuration are keys under other names. */
  const keyOf = (name, fields) => {
    if (fields.has(name)) return name;
    const letter = planner.letters[name]?.[0];
    return [...fields.keys()].find((key) => planner.keyLetters[key] === letter
      && letter !== undefined);
  };

  const start = (mount, { asked, results }) => {
    let { state, unused } = states.fromHash(location.hash, asked, FIRST);
    let fields = new Map();
    let askedFields = new Map();
    let waiting = false;

    const chosen = controls.field(controls.models(), ["Model"]);
    chosen.box.classList.add("model");
    const sizes = make("fieldset", { className: "sizes" });
    const question = make("fieldset", {});
    const text = make("textarea", { rows: 9, spellcheck: false, autocomplete: "off" });
    const file = controls.field(text, ["The model as a config.json: paste your own"]);
    const folded = make("details", { className: "file" },
      make("summary", { textContent: "Paste a config.json" }), file.box);
    const notes = make("ul", { className: "notes" });
    const verdict = make("p", { className: "verdict" });
    verdict.setAttribute("role", "status");
    const shown = make("div", { className: "worked" });
    const form = make("form", { autocomplete: "off" },
      make("div", { className: "fields" }, chosen.box), sizes, folded, question);
    form.addEventListener("submit", (event) => event.preventDefault());

    /* Reading what stands in a field that holds a number. */
    const numberIn = (name) => reading.whole(state.asked[name].trim(), name);

    const compute = () => {
      const trouble = new Map();
      const typed = new Map(state.keys);
      for (const [key, { flag, control }] of fields) {
        if (flag || control.dataset.text === undefined) continue;
        const value = control.dataset.text.trim();
        try {
          if (value === "") typed.delete(key);
          else typed.set(key, reading.whole(value, key));
        } catch (error) {
          trouble.set(key, refusal(error));
        }
      }
      if (trouble.size) return { trouble };
      state.keys = typed;
      try {
        const read = reading.read(state.keys, state.name);
        const numbers = {};
        for (const { name, options, flag } of asked) {
          numbers[name] = options || flag ? state.asked[name] : numberIn(name);
        }
        return { trouble, read, made: results.compute(read.config, numbers) };
      } catch (error) {
        const message = refusal(error);
        trouble.set(subject(message) ?? "", message);
        return { trouble };
      }
    };

    /* What stands in a field that is left empty: what the model then has. */
    const suggest = (config) => {
      for (const [field, [letter]] of Object.entries(planner.letters)) {
        for (const [key, { control, flag }] of fields) {
          if (flag || planner.keyLetters[key] !== letter) continue;
          if (config[field] !== null) {
            control.placeholder = digits(number(config[field]));
          }
        }
      }
    };

    /* Every message to its field; those without one to the file. */
    const complain = (trouble) => {
      const left = new Map(trouble);
      const tell = (name, part) => {
        const found = [...left.keys()].find((key) =>
          key === name || keyOf(key, fields) === name);
        part.complain(found === undefined ? "" : left.get(found));
        if (found !== undefined) left.delete(found);
      };
      for (const [key, part] of fields) tell(key, part);
      for (const [name, part] of askedFields) tell(name, part);
      file.complain([...left.values()].join(" "));
      if (left.size) folded.open = true;
    };

    /* What is wrong is said; the last result stays, and is marked as such. */
    const refuse = (trouble) => {
      complain(trouble);
      shown.classList.add("stale");
      const [message] = trouble.values();
      verdict.textContent =
        `Not possible: ${message}. Below stands the last result.`;
    };

    const called = () => {
      if (!known.has(state.name)) return "Your model";
      return states.isPreset(state) ? state.name : `${state.name}, changed`;
    };

    const refresh = () => {
      waiting = false;
      const { trouble, read, made } = compute();
      if (trouble.size) {
        refuse(trouble);
        return;
      }
      complain(trouble);
      shown.classList.remove("stale");
      const lines = [...read.notes, ...results.notes(
        read.config, states.isPreset(state) ? known.get(state.name) : null)];
      if (unused.length) {
        lines.unshift(`in the address, not understood: ${unused.join(", ")}`);
      }
      notes.replaceChildren(...lines.map((line) =>
        make("li", { textContent: line })));
      verdict.textContent = results.verdict(called(), read, made);
      suggest(read.config);
      results.show(made);
      planner.shown.settle();
      if (document.activeElement !== text) text.value = reading.toText(state.keys);
      chosen.control.value = states.isPreset(state) ? state.name : "";
      const hash = states.toHash(state, asked);
      history.replaceState(null, "", hash || location.pathname);
    };
    const later = () => {
      if (!waiting) requestAnimationFrame(refresh);
      waiting = true;
    };

    const changedKey = ({ key }, flag) => {
      unused = [];
      const { control } = fields.get(key);
      if (flag) state.keys.set(key, control.checked);
      else control.dataset.text = control.value;
      later();
    };
    const changedAsked = (name, value) => {
      unused = [];
      state.asked[name] = value;
      later();
    };

    /* Fields for another family, or for the values of another model. */
    const build = () => {
      const built = controls.keyFields(state.keys, changedKey);
      fields = built.found;
      const [main, more] = built.groups;
      const open = sizes.querySelector("details")?.open ?? false;
      sizes.replaceChildren(make("legend", { textContent: "Sizes" }), main);
      if (more.childElementCount) {
        sizes.append(make("details", { open },
          make("summary", { textContent: "More keys of its family" }), more));
      }
      sizes.hidden = !fields.size;
    };
    const ask = () => {
      const built = controls.askedFields(asked, state.asked, changedAsked);
      askedFields = built.found;
      question.replaceChildren(
        make("legend", { textContent: results.legend }), built.group);
    };

    chosen.control.addEventListener("input", () => {
      if (!known.has(chosen.control.value)) return;
      unused = [];
      const { asked: kept } = state;
      state = { ...states.fresh(asked, chosen.control.value), asked: kept };
      text.value = reading.toText(state.keys);
      build();
      later();
    });
    text.addEventListener("input", () => {
      unused = [];
      try {
        state = { ...state, name: "pasted", keys: reading.fromText(text.value) };
      } catch (error) {
        refuse(new Map([["", refusal(error)]]));
        return;
      }
      build();
      later();
    });
    addEventListener("hashchange", () => {
      ({ state, unused } = states.fromHash(location.hash, asked, FIRST));
      text.value = reading.toText(state.keys);
      build();
      ask();
      later();
    });

    /* An address may ask for what is not possible: then this is the last. */
    const showFirst = () => {
      const asking = state;
      state = states.fresh(asked, FIRST);
      results.show(compute().made);
      state = asking;
    };

    showFirst();
    build();
    ask();
    shown.append(...results.parts);
    text.value = reading.toText(state.keys);
    mount.replaceChildren(form, verdict, notes, shown);
    refresh();
    mount.dataset.ready = "";
  };

  planner.start = start;
})();
