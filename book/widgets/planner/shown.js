/* Tables and bars of numbers, each with its formula. */
"use strict";

(() => {
  const { make, digits, inLetters, inNumbers, number } = planner;
  const UNITS = ["bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];

  const three = (size) => size.toLocaleString(
    "en", { maximumSignificantDigits: 3 });

  /* Bytes in the largest unit of which there is one. */
  const bytes = (value) => {
    let size = Number(number(value));
    let unit = 0;
    while (size >= 1024 && unit < UNITS.length - 1) { size /= 1024; unit++; }
    return `${three(size)} ${UNITS[unit]}`;
  };
  const OF_UNITS = [[1e24, "Y"], [1e21, "Z"], [1e18, "E"], [1e15, "P"],
    [1e12, "T"], [1e9, "G"], [1e6, "M"], [1e3, "k"]];
  const OF_COUNTS = [[1e12, "T"], [1e9, "B"], [1e6, "M"], [1e3, "k"]];
  const shorter = (scales) => (value, unit = "") => {
    const size = Number(number(value));
    const [by, sign] = scales.find(([scale]) => size >= scale) ?? [1, ""];
    return `${three(size / by)}${unit ? " " : ""}${sign}${unit}`;
  };
  const inUnits = shorter(OF_UNITS);
  const inCounts = shorter(OF_COUNTS);
  const percent = (part, whole) => {
    const share = whole ? (100 * part) / whole : 0;
    if (share > 0 && share < 0.01) return "<0.01%";
    return `${share.toLocaleString("en", { maximumSignificantDigits: 2 })}%`;
  };

  const formula = (value) => {
    const inside = make("div", { className: "formula" },
      make("span", { className: "letters" }, ...inLetters(value)));
    if (value instanceof planner.Term) {
      inside.append(make("span", { className: "numbers" }, ...inNumbers(value)));
    }
    return inside;
  };

  /* A bar of a share, said in figures beside it. */
  const bar = (part, whole) => {
    const share = Number(number(part)) / (Number(number(whole)) || 1);
    const filled = make("span", { className: "filled" });
    filled.style.width = `${(100 * share).toFixed(2)}%`;
    const box = make("span", { className: "share" },
      make("span", { className: "track" }, filled),
      make("span", {
        className: "percent",
        textContent: percent(Number(number(part)), Number(number(whole))),
      }));
    return box;
  };

  const frames = [];

  /* A table in a frame that scrolls; `fill` puts rows in the place of others. */
  const table = (caption, columns) => {
    const body = make("tbody");
    const foot = make("tfoot");
    const words = make("caption", {}, caption);
    const head = make("tr", {}, ...columns.map(([title, right]) =>
      make("th", { scope: "col", className: right ? "text-right" : "",
        textContent: title })));
    const frame = make("div", { className: "scroll" },
      make("table", {}, words, make("thead", {}, head), body, foot));
    const row = (cells) => make("tr", {}, ...cells.map((cell, n) => {
      const right = columns[n][1] ? "text-right" : "";
      return n === 0 ? make("th", { scope: "row", className: right }, cell)
        : make("td", { className: right }, cell);
    }));
    const fill = (rows, total = null, said = caption) => {
      words.textContent = said;
      body.replaceChildren(...rows.map(row));
      foot.replaceChildren(...(total ? [row(total)] : []));
    };
    frames.push(frame);
    return { frame, fill };
  };

  /* What scrolls sideways must be reachable from the keyboard. All widths are
     asked for at once, since each question after a change lays out the page. */
  const settle = () => frames
    .map((frame) => [frame, frame.scrollWidth > frame.clientWidth + 1])
    .forEach(([frame, wide]) => reachable(frame, wide));
  addEventListener("resize", settle);
  const reachable = (frame, wide) => {
    const name = frame.querySelector("caption").textContent;
    for (const [attribute, value] of [
      ["tabindex", "0"], ["role", "group"],
      ["aria-label", `${name}: scrolls sideways`]]) {
      if (wide) frame.setAttribute(attribute, value);
      else frame.removeAttribute(attribute);
    }
  };

  /* A part that the code calls as the field does, as the book spells it. */
  const spelled = (name) => (name === "optimizer" ? "optimiser" : name);

  /* Several parts end to end, against a limit if there is one. */
  const stack = (title) => {
    const drawn = make("div", { className: "stack" });
    drawn.setAttribute("role", "img");
    const key = make("ul", { className: "key" });
    const box = make("div", { className: "stacked" },
      make("p", { textContent: title }), drawn, key);
    const fill = (parts, limit, said) => {
      const sizes = parts.map(([, value]) => Number(number(value)));
      const sum = sizes.reduce((a, b) => a + b, 0);
      const most = Math.max(sum, limit ?? 0) || 1;
      drawn.setAttribute("aria-label", said);
      drawn.replaceChildren(...parts.map(([name], n) => {
        const piece = make("span", { className: name });
        piece.style.width = `${((100 * sizes[n]) / most).toFixed(3)}%`;
        return piece;
      }));
      if (limit) {
        const mark = make("i", { className: "limit" });
        mark.style.left = `${((100 * limit) / most).toFixed(3)}%`;
        drawn.append(mark);
      }
      key.replaceChildren(...parts.map(([name, value]) =>
        make("li", {}, make("span", { className: `sign ${name}` }),
          `${spelled(name)} `, make("b", { textContent: bytes(value) }))));
      if (limit) {
        key.append(make("li", {}, make("span", { className: "sign limit" }),
          "a device ", make("b", { textContent: bytes(limit) })));
      }
    };
    return { box, fill };
  };

  /* A few numbers that matter most. */
  const tally = () => {
    const list = make("dl", { className: "tally" });
    const fill = (entries) => list.replaceChildren(
      ...entries.map(([name, value, more = ""]) => make("div", {},
        make("dt", { textContent: name }), make("dd", {}, value,
          make("small", { textContent: more })))));
    return { list, fill };
  };

  planner.shown = {
    bytes, inUnits, inCounts, percent, formula, bar, table, stack, tally, spelled, settle,
    digits,
  };
})();
