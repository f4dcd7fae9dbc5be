/* Terms as formulas, in letters and with the reader's numbers in their place.

   Everything becomes text of elements; nothing is ever read as markup. */
"use strict";

(() => {
  const { terms, Term } = planner;

  const make = (tag, properties = {}, ...children) => {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...children);
    return element;
  };
  const digits = (number) => number.toLocaleString("en");

  /* A letter, with what stands behind its underscore as an index. */
  const letter = (id) => {
    const [name, index] = id.split("_");
    return make("var", {}, name, ...(index ? [make("sub", {}, index)] : []));
  };

  const IN_LETTERS = {
    between: "\u202f",
    atom: (atom) => letter(atom.id),
  };
  const IN_NUMBERS = {
    between: " × ",
    atom: (atom) => digits(atom.value),
  };

  /* Pieces of a product: its factor unless that is one, then its atoms. */
  const ofProduct = ({ factor, atoms }, how) => {
    const size = factor < 0n ? -factor : factor;
    const pieces = [];
    if (size !== 1n || !atoms.length) pieces.push([digits(size)]);
    for (let at = 0; at < atoms.length;) {
      const atom = atoms[at];
      let power = 0;
      while (atoms[at]?.id === atom.id) { at++; power++; }
      const said = atom.over ? rounded(atom, how) : [how.atom(atom)];
      pieces.push(power > 1 ? [...said, make("sup", {}, String(power))] : said);
    }
    return pieces.flatMap((piece, n) => (n ? [how.between, ...piece] : piece));
  };

  const rounded = (atom, how) => {
    const [above, below] = atom.over.map((term) => ofTerm(term, how));
    const [open, close] = atom.up ? ["⌈", "⌉"] : ["⌊", "⌋"];
    return [open, ...above, " / ", ...below, close];
  };

  const ofSum = (products, how) => products.flatMap((product, n) => {
    const minus = product.factor < 0n;
    const sign = n ? (minus ? " − " : " + ") : (minus ? "−" : "");
    return [sign, ...ofProduct(product, how)];
  });

  const ofTerm = (term, how) => {
    const { common, rest } = terms.factored(term);
    if (!rest.length) return ofSum([common], how);
    if (!common.atoms.length && common.factor === 1n) return ofSum(rest, how);
    const inside = ["(", ...ofSum(rest, how), ")"];
    if (!common.atoms.length && common.factor === -1n) return ["−", ...inside];
    return [...ofSum([common], how), how.between, ...inside];
  };

  /* A whole number's formula, or nothing where it is but itself. */
  const inLetters = (value) =>
    (value instanceof Term ? ofTerm(value, IN_LETTERS) : [digits(value)]);
  const inNumbers = (value) =>
    (value instanceof Term ? ofTerm(value, IN_NUMBERS) : [digits(value)]);

  const number = (value) => (value instanceof Term ? value.value : value);

  Object.assign(planner, { make, digits, letter, inLetters, inNumbers, number });
})();
