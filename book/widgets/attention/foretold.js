/* What the model foretells, now and before something was taken away. */
"use strict";

(() => {
  const { make, percent, shown, spoken } = lab;

  const create = () => {
    const title = make("p", { className: "asks" });
    const list = make("ol", { className: "foretold" });
    const box = make("div", {}, title, list);

    const draw = ({ texts, state, hidden, isChanged, foretold }) => {
      const word = `“${spoken(texts[state.query])}”`;
      title.textContent = hidden !== null ? `Token ${hidden} is hidden. The model restores:`
        : state.mode === "causal" ? `After ${word} the model expects:`
          : `At ${word}, which it can see, the model says:`;
      list.replaceChildren(...foretold().map(({ text, now, before, isTarget }) => {
        const bar = make("span", { className: "track" },
          make("span", { className: "filled" }), make("span", { className: "before" }));
        bar.firstChild.style.width = `${100 * now}%`;
        bar.lastChild.style.left = `${100 * before}%`;
        bar.lastChild.hidden = !isChanged;
        return make("li", { className: isTarget ? "target" : "" },
          make("span", { className: "word", textContent: shown(text) }), bar,
          make("span", {
            className: "share",
            textContent: isChanged ? `${percent(before)} → ${percent(now)}` : percent(now),
          }),
          ...isTarget ? [make("small", { textContent: "what stood there" })] : []);
      }));
    };
    return { box, draw };
  };

  lab.foretold = { create };
})();
