/* What the book's arithmetic needs of Python, in JavaScript.

   `formulas.js` is translated from the book's Python and calls these. A
   whole number is a BigInt, or a Term that remembers how it was made; another
   number is a Number. A dictionary is a Map, a set a Set, None is null. */
"use strict";

(() => {
  const { Term, terms } = planner;

  class ValueError extends Error {}
  class Confused extends TypeError {} // where Python has a TypeError too
  class Words extends Map {}

  const isWhole = (x) => typeof x === "bigint" || x instanceof Term;
  const isNumber = (x) => isWhole(x) || typeof x === "number";
  const bare = (x) => (x instanceof Term ? x.value : x);
  const plain = (x) => Number(bare(x));
  const confused = (...all) =>
    new Confused(`no such operation on ${all.map(repr).join(" and ")}`);

  /* An operator by its three kinds: of whole numbers, of Terms, of others. */
  const operator = (whole, ofTerms, other) => (a, b) => {
    if (!isNumber(a) || !isNumber(b)) throw confused(a, b);
    if (!isWhole(a) || !isWhole(b)) return other(plain(a), plain(b));
    if (typeof a === "bigint" && typeof b === "bigint") return whole(a, b);
    return ofTerms(Term.of(a), Term.of(b));
  };

  const sum = operator((a, b) => a + b, terms.add, (a, b) => a + b);
  const add = (a, b) => {
    if (Array.isArray(a) && Array.isArray(b)) return [...a, ...b];
    if (typeof a === "string" && typeof b === "string") return a + b;
    return sum(a, b);
  };
  const mul = operator((a, b) => a * b, terms.multiply, (a, b) => a * b);
  const neg = (a) => {
    if (a instanceof Term) return terms.negative(a);
    if (!isNumber(a)) throw confused(a);
    return -a;
  };
  const sub = (a, b) => (a instanceof Set
    ? new Set([...a].filter((x) => !b.has(x))) : add(a, neg(b)));
  const floordiv = operator(
    terms.floor, terms.divide, (a, b) => Math.floor(a / b));
  const rest = (a, b) => a - b * terms.floor(a, b);
  const mod = operator(
    rest, (a, b) => rest(a.value, b.value),
    (a, b) => a - b * Math.floor(a / b));
  const div = (a, b) => {
    if (!isNumber(a) || !isNumber(b)) throw confused(a, b);
    return plain(a) / plain(b);
  };
  const pow = (a, b) => {
    if (!isWhole(a) || !isWhole(b) || bare(b) < 0n) {
      return plain(a) ** plain(b);
    }
    let power = 1n;
    for (let n = 0n; n < bare(b); n++) power = mul(power, a);
    return power;
  };

  const sized = (x) => {
    if (typeof x === "string" || Array.isArray(x)) return BigInt(x.length);
    if (x instanceof Map || x instanceof Set) return BigInt(x.size);
    throw confused(x);
  };
  const truth = (x) => {
    if (x === null || typeof x === "boolean") return Boolean(x);
    if (isNumber(x)) return Boolean(bare(x));
    return isCollection(x) ? sized(x) > 0n : x !== "";
  };
  const isCollection = (x) =>
    Array.isArray(x) || x instanceof Map || x instanceof Set;

  const eq = (a, b) => {
    [a, b] = [bare(a), bare(b)];
    if (a === b) return true;
    if (Array.isArray(a) && Array.isArray(b)) {
      return a.length === b.length && a.every((x, n) => eq(x, b[n]));
    }
    if (a instanceof Map && b instanceof Map) {
      return a.size === b.size
        && [...a].every(([key, x]) => b.has(key) && eq(x, b.get(key)));
    }
    const kinds = ["bigint", "number", "boolean"];
    return kinds.includes(typeof a) && kinds.includes(typeof b) && a == b;
  };
  const lt = (a, b) => {
    if (!isNumber(a) || !isNumber(b)) throw confused(a, b);
    return bare(a) < bare(b);
  };
  const le = (a, b) => {
    if (a instanceof Set && b instanceof Set) {
      return [...a].every((x) => b.has(x));
    }
    return !lt(b, a);
  };
  const has = (all, x) => {
    if (all instanceof Map || all instanceof Set) return all.has(x);
    if (Array.isArray(all)) return all.some((one) => eq(one, x));
    throw confused(all, x);
  };

  const and = (first, ...later) => {
    for (const next of later) {
      if (!truth(first)) return first;
      first = next();
    }
    return first;
  };
  const or = (first, ...later) => {
    for (const next of later) {
      if (truth(first)) return first;
      first = next();
    }
    return first;
  };

  const union = (a, b) => {
    if (a instanceof Map && b instanceof Map) return new Map([...a, ...b]);
    if (a instanceof Set && b instanceof Set) return new Set([...a, ...b]);
    throw confused(a, b);
  };
  const common = (a, b) => new Set([...a].filter((x) => b.has(x)));

  const each = (x) => {
    if (Array.isArray(x)) return x;
    if (x instanceof Map) return [...x.keys()];
    if (x instanceof Set || typeof x === "string") return [...x];
    throw confused(x);
  };
  const item = (x, key) => {
    if (x instanceof Map && x.has(key)) return x.get(key);
    const at = Number(bare(key));
    const found = Array.isArray(x) || typeof x === "string"
      ? x.at(at) : undefined;
    if (found === undefined) throw confused(x, key);
    return found;
  };
  const slice = (x, from, to) => each(x).slice(
    from === null ? 0 : Number(from), to === null ? undefined : Number(to));

  /* Methods of dictionaries, strings and lists, by their Python names. */
  const OF_MAPS = {
    get: (map, key, instead = null) => (map.has(key) ? map.get(key) : instead),
    items: (map) => [...map],
    keys: (map) => new Set(map.keys()),
    values: (map) => [...map.values()],
    pop: (map, key, instead) => {
      const found = map.has(key) ? map.get(key) : instead;
      map.delete(key);
      return found;
    },
  };
  const cut = (text, at, mark) =>
    [text.slice(0, at), mark, text.slice(at + mark.length)];
  const OF_TEXTS = {
    join: (text, parts) => each(parts).join(text),
    endswith: (text, ends) =>
      [ends].flat().some((end) => text.endsWith(end)),
    startswith: (text, starts) =>
      [starts].flat().some((start) => text.startsWith(start)),
    partition: (text, mark) => (text.includes(mark)
      ? cut(text, text.indexOf(mark), mark) : [text, "", ""]),
    rpartition: (text, mark) => (text.includes(mark)
      ? cut(text, text.lastIndexOf(mark), mark) : ["", "", text]),
  };
  const OF_LISTS = { append: (list, x) => { list.push(x); return null; } };

  const call = (x, method, ...given) => {
    if (x instanceof Map) return OF_MAPS[method](x, ...given);
    if (typeof x === "string") return OF_TEXTS[method](x, ...given);
    if (Array.isArray(x)) return OF_LISTS[method](x, ...given);
    return x[method](...given);
  };

  /* Functions: what is given by position comes first, then Words. */
  const bound = (called, words, nFirst, defaults, open, given) => {
    const named = given.at(-1) instanceof Words
      ? new Map(given.pop()) : new Map();
    if (given.length > nFirst) throw new TypeError(`${called}: too many`);
    const values = words.map((word, n) => {
      if (n < given.length) return given[n];
      const value = named.has(word) ? named.get(word) : defaults[word];
      if (value === undefined) throw new TypeError(`${called}: no ${word}`);
      named.delete(word);
      return value;
    });
    if (open) return [...values, named];
    if (named.size) throw new TypeError(`${called}: ${[...named.keys()]}`);
    return values;
  };
  const define = (called, words, nFirst, defaults, open, body) =>
    (...given) => body(
      ...bound(called, words, nFirst, defaults, open, given));

  /* Classes: those with fields are frozen when they are made. */
  const FORM = Symbol("form");
  const kind = (called, ownFields, methods) => {
    const words = ownFields.map(([field]) => field);
    class Kind {
      constructor(given) {
        if (!words.length) {
          this.__init__(...given);
          return;
        }
        const defaults = Object.create(null);
        for (const [field, value] of ownFields) {
          if (value !== null) defaults[field] = value();
        }
        const values = bound(
          called, words, words.length, defaults, false, given);
        words.forEach((word, n) => { this[word] = values[n]; });
        Object.freeze(this);
        this.__post_init__?.();
      }
    }
    for (const [method, how, body] of methods) {
      Object.defineProperty(Kind.prototype, method, how === "get"
        ? { get() { return body(this); } }
        : { value(...given) { return body(this, ...given); } });
    }
    const make = (...given) => new Kind(given);
    Kind.prototype[FORM] = { make, words };
    return make;
  };
  const fields = (made) => made[FORM].words.map((name) => ({ name }));
  const replace = (made, changed) => made[FORM].make(new Words([
    ...made[FORM].words.map((word) => [word, made[word]]), ...changed]));
  const getattr = (made, name, instead) => {
    const found = made[name];
    if (found === undefined && instead === undefined) {
      throw new TypeError(`no ${name}`);
    }
    return found === undefined ? instead : found;
  };

  /* Types, which are functions too. */
  const int = (x) => {
    if (isWhole(x)) return x;
    return BigInt(typeof x === "number" ? Math.trunc(x) : x);
  };
  const float = plain;
  const bool = truth;
  const list = each;
  const tuple = (x = []) => each(x);
  const set = (x = []) => new Set(each(x));
  const frozenset = set;
  const dict = (x = new Map()) => new Map(x);
  const Mapping = dict;
  const NoneType = () => null;
  const type = (x) => {
    if (x === null) return NoneType;
    if (isWhole(x)) return int;
    if (Array.isArray(x)) return list;
    if (x instanceof Map) return dict;
    return { boolean: bool, number: float, string: str }[typeof x];
  };
  const isinstance = (x, kinds) => [kinds].flat().includes(type(x));

  const shown = (x) => {
    if (Number.isInteger(x) && Math.abs(x) < 1e16) return `${x}.0`;
    const small = x !== 0 && Math.abs(x) < 1e-4;
    if (!small && Math.abs(x) < 1e16) return String(x);
    const [digits, power] = x.toExponential().split("e");
    const sign = power[0] === "-" ? "-" : "+";
    return `${digits}e${sign}${power.slice(1).padStart(2, "0")}`;
  };
  const quoted = (text) => {
    const mark = text.includes("'") && !text.includes('"') ? '"' : "'";
    const inside = text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n")
      .replaceAll("\r", "\\r").replaceAll("\t", "\\t");
    return mark + (mark === "'" ? inside.replaceAll("'", "\\'") : inside)
      + mark;
  };
  const repr = (x) => {
    if (x === null || x === undefined) return "None";
    if (typeof x === "boolean") return x ? "True" : "False";
    if (typeof x === "string") return quoted(x);
    if (isWhole(x)) return String(bare(x));
    if (typeof x === "number") return shown(x);
    if (Array.isArray(x)) return `[${x.map(repr).join(", ")}]`;
    if (x instanceof Map) {
      const entries = [...x].map(([k, v]) => `${repr(k)}: ${repr(v)}`);
      return `{${entries.join(", ")}}`;
    }
    return "something";
  };
  const str = (x) => (typeof x === "string" ? x : repr(x));

  /* Functions that Python has at hand. */
  const MANY = 100_000n; // layers: a page must not stand still
  const range = (from, to) => {
    const [first, last] = to === undefined ? [0n, bare(from)]
      : [bare(from), bare(to)];
    if (last - first > MANY) {
      throw new ValueError(`${last} layers are more than this page counts`);
    }
    return Array.from(
      { length: Math.max(0, Number(last - first)) },
      (_, n) => first + BigInt(n));
  };
  const choose = (better) => (...given) => {
    const all = given.length > 1 ? given : each(given[0]);
    return all.reduce((best, x) => (better(x, best) ? x : best));
  };

  planner.py = {
    ValueError, Confused, Words, add, sub, mul, div, floordiv, mod, pow, neg,
    eq, lt, le, has, truth, and, or, union, common, each, item, slice, call,
    put: (map, key, value) => map.set(key, value),
    define, kind, fields, replace, getattr,
    int, float, bool, str, list, tuple, set, frozenset, dict, Mapping, type,
    isinstance, repr, range, bare,
    len: sized,
    sum: (all) => each(all).map(
      (x) => (typeof x === "boolean" ? BigInt(x) : x)).reduce(add, 0n),
    min: choose(lt),
    max: choose((x, best) => lt(best, x)),
    map: (make, all) => each(all).map((x) => make(x)),
    sorted: (all) => [...each(all)].sort(),
    divmod: (a, b) => [floordiv(a, b), mod(a, b)],
    ceil: (x) => BigInt(Math.ceil(plain(x))),
    sqrt: (x) => Math.sqrt(plain(x)),
    get_close_matches: () => [],
  };
})();
