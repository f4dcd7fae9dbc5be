/* What a page does beyond standing there: colours on demand, the card of a
   checked number, frames that scroll, copies of code. Each part is optional;
   without script the page reads the same. */
"use strict";

const make = (tag, properties = {}, ...children) => {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
};

/* Colours: as the system says, light, dark. */
const themeSwitch = () => {
  const button = document.querySelector("[data-theme-switch]");
  const root = document.documentElement;
  const names = { "": "as the system", light: "light", dark: "dark" };
  const label = () => {
    const now = names[root.dataset.theme ?? ""];
    button.setAttribute("aria-label", `Colours: ${now}`);
    button.title = `Colours: ${now}`;
  };
  button.addEventListener("click", () => {
    const order = Object.keys(names);
    const next = order[(order.indexOf(root.dataset.theme ?? "") + 1) % 3];
    if (next) root.dataset.theme = next;
    else delete root.dataset.theme;
    try {
      localStorage.setItem("theme", next);
    } catch {}
    label();
  });
  label();
};

/* The card: one element, filled from the number's data-* attributes. */
const KINDS = {
  num: ["computed by", "gives"],
  chk: ["holds because", "with"],
  claim: ["holds because", "with"],
  answer: ["decided by", "with"],
};

const cards = () => {
  const card = make("div", { className: "card", id: "card" });
  card.setAttribute("role", "tooltip");
  card.setAttribute("popover", "manual");
  document.querySelector("main").append(card);
  let owner = null;
  let timer = 0;
  let touch = false;

  const fill = (anchor) => {
    const { kind, expression, value, source } = anchor.dataset;
    const [asked, given] = KINDS[kind] ?? KINDS.num;
    const rows = make("dl");
    const row = (name, content, code) =>
      content && rows.append(make("dt", { textContent: name }),
        make("dd", {}, make(code ? "code" : "span", { textContent: content })));
    row(asked, expression, true);
    row(given, value, true);
    row(kind === "lit" ? "it is the" : "published in", source, false);
    const link = make("a", { href: anchor.href, textContent: "in the ledger" });
    card.replaceChildren(rows, link);
  };

  const place = (anchor) => {
    const box = anchor.getClientRects()[0] ?? anchor.getBoundingClientRect();
    const { offsetWidth: width, offsetHeight: height } = card;
    const left = Math.min(box.left, innerWidth - width - 12);
    const below = box.bottom + height + 12 < innerHeight;
    card.style.left = `${Math.max(12, left)}px`;
    card.style.top = `${below ? box.bottom + 5 : box.top - height - 5}px`;
  };

  const hide = () => {
    clearTimeout(timer);
    if (!owner) return;
    owner.classList.remove("asked");
    owner.removeAttribute("aria-describedby");
    owner = null;
    card.hidePopover();
  };

  const show = (anchor) => {
    clearTimeout(timer);
    if (owner === anchor) return;
    hide();
    owner = anchor;
    fill(anchor);
    anchor.classList.add("asked");
    anchor.setAttribute("aria-describedby", "card");
    card.showPopover();
    place(anchor);
  };

  const later = (action, delay) => {
    clearTimeout(timer);
    timer = setTimeout(action, delay);
  };
  const asked = (event) => event.target.closest?.("a.checked");

  document.addEventListener("pointerdown", (event) => {
    touch = event.pointerType !== "mouse";
    if (!asked(event) && !card.contains(event.target)) hide();
  });
  document.addEventListener("pointerover", (event) => {
    if (event.pointerType !== "mouse") return;
    const anchor = asked(event);
    if (anchor) later(() => show(anchor), owner ? 0 : 120);
    else if (card.contains(event.target)) clearTimeout(timer);
    else later(hide, 200);
  });
  document.addEventListener("click", (event) => {
    const anchor = asked(event);
    if (!anchor || !touch || owner === anchor) return;
    event.preventDefault();
    show(anchor);
  }, true);
  document.addEventListener("focusin", (event) => {
    const anchor = asked(event);
    if (anchor?.matches(":focus-visible") && !touch) show(anchor);
    else if (!card.contains(event.target) && event.target !== owner) hide();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") hide();
  });
  const follow = () => owner && place(owner);
  addEventListener("scroll", follow, { passive: true, capture: true });
  addEventListener("resize", follow);
};

/* What scrolls sideways must be reachable from the keyboard. */
const FRAMES = ".scroll, pre, .output.text_html, mjx-container[display]";

