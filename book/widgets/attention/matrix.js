/* The matrix of one head: a row for each query, a column for each key.

   It is drawn, since a grid of elements would take longer than the model does.
   Arrow keys move the chosen cell; what stands there is said in words. */
"use strict";

(() => {
  const { make, number, shown, spoken, colour, ink, picture } = lab;
  const LABEL = 74, LEAST = 5, MOST = 34, READABLE = 27, HATCH = 6;  // pixels
  const ALL_LABELS = 9;  // of a cell, or every other word has none

  const create = (chosen) => {
    const canvas = make("canvas", { aria: { hidden: "true" } });
    const box = make("div", {
      className: "matrix", tabIndex: 0,
      aria: {
        role: "application", roledescription: "matrix",
        label: "What each token reads of each other one",
        describedby: "lab-matrix-keys",
      },
    }, canvas);
    let view = null, cell = LEAST;

    /* A canvas knows no names of colours: they are read off elements. */
    const inks = ["soft", "query", "key", "masked"].map((name) =>
      [name, make("i", { className: `ink-${name}`, hidden: true })]);
    box.append(...inks.map(([, element]) => element));
    const styles = () => {
      const { color, fontFamily } = getComputedStyle(box);
      return { ink: color, font: fontFamily, ...Object.fromEntries(inks.map(
        ([name, element]) => [name, getComputedStyle(element).color])) };
    };

    /* Lines from corner to corner of small squares, which meet. */
    const hatch = (context, stroke, scale) => {
      const side = Math.round(HATCH * scale);
      const tile = make("canvas", { width: side, height: side });
      const lines = tile.getContext("2d");
      lines.strokeStyle = stroke;
      lines.lineWidth = scale;
      for (const at of [-side, 0, side]) {
        lines.moveTo(at - 1, side + 1);
        lines.lineTo(at + side + 1, -1);
      }
      lines.stroke();
      const pattern = context.createPattern(tile, "repeat");
      pattern.setTransform(new DOMMatrix().scale(1 / scale));
      return pattern;
    };

    const draw = (reading, weights) => {
      view = { reading, weights };
      hint.textContent = ofChosen();
      const { T, texts, state, hides } = reading;
      const room = box.clientWidth;
      const across = Math.floor((room - LABEL) / T);
      cell = Math.max(LEAST, Math.min(MOST, across));
      const size = cell * T + LABEL;
      const scale = window.devicePixelRatio || 1;
      if (canvas.width !== Math.ceil(size * scale)) {
        canvas.width = canvas.height = Math.ceil(size * scale);
        canvas.style.width = canvas.style.height = `${size}px`;
      }
      const context = canvas.getContext("2d");
      context.setTransform(scale, 0, 0, scale, 0, 0);
      context.clearRect(0, 0, size, size);
      const { ink: dark, soft, query, key, masked, font } = styles();

      const small = make("canvas", { width: T, height: T });
      small.getContext("2d").putImageData(picture(weights, T, hides), 0, 0);
      context.fillStyle = hatch(context, masked, scale);
      context.fillRect(LABEL, LABEL, cell * T, cell * T);
      context.imageSmoothingEnabled = false;
      context.drawImage(small, LABEL, LABEL, cell * T, cell * T);

      const each = cell >= ALL_LABELS ? 1 : Math.ceil(ALL_LABELS / cell);
      const height = Math.min(13, Math.max(9, cell * each - 1));
      context.textBaseline = "middle";
      /* A chosen one takes the place of those beside it. */
      const isNamed = (n, chosen) => n === chosen
        || n % each === 0 && (chosen === null || Math.abs(n - chosen) >= each);
      const name = (n, chosen, ofChosen, ofOthers) => {
        context.font = `${n === chosen ? "600 " : ""}${height}px ${font}`;
        context.fillStyle = n === chosen ? ofChosen : ofOthers;
        if (isNamed(n, chosen)) context.fillText(fitting(context, shown(texts[n]), LABEL - 8, height), 0, 0);
      };
      for (let n = 0; n < T; n += 1) {
        const middle = LABEL + (n + 0.5) * cell;
        context.save();
        context.translate(LABEL - 5, middle);
        context.textAlign = "right";
        name(n, state.query, query, n === state.other ? dark : soft);
        context.restore();
        context.save();
        context.translate(middle, LABEL - 5);
        context.rotate(-Math.PI / 2);
        name(n, state.key, key, soft);
        context.restore();
      }
      if (cell >= READABLE) {
        context.textAlign = "center";
        context.font = `${Math.min(12, cell / 2.6)}px ${font}`;
        for (let t = 0; t < T; t += 1)
          for (let s = 0; s < T; s += 1) {
            const share = weights[t * T + s];
            if (hides(t, s) || share < 0.005) continue;
            context.fillStyle = ink(share);
            context.fillText(share > 0.995 ? "1" : number(share).replace(/^0/, ""),
              LABEL + (s + 0.5) * cell, LABEL + (t + 0.5) * cell);
          }
      }
      frame(context, query, LABEL, LABEL + state.query * cell, cell * T, cell);
      if (state.key !== null)
        frame(context, key, LABEL + state.key * cell, LABEL + state.query * cell, cell, cell);
    };

    /* Twice, so that it is seen on light and on dark. */
    const frame = (context, stroke, ...place) => {
      const line = cell < 12 ? 1 : 2;
      for (const [style, width] of [["#fffefb", 2 * line], [stroke, line]]) {
        context.strokeStyle = style;
        context.lineWidth = width;
        context.strokeRect(...place);
      }
    };

    const fitting = (context, text, room, height) => {
      let cut = text;
      const isTooLong = () =>
        cut.length * height > room && context.measureText(cut).width > room;
      while (cut.length > 1 && isTooLong())
        cut = `${[...cut.replace(/…$/, "")].slice(0, -1).join("")}…`;
      return cut;
    };

    /* What a cell says, in words. */
    const said = ({ texts, hides, T, state }, weights, t = state.query, s = state.key) => {
      const who = `“${spoken(texts[t])}” (${t})`;
      if (s === null) return `row of ${who}`;
      const whom = `“${spoken(texts[s])}” (${s})`;
      return hides(t, s) ? `${who} may not read ${whom}`
        : `${who} reads ${number(weights[t * T + s], 3)} of ${whom}`;
    };

    const ofChosen = () =>
      view.reading.state.key === null ? "" : said(view.reading, view.weights);

    const placeOf = (event) => {
      const { left, top } = canvas.getBoundingClientRect();
      const [s, t] = [event.clientX - left, event.clientY - top]
        .map((at) => Math.floor((at - LABEL) / cell));
      const isIn = (place) => place >= 0 && place < view.reading.T;
      return { t: isIn(t) ? t : null, s: isIn(s) ? s : null };
    };
    box.addEventListener("click", (event) => {
      const { t, s } = placeOf(event);
      if (t !== null) chosen({ query: t, key: s });
      else if (s !== null) chosen({ key: s });
    });
    const hint = make("output", { className: "hint", aria: { live: "off" } });
    canvas.addEventListener("pointermove", (event) => {
      const { t, s } = placeOf(event);
      hint.textContent = t === null || s === null ? ofChosen() : said(view.reading, view.weights, t, s);
    });
    canvas.addEventListener("pointerleave", () => { hint.textContent = ofChosen(); });

    box.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const { T, state } = view.reading;
      const { query: t } = state;
      const s = state.key ?? t;
      const last = T - 1;
      const next = {
        ArrowUp: [t - 1, s], ArrowDown: [t + 1, s], ArrowLeft: [t, s - 1], ArrowRight: [t, s + 1],
        Home: [t, 0], End: [t, last], PageUp: [0, s], PageDown: [last, s],
      }[event.key];
      if (event.key === "Escape" && state.key !== null) chosen({ key: null });
      else if (next) {
        const [query, key] = next.map((place) => Math.max(0, Math.min(last, place)));
        chosen({ query, key });
      } else return;
      event.preventDefault();
    });

    return { box, hint, draw, said };
  };

  /* From none to all, with the sign of what is hidden. */
  const legend = () => {
    const steps = Array.from({ length: 11 }, (_, n) => {
      const step = make("i");
      step.style.background = colour(n / 10);
      return step;
    });
    return make("p", { className: "legend" }, "0 ",
      make("span", { className: "ramp", aria: { hidden: "true" } }, ...steps), " 1",
      make("span", { className: "hidden-sign", aria: { hidden: "true" } }), "may not be read");
  };

  lab.matrix = { create, legend };
})();
