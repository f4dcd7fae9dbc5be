/* The form: a model by name, its sizes, its file, and what is asked of it.

   Fields belong to keys of a config.json. A message about a key stands beside
   its field; one that belongs to none stands beside the file. */
"use strict";

(() => {
  const { make, digits, letter, reading, known } = planner;
  const WORDS = Object.fromEntries(
    [...Object.values(planner.letters),
      ...Object.values(planner.partLetters).flatMap(Object.values),
      ...Object.entries(planner.asked)]);

  /* A key, which may break behind what joins its words. */
  const parted = (key) => key.split(/(?<=_)/).flatMap(
    (word, n) => (n ? [make("wbr"), word] : [word]));

  let made = 0;

  /* A control under its label, with room for what is wrong with it. */
  const field = (control, label, { beside = false, hint = "" } = {}) => {
    const id = `planner-${made++}`;
    control.id = id;
    const trouble = make("p", { id: `${id}-trouble`, className: "trouble" });
    const name = make("label", { htmlFor: id }, ...label);
    if (hint) name.append(make("small", {}, ...parted(hint)));
    const box = make("div", { className: beside ? "field beside" : "field" });
    box.append(...(beside ? [control, name] : [name, control]), trouble);
    const complain = (message) => {
      trouble.textContent = message;
      if (message) {
        control.setAttribute("aria-invalid", "true");
        control.setAttribute("aria-describedby", trouble.id);
      } else {
        control.removeAttribute("aria-invalid");
        control.removeAttribute("aria-describedby");
      }
    };
    return { box, control, complain };
  };

  const numberBox = (value) => make("input", {
    type: "text", inputMode: "numeric", autocomplete: "off", spellcheck: false,
    value: /^\d+$/.test(value) ? digits(BigInt(value)) : value,
  });
  const options = (values, chosen) => values.map((value) =>
    make("option", { value, textContent: value, selected: value === chosen }));

  /* All presets, those of a family together. */
  const models = () => {
    const groups = new Map();
    for (const { name, keys } of known.values()) {
      const family = keys.get("model_type");
      if (!groups.has(family)) {
        groups.set(family, make("optgroup", { label: family }));
      }
      groups.get(family).append(make("option", { value: name, textContent: name }));
    }
    const own = make("option", { value: "", textContent: "a model of your own" });
    own.hidden = true;
    return make("select", {}, own, ...groups.values());
  };

  const labelOf = ({ key, letter: id }) => {
    if (!id) return [make("code", {}, ...parted(key))];
    const words = WORDS[id] ?? "layers of the encoder";
    const first = words[0].toUpperCase() + words.slice(1);
    return [`${first} `, letter(id)];
  };

  /* Fields for the keys of a file; each change goes to `changed`. */
  const keyFields = (keys, changed) => {
    const found = new Map();
    const groups = [
      make("div", { className: "fields" }), make("div", { className: "fields" }),
    ];
    for (const one of reading.fieldsOf(keys)) {
      const flag = typeof (one.instead ?? one.value) === "boolean";
      const control = flag
        ? make("input", { type: "checkbox", checked: one.value === true })
        : numberBox(one.given && one.value !== null ? one.value : "");
      if (!flag && !one.given && typeof one.instead === "bigint") {
        control.placeholder = digits(one.instead);
      }
      const part = field(control, labelOf(one), {
        beside: flag, hint: one.letter ? one.key : "",
      });
      control.addEventListener("input", () => changed(one, flag));
      found.set(one.key, { ...part, flag });
      groups[one.letter ? 0 : 1].append(part.box);
    }
    return { found, groups };
  };

  /* What is asked beside the model: numbers, choices and flags. */
  const askedFields = (asked, values, changed) => {
    const found = new Map();
    const group = make("div", { className: "fields" });
    for (const { name, label, options: choices, flag } of asked) {
      const value = values[name];
      const control = flag ? make("input", { type: "checkbox", checked: value })
        : choices ? make("select", {}, ...options(choices, value))
          : numberBox(value);
      const part = field(control, label(), { beside: flag });
      control.addEventListener("input", () =>
        changed(name, flag ? control.checked : control.value));
      found.set(name, part);
      group.append(part.box);
    }
    return { found, group };
  };

  planner.controls = { field, models, keyFields, askedFields };
})();
