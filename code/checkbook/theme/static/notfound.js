/* The server answers any address with this page, so its relative links may
   start from the wrong folder. Try the folders above, nearest first, until
   the book's icon is found; then point every link there. */
"use strict";

addEventListener("DOMContentLoaded", () => {
  const parts = location.pathname.split("/").slice(0, -1);
  const attempt = (depth) => {
    if (depth < 1) return;
    const root = `${parts.slice(0, depth).join("/")}/`;
    const probe = new Image();
    probe.onload = () => {
      for (const link of document.querySelectorAll("a[href], link[href]")) {
        const href = link.getAttribute("href");
        if (!href.startsWith("#")) link.setAttribute("href", root + href);
      }
      for (const form of document.forms)
        form.setAttribute("action", root + form.getAttribute("action"));
    };
    probe.onerror = () => attempt(depth - 1);
    probe.src = `${root}_static/icon.svg`;
  };
  attempt(parts.length);
});
