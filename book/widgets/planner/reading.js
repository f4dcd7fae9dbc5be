/* A config.json, read as the command line reads it, and its sizes named.

   What is wrong is a ValueError, whose message begins with the key. */
"use strict";

(() => {
  const { py, arithmetic, Term } = planner;
  const families = arithmetic["xfmr.families"];
  const LONGEST = 200_000; // characters of a file
  const DIGITS = 15; // of a whole number that is typed or pasted

  const words = (named) => new py.Words(Object.entries(named));

  /* Values of JSON as Python has them: whole numbers apart from others. */
  const asPython = (value, key = "") => {
    if (Array.isArray(value)) return value.map((one) => asPython(one, key));
    if (value instanceof Whole) return whole(value.text, key);
    if (value !== null && typeof value === "object") {
      return new Map(Object.entries(value).map(
        ([name, one]) => [name, asPython(one, name)]));
    }
    return value;
  };

  class Whole {
    constructor(text) { this.text = text; }
  }

  /* The BigInt that digits stand for, which commas and spaces may part. */
  const whole = (text, key) => {
    const bare = text.replace(/(?<=\d)[,_\s](?=\d{3}\b)/g, "");
    if (!/^-?\d+$/.test(bare)) {
      throw new py.ValueError(
        `${key}=${text} must be a whole number, in digits`);
    }
    if (bare.length > DIGITS) {
      throw new py.ValueError(
        `${key}=${bare.slice(0, DIGITS)}… must have at most ${DIGITS} digits`);
    }
    return BigInt(bare);
  };

  /* JSON.parse alone would read 768.0 as 768, and lose digits of large ones. */
  const parsed = (text) => JSON.parse(text, (key, value, context) => {
    if (typeof value !== "number") return value;
    const source = context?.source ?? String(value);
    return /^-?\d+$/.test(source) ? new Whole(source) : value;
  });

  const fromText = (text) => {
    if (text.length > LONGEST) {
      throw new py.ValueError(
        `the file has ${text.length} characters: no config.json is so long`);
    }
    let value;
    try {
      value = parsed(text);
    } catch (error) {
      throw new py.ValueError(`this is not JSON: ${error.message}`);
    }
    if (Object.prototype.toString.call(value) !== "[object Object]"
      || value instanceof Whole) {
      throw new py.ValueError("a config.json holds an object, {...}");
    }
    return asPython(value);
  };

  /* The other way: what a form has made of the keys, as a file. */
  const plain = (value) => {
    if (typeof value === "bigint") return Number(value);
    if (Array.isArray(value)) return value.map(plain);
    if (value instanceof Map) {
      return Object.fromEntries([...value].map(([k, v]) => [k, plain(v)]));
    }
    return value;
  };
  const toText = (keys, indent = 2) => JSON.stringify(plain(keys), null, indent);

  const read = (keys, name) => {
    const reading = families.of_keys(keys, words({ name, source: "page" }));
    return {
      family: reading.family,
      counted: reading.counted,
      notes: [
        ...reading.warnings,
        ...(reading.assumed
          ? [`no architectures, so ${reading.counted} is counted`] : []),
      ],
      config: named(reading.config),
    };
  };

  /* A configuration whose sizes are Terms. */
  const named = (config) => {
    const terms = lettered(config, planner.letters);
    for (const [part, letters] of Object.entries(planner.partLetters)) {
      if (config[part] !== null) {
        const inner = lettered(config[part], letters);
        terms.set(part, py.replace(config[part], inner));
      }
    }
    return py.replace(config, terms);
  };
  const lettered = (made, letters) => new py.Words(
    Object.entries(letters)
      .filter(([field]) => made[field] !== null)
      .map(([field, [letter]]) => [field, Term.named(letter, made[field])]));

  /* Keys that a form has a field for: whole numbers and flags. */
  const fieldsOf = (keys) => {
    const family = families.FAMILIES.get(keys.get("model_type"));
    if (!family) return [];
    const spelled = (own) => [own, ...[...family.spellings]
      .filter(([, name]) => name === own).map(([other]) => other)]
      .find((name) => keys.has(name)) ?? own;
    const order = Object.keys(planner.keyLetters);
    const rank = ({ key }) => (order.indexOf(key) + 1 || order.length + 1);
    return [...family.defaults]
      .map(([own, instead]) => {
        const key = spelled(own);
        const value = keys.has(key) ? keys.get(key) : instead;
        const letter = planner.keyLetters[own] ?? "";
        return { key, letter, value, given: keys.has(key), instead };
      })
      .filter(({ key, value }) => !planner.lists.includes(key)
        && (value === null || ["bigint", "boolean"].includes(typeof value)))
      .sort((one, other) => rank(one) - rank(other));
  };

  planner.reading = { asPython, fromText, toText, read, fieldsOf, whole, words };
  planner.known = new Map(planner.presets.map((preset) => [
    preset.name,
    { ...preset, keys: fromText(JSON.stringify(preset.keys)) },
  ]));
})();
