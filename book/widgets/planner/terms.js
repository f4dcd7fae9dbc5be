/* Whole numbers that remember how they were made.

   A Term is a value and the polynomial that gives it: 2 D H N + 2 D H K, where
   D, H, N and K are letters with values of their own. The arithmetic of the
   book runs on Terms as it runs on numbers, and takes the same branches. What
   it returns says its value and its formula. */
"use strict";
window.planner ??= {};

(() => {
  /* Letters in the order in which a product lists them; others come last. */
  const ORDER = [..."bBTSWLEADNKGHFVPR"];
  const rank = (atom) => {
    const at = ORDER.indexOf(atom.id[0]);
    return at < 0 || atom.over ? ORDER.length : at;
  };
  const inOrder = (one, other) =>
    rank(one) - rank(other)
    || (one.id < other.id ? -1 : Number(one.id > other.id));

  /* A polynomial: products of atoms by their key, each with its factor. */
  const product = (factor, atoms) => ({
    factor, atoms, key: atoms.map((atom) => atom.id).join("*"),
  });
  const polynomial = (products) => {
    const found = new Map();
    for (const { factor, atoms, key } of products) {
      const sum = factor + (found.get(key)?.factor ?? 0n);
      if (sum) found.set(key, { factor: sum, atoms, key });
      else found.delete(key);
    }
    return found;
  };

  class Term {
    constructor(value, polynomial) {
      Object.assign(this, { value, polynomial });
      Object.freeze(this);
    }

    static of(number) {
      if (number instanceof Term) return number;
      return new Term(number, polynomial([product(number, [])]));
    }

    /* A number that is called by a letter, such as D or L_dec. */
    static named(id, value) {
      const atom = Object.freeze({ id, value });
      return new Term(value, polynomial([product(1n, [atom])]));
    }

    products() {
      return [...this.polynomial.values()];
    }
  }

  const add = (one, other) => new Term(
    one.value + other.value,
    polynomial([...one.products(), ...other.products()]));

  const multiply = (one, other) => new Term(
    one.value * other.value,
    polynomial(one.products().flatMap((a) => other.products().map((b) =>
      product(a.factor * b.factor, [...a.atoms, ...b.atoms].sort(inOrder))))));

  const negative = (one) => multiply(Term.of(-1n), one);

  const floor = (one, other) => {
    const whole = one / other;
    return whole * other === one || one < 0n === other < 0n
      ? whole : whole - 1n;
  };

  /* A quotient is an atom of its own: rounded down, or up if it is negated. */
  const divide = (one, other) => {
    const value = floor(one.value, other.value);
    if (other.value === 1n) return one;
    const up = one.products().every(({ factor }) => factor < 0n);
    const over = [up ? negative(one) : one, other];
    const id = `${up ? "up" : "down"}(${over.map(spelled).join("/")})`;
    const atom = Object.freeze({ id, value: up ? -value : value, over, up });
    const found = new Term(atom.value, polynomial([product(1n, [atom])]));
    return up ? negative(found) : found;
  };

  const spelled = (term) =>
    term.products().map(({ factor, key }) => `${factor}*${key}`).join("+");

  /* What all products of a polynomial share, and what is left of each. */
  const divisor = (one, other) => (other ? divisor(other, one % other) : one);
  const size = (number) => (number < 0n ? -number : number);

  const without = (atoms, taken) => {
    const left = [...atoms];
    for (const atom of taken) {
      left.splice(left.findIndex(({ id }) => id === atom.id), 1);
    }
    return left;
  };

  const shared = (one, other) => {
    const left = [...other];
    return one.filter((atom) => {
      const at = left.findIndex(({ id }) => id === atom.id);
      if (at >= 0) left.splice(at, 1);
      return at >= 0;
    });
  };

  const factored = (term) => {
    const products = term.products();
    if (products.length < 2) {
      return { common: products[0] ?? product(0n, []), rest: [] };
    }
    const atoms = products.map((p) => p.atoms).reduce(shared);
    const sign = products.every((p) => p.factor < 0n) ? -1n : 1n;
    const factor = sign * products.map((p) => size(p.factor)).reduce(divisor);
    return {
      common: product(factor, atoms),
      rest: products.map((p) =>
        product(p.factor / factor, without(p.atoms, atoms))),
    };
  };

  Object.assign(planner, {
    Term,
    terms: { add, multiply, negative, divide, floor, factored, ORDER },
  });
})();
