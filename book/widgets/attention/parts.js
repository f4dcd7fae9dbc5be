/* What all parts of the lab use: elements, numbers as they are shown, colours.

   Text reaches the page as text alone: `make` sets properties, of which none
   is read as markup, and strings become text nodes. */
"use strict";

const lab = {};

(() => {
  const make = (name, { aria = {}, ...properties } = {}, ...inside) => {
    const element = Object.assign(document.createElement(name), properties);
    for (const [key, value] of Object.entries(aria))
      element.setAttribute(key === "role" ? key : `aria-${key}`, value);
    element.append(...inside);
    return element;
  };

  /* A text that stays is not laid out again. */
  const write = (element, text) => {
    if (element.textContent !== text) element.textContent = text;
  };

  const button = (textContent) => make("button", { type: "button", textContent });

  /* Signs as wide as a digit, so that columns stand. */
  const number = (value, digits = 2) => {
    if (value === -Infinity) return "−∞";
    const text = value.toFixed(digits);
    return (Number(text) === 0 ? text.replace("-", "") : text).replace("-", "−");
  };
  const percent = (share) => share > 0 && share < 0.001 ? "<0.1%" : `${(100 * share).toFixed(1)}%`;

  /* A token as it is shown: what cannot be seen has a sign, and what goes on
     with a word has one before it. */
  const shown = (text) => text.replace(/^(?=[\p{L}\p{N}])/u, "…").replace(/^ /, "")
    .replace(/\n/g, "⏎").replace(/ /g, "␣")
    .replace(/[\u0000-\u001f]/g, (sign) => String.fromCodePoint(0x2400 + sign.codePointAt(0))) || "␣";
  const spoken = (text) => {
    const word = text.trim();
    if (word) return word;
    return text.includes("\n") ? "line's end" : "space";
  };

  /* cividis at ten places: Nuñez, Anderton and Renslow 2018. */
  const STOPS = ["#00224e", "#123570", "#3b496c", "#575d6d", "#707173", "#8a8678",
    "#a59c74", "#c3b369", "#e1cc55", "#fee838"].map((colour) =>
    [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16)));
  const table = new Uint8ClampedArray(256 * 4).fill(255);
  for (let n = 0; n < 256; n += 1) {
    const place = n / 255 * (STOPS.length - 1);
    const low = Math.min(Math.floor(place), STOPS.length - 2);
    for (let c = 0; c < 3; c += 1)
      table[4 * n + c] = STOPS[low][c] + (place - low) * (STOPS[low + 1][c] - STOPS[low][c]);
  }
  const pixels = new Uint32Array(table.buffer);
  const at = (share) => Math.round(255 * Math.min(1, Math.max(0, share)));
  const colour = (share) => `rgb(${table.slice(4 * at(share), 4 * at(share) + 3).join(" ")})`;
  const ink = (share) => share > 0.5 ? "#1c1a17" : "#fffefb";  // on it, readable

  /* A matrix as a picture of a pixel each; what a mask hides is not painted. */
  const picture = (weights, T, hidden) => {
    const image = new ImageData(T, T);
    const painted = new Uint32Array(image.data.buffer);
    for (let t = 0, n = 0; t < T; t += 1)
      for (let s = 0; s < T; s += 1, n += 1)
        if (!hidden(t, s)) painted[n] = pixels[at(weights[n])];
    return image;
  };

  /* What a generator returns, without keeping the page from other things. */
  const AT_ONCE = 20;  // ms
  const finished = async (parts) => {
    let start = performance.now();
    for (;;) {
      const { done, value } = parts.next();
      if (done) return value;
      if (performance.now() - start > AT_ONCE) {
        await new Promise((resume) => { setTimeout(resume); });
        start = performance.now();
      }
    }
  };

  Object.assign(lab, { make, write, button, number, percent, shown, spoken, colour, ink, picture, finished });
})();
