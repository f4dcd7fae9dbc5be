/* What the reader has chosen, and its place in the address.

   The part behind # says it all, so that a view can be sent to somebody. It is
   not trusted: what is not understood, or asks for what is not there, is left
   out. Heads are written 1.3, edges 1.3.7.2 (layer, head, query, key), from 0. */
"use strict";

(() => {
  const LONGEST = 2000;  // characters of a text
  const MODES = ["causal", "bidirectional"];
  const FIRST = "When Ann and Ben went to the park, Ann gave a book to";

  const fresh = () => ({
    text: FIRST, mode: "causal", crossed: false, hide: true,
    layer: 0, head: 0, query: null, key: null, other: null,
    without: [], cut: [], swap: null,
  });

  const whole = (text) => /^\d{1,4}$/.test(text) ? Number(text) : null;
  const places = (text, count) => (text ?? "").split(",").slice(0, 64)
    .map((part) => part.split(".").map(whole))
    .filter((part) => part.length === count && !part.includes(null));

  const saidIn = (hash) => new URLSearchParams(hash.replace(/^#/, ""));
  /* Other addresses are those of headings. */
  const isSaid = (hash) => saidIn(hash).has("text");

  const fromHash = (hash) => {
    const said = saidIn(hash);
    const state = fresh();
    const number = (name) => said.has(name) ? whole(said.get(name)) : state[name];
    if (said.has("text")) state.text = said.get("text").slice(0, LONGEST);
    if (MODES.includes(said.get("mode"))) state.mode = said.get("mode");
    state.crossed = said.get("mask") === "crossed";
    state.hide = said.get("hide") !== "no";
    for (const name of ["layer", "head", "query", "key", "other"]) state[name] = number(name);
    state.without = places(said.get("without"), 2);
    state.cut = places(said.get("cut"), 4);
    const [, at, word] = /^(\d{1,4})\.(.{1,40})$/su.exec(said.get("swap") ?? "") ?? [];
    if (at !== undefined) state.swap = { at: Number(at), word };
    return state;
  };

  const toHash = (state) => {
    const said = new URLSearchParams();
    const usual = fresh();
    said.set("text", state.text);
    if (state.mode !== usual.mode) said.set("mode", state.mode);
    if (state.crossed) said.set("mask", "crossed");
    if (!state.hide) said.set("hide", "no");
    for (const name of ["layer", "head", "query", "key", "other"])
      if (state[name] !== null && state[name] !== usual[name]) said.set(name, state[name]);
    for (const name of ["without", "cut"])
      if (state[name].length) said.set(name, state[name].map((part) => part.join(".")).join(","));
    if (state.swap) said.set("swap", `${state.swap.at}.${state.swap.word}`);
    return `#${said}`;
  };

  /* The state with what a model and a text have not taken out of it. */
  const within = (state, { n_layers: L, n_heads: N }, T) => {
    const has = (place, end) => Number.isInteger(place) && place >= 0 && place < end;
    const isHead = ([layer, head]) => has(layer, L) && has(head, N);
    const or = (place, other) => has(place, T) ? place : other;
    const query = or(state.query, T - 1);
    return {
      ...state,
      layer: has(state.layer, L) ? state.layer : 0,
      head: has(state.head, N) ? state.head : 0,
      query,
      key: or(state.key, null),
      other: or(state.other, null),
      without: state.without.filter(isHead),
      cut: state.cut.filter(([layer, head, ...edge]) =>
        isHead([layer, head]) && edge.every((place) => has(place, T))),
      swap: state.swap && has(state.swap.at, T) ? state.swap : null,
    };
  };

  lab.state = { fresh, isSaid, fromHash, toHash, within, LONGEST };
})();