const frames = () => {
  const names = { PRE: "Code", DIV: "Table" };
  for (const frame of document.querySelectorAll(FRAMES)) {
    const wide = frame.scrollWidth > frame.clientWidth + 1;
    if (wide === frame.hasAttribute("tabindex")) continue;
    if (!wide) {
      for (const name of ["tabindex", "role", "aria-label"])
        frame.removeAttribute(name);
      continue;
    }
    frame.tabIndex = 0;
    frame.setAttribute("role", "group");
    const math = frame.matches("mjx-container");
    const name = math ? "Formula" : names[frame.tagName];
    frame.setAttribute("aria-label", `${name}, scrolls sideways`);
  }
};

const copies = () => {
  if (!navigator.clipboard) return;
  const code = ".cell_input .highlight, .literal-block-wrapper .highlight";
  for (const block of document.querySelectorAll(code)) {
    const button = make("button", { type: "button", className: "copy", textContent: "Copy" });
    button.setAttribute("aria-label", "Copy this code");
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(block.querySelector("pre").textContent.trimEnd());
      button.textContent = "Copied";
      setTimeout(() => (button.textContent = "Copy"), 1500);
    });
    block.parentElement.append(button);
  }
};

/* The section that is being read, marked in the page's own contents. */
const here = () => {
  const links = new Map();
  for (const link of document.querySelectorAll(".contents a[href^='#']")) {
    const section = document.getElementById(decodeURIComponent(link.hash.slice(1)));
    if (section) links.set(section, link);
  }
  if (!links.size) return;
  const mark = () => {
    let last = null;
    for (const [section, link] of links) {
      link.removeAttribute("aria-current");
      if (section.getBoundingClientRect().top < innerHeight / 3) last = link;
    }
    last?.setAttribute("aria-current", "location");
  };
  let waiting = false;
  addEventListener("scroll", () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => { waiting = false; mark(); });
  }, { passive: true });
  mark();
};

/* The chapter list, where it lies over the page, goes when it is used. */
const shelf = () => {
  const list = document.getElementById("shelf");
  list.addEventListener("click", (event) => {
    if (event.target.closest("a") && list.matches(":popover-open"))
      list.hidePopover();
  });
};

/* The ledger: rows that match what is typed and chosen. */
const ledger = () => {
  const form = document.querySelector(".ledger-filter");
  if (!form) return;
  const groups = [...document.querySelectorAll(".ledger tbody")].map((body) => ({
    body,
    rows: [...body.querySelectorAll("tr[id]")].map((row) => ({
      row, text: row.textContent.toLowerCase(), kind: row.dataset.kind,
    })),
  }));
  const { text, page, kind, shown } = form.elements;
  const filter = () => {
    const wanted = text.value.trim().toLowerCase();
    let count = 0;
    for (const { body, rows } of groups) {
      let some = 0;
      for (const entry of rows) {
        entry.row.hidden = !(
          entry.text.includes(wanted)
          && (!page.value || body.id === page.value)
          && (!kind.value || entry.kind === kind.value));
        some += !entry.row.hidden;
      }
      body.hidden = !some;
      count += some;
    }
    shown.value = `${count.toLocaleString("en")} shown`;
  };
  form.addEventListener("input", filter);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.hidden = false;
  filter();
};

/* A cell's table that asks for it: the rows that have all the words typed. */
const sieves = () => {
  for (const table of document.querySelectorAll(".cell.tag_filter table")) {
    const rows = [...table.tBodies[0].rows].map((row) => ({
      row, text: row.textContent.toLowerCase(),
    }));
    const words = make("input", { type: "search", autocomplete: "off" });
    const shown = make("output");
    const form = make("form", { className: "ledger-filter sieve" },
      make("label", {}, "Rows with these words", words), shown);
    const sift = () => {
      const wanted = words.value.toLowerCase().split(/\s+/);
      let count = 0;
      for (const { row, text } of rows) {
        row.hidden = !wanted.every((word) => text.includes(word));
        count += !row.hidden;
      }
      shown.value = `${count} of ${rows.length} shown`;
    };
    form.addEventListener("input", sift);
    form.addEventListener("submit", (event) => event.preventDefault());
    table.closest(".output").before(form);
    sift();
  }
};

themeSwitch();
cards();
copies();
here();
shelf();
ledger();
sieves();
frames();
new ResizeObserver(frames).observe(document.querySelector("article"));
for (const details of document.querySelectorAll("details"))
  details.addEventListener("toggle", frames);
