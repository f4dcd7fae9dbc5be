/* Byte-level byte-pair encoding, as xfmr/tokenizer/bpe.py does it.

   const tokenizer = Tokenizer.create(tables);

       tables    window.demoTables, of a script that xfmr.export writes

   tokenizer.encode(text)    a list of { id, start, end, text }
   tokenizer.decode(ids)     the text; a broken character reads as U+FFFD
   tokenizer.size            number of tokens

   `start` and `end` cut from the text what the token is part of: a character
   of several bytes may belong to more than one token. A token's own `text` has
   U+FFFD where it has not the whole of a character. */
"use strict";

const Tokenizer = (() => {
  const utf8 = new TextEncoder();
  const decoded = (bytes) => new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  const joined = (parts) => Uint8Array.from(parts.flatMap((part) => [...part]));

  /* What letters and numbers are, the tables say: browsers have other versions
     of Unicode, and other white space. */
  const wordsOf = ({ letter, number, space }) => new RegExp(
    `'(?:[sdmt]|ll|ve|re)| ?[${letter}]+| ?[${number}]+| ?[^${space}${letter}${number}]+`
    + `|[${space}]+(?![^${space}])|[${space}]+`, "gu");

  const create = ({ bytes, merges, specials, classes }) => {
    const tokens = bytes.map((byte) => [byte]);
    const byteIds = [];
    bytes.forEach((byte, id) => { byteIds[byte] = id; });
    const pairs = new Map();  // the rank of each pair that becomes one
    merges.forEach(([first, second], rank) => {
      pairs.set(`${first} ${second}`, rank);
      tokens.push([...tokens[first], ...tokens[second]]);
    });
    const special = new Map(specials);
    for (const [text, id] of specials) tokens[id] = [...utf8.encode(text)];
    const texts = tokens.map((token) => decoded(Uint8Array.from(token)));

    const words = wordsOf(classes);
    const escaped = [...special.keys()].sort((a, b) => b.length - a.length)
      .map((text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
    const cuts = new RegExp(escaped.length ? `(${escaped.join("|")})` : "(?!)");

    const rankAt = (parts, n) => pairs.get(`${parts[n].id} ${parts[n + 1].id}`) ?? Infinity;

    /* The pair with the lowest rank, wherever it is, until there is none. */
    const merged = (parts) => {
      for (;;) {
        let rank = Infinity;
        for (let n = 0; n + 1 < parts.length; n += 1)
          rank = Math.min(rank, rankAt(parts, n));
        if (rank === Infinity) return parts;
        const fewer = [];
        for (let n = 0; n < parts.length; n += 1) {
          if (n + 1 < parts.length && rankAt(parts, n) === rank) {
            const [{ start }, { end }] = [parts[n], parts[n + 1]];
            fewer.push({ id: bytes.length + rank, start, end });
            n += 1;
          } else fewer.push(parts[n]);
        }
        parts = fewer;
      }
    };

    const spelled = (word, at) => {
      const parts = [];
      for (const character of word) {
        const [start, end] = [at, at += character.length];
        for (const byte of utf8.encode(character))
          parts.push({ id: byteIds[byte], start, end });
      }
      return merged(parts);
    };

    const encode = (text) => {
      const found = [];
      let at = 0;
      text.split(cuts).forEach((part, n) => {
        if (n % 2) found.push({ id: special.get(part), start: at, end: at + part.length });
        else for (const [word] of part.matchAll(words)) {
          for (const token of spelled(word, at)) found.push(token);
          at += word.length;
        }
        if (n % 2) at += part.length;
      });
      return found.map((token) => ({ ...token, text: texts[token.id] }));
    };

    const decode = (ids) => decoded(joined([...ids].map((id) => {
      if (!(id in tokens)) throw new RangeError(`no token ${id}`);
      return tokens[id];
    })));

    return { encode, decode, size: tokens.length };
  };

  return { create };
})();
