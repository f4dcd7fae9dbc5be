/* All heads at a glance: a small matrix each, and what it was measured to do.

   The matrices are drawn on one canvas over the buttons: to a browser each
   canvas is a layer of its own, which costs it time in every frame. */
"use strict";

(() => {
  const { make, write, percent, picture } = lab;
  /* What a score says when it is high; see xfmr/demo/scores.py. */
  const KINDS = {
    itself: ["itself", "of what it reads in a list is the word that reads"],
    previous: ["previous word", "of what it reads in a list stands one word before"],
    following: ["next word", "of what it reads in a list stands one word after"],
    induction: ["induction", "is read from what followed the same word before"],
    repeat: ["same word", "is read from the same word before"],
    first: ["text's start", "is read from the line's end that begins the text"],
  };
  const CLEAR = 0.5;

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
    const canvas = make("canvas", { aria: { hidden: "true" } });
    const context = canvas.getContext("2d");
    const small = make("canvas");
    const cells = [];
    for (let layer = 0; layer < L; layer += 1)
      for (let head = 0; head < N; head += 1) {
        const room = make("span", { className: "room" });
        const kind = make("span", { className: "kind" });
        const button = make("button", { type: "button", className: "head" },
          room, make("span", { className: "number", textContent: `${layer}.${head}` }), kind);
        button.addEventListener("click", () => chosen(layer, head));
        cells.push({ layer, head, room, kind, button });
        grid.append(button);
      }
    grid.append(canvas);

    const isRemoved = ({ without }, { layer, head }) =>
      without.some(([l, h]) => l === layer && h === head);
    const isChosen = (state, { layer, head }) => layer === state.layer && head === state.head;

    const label = (cell, state, cards) => {
      const { layer, head, kind, button } = cell;
      const removed = isRemoved(state, cell);
      const name = nameOf(cards, layer, head);
      write(kind, removed ? "removed" : name);
      button.classList.toggle("removed", removed);
      button.setAttribute("aria-pressed", isChosen(state, cell));
      button.setAttribute("aria-label",
        `Layer ${layer}, head ${head}: ${name}${removed ? ", removed" : ""}`);
    };

    const paint = ({ T, run, state, hides, readable }) => {
      const { left, top, width, height } = grid.getBoundingClientRect();
      const places = cells.map(({ room }) => room.getBoundingClientRect());
      const scale = window.devicePixelRatio || 1;
      canvas.width = Math.round(width * scale);
      canvas.height = Math.round(height * scale);
      context.scale(canvas.width / width, canvas.height / height);
      context.imageSmoothingEnabled = T > places[0].width * scale;  // or lines would be left out
      small.width = small.height = T;
      cells.forEach((cell, n) => {
        small.getContext("2d").putImageData(picture(run.attention(cell.layer, cell.head), T,
          isChosen(state, cell) ? hides : (t, s) => !readable(t, s)), 0, 0);
        context.globalAlpha = isRemoved(state, cell) ? 0.25 : 1;
        context.drawImage(small, places[n].left - left, places[n].top - top,
          places[n].width, places[n].height);
      });
    };

    const draw = (reading, cards) => {
      for (const cell of cells) label(cell, reading.state, cards);
      paint(reading);
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
