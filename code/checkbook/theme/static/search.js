/* Search without a server: searchtext.js holds every section's words, packed. */
"use strict";

(async () => {
  /* Python's base85: five characters for four bytes, where base64 takes six. */
  const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    + "!#$%&()*+-;<=>?@^_`{|}~";
  const packed = window.searchText;
  const bytes = new DataView(new ArrayBuffer(4 * Math.ceil(packed.length / 5)));
  for (let at = 0; at < packed.length; at += 5) {
    const five = [...packed.slice(at, at + 5).padEnd(5, "~")];
    bytes.setUint32(0.8 * at, five.reduce((sum, c) => 85 * sum + digits.indexOf(c), 0));
  }
  const whole = bytes.buffer.slice(0, Math.floor(0.8 * packed.length));
  const words = new Blob([whole]).stream().pipeThrough(new DecompressionStream("deflate"));
  const sections = await new Response(words).json();
  const root = document.documentElement.dataset.content_root ?? "./";
  const input = document.querySelector("form.results input[name=q]");
  const list = document.getElementById("search-results");
  const status = document.getElementById("search-progress");
  const plain = (text) => text.toLowerCase().normalize("NFKD").replace(/\p{M}/gu, "");
  const folded = sections.map(({ page, heading, text }) =>
    [plain(page), plain(heading), plain(text)]);

  /* Where a word begins with the term; a number also matches inside. */
  const find = (text, term) => {
    const inside = /\d/.test(term);
    for (let at = text.indexOf(term); at >= 0; at = text.indexOf(term, at + 1))
      if (inside || at === 0 || !/[\p{L}\p{N}]/u.test(text[at - 1])) return at;
    return -1;
  };

  const score = (index, terms) => {
    const weights = [4, 9, 2];
    let total = 0;
    for (const term of terms) {
      const found = folded[index].map((text) => find(text, term));
      if (found.every((at) => at < 0)) return 0;
      found.forEach((at, field) => { total += at < 0 ? 0 : weights[field]; });
      total += Math.min(3, folded[index][2].split(term).length - 1);
    }
    return total;
  };

  const excerpt = (index, terms) => {
    const { text } = sections[index];
    const first = Math.max(0, ...terms.map((term) => find(folded[index][2], term)));
    const from = first < 60 ? 0 : Math.min(first, text.indexOf(" ", first - 60) + 1);
    const end = text.lastIndexOf(" ", from + 220);
    const part = from + 220 < text.length ? text.slice(from, end) : text.slice(from);
    const paragraph = document.createElement("p");
    if (from) paragraph.append("… ");
    const pattern = terms.map((term) => term.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
    const pieces = part.split(new RegExp(`(${pattern.join("|")})`, "gi"));
    pieces.forEach((piece, odd) => {
      const holder = odd % 2 ? document.createElement("mark") : null;
      if (holder) holder.textContent = piece;
      paragraph.append(holder ?? piece);
    });
    if (from + 220 < text.length) paragraph.append(" …");
    return paragraph;
  };

  const item = (index, terms) => {
    const { url, page, heading } = sections[index];
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
    entry.append(excerpt(index, terms));
    return entry;
  };

  const search = () => {
    const terms = plain(input.value).split(/\s+/).filter((term) => /[\p{L}\p{N}]/u.test(term));
    if (!terms.length) {
      list.replaceChildren();
      status.textContent = "";
      return;
    }
    const hits = sections.map((_, index) => [score(index, terms), index])
      .filter(([points]) => points)
      .sort(([a, i], [b, j]) => b - a || i - j);
    list.replaceChildren(...hits.slice(0, 40).map(([, index]) => item(index, terms)));
    status.textContent = hits.length
      ? `${hits.length} ${hits.length === 1 ? "section" : "sections"}`
      : "Nothing found. Fewer words, or the beginning of a word, find more.";
  };

  input.value = new URLSearchParams(location.search).get("q") ?? "";
  input.addEventListener("input", search);
  search();
})();
