/* All heads at a glance: a small matrix each, and what it was measured to do. */
"use strict";

(() => {
  const { make, write, percent, picture } = lab;
  /* What a score says when it is high; see xfmr/demo/scores.py. */
  const KINDS = {
    previous: ["previous word", "of what it reads in a list stands one word before"],
    following: ["next word", "of what it reads in a list stands one word after"],
    induction: ["induction", "is read from what followed the same word before"],
    repeat: ["same word", "is read from the same word before"],
    first: ["text's start", "is read from the line's end that begins the text"],
  };
  const CLEAR = 0.5;
  const SHARP = 64;  // with more tokens than pixels, lines would be left out

  /* The highest score of a head, if it is a clear one. */
  const kindOf = (cards, layer, head) => {
    const best = Object.keys(KINDS).map((name) => [name, cards[name][layer][head]])
      .sort(([, a], [, b]) => b - a)[0];
    return best[1] >= CLEAR ? best[0] : null;
  };
  const nameOf = (cards, layer, head) => {
    const kind = kindOf(cards, layer, head);
    return kind ? KINDS[kind][0] : cards.entropy[layer][head] > 0.8 ? "spread" : "mixed";
  };

  const card = (cards, layer, head) => make("dl", { className: "scores" },
    ...[...Object.entries(KINDS), ["entropy", [
      "entropy", "of that of an even spread: 0% is one place, 100% all alike"]]]
      .map(([name, [title, meaning]]) => make("div", {},
        make("dt", { textContent: title }),
        make("dd", {}, make("strong", { textContent: percent(cards[name][layer][head]) }),
          make("small", { textContent: ` ${meaning}` })))));

  const create = ({ n_layers: L, n_heads: N }, chosen) => {
    const grid = make("div", {
      className: "heads", aria: { role: "group", label: "All heads, by layer and head" },
    });
    grid.style.setProperty("--heads", N);
    const cells = [];
    for (let layer = 0; layer < L; layer += 1)
      for (let head = 0; head < N; head += 1) {
        const canvas = make("canvas", { width: 1, height: 1, aria: { hidden: "true" } });
        const kind = make("span", { className: "kind" });
        const button = make("button", { type: "button", className: "head" },
          canvas, make("span", { className: "number", textContent: `${layer}.${head}` }), kind);
        button.addEventListener("click", () => chosen(layer, head));
        cells.push({ layer, head, canvas, kind, button });
        grid.append(button);
      }

    const draw = ({ T, run, state, hides, readable }, cards) => {
      for (const { layer, head, canvas, kind, button } of cells) {
        const removed = state.without.some(([l, h]) => l === layer && h === head);
        if (canvas.width !== T) canvas.width = canvas.height = T;
        canvas.style.imageRendering = T > SHARP ? "auto" : "";
        const isChosen = layer === state.layer && head === state.head;
        canvas.getContext("2d").putImageData(picture(
          run.attention(layer, head), T, isChosen ? hides : (t, s) => !readable(t, s)), 0, 0);
        const name = nameOf(cards, layer, head);
        write(kind, removed ? "removed" : name);
        button.classList.toggle("removed", removed);
        button.setAttribute("aria-pressed", layer === state.layer && head === state.head);
        button.setAttribute("aria-label",
          `Layer ${layer}, head ${head}: ${name}${removed ? ", removed" : ""}`);
      }
    };
    return { grid, draw };
  };

  /* The head with the highest score of a kind. */
  const clearest = (cards, kind) => {
    const all = cards[kind].flatMap((heads, layer) =>
      heads.map((score, head) => ({ layer, head, score })));
    const { layer, head } = all.reduce((one, other) => other.score > one.score ? other : one);
    return { layer, head };
  };

  lab.heads = { create, card, nameOf, clearest };
})();
