/* The tokens of the text, each a button: what the chosen one reads of each. */
"use strict";

(() => {
  const { make, write, number, shown, spoken } = lab;

  const create = (chosen) => {
    const list = make("div", {
      className: "tokens", aria: { role: "toolbar", label: "Tokens of the text" },
    });
    let at = 0, shift = false;

    const blank = () => {
      const bars = ["one", "two"].map((name) => make("span", { className: `column ${name}` }));
      const word = make("span", { className: "word" });
      const share = make("span", { className: "share" });
      const token = make("button", { type: "button", className: "token" }, word,
        make("span", { className: "columns", aria: { hidden: "true" } }, ...bars), share);
      return Object.assign(token, { parts: { word, share, bars } });
    };
    const tokens = () => [...list.children];
    const reach = (place) => {
      at = place;
      tokens().forEach((token, n) => { token.tabIndex = n === at ? 0 : -1; });
    };

    const draw = ({ T, texts, state, hides, hidden, readable }, weights) => {
      while (list.children.length > T) list.lastChild.remove();
      while (list.children.length < T) list.append(blank());
      const rows = [state.query, state.other];
      tokens().forEach((token, s) => {
        const { word, share, bars } = token.parts;
        write(word, shown(texts[s]));
        const said = rows.map((t) => t === null || hides(t, s) ? null : weights[t * T + s]);
        bars.forEach((bar, n) => {
          bar.hidden = said[n] === null;
          bar.style.transform = `scaleY(${said[n] ?? 0})`;
        });
        write(share, said.filter((value, n) => rows[n] !== null)
          .map((value) => value === null ? "–" : number(value)).join(" "));
        token.classList.toggle("apart", !readable(state.query, s));
        token.classList.toggle("swapped", state.swap?.at === s || hidden === s);
        token.classList.toggle("second", s === state.other);
        token.setAttribute("aria-pressed", s === state.query);
        token.setAttribute("aria-label", [
          `${spoken(texts[s])}, token ${s}`,
          ...rows.flatMap((t, n) => t === null ? [] : [said[n] === null
            ? `not read by ${spoken(texts[t])}`
            : `${number(said[n])} read by ${spoken(texts[t])}`]),
          ...s === state.other ? ["compared"] : [],
        ].join(", "));
      });
      if (at >= T || !list.contains(document.activeElement)) reach(state.query);
      list.classList.toggle("two", state.other !== null);
    };

    list.addEventListener("click", (event) => {
      const place = tokens().indexOf(event.target.closest("button"));
      if (place < 0) return;
      reach(place);
      chosen(place, event.shiftKey || shift);
      shift = false;
    });
    list.addEventListener("keydown", (event) => {
      const last = list.children.length - 1;
      const next = {
        ArrowLeft: at - 1, ArrowRight: at + 1, ArrowUp: at - 1, ArrowDown: at + 1,
        Home: 0, End: last,
      }[event.key];
      if (next !== undefined) {
        reach(Math.max(0, Math.min(last, next)));
        list.children[at].focus();
      } else if (event.key === "Enter" && event.shiftKey) chosen(at, true);
      else return;
      event.preventDefault();
    });
    list.addEventListener("focusin", ({ target }) => reach(tokens().indexOf(target)));

    return { list, draw, compareNext: () => { shift = true; } };
  };

  lab.tokens = { create };
})();
