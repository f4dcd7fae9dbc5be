/* A link of the page that sets the lab also brings it into view. */
"use strict";

window.addEventListener("hashchange", () => {
  if (location.hash.includes("=")) document.querySelector("[data-lab]").scrollIntoView();
});
