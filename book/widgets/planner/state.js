/* What the reader has chosen, and its place in the address.

   The part behind # says the same as the form: a model by name, its keys where
   they were changed, and what is asked of it. Nothing in it is trusted: it is
   read as what is typed is read, and what is not understood is left out. */
"use strict";

(() => {
  const { reading, known } = planner;
  const LONGEST = 8_000; // characters of an address; longer ones stay unsaid

  const fresh = (asked, name) => ({
    name,
    keys: new Map(known.get(name).keys),
    asked: Object.fromEntries(asked.map(({ name: key, first }) => [key, first])),
  });

  /* A key that was taken out and put back stands behind the others. */
  const sorted = (keys) => reading.toText(new Map([...keys].sort()));
  const isPreset = ({ name, keys }) =>
    known.has(name) && sorted(keys) === sorted(known.get(name).keys);

  /* Everything that the address says, and what of it could not be used. */
  const fromHash = (hash, asked, first) => {
    const said = new URLSearchParams(hash.replace(/^#/, ""));
    const state = fresh(asked, first);
    const unused = [];
    const name = said.get("model");
    if (known.has(name)) Object.assign(state, fresh(asked, name));
    else if (name !== null) unused.push("model");
    if (said.has("config")) {
      try {
        state.keys = reading.fromText(said.get("config"));
        state.name = name !== null && known.has(name) ? name : "pasted";
      } catch {
        unused.push("config");
      }
    }
    for (const { name: key, options, flag } of asked) {
      if (!said.has(key)) continue;
      const value = said.get(key).slice(0, 40);
      if (options && !options.includes(value)) unused.push(key);
      else state.asked[key] = flag ? value === "true" : value;
    }
    return { state, unused };
  };

  const toHash = (state, asked) => {
    const said = new URLSearchParams();
    if (known.has(state.name)) said.set("model", state.name);
    if (!isPreset(state)) said.set("config", reading.toText(state.keys, 0));
    for (const { name, first } of asked) {
      const value = state.asked[name];
      if (value !== first) said.set(name, value);
    }
    const hash = `#${said}`;
    return hash.length > LONGEST ? "" : hash;
  };

  planner.state = { fromHash, toHash, isPreset, fresh };
})();
