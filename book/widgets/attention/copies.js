/* The matrix as a picture and as a table, for the reader's own pages. */
"use strict";

(() => {
  const { number, shown, colour, ink } = lab;
  const CELL = 28, LABEL = 90;

  const escaped = (text) => text.replace(/[&<>"']/g, (sign) => `&#${sign.codePointAt(0)};`)
    .replace(/[\u0000-\u001f]/g, "");

  const svg = ({ T, texts, state, hides }, weights) => {
    const size = LABEL + T * CELL + 8;
    const parts = [];
    for (let t = 0; t < T; t += 1) {
      const word = escaped(shown(texts[t]));
      const middle = LABEL + (t + 0.5) * CELL;
      parts.push(`<text x="${LABEL - 6}" y="${middle + 4}" text-anchor="end">${word}</text>`,
        `<text transform="translate(${middle + 4} ${LABEL - 6}) rotate(-90)">${word}</text>`);
      for (let s = 0; s < T; s += 1) {
        const [x, y] = [LABEL + s * CELL, LABEL + t * CELL];
        if (hides(t, s)) {
          parts.push(`<path d="M${x + 4} ${y + CELL - 5}l${CELL - 9} ${9 - CELL}" stroke="#999"/>`);
          continue;
        }
        const share = weights[t * T + s];
        parts.push(`<rect x="${x}" y="${y}" width="${CELL - 1}" height="${CELL - 1}" fill="${colour(share)}"/>`);
        if (share >= 0.005)
          parts.push(`<text x="${x + CELL / 2}" y="${y + CELL / 2 + 3}" font-size="10" text-anchor="middle" fill="${ink(share)}">${number(share)}</text>`);
      }
    }
    return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size} ${size}" width="${size}" height="${size}" font-family="sans-serif" font-size="12">`
      + `<title>Layer ${state.layer}, head ${state.head}: what each token (row) reads of each other (column)</title>`
      + `<rect width="100%" height="100%" fill="#fff"/>${parts.join("")}</svg>\n`;
  };

  /* A spreadsheet computes what begins with such a sign. */
  const quoted = (text) => `"${/^[=+\-@\t\r]/.test(text) ? `'${text}` : text}"`;
  const csv = ({ T, texts, hides }, weights) => {
    const names = texts.map((text) => quoted(text.replace(/"/g, '""').replace(/\n/g, "⏎").trim()));
    const rows = names.map((name, t) => [name, ...Array.from({ length: T }, (_, s) =>
      hides(t, s) ? "" : String(weights[t * T + s]))].join(","));
    return [["query", ...names].join(","), ...rows].join("\n") + "\n";
  };

  /* To the clipboard, or where there is none by way of a selected text. */
  const copy = async (text) => {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      const before = document.activeElement;
      const field = lab.make("textarea", { value: text, readOnly: true });
      field.style.position = "fixed";
      document.body.append(field);
      field.select();
      const done = document.execCommand("copy");
      field.remove();
      before.focus();
      return done;
    }
  };

  lab.copies = { svg, csv, copy };
})();
