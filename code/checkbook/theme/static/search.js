/* Search without a server. The words of the book lie in parts, each a script
   (checkbook/search.py makes them); what is asked decides which are loaded. */
"use strict";

(async () => {
  const root = document.documentElement.dataset.content_root ?? "./";
  const input = document.querySelector("form.results input[name=q]");
  const list = document.getElementById("search-results");
  const status = document.getElementById("search-progress");

  /* Python's base85: five characters for four bytes, where base64 takes six. */
  const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    + "!#$%&()*+-;<=>?@^_`{|}~";
  const unpacked = (packed) => {
    const bytes = new DataView(new ArrayBuffer(4 * Math.ceil(packed.length / 5)));
    for (let at = 0; at < packed.length; at += 5) {
      const five = [...packed.slice(at, at + 5).padEnd(5, "~")];
      bytes.setUint32(0.8 * at, five.reduce((sum, c) => 85 * sum + digits.indexOf(c), 0));
    }
    const whole = bytes.buffer.slice(0, Math.floor(0.8 * packed.length));
    const text = new Blob([whole]).stream().pipeThrough(new DecompressionStream("deflate"));
    return new Response(text).json();
  };

  const asked = {};
  const part = (name) => asked[name] ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = `${root}_static/search/${name}.js`;
    script.onload = () => resolve(unpacked(window.searchParts[name]));
    script.onerror = reject;
    document.head.append(script);
  });

  const { parts, sections } = await part("sections");
  const plain = (text) => text.toLowerCase().normalize("NFKD").replace(/\p{M}/gu, "");
  const titles = sections.map(([, page, heading]) => [plain(page), plain(heading)]);

  /* Where a word begins with the term; a number also matches inside. */
  const find = (text, term) => {
    const inside = /\d/.test(term);
    for (let at = text.indexOf(term); at >= 0; at = text.indexOf(term, at + 1))
      if (inside || at === 0 || !/[\p{L}\p{N}]/u.test(text[at - 1])) return at;
    return -1;
  };

  /* For each section, whether a word of its text begins with the term or is
     the term, and how often the term stands in any of them. */
  const inText = async (term) => {
    const found = sections.map(() => ({ begins: false, whole: false, times: 0 }));
    const key = [...term].slice(0, 3);
    const n = key.reduce((mixed, c) => 31 * mixed + c.codePointAt(0), 0) % parts;
    for (const [word, stands] of Object.entries(await part(`words-${n}`))) {
      if (key.length < 3 ? word !== term : !word.includes(term)) continue;
      const begins = find(word, term) >= 0;
      const bare = word.replace(/^[^\p{L}\p{N}]+|[^\p{L}\p{N}]+$/gu, "");
      const whole = key.length === 3 && bare === term;
      const times = word.split(term).length - 1;
      let at = 0;
      for (const gap of stands) {
        const here = found[at += Math.floor(gap / 6)];
        here.begins ||= begins && gap % 6 < 3;
        here.whole ||= whole;
        here.times += times * (gap % 3 + 1);
      }
    }
    return found;
  };

  const score = (index, terms, ways) => {
    let total = 0;
    for (const [n, term] of terms.entries()) {
      const { begins, whole, times } = ways[n][index];
      const [page, heading] = titles[index].map((text) => find(text, term) >= 0);
      if (!page && !heading && !begins) return 0;
      total += 4 * page + 9 * heading + 2 * begins + 4 * whole + Math.min(3, times);
    }
    return total;
  };

  const excerpt = (text, terms) => {
    const folded = plain(text);
    const first = Math.max(0, ...terms.map((term) => find(folded, term)));
    const from = first < 60 ? 0 : Math.min(first, text.indexOf(" ", first - 60) + 1);
    const end = text.lastIndexOf(" ", from + 220);
    const part = from + 220 < text.length ? text.slice(from, end) : text.slice(from);
    const shown = from ? ["… "] : [];
    const pattern = terms.map((term) => term.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
    const pieces = part.split(new RegExp(`(${pattern.join("|")})`, "gi"));
    pieces.forEach((piece, odd) => {
      const holder = odd % 2 ? document.createElement("mark") : null;
      if (holder) holder.textContent = piece;
      shown.push(holder ?? piece);
    });
    if (from + 220 < text.length) shown.push(" …");
    return shown;
  };

  /* The text of a hit is loaded when the hit comes near the window. */
  const texts = new Map();
  const waiting = new WeakMap();
  const near = new IntersectionObserver((entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      near.unobserve(target);
      waiting.get(target)();
    }
  }, { rootMargin: "300px" });

  const item = (index, terms) => {
    const [url, page, heading] = sections[index];
    const link = document.createElement("a");
    link.href = root + url;
    link.textContent = heading;
    const entry = document.createElement("li");
    entry.append(link);
    if (heading !== page) {
      const where = document.createElement("span");
      where.textContent = page;
      entry.append(" ", where);
    }
    const words = document.createElement("p");
    entry.append(words);
    const fill = () => words.append(...excerpt(texts.get(index), terms));
    if (texts.has(index)) {
      fill();
    } else {
      waiting.set(entry, async () => {
        texts.set(index, await part(`text-${index}`));
        fill();
      });
      near.observe(entry);
    }
    return entry;
  };

  let turn = 0;
  const search = async () => {
    const now = turn += 1;
    const terms = plain(input.value).split(/\s+/).filter((term) => /[\p{L}\p{N}]/u.test(term));
    const ways = await Promise.all(terms.map(inText));
    if (now !== turn) return;  // more has been typed meanwhile
    near.disconnect();
    if (!terms.length) {
      list.replaceChildren();
      status.textContent = "";
      return;
    }
    const found = sections.map((_, index) => [score(index, terms, ways), index])
      .filter(([points]) => points)
      .sort(([a, i], [b, j]) => b - a || i - j);
    list.replaceChildren(...found.slice(0, 40).map(([, index]) => item(index, terms)));
    status.textContent = found.length
      ? `${found.length} ${found.length === 1 ? "section" : "sections"}`
      : "Nothing found. Fewer words, or the beginning of a word, find more.";
  };

  input.value = new URLSearchParams(location.search).get("q") ?? "";
  input.addEventListener("input", search);
  search();
})();
